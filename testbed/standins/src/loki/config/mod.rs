//! Loki's configuration, as far as a single binary on a filesystem needs it.

mod check;
mod checked;
mod keys;
mod limits;

use crate::duration;
use crate::yaml::{self, Node, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the stand-in acts on.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file as it was read.
    pub text: String,
    /// Where HTTP is served.
    pub address: String,
    /// The port of it.
    pub port: u16,
    /// The address and port of gRPC: something listens there, and answers nothing.
    pub grpc: (String, u16),
    /// Put before every path.
    pub prefix: String,
    /// Where the lines are kept.
    pub chunks: PathBuf,
    /// Folders that Loki makes when it starts.
    pub folders: Vec<PathBuf>,
    /// Whether requests have to name their tenant.
    pub auth_enabled: bool,
    /// What is refused.
    pub limits: Limits,
    /// How long it is not ready once it could be.
    pub settling: Duration,
    /// What of it can be looked at, and not done.
    pub undone: Vec<String>,
}

/// The limits that the stand-in keeps.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How old a line may be, if that matters.
    pub max_age: Option<Duration>,
    /// How far in the future a line may be.
    pub grace: Duration,
    /// How long a line may be, in bytes.
    pub line_size: u64,
    /// Whether lines may have labels of their own.
    pub structured_metadata: bool,
    /// How many labels a stream may have.
    pub label_names: usize,
    /// How long a label's name may be.
    pub name_length: usize,
    /// How long a label's value may be.
    pub value_length: usize,
    /// How many lines a query may ask for.
    pub entries: usize,
    /// How far apart the start and the end of a query may be; zero is as far as one likes.
    pub query_length: Duration,
    /// How long lines are kept, if they are thrown away at all.
    pub retention: Option<Duration>,
    /// The labels that a stream's `service_name` is taken from; none: it is not added.
    pub service_names: Vec<String>,
}

/// Where Loki looks for a service's name by itself.
const SERVICE_NAMES: &str = "service app application app_name name app_kubernetes_io_name container container_name \
    k8s_container_name component workload job k8s_job_name";

/// Why a configuration is not taken.
#[derive(Debug)]
pub enum Refusal {
    /// It could not be read; Loki's text of it.
    Unreadable(String),
    /// It is none that Loki runs with; Loki's text of it.
    Invalid(String),
    /// Loki would take it.
    Unknown(Vec<String>),
}

/// Reads the file, with `${NAME}` replaced if the command line asks for that.
pub fn load(path: &Path, expand: bool) -> Result<Config, Refusal> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => format!("{path} does not exist, set config.file for custom config path"),
            std::io::ErrorKind::PermissionDenied => format!("open {path}: permission denied"),
            _ => format!("open {path}: {error}"),
        };
        Refusal::Unreadable(format!("failed parsing config: {why}"))
    })?;
    let text = if expand { expanded(&text) } else { text };
    read(&text, &path.display().to_string())
}

/// Reads a configuration that came from `name`.
pub fn read(text: &str, name: &str) -> Result<Config, Refusal> {
    let unreadable = |why: String| Refusal::Unreadable(format!("failed parsing config: {name}: {why}"));
    let root = yaml::read(text).map_err(unreadable)?;
    let findings = check::check(&root);
    if !findings.wrong.is_empty() {
        let wrong = findings.wrong.join("\n  ");
        return Err(unreadable(format!("yaml: unmarshal errors:\n  {wrong}")));
    }
    let invalid = invalid(&root);
    if !invalid.is_empty() {
        return Err(Refusal::Invalid(invalid.join("\n")));
    }
    if !findings.unknown.is_empty() {
        return Err(Refusal::Unknown(findings.unknown));
    }
    let mut undone = findings.undone;
    undone.extend(unserved(&root));
    Ok(Config { undone, ..made(&root, text) })
}

/// `${NAME}`, `${NAME:default}` and `$NAME` replaced by what the environment has.
fn expanded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, skip) = if let Some(inner) = after.strip_prefix('{') {
            match inner.find('}') {
                Some(end) => (&inner[..end], end + 2),
                None => ("", 0),
            }
        } else {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            (&after[..end], end)
        };
        if name.is_empty() {
            out.push('$');
        } else {
            let (name, default) = name.split_once(':').unwrap_or((name, ""));
            out.push_str(&std::env::var(name).unwrap_or_else(|_| default.trim_start_matches('-').to_owned()));
        }
        rest = &after[skip..];
    }
    out.push_str(rest);
    out
}

fn flag(root: &Node, path: &str) -> Option<bool> {
    root.text(path).and_then(check::boolean)
}

