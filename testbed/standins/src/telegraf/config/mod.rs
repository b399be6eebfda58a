//! Telegraf's configuration: its files, what it refuses in them, and the plugins that they ask for.

mod environment;
mod names;
pub mod options;
mod syntax;
pub mod tree;

use super::filter::Filter;
use super::flags::Flags;
use options::{lasting_of, of_input, of_output};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tree::{Node, Value};

/// What the stand-in acts on.
#[derive(Debug, Default)]
pub struct Config {
    /// The section `agent`.
    pub agent: Agent,
    /// Tags of all metrics.
    pub tags: BTreeMap<String, String>,
    /// The inputs in their order.
    pub inputs: Vec<Plugin>,
    /// The outputs in their order.
    pub outputs: Vec<Plugin>,
    /// What of it can be looked at, and not done.
    pub undone: Vec<String>,
}

/// The section `agent`.
#[derive(Debug, Clone)]
pub struct Agent {
    /// How often is collected.
    pub interval: Duration,
    /// Whether that is at whole multiples of it.
    pub round: bool,
    /// What times are rounded to; zero: as the interval suggests.
    pub precision: Duration,
    /// How much later it may be.
    pub jitter: Duration,
    /// How often is sent.
    pub flush: Duration,
    /// How much later that may be.
    pub flush_jitter: Duration,
    /// How many metrics are sent at once.
    pub batch: usize,
    /// How many metrics wait at most.
    pub buffer: usize,
    /// Where they wait.
    pub buffers: String,
    /// Whether more is logged.
    pub debug: bool,
    /// Whether less is logged.
    pub quiet: bool,
    /// Where that goes, if not to standard error.
    pub logfile: Option<PathBuf>,
    /// The tag `host`.
    pub hostname: String,
    /// Whether there is none.
    pub omit_hostname: bool,
    /// Whether `skip_processors_after_aggregators` is there.
    pub skip_told: bool,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            round: true,
            precision: Duration::ZERO,
            jitter: Duration::ZERO,
            flush: Duration::from_secs(10),
            flush_jitter: Duration::ZERO,
            batch: 1000,
            buffer: 10_000,
            buffers: String::new(),
            debug: false,
            quiet: false,
            logfile: None,
            hostname: String::new(),
            omit_hostname: false,
            skip_told: false,
        }
    }
}

/// An input or an output as it is configured.
#[derive(Debug)]
pub struct Plugin {
    /// What it is.
    pub name: String,
    /// What it is called in the log: `inputs.cpu::alias`.
    pub id: String,
    /// Its table.
    pub table: Node,
    /// What it lets through.
    pub filter: Filter,
}

/// Why a configuration is not taken.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// It is none that Telegraf runs with; Telegraf's text of it.
    Invalid(String),
    /// Telegraf would take it.
    Unknown(Vec<String>),
}

/// The files that the command line or the defaults name.
///
/// # Errors
/// A folder that cannot be read, or no file at all, in Telegraf's words.
pub fn files(flags: &Flags) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in &flags.config {
        files.push(path.clone());
    }
    for folder in &flags.folders {
        files.extend(walk(folder).map_err(|why| format!("reading config directory failed: {why}"))?);
    }
    if files.is_empty() {
        files = defaults()?;
    }
    Ok(files)
}

fn defaults() -> Result<Vec<PathBuf>, String> {
    let home = format!("{}/.telegraf/telegraf.conf", std::env::var("HOME").unwrap_or_default());
    let told = std::env::var("TELEGRAF_CONFIG_PATH").unwrap_or_default();
    for path in [&told, &home] {
        if !path.is_empty() && Path::new(path).exists() {
            return Ok(vec![path.into()]);
        }
    }
    let (file, folder) = (Path::new("/etc/telegraf/telegraf.conf"), Path::new("/etc/telegraf/telegraf.d"));
    let mut files = Vec::new();
    if file.exists() {
        files.push(file.to_owned());
    }
    files.extend(walk(folder).unwrap_or_default());
    if files.is_empty() {
        return Err(format!(
            "unable to load default config paths: no config file specified, and could not find one in \
             $TELEGRAF_CONFIG_PATH, {home}, {}, or {}/*.conf",
            file.display(),
            folder.display()
        ));
    }
    Ok(files)
}

