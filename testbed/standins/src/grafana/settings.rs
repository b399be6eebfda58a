//! Grafana's settings: defaults, `grafana.ini`, the environment and the command line, each of which wins over those before.

use super::ini::{self, Name};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Settings that the stand-in acts on, with their defaults.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("paths", "data", "data"),
    ("paths", "logs", "data/log"),
    ("paths", "plugins", "data/plugins"),
    ("paths", "provisioning", "conf/provisioning"),
    ("server", "protocol", "http"),
    ("server", "http_addr", ""),
    ("server", "http_port", "3000"),
    ("server", "domain", "localhost"),
    ("server", "root_url", "%(protocol)s://%(domain)s:%(http_port)s/"),
    ("security", "admin_user", "admin"),
    ("security", "admin_password", "admin"),
    ("security", "admin_email", "admin@localhost"),
    ("security", "secret_key", "SW2YcwTIb9zpOOhoPsMm"),
    ("security", "disable_initial_admin_creation", "false"),
    ("users", "allow_sign_up", "false"),
    ("users", "default_theme", "dark"),
    ("auth.basic", "enabled", "true"),
    ("auth.anonymous", "enabled", "false"),
    ("auth.anonymous", "org_name", "Main Org."),
    ("auth.anonymous", "org_role", "Viewer"),
    ("analytics", "reporting_enabled", "true"),
    ("analytics", "check_for_updates", "true"),
    ("log", "mode", "console file"),
    ("log", "level", "info"),
];

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    values: BTreeMap<Name, String>,
    home: PathBuf,
}

impl Settings {
    /// Reads them from a file's text; `told` is what the command line says: `default.paths.data=/x`.
    ///
    /// # Errors
    /// A line that is no setting, or a file of a `__FILE` variable that cannot be read.
    pub fn read(text: &str, told: &[String], home: &Path, variables: &[(String, String)]) -> Result<Self, String> {
        let mut values: BTreeMap<Name, String> = BTreeMap::new();
        for (section, key, value) in DEFAULTS {
            values.insert(((*section).to_owned(), (*key).to_owned()), (*value).to_owned());
        }
        let words = told.iter().filter_map(|told| told.split_once('='));
        // `default.` stands for a value that the file may still replace.
        for (name, value) in words.clone() {
            if let Some((section, key)) = name.strip_prefix("default.").and_then(|name| name.rsplit_once('.')) {
                values.insert((section.to_owned(), key.to_owned()), value.to_owned());
            }
        }
        values.extend(ini::parse(text)?);
        for ((section, key), value) in &mut values {
            let name = format!("GF_{section}_{key}").to_uppercase().replace(['.', '-'], "_");
            let variable = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value);
            if let Some(told) = variable(&name).filter(|told| !told.is_empty()) {
                value.clone_from(told);
            } else if let Some(path) = variable(&format!("{name}__FILE")) {
                let read = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
                *value = read.trim_end_matches('\n').to_owned();
            }
        }
        for (name, value) in words {
            if let Some((section, key)) = name.rsplit_once('.').filter(|_| !name.starts_with("default.")) {
                values.insert((section.to_owned(), key.to_owned()), value.to_owned());
            }
        }
        for value in values.values_mut() {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            *value = expanded(value, &variable)?;
        }
        let raw = values.clone();
        for (name @ (section, _), value) in &mut values {
            let other = |section: &str, key: &str| {
                raw.get_key_value(&(section.to_owned(), key.to_owned())).filter(|(known, _)| *known != name)
            };
            let of = |key: &str| other(section, key).or_else(|| other("", key)).map(|(_, value)| value.clone());
            *value = ini::resolved(value, of);
        }
        Ok(Self { values, home: home.to_owned() })
    }

    /// A setting; what is not set is empty.
    pub fn text(&self, section: &str, key: &str) -> &str {
        self.values.get(&(section.to_owned(), key.to_owned())).map_or("", String::as_str)
    }

    /// Whether a setting is true.
    pub fn flag(&self, section: &str, key: &str) -> bool {
        matches!(self.text(section, key).to_lowercase().as_str(), "true" | "1" | "yes" | "on" | "t" | "y")
    }

    /// One of the paths, which begin at the home folder.
    pub fn path(&self, key: &str) -> PathBuf {
        self.home.join(self.text("paths", key))
    }

    /// The address that Grafana is known by.
    pub fn root_url(&self) -> String {
        self.text("server", "root_url").to_owned()
    }

    /// All settings by section, without what is secret.
    pub fn shown(&self) -> serde_json::Value {
        let mut sections = serde_json::Map::new();
        for ((section, key), value) in &self.values {
            let secret = ["password", "secret", "token"].iter().any(|word| key.contains(word));
            let value = if secret { "*********" } else { value };
            let entry = sections.entry(section.clone()).or_insert_with(|| serde_json::json!({}));
            entry[key] = value.into();
        }
        sections.into()
    }
}

/// `$__env{NAME}`, `$__file{/path}` and, of old, `${NAME}`.
pub fn expanded(text: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let inner = |prefix: &str| after.strip_prefix(prefix).and_then(|after| after.split_once('}'));
        if let Some((name, after)) = inner("__env{").or_else(|| inner("{")) {
            out.push_str(&variable(name).unwrap_or_default());
            rest = after;
        } else if let Some((path, after)) = inner("__file{") {
            let read = std::fs::read_to_string(path).map_err(|error| format!("open {path}: {error}"))?;
            out.push_str(read.trim());
            rest = after;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_settings_win() {
        let text = "; x\n[server]\nhttp_port = 4000 # here\ndomain = a\n[security]\nadmin_password = \"\"\"a#b\"\"\"\n[other]\nx = y\n";
        let told = ["default.paths.data=/d".to_owned(), "server.domain=c".to_owned()];
        let variables = [("GF_SERVER_DOMAIN", "b"), ("GF_SERVER_HTTP_ADDR", "::1"), ("GF_OTHER_X", "${Z}"), ("Z", "z")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::read(text, &told, Path::new("/home"), &variables).unwrap();
        assert_eq!(settings.root_url(), "http://c:4000/");
        assert_eq!(settings.text("security", "admin_password"), "a#b");
        assert_eq!((settings.text("server", "http_addr"), settings.text("other", "x")), ("::1", "z"));
        assert_eq!(settings.path("data"), Path::new("/d"));
        assert_eq!(settings.path("logs"), Path::new("/home/data/log"));
        assert!(Settings::read("nothing\n", &[], Path::new("/"), &[]).is_err());
    }
}
