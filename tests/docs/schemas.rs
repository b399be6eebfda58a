//! `solti schema`: what it prints takes every file that solti comes with and every example of the pages, and refuses
//! what is typed wrong.

use crate::{Result, blocks, pages, root};
use jsonschema::Validator;
use solti::source::SourceFile;
use solti::yaml;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The schema of a kind of file, as the command prints it.
fn schema(file: &str) -> Result<Validator> {
    let output = Command::new(env!("CARGO_BIN_EXE_solti")).args(["schema", file]).output()?;
    let schema = serde_json::from_slice(&output.stdout)?;
    jsonschema::draft202012::meta::validate(&schema).map_err(|error| format!("{file}: {error}"))?;
    Ok(jsonschema::draft202012::new(&schema).map_err(|error| format!("{file}: {error}"))?)
}

/// What is wrong with a text.
fn wrong(schema: &Validator, text: &str) -> Result<Vec<String>> {
    let json = yaml::parse(&SourceFile::named("file.yml", text))?.to_json();
    Ok(schema.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect())
}

fn fits(schema: &Validator, text: &str, name: &str) -> Result {
    let wrong = wrong(schema, text)?;
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{text}");
    Ok(())
}

/// The files of this name in the folders of a folder.
fn each(folder: &str, name: &str) -> Result<Vec<PathBuf>> {
    let folders = fs::read_dir(root().join(folder))?.collect::<std::io::Result<Vec<_>>>()?;
    let files: Vec<_> =
        folders.into_iter().map(|entry| entry.path().join(name)).filter(|path| path.is_file()).collect();
    assert!(!files.is_empty(), "{folder}");
    Ok(files)
}

#[test]
fn every_file_that_comes_with_solti_fits() -> Result {
    let all = |file: &str, paths: Vec<PathBuf>| -> Result {
        let schema = schema(file)?;
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            fits(&schema, &text, &path.display().to_string())?;
        }
        Ok(())
    };
    let at = |path: &str| root().join(path);
    let mut roles = each("roles", "role.yml")?;
    roles.extend(each("testbed/bench/project/roles", "role.yml")?);
    all("role", roles)?;
    all("scenario", each("molecule-tests", "scenario.yml")?)?;
    let mut playbooks = vec![at("testbed/bench/project/playbooks/site.yml")];
    for entry in fs::read_dir(at("playbooks"))? {
        playbooks.push(entry?.path());
    }
    all("playbook", playbooks)?;
    let mut inventories = each("inventories", "inventory.yml")?;
    inventories.extend(each("src/inventory/testdata", "inventory.yml")?);
    all("inventory", inventories)
}