/// All files of a folder and those below whose names end with `.conf`, by name.
fn walk(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = std::fs::read_dir(folder).map_err(|error| format!("open {}: {}", folder.display(), words(&error)))?;
    let mut paths: Vec<PathBuf> = read.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            // Kubernetes mounts a folder twice, once under such a name.
            if !name.starts_with("..") {
                files.extend(walk(&path).unwrap_or_default());
            }
        } else if name.len() > 5 && name.ends_with(".conf") {
            files.push(path);
        }
    }
    Ok(files)
}

/// An error of a file in Go's words.
pub fn words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        std::io::ErrorKind::AddrInUse => "bind: address already in use".to_owned(),
        std::io::ErrorKind::ConnectionRefused => "connect: connection refused".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads the files, in their order.
pub fn load(files: &[PathBuf], flags: &Flags, loose: bool) -> Result<Config, Refusal> {
    let mut loading = Loading { flags, config: Config::default(), unknown: Vec::new() };
    for file in files {
        let named = |why: String| Refusal::Invalid(format!("loading config file {} failed: {why}", file.display()));
        // A folder, given as a file, stands for the files in it.
        let parts = if file.is_dir() { walk(file).map_err(named)? } else { vec![file.clone()] };
        for part in parts {
            let text = std::fs::read_to_string(&part)
                .map_err(|error| named(format!("open {}: {}", part.display(), words(&error))))?;
            loading.read(&text, loose).map_err(named)?;
        }
    }
    loading.finish()
}

struct Loading<'f> {
    flags: &'f Flags,
    config: Config,
    unknown: Vec<String>,
}

