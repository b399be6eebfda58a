//! Provisioning: data sources and dashboards that files describe.

use super::settings::expanded;
use super::state::{State, hex};
use crate::yaml::{self, Node, Value as Yaml};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const TOO_MANY_DEFAULTS: &str =
    "datasource.yaml config is invalid. Only one datasource per organization can be marked as default";

/// Takes what the files of `datasources` say.
///
/// # Errors
/// The first thing that is wrong, in Grafana's words; nothing has been changed then.
pub fn datasources(folder: &Path, state: &mut State) -> Result<(), String> {
    let (mut wanted, mut unwanted, mut pruned) = (Vec::new(), Vec::new(), Vec::new());
    for (path, root) in files(&folder.join("datasources"))? {
        let listed = |key: &str| list(&root, key);
        for node in listed("deleteDatasources")? {
            unwanted.push(text(node, "name")?);
        }
        let prune = flag(&root, "prune")?;
        for node in listed("datasources")? {
            let source = source(node)?;
            if prune {
                pruned.push(source["name"].clone());
            }
            wanted.push((source, path.clone(), prune));
        }
    }
    if wanted.iter().filter(|(source, ..)| source["isDefault"] == true).count() > 1 {
        return Err(TOO_MANY_DEFAULTS.to_owned());
    }
    // What a pruning file has brought goes when no file has it any more.
    state.sources.retain(|kept| {
        let named = wanted.iter().any(|(source, ..)| source["name"] == kept["name"]);
        !unwanted.iter().any(|name| kept["name"] == name.as_str()) && (named || kept["prune"] != true)
    });
    for (mut source, _, prune) in wanted {
        if source["isDefault"] == true {
            state.sources.iter_mut().for_each(|kept| kept["isDefault"] = false.into());
        }
        source["prune"] = prune.into();
        match state.sources.iter().position(|kept| kept["name"] == source["name"]) {
            Some(at) => {
                source["id"] = state.sources[at]["id"].clone();
                state.sources[at] = source;
            }
            None => {
                source["id"] = state.number().into();
                state.sources.push(source);
            }
        }
    }
    state.keep()
}

/// One of `datasources`, as the API shows it.
fn source(node: &Node) -> Result<Value, String> {
    let name = text(node, "name")?;
    let told = |key: &str| text(node, key);
    let uid = match told("uid")? {
        uid if uid.is_empty() => format!("P{}", hex(&Sha256::digest(&name)[..8])).to_uppercase(),
        uid => uid,
    };
    let access = match told("access")?.as_str() {
        "direct" => "direct",
        _ => "proxy",
    };
    let object = |key: &str| node.at(key).filter(|node| !node.is_null()).map_or(Ok(json!({})), json_of);
    let mut secrets = Map::new();
    if let Some(Yaml::Map(entries)) = node.at("secureJsonData").map(|node| &node.value) {
        for (key, _, value) in entries {
            secrets.insert(key.clone(), replaced(value.scalar().unwrap_or_default())?.into());
        }
    }
    Ok(json!({
        "id": 0, "uid": uid, "orgId": 1, "name": name, "type": told("type")?, "access": access, "url": told("url")?,
        "user": told("user")?, "database": told("database")?, "basicAuth": flag(node, "basicAuth")?,
        "basicAuthUser": told("basicAuthUser")?, "isDefault": flag(node, "isDefault")?,
        "jsonData": object("jsonData")?, "secureJsonData": secrets, "readOnly": !flag(node, "editable")?,
    }))
}

/// Where dashboards come from.
#[derive(Debug)]
pub struct Provider {
    name: String,
    folder: String,
    path: PathBuf,
    /// After how many seconds it is looked at again.
    every: u64,
}

