//! What influxd is told: by its command line, its environment and its configuration file, in this order.

use crate::{duration, yaml};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All flags, by the kind of their values.
const FLAGS: &[(Kind, &[&str])] = &[
    (
        Kind::Boolean,
        &[
            "e2e-testing",
            "flux-log-enabled",
            "hardening-enabled",
            "metrics-disabled",
            "no-tasks",
            "overwrite-pid-file",
            "pprof-disabled",
            "reporting-disabled",
            "session-renew-disabled",
            "storage-no-validate-field-size",
            "storage-tsm-use-madv-willneed",
            "storage-validate-keys",
            "storage-wal-flush-on-shutdown",
            "strong-passwords",
            "template-file-urls-disabled",
            "testing-always-allow-setup",
            "tls-strict-ciphers",
            "ui-disabled",
            "vault-skip-verify",
        ],
    ),
    (
        Kind::Integer,
        &[
            "influxql-max-select-buckets",
            "influxql-max-select-point",
            "influxql-max-select-series",
            "nats-max-payload-bytes",
            "nats-port",
            "query-concurrency",
            "query-initial-memory-bytes",
            "query-max-memory-bytes",
            "query-memory-bytes",
            "query-queue-size",
            "session-length",
            "storage-max-concurrent-compactions",
            "storage-series-file-max-concurrent-snapshot-compactions",
            "storage-series-id-set-cache-size",
            "storage-wal-max-concurrent-writes",
            "vault-max-retries",
        ],
    ),
    (
        Kind::Duration,
        &[
            "http-idle-timeout",
            "http-read-header-timeout",
            "http-read-timeout",
            "http-write-timeout",
            "storage-cache-snapshot-write-cold-duration",
            "storage-compact-full-write-cold-duration",
            "storage-retention-check-interval",
            "storage-shard-precreator-advance-period",
            "storage-shard-precreator-check-interval",
            "storage-wal-fsync-delay",
            "storage-wal-max-write-delay",
            "storage-write-timeout",
            "vault-client-timeout",
        ],
    ),
    (
        Kind::Size,
        &[
            "storage-cache-max-memory-size",
            "storage-cache-snapshot-memory-size",
            "storage-compact-throughput-burst",
            "storage-max-index-log-file-size",
        ],
    ),
    (
        Kind::Text,
        &[
            "assets-path",
            "bolt-path",
            "engine-path",
            "feature-flags",
            "http-bind-address",
            "instance-id",
            "log-level",
            "pid-file",
            "secret-store",
            "sqlite-path",
            "store",
            "tls-cert",
            "tls-key",
            "tls-min-version",
            "tracing-type",
            "vault-addr",
            "vault-cacert",
            "vault-capath",
            "vault-client-cert",
            "vault-client-key",
            "vault-tls-server-name",
            "vault-token",
        ],
    ),
];
/// Those that the stand-in minds, and those that change nothing that can be seen from outside. All others only the real
/// one knows.
const KNOWN: &[&str] = &[
    "bolt-path",
    "engine-path",
    "http-bind-address",
    "log-level",
    "sqlite-path",
    "store",
    "reporting-disabled",
    "metrics-disabled",
    "pprof-disabled",
    "ui-disabled",
    "no-tasks",
    "nats-port",
    "nats-max-payload-bytes",
    "session-length",
    "query-concurrency",
    "query-initial-memory-bytes",
    "query-max-memory-bytes",
    "query-memory-bytes",
    "query-queue-size",
    "http-idle-timeout",
    "http-read-header-timeout",
    "http-read-timeout",
    "http-write-timeout",
    "storage-cache-max-memory-size",
    "storage-wal-fsync-delay",
];
/// What a flag's value is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Boolean,
    Integer,
    Duration,
    Size,
    Text,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// `influxd` or `influxd run`
    Run(Options),
    /// `influxd version`
    Version,
    /// `influxd --help`
    Help,
}