impl Loading<'_> {
    fn read(&mut self, text: &str, loose: bool) -> Result<(), String> {
        let variable = |name: &str| std::env::var(name).ok();
        let root = tree::read(text, loose, &variable).map_err(|why| format!("error parsing data: {why}"))?;
        for name in ["tags", "global_tags"] {
            let Some(node) = root.get(name) else { continue };
            if !matches!(node.value, Value::Table(_)) {
                return Err(format!("invalid configuration, bad table name {name:?}"));
            }
            for (key, value) in node.entries() {
                let value = value.text().ok_or_else(|| {
                    let kind = value.value.word();
                    format!(
                        "error parsing table name {name:?}: line {}: ({key}) cannot unmarshal TOML {kind} into string",
                        value.line
                    )
                })?;
                self.config.tags.insert(key.clone(), value.to_owned());
            }
        }
        if let Some(node) = root.get("agent") {
            if !matches!(node.value, Value::Table(_)) {
                return Err("invalid configuration, error parsing agent table".to_owned());
            }
            let unused =
                options::check(node, &[options::AGENT]).map_err(|why| format!("error parsing [agent]: {why}"))?;
            not_used(&unused, "line 1")?;
            self.agent(node);
        }
        for (section, node) in root.entries() {
            if !matches!(node.value, Value::Table(_)) {
                return Err(format!("invalid configuration, error parsing field {section:?} as table"));
            }
            match section.as_str() {
                "agent" | "global_tags" | "tags" => {}
                "inputs" | "plugins" | "outputs" | "processors" | "aggregators" | "secretstores" => {
                    for (name, tables) in node.entries() {
                        self.plugins(section, name, tables, node.line)?;
                    }
                }
                // A table that is none of the sections is an input, as it was in Telegraf's first years.
                name => self.plugins("inputs", name, node, node.line)?,
            }
        }
        Ok(())
    }

    fn agent(&mut self, node: &Node) {
        let agent = &mut self.config.agent;
        for (slot, key) in [
            (&mut agent.interval, "interval"),
            (&mut agent.precision, "precision"),
            (&mut agent.jitter, "collection_jitter"),
            (&mut agent.flush, "flush_interval"),
            (&mut agent.flush_jitter, "flush_jitter"),
        ] {
            *slot = lasting_of(node, key).unwrap_or(*slot);
        }
        for (slot, key) in [(&mut agent.batch, "metric_batch_size"), (&mut agent.buffer, "metric_buffer_limit")] {
            *slot = node.number_of(key).and_then(|number| usize::try_from(number).ok()).unwrap_or(*slot);
        }
        agent.round = node.flag_of("round_interval").unwrap_or(agent.round);
        agent.debug = node.flag_of("debug").unwrap_or(agent.debug);
        agent.quiet = node.flag_of("quiet").unwrap_or(agent.quiet);
        agent.omit_hostname = node.flag_of("omit_hostname").unwrap_or(agent.omit_hostname);
        agent.skip_told |= node.get("skip_processors_after_aggregators").is_some();
        if let Some(name) = node.text_of("hostname") {
            agent.hostname = name.to_owned();
        }
        if let Some(path) = node.text_of("logfile") {
            agent.logfile = (!path.is_empty()).then(|| path.into());
        }
        if let Some(strategy) = node.text_of("buffer_strategy") {
            agent.buffers = strategy.to_owned();
        }
        if node.text_of("logformat").is_some_and(|format| !["", "text"].contains(&format)) {
            self.config.undone.push("agent.logformat other than text".to_owned());
        }
    }

    fn plugins(&mut self, section: &str, name: &str, node: &Node, line: usize) -> Result<(), String> {
        let (tables, array) = match &node.value {
            Value::Table(_) => (std::slice::from_ref(node), false),
            Value::List(items) if items.iter().all(|item| matches!(item.value, Value::Table(_))) => {
                (items.as_slice(), true)
            }
            _ => return Err(format!("unsupported config format: {name}")),
        };
        let (kind, known) = match section {
            "outputs" => ("output", names::OUTPUTS),
            "processors" => ("processor", names::PROCESSORS),
            "aggregators" => ("aggregator", names::AGGREGATORS),
            "secretstores" => ("secretstores", names::SECRETSTORES),
            _ => ("input", names::INPUTS),
        };
        let failed = |why: String| match (kind, array) {
            ("output", true) => format!("error parsing {name} array, {why}"),
            _ => format!("error parsing {name}, {why}"),
        };
        let wanted = match kind {
            "input" => &self.flags.inputs,
            "output" => &self.flags.outputs,
            _ => &Vec::new(),
        };
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            return Ok(());
        }
        let plural = if section == "plugins" { "inputs" } else { section };
        let served = match kind {
            "input" => of_input(name),
            "output" => of_output(name),
            _ => None,
        };
        let Some(own) = served else {
            if !known.split(' ').any(|known| known == name) {
                return Err(failed(format!("undefined but requested {kind}: {name}")));
            }
            self.unknown.push(format!("the stand-in does not know {plural}.{name}"));
            return Ok(());
        };
        for table in tables {
            let common = if kind == "output" { options::OUTPUTS } else { options::INPUTS };
            let unused = options::check(table, &[own, common, options::COMMON]).map_err(failed)?;
            let formats = match name {
                "file" => Some((options::SERIALIZERS, "serializer")),
                "http_listener_v2" => Some((options::PARSERS, "parser")),
                _ => None,
            };
            match (formats, table.text_of("data_format").filter(|format| !["", "influx"].contains(format))) {
                (Some((known, what)), Some(format)) if !known.split(' ').any(|known| known == format) => {
                    return Err(failed(format!("undefined but requested {what}: {format}")));
                }
                (Some(_), Some("json")) if unused.is_empty() => {
                    self.config.undone.push(format!("data_format json of {plural}.{name}"));
                }
                // what such a format asks for beside its name is a language of its own
                (Some(_), Some(format)) => {
                    self.unknown.push(format!("the stand-in does not know data_format {format} of {plural}.{name}"));
                }
                _ => not_used(&unused, &format!("plugin {section}.{name}: line {line}"))?,
            }
            let unserved = options::UNSERVED.iter().filter(|key| table.get(key).is_some());
            self.config.undone.extend(unserved.map(|key| format!("{key} of {plural}.{name}")));
            if table.text_of("metricpass").is_some_and(|expression| !expression.is_empty()) {
                self.unknown.push(format!("the stand-in does not know metricpass of {plural}.{name}"));
            }
            if kind == "output" {
                match self.config.agent.buffers.as_str() {
                    "" | "memory" => {}
                    "disk" | "disk_write_through" => self.config.undone.push("agent.buffer_strategy disk".to_owned()),
                    other => return Err(failed(format!("invalid buffer strategy {other:?}"))),
                }
            }
            let alias = table.text_of("alias").filter(|alias| !alias.is_empty());
            let id = alias.map_or_else(|| format!("{plural}.{name}"), |alias| format!("{plural}.{name}::{alias}"));
            let plugin =
                Plugin { name: name.to_owned(), id, table: table.clone(), filter: Filter::of(table).map_err(failed)? };
            if kind == "output" { &mut self.config.outputs } else { &mut self.config.inputs }.push(plugin);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Config, Refusal> {
        let agent = &mut self.config.agent;
        if agent.hostname.is_empty() {
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            agent.hostname = name.trim().to_owned();
        }
        if !agent.omit_hostname {
            self.config.tags.insert("host".to_owned(), agent.hostname.clone());
        }
        agent.quiet |= self.flags.quiet;
        agent.debug |= self.flags.debug;
        if self.unknown.is_empty() { Ok(self.config) } else { Err(Refusal::Unknown(self.unknown)) }
    }
}