/// What the files of `dashboards` say; they are read once.
///
/// # Errors
/// The first thing that is wrong, in Grafana's words.
pub fn providers(folder: &Path) -> Result<Vec<Provider>, String> {
    let mut providers: Vec<Provider> = Vec::new();
    for (path, root) in files(&folder.join("dashboards"))? {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let wrong = |why: String| format!("could not parse provisioning config file: {file} error: {why}");
        for node in list(&root, "providers").map_err(wrong)? {
            let name = text(node, "name")?;
            match text(node, "type")?.as_str() {
                "" | "file" => {}
                other => return Err(format!("type {other} is not supported")),
            }
            let place = ["options.path", "options.folder"].into_iter().map(|key| text(node, key));
            let place = place.collect::<Result<Vec<_>, _>>()?.into_iter().find(|place| !place.is_empty());
            let place = place.ok_or("failed to load dashboards, path param is not a string")?;
            if providers.iter().any(|known| known.name == name) {
                return Err(format!("dashboard name {name:?} is not unique"));
            }
            let every = text(node, "updateIntervalSeconds")?.parse().ok().filter(|every| *every > 0).unwrap_or(10);
            providers.push(Provider { name, folder: text(node, "folder")?, path: place.into(), every });
        }
    }
    Ok(providers)
}

/// How long it takes until a changed file is noticed.
pub fn interval(providers: &[Provider]) -> std::time::Duration {
    std::time::Duration::from_secs(providers.iter().map(|provider| provider.every).min().unwrap_or(10))
}

/// Takes the dashboards that are in the providers' folders, if they differ from those that it has.
///
/// # Errors
/// Why what it has cannot be written.
pub fn dashboards(providers: &[Provider], state: &mut State) -> Result<(), String> {
    let mut found: Vec<Value> = Vec::new();
    for Provider { name, folder, path, .. } in providers {
        collect(path, &mut |path| {
            let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
            let parsed = read.and_then(|text| serde_json::from_str::<Value>(&text).map_err(|error| error.to_string()));
            // A broken dashboard is only complained of: the others are shown.
            match parsed {
                Ok(dashboard) if dashboard["title"].as_str().is_some_and(|title| !title.is_empty()) => {
                    let file = path.to_string_lossy().into_owned();
                    let uid = match dashboard["uid"].as_str().filter(|uid| !uid.is_empty()) {
                        Some(uid) => uid.to_owned(),
                        None => hex(&Sha256::digest(&file)[..7]),
                    };
                    let known = state.dashboards.iter().find(|kept| kept["uid"] == uid.as_str());
                    let id = known.map_or(Value::Null, |kept| kept["id"].clone());
                    found.push(json!({"uid": uid, "title": dashboard["title"], "folder": folder, "provider": name,
                        "file": file, "dashboard": dashboard, "id": id}));
                }
                Ok(_) => complain(path, "Dashboard title cannot be empty"),
                Err(why) => complain(path, &why),
            }
        });
    }
    let (brought, mut all): (Vec<_>, Vec<_>) =
        state.dashboards.iter().cloned().partition(|kept| !kept["provider"].is_null());
    if brought == found {
        return Ok(());
    }
    for mut dashboard in found {
        if dashboard["id"].is_null() {
            dashboard["id"] = state.number().into();
        }
        all.push(dashboard);
    }
    state.dashboards = all;
    state.keep()
}

fn complain(path: &Path, why: &str) {
    super::log(
        "error",
        "provisioning.dashboard",
        "failed to load dashboard from ",
        &[("file", &path.to_string_lossy()), ("error", why)],
    );
}

fn collect(folder: &Path, take: &mut impl FnMut(&Path)) {
    for path in sorted(folder).unwrap_or_default() {
        if path.is_dir() {
            collect(&path, take);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            take(&path);
        }
    }
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// The YAML files of a folder; a folder that is not there has none.
fn files(folder: &Path) -> Result<Vec<(PathBuf, Node)>, String> {
    let Ok(paths) = sorted(folder) else {
        let why = "can't read provisioning files from directory";
        super::log("error", "provisioning", why, &[("path", &folder.to_string_lossy())]);
        return Ok(Vec::new());
    };
    let yaml = paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml"));
    let mut files = Vec::new();
    for path in yaml {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("open {}: {error}", path.display()))?;
        let root = yaml::read(&text)?;
        if root.is_null() {
            continue;
        }
        if root.text("apiVersion").and_then(|version| version.parse::<u32>().ok()).unwrap_or(0) == 0 {
            return Err(format!("{}: the stand-in does not know files without apiVersion", path.display()));
        }
        files.push((path, root));
    }
    Ok(files)
}