/// How the server runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The file of users, organizations, buckets and tokens.
    pub bolt: PathBuf,
    /// The folder of points.
    pub engine: PathBuf,
    /// A file that the stand-in only makes.
    pub sqlite: PathBuf,
    /// Where it listens.
    pub address: String,
    /// `debug`, `info` or `error`.
    pub level: String,
    /// Whether only points are kept on disk.
    pub memory: bool,
}

/// Why the program ends before it has begun: its exit code and words.
pub type Refused = (u8, String);

fn known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// What the flag's value is, if there is such a flag.
fn kind_of(name: &str) -> Option<Kind> {
    FLAGS.iter().find(|(_, names)| names.contains(&name)).map(|(kind, _)| *kind)
}

/// Why pflag would not take the value.
fn unfit(kind: Kind, value: &str) -> Option<String> {
    match kind {
        Kind::Boolean => {
            let words = ["1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"];
            (!words.contains(&value)).then(|| format!("strconv.ParseBool: parsing {value:?}: invalid syntax"))
        }
        Kind::Integer => {
            value.parse::<i64>().err().map(|_| format!("strconv.ParseInt: parsing {value:?}: invalid syntax"))
        }
        Kind::Duration => duration::go(value).is_none().then(|| format!("time: invalid duration {value:?}")),
        Kind::Size => {
            let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
            let (number, unit) = (&value[..end], value[end..].trim().to_lowercase());
            let units = ["", "b", "k", "ki", "kb", "kib", "m", "mi", "mb", "mib", "g", "gi", "gb", "gib"];
            match number.parse::<f64>() {
                Err(_) => Some(format!("strconv.ParseFloat: parsing {number:?}: invalid syntax")),
                Ok(_) => (!units.contains(&unit.as_str())).then(|| format!("unhandled size name: {unit}")),
            }
        }
        Kind::Text => None,
    }
}

fn help(why: impl std::fmt::Display, command: &str) -> Refused {
    (1, format!("Error: {why}\nSee '{command} -h' for help"))
}

/// Reads the command line, and what else there is.
///
/// # Errors
/// What cobra or viper would not take, or only the real one knows.
pub fn parse(words: &[String], environment: &BTreeMap<String, String>) -> Result<Command, Refused> {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let mut words = words.iter().peekable();
    match words.next_if(|word| !word.starts_with('-')).map(String::as_str) {
        None | Some("run") => {}
        Some("version") => return Ok(Command::Version),
        Some(name @ ("upgrade" | "inspect" | "recovery" | "downgrade" | "print-config" | "completion" | "help")) => {
            return Err((3, format!("the stand-in does not know influxd {name}")));
        }
        Some(name) => return Err(help(format!("unknown command {name:?} for \"influxd\""), "influxd")),
    }
    let mut asked = false;
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--") else {
            return Err(match word.strip_prefix('-').and_then(|flag| flag.chars().next()) {
                Some('h') => {
                    asked = true;
                    continue;
                }
                Some(short) => help(format!("unknown shorthand flag: '{short}' in {word}"), "influxd"),
                None => help(format!("unknown command {word:?} for \"influxd\""), "influxd"),
            });
        };
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
        if name == "help" {
            asked = true;
            continue;
        }
        let Some(kind) = kind_of(name) else { return Err(help(format!("unknown flag: --{name}"), "influxd")) };
        let value = if kind == Kind::Boolean {
            value.unwrap_or_else(|| "true".to_owned())
        } else {
            let value = value.or_else(|| words.next().cloned());
            value.ok_or_else(|| help(format!("flag needs an argument: --{name}"), "influxd"))?
        };
        if let Some(why) = unfit(kind, &value) {
            return Err(help(format!("invalid argument {value:?} for \"--{name}\" flag: {why}"), "influxd"));
        }
        told.insert(name.to_owned(), value);
    }
    let file = file(environment.get("INFLUXD_CONFIG_PATH").map(String::as_str).unwrap_or_default())?;
    let file = file.map(|(path, text)| entries(&path, &text).map(|entries| (path, entries))).transpose()?;
    // Who asks for help is told what is wrong with flags, but nothing is done with them.
    if asked {
        return Ok(Command::Help);
    }
    if let Some(name) = told.keys().find(|name| !known(name)) {
        return Err((3, format!("the stand-in does not know --{name}")));
    }
    for (name, value) in environment {
        let Some(name) = name.strip_prefix("INFLUXD_") else { continue };
        let name = name.to_lowercase().replace('_', "-");
        if value.is_empty() || ["config-path", "init-port", "init-ping-attempts"].contains(&name.as_str()) {
            continue;
        }
        if !known(&name) {
            return Err((3, format!("the stand-in does not know INFLUXD_{}", name.to_uppercase().replace('-', "_"))));
        }
        told.entry(name).or_insert_with(|| value.clone());
    }
    if let Some((path, entries)) = file {
        for (name, value) in entries {
            if !known(&name) {
                return Err((3, format!("{}: the stand-in does not know {name}", path.display())));
            }
            told.entry(name).or_insert(value);
        }
    }
    options(&told, environment).map(Command::Run)
}