fn periods(root: &Node) -> &[Node] {
    match root.at("schema_config.configs").map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// What Loki says of a configuration that has the right form and makes no sense.
fn invalid(root: &Node) -> Vec<String> {
    let mut errors = Vec::new();
    if periods(root).is_empty() {
        errors.push(
            "CONFIG ERROR: invalid schema config: schema config is required, must contain at least one period".into(),
        );
    }
    let level = root.told("server.log_level").unwrap_or("info");
    if !["debug", "info", "warn", "error"].contains(&level) {
        errors.push(format!("unrecognized log level {level:?}"));
    }
    if root.text("common.ring.heartbeat_period").and_then(duration::go).is_some_and(|every| every.is_zero()) {
        errors.push("CONFIG ERROR: invalid pattern_ingester config: heartbeat period must be greater than 0".into());
    }
    if flag(root, "compactor.retention_enabled") == Some(true)
        && root.text("compactor.delete_request_store").unwrap_or_default().is_empty()
    {
        errors.push(
            "CONFIG ERROR: invalid compactor config: compactor.delete-request-store should be configured when \
             retention is enabled"
                .into(),
        );
    }
    if ["query_store_only", "query_ingester_only"].iter().all(|key| flag(root, &format!("querier.{key}")) == Some(true))
    {
        errors.push(
            "CONFIG ERROR: invalid querier config: querier.query_store_only and querier.query_ingester_only cannot both \
             be true"
                .into(),
        );
    }
    if let Some(codec) = root.told("ingester.chunk_encoding").filter(|codec| !limits::CODECS.contains(codec)) {
        errors.push(format!("CONFIG ERROR: invalid ingester config: invalid encoding: {codec}"));
    }
    for (key, what) in [("flush_op_timeout", "flush op timeout"), ("wal.checkpoint_duration", "checkpoint duration")] {
        if root.text(&format!("ingester.{key}")).and_then(duration::go).is_some_and(|told| told.is_zero()) {
            errors.push(format!("CONFIG ERROR: invalid ingester config: invalid {what}: 0s"));
        }
    }
    for (key, what) in [("num_tokens", "Num tokens"), ("replication_factor", "Replication factor")] {
        if root.text(&format!("compactor.compactor_ring.{key}")).is_some_and(|told| told != "1") {
            errors.push(format!(
                "CONFIG ERROR: invalid compactor config: {what} must not be changed as it will not take effect"
            ));
        }
    }
    if root.told("compactor.delete_request_store_key_prefix").is_some_and(|prefix| !prefix.ends_with('/')) {
        errors.push(
            "CONFIG ERROR: invalid compactor config: validate delete store path prefix: prefix should end with /"
                .into(),
        );
    }
    let limits = limits::wrong(root).into_iter();
    errors.extend(limits.map(|why| format!("CONFIG ERROR: invalid limits_config config: {why}")));
    for period in periods(root) {
        let store = period.text("store").unwrap_or_default();
        let schema = period.text("schema").unwrap_or_default();
        let objects = period.text("object_store").unwrap_or_default();
        let every = period.text("index.period").and_then(duration::prometheus);
        let version = schema.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
        if period.text("from").is_none() {
            errors.push("CONFIG ERROR: invalid schema config: schema config is missing from".into());
        }
        match version {
            Some(9..=13) => {}
            _ => errors.push(format!("CONFIG ERROR: invalid schema config: invalid schema version: {schema}")),
        }
        if ["tsdb", "boltdb-shipper"].contains(&store) && every != Some(Duration::from_secs(86_400)) {
            errors.push(format!(
                "CONFIG ERROR: invalid schema config: {store} requires a 24h index period for new index configs"
            ));
        }
        let known = [
            "aws",
            "s3",
            "gcs",
            "azure",
            "alibabacloud",
            "bos",
            "swift",
            "cos",
            "filesystem",
            "in-memory",
            "bigtable",
            "aws-dynamo",
            "bigtable-hashed",
            "cassandra",
            "gcp",
            "gcp-columnkey",
            "grpc-store",
        ];
        if !known.contains(&objects) {
            errors.push(format!(
                "CONFIG ERROR: unrecognized `object_store` type `{objects}`, which also does not match any named_stores"
            ));
        }
    }
    let allowed = flag(root, "limits_config.allow_structured_metadata").unwrap_or(true);
    if let (true, Some(active)) = (allowed, periods(root).last()) {
        let schema = active.text("schema").unwrap_or_default();
        let store = active.text("store").unwrap_or_default();
        let remedy = "Set `allow_structured_metadata: false` in the `limits_config` section or set the command line \
                      argument `-validation.allow-structured-metadata=false` and restart Loki.";
        if schema.strip_prefix('v').and_then(|number| number.parse::<u32>().ok()).is_some_and(|number| number < 13) {
            errors.push(format!(
                "CONFIG ERROR: schema v13 is required to store Structured Metadata and use native OTLP ingestion, your \
                 schema version is {schema}. {remedy}"
            ));
        }
        if store != "tsdb" {
            errors.push(format!(
                "CONFIG ERROR: `tsdb` index type is required to store Structured Metadata and use native OTLP ingestion, \
                 your index type is `{store}` (defined in the `store` parameter of the schema_config). {remedy}"
            ));
        }
    }
    let prefix = root.text("common.path_prefix").unwrap_or_default();
    let has = |path: &str| root.told(path).map_or(!prefix.is_empty(), |folder| !folder.is_empty());
    if periods(root).iter().any(|period| period.text("store") == Some("tsdb")) {
        for key in ["active_index_directory", "cache_location"] {
            if !has(&format!("storage_config.tsdb_shipper.{key}")) {
                errors.push(format!(
                    "CONFIG ERROR: `tsdb` index type is configured in at least one schema period, however, \
                     `storage_config`, `tsdb_shipper`, `{key}` is not set, please set this directly or set \
                     `path_prefix:` in the `common:` section"
                ));
            }
        }
        if !has("compactor.working_directory") {
            errors.push(
                "CONFIG ERROR: `compactor:` `working_directory:` is empty, please set a valid directory or set \
                 `path_prefix:` in the `common:` section"
                    .into(),
            );
        }
    }
    errors
}

/// What Loki could do, and the stand-in cannot.
fn unserved(root: &Node) -> Vec<String> {
    let mut undone = Vec::new();
    for period in periods(root) {
        for (key, served) in [("store", "tsdb"), ("object_store", "filesystem")] {
            let asked = period.text(key).unwrap_or_default();
            if asked != served {
                undone.push(format!("`schema_config.configs.{key}: {asked}`"));
            }
        }
    }
    for path in [
        "common.ring.kvstore.store",
        "compactor.compactor_ring.kvstore.store",
        "ingester.lifecycler.ring.kvstore.store",
    ] {
        let store = root.text(path).unwrap_or("inmemory");
        if store != "inmemory" {
            undone.push(format!("`{path}: {store}`"));
        }
    }
    let target = root.text("target").unwrap_or("all");
    if target != "all" {
        undone.push(format!("`target: {target}`"));
    }
    undone
}

/// The configuration of a tree in which nothing is wrong.
fn made(root: &Node, text: &str) -> Config {
    let number = |path: &str, default: usize| root.text(path).and_then(|text| text.parse().ok()).unwrap_or(default);
    let port = |path: &str, default: u16| root.text(path).and_then(|text| text.parse().ok()).unwrap_or(default);
    let text_at = |path: &str| root.text(path).unwrap_or_default().to_owned();
    let lasting = |path: &str, default: u64| {
        root.text(path).and_then(duration::prometheus).unwrap_or(Duration::from_secs(default))
    };
    let prefix = PathBuf::from(root.text("common.path_prefix").unwrap_or_default());
    let folder = |paths: &[&str], below: &str| {
        let told = paths.iter().find_map(|path| root.text(path).filter(|folder| !folder.is_empty()));
        told.map_or_else(|| prefix.join(below), PathBuf::from)
    };
    let chunks =
        folder(&["storage_config.filesystem.directory", "common.storage.filesystem.chunks_directory"], "chunks");
    let reject = flag(root, "limits_config.reject_old_samples").unwrap_or(true);
    let retention = flag(root, "compactor.retention_enabled") == Some(true);
    Config {
        text: text.to_owned(),
        address: text_at("server.http_listen_address"),
        port: port("server.http_listen_port", 3100),
        grpc: (text_at("server.grpc_listen_address"), port("server.grpc_listen_port", 9095)),
        prefix: text_at("server.http_path_prefix"),
        folders: vec![
            chunks.clone(),
            folder(&["storage_config.tsdb_shipper.active_index_directory"], "tsdb-shipper-active"),
            folder(&["storage_config.tsdb_shipper.cache_location"], "tsdb-shipper-cache"),
            folder(&["compactor.working_directory"], "compactor"),
            folder(&["ingester.wal.dir"], "wal"),
        ],
        chunks,
        settling: root
            .text("ingester.lifecycler.min_ready_duration")
            .and_then(duration::go)
            .unwrap_or(Duration::from_secs(15)),
        undone: Vec::new(),
        auth_enabled: flag(root, "auth_enabled").unwrap_or(true),
        limits: Limits {
            max_age: reject.then(|| lasting("limits_config.reject_old_samples_max_age", 7 * 86_400)),
            grace: lasting("limits_config.creation_grace_period", 600),
            line_size: root.text("limits_config.max_line_size").and_then(check::bytes).unwrap_or(256 * 1024),
            structured_metadata: flag(root, "limits_config.allow_structured_metadata").unwrap_or(true),
            label_names: number("limits_config.max_label_names_per_series", 15),
            name_length: number("limits_config.max_label_name_length", 1024),
            value_length: number("limits_config.max_label_value_length", 2048),
            entries: number("limits_config.max_entries_limit_per_query", 5000),
            query_length: lasting("limits_config.max_query_length", 721 * 3600),
            retention: retention
                .then(|| lasting("limits_config.retention_period", 744 * 3600))
                .filter(|kept| !kept.is_zero()),
            service_names: match root.at("limits_config.discover_service_name").map(|node| &node.value) {
                Some(Value::List(items)) => items.iter().filter_map(Node::scalar).map(str::to_owned).collect(),
                _ => SERVICE_NAMES.split_whitespace().map(str::to_owned).collect(),
            },
        },
    }
}

#[cfg(test)]
mod tests;