fn not_used(fields: &[String], place: &str) -> Result<(), String> {
    if fields.is_empty() {
        return Ok(());
    }
    let fields: Vec<String> = fields.iter().map(|field| format!("{field:?}")).collect();
    Err(format!(
        "{place}: configuration specified the fields [{}], but they were not used; this is either a typo or this \
         config option does not exist in this version",
        fields.join(" ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<Config, Refusal> {
        let flags = Flags::default();
        let mut loading = Loading { flags: &flags, config: Config::default(), unknown: Vec::new() };
        loading.read(text, false).map_err(Refusal::Invalid)?;
        loading.finish()
    }

    fn why(text: &str) -> String {
        match loaded(text).unwrap_err() {
            Refusal::Invalid(why) => why,
            Refusal::Unknown(whys) => whys.join("\n"),
        }
    }

    #[test]
    fn sections_and_plugins_are_read() {
        let config = loaded(
            "[global_tags]\ndc = \"a\"\n[agent]\ninterval = \"1m\"\nflush_interval = 5\nhostname = \"h\"\n\
             [[inputs.cpu]]\npercpu = false\ninterval = \"1s\"\nalias = \"x\"\n[inputs.cpu.tags]\na = \"b\"\n\
             [[outputs.file]]\nfiles = [\"stdout\"]\n",
        )
        .unwrap();
        assert_eq!((config.agent.interval.as_secs(), config.agent.flush.as_secs()), (60, 5));
        assert_eq!(config.tags.into_iter().map(|(name, value)| name + &value).collect::<Vec<_>>(), ["dca", "hosth"]);
        assert_eq!(config.inputs[0].id, "inputs.cpu::x");
        assert_eq!(config.outputs[0].table.texts_of("files"), ["stdout"]);
    }

    #[test]
    fn what_telegraf_would_not_take_is_refused_in_its_words() {
        let unused = "this is either a typo or this config option does not exist in this version";
        assert_eq!(
            why("\n[agent]\nfoo = 1\n"),
            format!("line 1: configuration specified the fields [\"foo\"], but they were not used; {unused}")
        );
        assert_eq!(
            why("[agent]\n\n[[inputs.cpu]]\n  foo = 1\n"),
            format!(
                "plugin inputs.cpu: line 3: configuration specified the fields [\"foo\"], but they were not used; {unused}"
            )
        );
        assert_eq!(why("[[inputs.foo]]\n"), "error parsing foo, undefined but requested input: foo");
        assert_eq!(why("[[outputs.foo]]\n"), "error parsing foo array, undefined but requested output: foo");
        assert_eq!(why("\na = x y\n"), "error parsing data: line 2: invalid TOML syntax");
        assert_eq!(
            why("[[inputs.cpu]]\npercpu = \"yes\"\n"),
            "error parsing cpu, line 2: (percpu) cannot unmarshal TOML string into bool"
        );
        assert_eq!(
            why("[agent]\ninterval = \"soon\"\n"),
            "error parsing [agent]: line 2: (interval) time: invalid duration \"soon\""
        );
        assert_eq!(why("[[inputs.docker]]\n"), "the stand-in does not know inputs.docker");
        assert_eq!(
            loaded("[[processors.rename]]\n").unwrap_err(),
            Refusal::Unknown(vec!["the stand-in does not know processors.rename".to_owned()])
        );
    }
}