fn options(told: &BTreeMap<String, String>, environment: &BTreeMap<String, String>) -> Result<Options, Refused> {
    let home = PathBuf::from(environment.get("HOME").map_or("/", String::as_str)).join(".influxdbv2");
    let path = |name: &str, default: &str| told.get(name).map_or_else(|| home.join(default), PathBuf::from);
    let bolt = path("bolt-path", "influxd.bolt");
    let sqlite = told.get("sqlite-path").filter(|path| !path.is_empty()).map(PathBuf::from);
    let level = told.get("log-level").map_or("info", String::as_str);
    if !["debug", "info", "warn", "error"].contains(&level) {
        let why = format!("unrecognized level: {level:?}");
        return Err(help(format!("invalid argument {level:?} for \"--log-level\" flag: {why}"), "influxd"));
    }
    let store = told.get("store").map_or("disk", String::as_str);
    if !["disk", "bolt", "memory"].contains(&store) {
        return Err(help(format!("unknown store type {store}; expected disk or memory"), "influxd"));
    }
    Ok(Options {
        sqlite: sqlite.unwrap_or_else(|| bolt.with_file_name("influxd.sqlite")),
        bolt,
        engine: path("engine-path", "engine"),
        address: told.get("http-bind-address").map_or(":8086", String::as_str).to_owned(),
        level: level.to_owned(),
        memory: store == "memory",
    })
}

/// The configuration file: the one that is told, or the first one in the folder that is told.
fn file(told: &str) -> Result<Option<(PathBuf, String)>, Refused> {
    let told = Path::new(if told.is_empty() { "." } else { told });
    let candidates = if kind(told).is_empty() {
        ["json", "toml", "yaml", "yml"].map(|kind| told.join(format!("config.{kind}"))).to_vec()
    } else {
        vec![told.to_owned()]
    };
    for path in candidates {
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err((1, format!("failed to load config file: open {}: {error}", path.display()))),
        }
    }
    Ok(None)
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|kind| kind.to_str()).map(str::to_lowercase).as_deref() {
        Some("json") => "json",
        Some("toml") => "toml",
        Some("yaml" | "yml") => "yaml",
        _ => "",
    }
}