#[test]
fn every_example_of_the_pages_fits() -> Result {
    let [role, playbook, scenario, inventory] =
        ["role", "playbook", "scenario", "inventory"].map(|file| schema(file).map_err(|error| error.to_string()));
    let (role, playbook, scenario, inventory) = (role?, playbook?, scenario?, inventory?);
    let mut count = 0;
    for path in pages()? {
        for (info, text) in blocks(&fs::read_to_string(&path)?) {
            let indented: String = text.lines().map(|line| format!("      {line}\n")).collect();
            let step = |what: &str| format!("summary: x\nsteps:\n  - name: s\n    {what}:\n{indented}");
            let (schema, text) = match info {
                "yaml play" => (&playbook, text),
                "yaml role" => (&role, text),
                "yaml resources" => (&role, step("resources")),
                "yaml checks" => (&role, step("checks")),
                "yaml inventory" => (&inventory, text),
                "yaml scenario" => (&scenario, text),
                "yaml platforms" => {
                    // a scenario says the same in a list, with names
                    let text = text.lines().map(|line| match line.split_once(": {") {
                        Some((name, rest)) if !name.starts_with(' ') => format!("  - {{ name: {name},{rest}\n"),
                        _ => format!("  {line}\n"),
                    });
                    let text: String = text.collect();
                    if text.lines().any(|line| !line.starts_with("  - {") || !line.trim_end().ends_with('}')) {
                        continue;
                    }
                    (&scenario, format!("role: x\nplatforms:\n{text}"))
                }
                _ => continue,
            };
            fits(schema, &text, &path.display().to_string())?;
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
    Ok(())
}

/// A file that is wrong at the place that is named.
fn refused(schema: &Validator, place: &str, text: &str) -> Result {
    let wrong = wrong(schema, text)?;
    assert!(wrong.iter().any(|error| error.starts_with(&format!("{place}: "))), "{place}: {wrong:#?}\n{text}");
    Ok(())
}

#[test]
fn what_is_typed_wrong_in_a_role_is_refused() -> Result {
    let schema = schema("role")?;
    for (place, option) in [
        ("/options/o", "{ help: x }"),
        ("/options/o", "{ type: string, defualt: x }"),
        ("/options/o/type", "{ type: strng }"),
        ("/options/o/required", "{ type: string, required: maybe }"),
        ("/options/o/required_if", "{ type: string, required_if: \"{{ x }}\" }"),
        ("/options/o/choices", "{ type: choice, choices: one }"),
    ] {
        refused(&schema, place, &format!("summary: x\noptions: {{ o: {option} }}\nsteps: []\n"))?;
    }
    for (place, resource) in [
        ("", "{ fiel: { path: /a, content: x } }"),
        ("", "{ file: { path: /a, content: x }, when: true }"),
        ("/file", "{ path: /a, content: x, mod: '0644' }"),
        ("/file", "{ path: /a, content: x, src: x }"),
        ("/file", "{ path: /a }"),
        ("/file", "{ content: x }"),
        ("/file", "{ path: /a, content: x, become_user: app }"),
        ("/file/path", "{ path: etc/a, content: x }"),
        ("/file/mode", "{ path: /a, content: x, mode: '0999' }"),
        ("/file/mode", "{ path: /a, content: x, mode: [6, 4, 4] }"),
        ("/file/secret", "{ path: /a, content: x, secret: perhaps }"),
        ("/file/validate", "{ path: /a, content: x, validate: [] }"),
        ("/file/when", "{ path: /a, content: x, when: '{{ y }}' }"),
        ("/file/loop", "{ path: /a, content: x, loop: one }"),
        ("/config/files/0", "{ dir: /a, files: [{ dest: b }] }"),
        ("/config/files/0", "{ dir: /a, files: [{ dest: b, content: x, mod: '0600' }] }"),
        ("/config/files", "{ dir: /a, files: b }"),
        ("/user/uid", "{ name: a, uid: many }"),
        ("/group/gid", "{ name: a, gid: -1 }"),
        ("/package/state", "{ name: a, state: newest }"),
        ("/package/repository/key", "{ name: a, repository: { name: b, uris: c, suites: d, key: { src: e } } }"),
        ("/quadlet/pull", "{ name: a.container, container: {}, pull: always }"),
        ("/quadlet/container", "{ name: a.container, container: [Image] }"),
        ("/service/on_change", "{ name: a, on_change: restrat }"),
        ("/service/settle", "{ name: a, settle: soon }"),
        ("/service/uses/0", "{ name: a, uses: [etc] }"),
        ("/command", "{ command: a }"),
        ("/command/environment", "{ command: a, creates: /b, environment: [A=b] }"),
        ("/influxdb_tokens/tokens/0", "{ url: u, org: o, token: t, tokens: [{ name: n }] }"),
    ] {
        let kind = place.split('/').nth(1).unwrap_or_default();
        let resource = if kind.is_empty() { resource.to_owned() } else { format!("{{ {kind}: {resource} }}") };
        let text = format!("summary: x\nsteps: [{{ name: s, resources: [{resource}] }}]\n");
        refused(&schema, &format!("/steps/0/resources/0{place}"), &text)?;
    }
    for (place, check) in [
        ("", "{ htpp: { url: x } }"),
        ("/http", "{ url: x, timeout: 5s }"),
        ("/http/status", "{ url: x, status: 99 }"),
        ("/http/headers", "{ url: x, headers: [a] }"),
        ("/http", "{ url: x, become_user: app }"),
        ("/port/port", "{ port: 70000 }"),
        ("/port/state", "{ port: 80, state: ajar }"),
        ("/unit/state", "{ name: a, state: activ }"),
        ("/file/state", "{ path: /a, state: folder }"),
        ("/file", "{ path: /a, purge: data }"),
        ("/command/within", "{ command: a, within: soon }"),
        ("/marker/write", "{ write: { syslog: a }, find: { command: b } }"),
        ("/marker", "{ write: { journal: a } }"),
    ] {
        let kind = place.split('/').nth(1).unwrap_or_default();
        let check = if kind.is_empty() { check.to_owned() } else { format!("{{ {kind}: {check} }}") };
        let text = format!("summary: x\nsteps: [{{ name: s, checks: [{check}] }}]\n");
        refused(&schema, &format!("/steps/0/checks/0{place}"), &text)?;
    }
    for (place, text) in [
        ("", "steps: []\n"),
        ("", "summary: x\nsteps: []\ntasks: []\n"),
        ("/steps/0", "summary: x\nsteps: [{ name: s }]\n"),
        ("/steps/0", "summary: x\nsteps: [{ name: s, resources: [], notify: x }]\n"),
        ("/actions/a", "summary: x\nsteps: []\nactions: { a: { help: x } }\n"),
    ] {
        refused(&schema, place, text)?;
    }
    // what is a template may be anything
    let resource =
        "{ service: { name: '{{ a }}', enabled: '{{ b }}', settle: '{{ c }}', uses: '{{ d }}', state: '{{ e }}' } }";
    fits(&schema, &format!("summary: x\nsteps: [{{ name: s, resources: [{resource}] }}]\n"), "templates")
}

#[test]
fn what_is_typed_wrong_elsewhere_is_refused() -> Result {
    for (file, place, text) in [
        ("playbook", "", "hosts: all\n"),
        ("playbook", "/0", "- { roles: [loki] }\n"),
        ("playbook", "/0", "- { hosts: all, role: [loki] }\n"),
        ("playbook", "/0", "- { hosts: all, tasks: [] }\n"),
        ("playbook", "/0/become", "- { hosts: all, become: maybe }\n"),
        ("playbook", "/0/become_method", "- { hosts: all, become_method: su }\n"),
        ("playbook", "/0/roles/0", "- { hosts: all, roles: [{ role: loki, tasks_from: x }] }\n"),
        ("playbook", "/0/roles/0", "- { hosts: all, roles: [{ role: loki, state: gone }] }\n"),
        ("playbook", "/0/resources/0", "- { hosts: all, resources: [{ copy: { src: a, dest: /b } }] }\n"),
        ("playbook", "/0", "- { import_playbook: site.yml, when: x }\n"),
        ("scenario", "", "platforms: debian13\n"),
        ("scenario", "", "role: loki\n"),
        ("scenario", "", "role: loki\nroles: [loki]\nplatforms: debian13\n"),
        ("scenario", "", "role: loki\nplatforms: debian13\nhost: {}\n"),
        ("scenario", "/hosts/a", "role: loki\nplatforms: debian13\nhosts: { a: { group: b } }\n"),
        ("scenario", "/breaks/0", "role: loki\nplatforms: debian13\nbreaks: [{ run: x }]\n"),
        ("scenario", "/expect/at", "role: loki\nplatforms: debian13\nexpect: { fails: x, at: create }\n"),
        ("scenario", "/platforms", "role: loki\nplatforms: [{ name: own, imag: x }]\n"),
        ("scenario", "/checks", "role: loki\nplatforms: debian13\nchecks: [{ htpp: { url: x } }]\n"),
        ("solti.toml", "", "projcet: x\n"),
        ("solti.toml", "/formerly", "project: x\nformerly: y\n"),
        ("solti.toml", "/project", "project: 5\n"),
        ("solti.toml", "/playbook", "playbook: ''\n"),
        ("inventory", "", "- all\n"),
        ("inventory", "/plugin", "plugin: aws\n"),
        ("inventory", "/all", "all: { host: { a: } }\n"),
        ("inventory", "/all/hosts", "all: { hosts: [a] }\n"),
        ("inventory", "/all/children/web", "all: { children: { web: [a] } }\n"),
        ("inventory", "/all/hosts/a", "all: { hosts: { a: b } }\n"),
    ] {
        refused(&schema(file)?, place, text).map_err(|error| format!("{file}: {error}"))?;
    }
    let settings = schema("solti.toml")?;
    let text = "project = \"a\"\nformerly = [\"b\"]\nplaybook = \"site.yml\"\n";
    let json = serde_json::to_value(text.parse::<toml::Table>()?)?;
    assert!(settings.is_valid(&json));
    Ok(())
}

/// The commands in the page for editors name files that there are.
#[test]
fn the_page_for_editors_names_every_schema() -> Result {
    let page = fs::read_to_string(root().join(Path::new("docs/editors.md")))?;
    for file in ["role", "playbook", "scenario", "solti.toml", "inventory"] {
        assert!(page.contains(&format!("solti schema {file}")), "{file}");
    }
    Ok(())
}