fn list<'n>(root: &'n Node, key: &str) -> Result<&'n [Node], String> {
    match root.at(key) {
        None => Ok(&[]),
        Some(node) if node.is_null() => Ok(&[]),
        Some(node) => match &node.value {
            Yaml::List(items) => Ok(items),
            Yaml::Map(_) => Err(unfit(node, "!!map")),
            Yaml::Scalar(text, _) => Err(unfit(node, &format!("!!str `{text}`"))),
        },
    }
}

fn unfit(node: &Node, what: &str) -> String {
    format!("yaml: unmarshal errors:\n  line {}: cannot unmarshal {what} into a list", node.line)
}

fn text(node: &Node, key: &str) -> Result<String, String> {
    match node.at(key).filter(|node| !node.is_null()) {
        None => Ok(String::new()),
        Some(node) => match node.scalar() {
            Some(text) => replaced(text),
            None => Err(format!("yaml: unmarshal errors:\n  line {}: cannot unmarshal into string", node.line)),
        },
    }
}

fn flag(node: &Node, key: &str) -> Result<bool, String> {
    match text(node, key)?.as_str() {
        "" | "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        other => Err(format!("cannot convert value to bool: strconv.ParseBool: parsing {other:?}: invalid syntax")),
    }
}

/// Text with its variables replaced; `$$` is a dollar.
fn replaced(text: &str) -> Result<String, String> {
    let variable = |name: &str| std::env::var(name).ok();
    let parts = text.split("$$").map(|part| {
        let mut out = String::new();
        let mut rest = expanded(part, &variable)?;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = rest[at + 1..].to_owned();
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            out.push_str(&variable(&after[..end]).unwrap_or_default());
            rest = after[end..].to_owned();
        }
        Ok::<_, String>(out + &rest)
    });
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join("$"))
}

fn json_of(node: &Node) -> Result<Value, String> {
    Ok(match &node.value {
        Yaml::Map(entries) => {
            let entries = entries.iter().map(|(key, _, value)| Ok::<_, String>((key.clone(), json_of(value)?)));
            Value::Object(entries.collect::<Result<_, _>>()?)
        }
        Yaml::List(items) => Value::Array(items.iter().map(json_of).collect::<Result<_, _>>()?),
        Yaml::Scalar(text, true) => replaced(text)?.into(),
        Yaml::Scalar(text, false) => match replaced(text)?.as_str() {
            "" | "~" | "null" => Value::Null,
            "true" => true.into(),
            "false" => false.into(),
            text => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| text.into()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provisioned(text: &str) -> Result<Vec<Value>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("datasources")).unwrap();
        std::fs::write(folder.path().join("datasources/a.yaml"), text).unwrap();
        let mut state = State::open(&folder.path().join("data")).unwrap();
        datasources(folder.path(), &mut state).map(|()| state.sources)
    }

    #[test]
    fn data_sources_are_read() {
        let sources = provisioned(
            "apiVersion: 1\ndatasources:\n- name: a\n  type: loki\n  url: http://x$$y\n  isDefault: true\n  \
             jsonData: {n: 5, s: '5'}\n  secureJsonData: {token: t}\n",
        )
        .unwrap();
        assert_eq!(sources[0]["uid"], "PCA978112CA1BBDCA");
        assert_eq!((sources[0]["url"].as_str(), &sources[0]["readOnly"]), (Some("http://x$y"), &json!(true)));
        assert_eq!(sources[0]["jsonData"], json!({"n": 5, "s": "5"}));
    }

    #[test]
    fn broken_files_are_refused_in_grafanas_words() {
        let two = "apiVersion: 1\ndatasources:\n- {name: a, isDefault: true}\n- {name: b, isDefault: true}\n";
        assert_eq!(provisioned(two).unwrap_err(), TOO_MANY_DEFAULTS);
        let why = provisioned("apiVersion: 1\ndatasources:\n- {name: a, isDefault: maybe}\n").unwrap_err();
        assert_eq!(why, "cannot convert value to bool: strconv.ParseBool: parsing \"maybe\": invalid syntax");
        assert!(provisioned("apiVersion: 1\ndatasources: {}\n").unwrap_err().starts_with("yaml: unmarshal errors:\n"));
        assert!(provisioned("a: [\n").unwrap_err().starts_with("yaml: line "));
    }
}