fn entries(path: &Path, text: &str) -> Result<Vec<(String, String)>, Refused> {
    let wrong = |error: &dyn std::fmt::Display| {
        (1, format!("failed to load config file: While parsing config: {error}").trim_end().to_owned())
    };
    let nested = |name: &str| (3, format!("{}: the stand-in does not know {name} with this value", path.display()));
    if kind(path) == "toml" {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(&error))?;
        return table
            .into_iter()
            .map(|(name, value)| match value {
                toml::Value::String(text) => Ok((name, text)),
                toml::Value::Integer(_) | toml::Value::Boolean(_) => Ok((name, value.to_string())),
                _ => Err(nested(&name)),
            })
            .collect();
    }
    // JSON is YAML.
    let tree = yaml::read(text).map_err(|error| wrong(&error))?;
    match tree.value {
        yaml::Value::Map(entries) => entries
            .into_iter()
            .map(|(name, _, node)| match node.scalar() {
                Some(text) => Ok((name, text.to_owned())),
                None => Err(nested(&name)),
            })
            .collect(),
        _ if tree.is_null() => Ok(Vec::new()),
        _ => Err(wrong(&"yaml: unmarshal errors: cannot unmarshal into map")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str, environment: &[(&str, &str)]) -> Result<Command, Refused> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let nowhere = [("INFLUXD_CONFIG_PATH", "/nowhere.yml")];
        let pairs = nowhere.iter().chain(environment).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        parse(&words, &pairs.collect())
    }

    #[test]
    fn the_command_line_goes_before_the_environment_and_the_file() {
        let folder = tempfile::tempdir().unwrap();
        for (kind, text) in [
            ("toml", "bolt-path = \"/f/b\"\nengine-path = \"/f/e\"\nhttp-bind-address = \":1\"\n"),
            ("yml", "bolt-path: /f/b\nengine-path: /f/e\nhttp-bind-address: :1\nnats-port: 4222\n"),
            ("json", "{\"bolt-path\": \"/f/b\", \"engine-path\": \"/f/e\", \"http-bind-address\": \":1\"}"),
        ] {
            let file = folder.path().join(format!("config.{kind}"));
            std::fs::write(&file, text).unwrap();
            let file = file.to_str().unwrap();
            let environment = [("INFLUXD_CONFIG_PATH", file), ("INFLUXD_ENGINE_PATH", "/e/e"), ("INFLUXD_STORE", "")];
            let Command::Run(options) =
                parsed("run --http-bind-address=:2 --reporting-disabled", &environment).unwrap()
            else {
                panic!("it does not run");
            };
            assert_eq!(options.bolt, Path::new("/f/b"));
            assert_eq!(options.engine, Path::new("/e/e"));
            assert_eq!(options.sqlite, Path::new("/f/influxd.sqlite"));
            assert_eq!(options.address, ":2");
        }
        std::fs::write(folder.path().join("config.yml"), "bolt-pth: /x\n").unwrap();
        let file = folder.path().join("config.yml");
        let (code, why) = parsed("", &[("INFLUXD_CONFIG_PATH", file.to_str().unwrap())]).unwrap_err();
        assert_eq!((code, why), (3, format!("{}: the stand-in does not know bolt-pth", file.display())));
    }

    #[test]
    fn wrong_words_are_refused_in_cobras_words() {
        let refused = |line: &str| parsed(line, &[]).unwrap_err();
        let told = |why: &str| (1, format!("Error: {why}\nSee 'influxd -h' for help"));
        assert_eq!(refused("--foo"), told("unknown flag: --foo"));
        assert_eq!(refused("run -x"), told("unknown shorthand flag: 'x' in -x"));
        assert_eq!(refused("start"), told("unknown command \"start\" for \"influxd\""));
        assert_eq!(refused("--bolt-path"), told("flag needs an argument: --bolt-path"));
        assert_eq!(refused("--tls-cert=x"), (3, "the stand-in does not know --tls-cert".to_owned()));
        assert_eq!(refused("upgrade").0, 3);
        assert_eq!(parsed("version", &[]), Ok(Command::Version));
        assert_eq!(parsed("--tls-cert=x --storage-wal-fsync-delay=10ms --help", &[]), Ok(Command::Help));
        assert_eq!(refused("--no-such=1 --help"), told("unknown flag: --no-such"));
        for (flag, value, why) in [
            ("storage-wal-fsync-delay", "soon", "time: invalid duration \"soon\""),
            ("storage-cache-max-memory-size", "1x", "unhandled size name: x"),
            ("session-length", "1h", "strconv.ParseInt: parsing \"1h\": invalid syntax"),
            ("ui-disabled", "never", "strconv.ParseBool: parsing \"never\": invalid syntax"),
        ] {
            let said = told(&format!("invalid argument {value:?} for \"--{flag}\" flag: {why}"));
            assert_eq!(refused(&format!("--{flag}={value} --help")), said);
        }
        assert_eq!(parsed("", &[("INFLUXD_TLS_CERT", "x")]).unwrap_err().0, 3);
    }
}
