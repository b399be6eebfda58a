//! The options of Telegraf's sections and of the plugins that the stand-in has.

use super::tree::{Node, Value};
use crate::{duration, units};
use regex::Regex;
use std::time::Duration;

/// What an option is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// True or false.
    Flag,
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// `10s`, or a number of seconds.
    Lasting,
    /// `10MB`, or a number of bytes.
    Size,
    /// Strings.
    List,
    /// A table of strings.
    Map,
    /// A table of lists of strings.
    Lists,
    /// A string that nothing shows; a number is one, too.
    Secret,
    /// A table of those.
    Secrets,
    /// A whole number that is not negative.
    Unsigned,
    /// A duration of Go's, if it is a string; of anything else nothing is made.
    GoLasting,
    /// A list, of whatever.
    Array,
    /// A table of lists.
    Arrays,
    /// Whatever it is.
    Any,
}

use Kind::{
    Any, Array, Arrays, Flag, GoLasting, Lasting, List, Lists, Map, Number, Secret, Secrets, Size, Text, Unsigned,
};

/// Options by name.
pub type Options = &'static [(&'static str, Kind)];

/// The section `agent`.
pub const AGENT: Options = &[
    ("interval", Lasting),
    ("round_interval", Flag),
    ("precision", Lasting),
    ("collection_jitter", Lasting),
    ("collection_offset", Lasting),
    ("flush_interval", Lasting),
    ("flush_jitter", Lasting),
    ("metric_batch_size", Number),
    ("metric_buffer_limit", Unsigned),
    ("debug", Flag),
    ("quiet", Flag),
    ("logtarget", Text),
    ("logformat", Text),
    ("logfile", Text),
    ("structured_log_message_key", Text),
    ("logfile_rotation_interval", Lasting),
    ("logfile_rotation_max_size", Size),
    ("logfile_rotation_max_archives", Number),
    ("log_with_timezone", Text),
    ("hostname", Text),
    ("omit_hostname", Flag),
    ("snmp_translator", Text),
    ("statefile", Text),
    ("always_include_local_tags", Flag),
    ("always_include_global_tags", Flag),
    ("skip_processors_after_aggregators", Flag),
    ("config_url_retry_attempts", Number),
    ("buffer_strategy", Text),
    ("buffer_directory", Text),
    ("buffer_disk_sync", Flag),
];

/// What all inputs take; Telegraf takes these of each, used or not.
pub const INPUTS: Options = &[
    ("collection_jitter", GoLasting),
    ("collection_offset", GoLasting),
    ("interval", GoLasting),
    ("precision", GoLasting),
    ("flush_interval", Any),
    ("flush_jitter", Any),
];

/// What all outputs take; Telegraf takes these of each, used or not.
pub const OUTPUTS: Options = &[
    ("collection_jitter", Any),
    ("collection_offset", Any),
    ("interval", Any),
    ("precision", Any),
    ("flush_interval", GoLasting),
    ("flush_jitter", GoLasting),
];

/// What all plugins take; of what is not of the kind that is read nothing is made.
pub const COMMON: Options = &[
    ("alias", Any),
    ("always_include_local_tags", Any),
    ("buffer_directory", Any),
    ("buffer_disk_sync", Any),
    ("buffer_strategy", Any),
    ("data_format", Any),
    ("data_type", Any),
    ("delay", Any),
    ("drop", Array),
    ("drop_original", Any),
    ("fielddrop", Array),
    ("fieldexclude", Array),
    ("fieldinclude", Array),
    ("fieldpass", Array),
    ("grace", Any),
    ("id", Any),
    ("influx_parser_type", Any),
    ("labels", Any),
    ("log_level", Any),
    ("lvm", Any),
    ("metric_batch_size", Any),
    ("metric_buffer_limit", Any),
    ("metricpass", Any),
    ("name_override", Any),
    ("name_prefix", Any),
    ("name_suffix", Any),
    ("namedrop", Array),
    ("namedrop_separator", Any),
    ("namepass", Array),
    ("namepass_separator", Any),
    ("order", Any),
    ("pass", Array),
    ("period", Any),
    ("startup_error_behavior", Any),
    ("tagdrop", Arrays),
    ("tagexclude", Array),
    ("taginclude", Array),
    ("tagpass", Arrays),
    ("tags", Any),
];

/// What all plugins take and the stand-in does nothing with.
pub const UNSERVED: &[&str] = &["namepass_separator", "namedrop_separator", "labels"];

/// What outputs can write.
pub const SERIALIZERS: &str = "binary carbon2 cloudevents csv graphite influx json msgpack nowmetric prometheus \
    prometheusremotewrite splunkmetric template wavefront";
/// What inputs can read.
pub const PARSERS: &str = "avro binary collectd csv dropwizard form_urlencoded graphite grok influx json json_v2 logfmt \
    nagios openmetrics opentsdb parquet prometheus prometheusremotewrite value wavefront xml xpath_cbor xpath_json \
    xpath_msgpack xpath_protobuf influx_upstream";

/// The options of an input that the stand-in has.
pub fn of_input(name: &str) -> Option<Options> {
    Some(match name {
        "cpu" => &[
            ("percpu", Flag),
            ("totalcpu", Flag),
            ("collect_cpu_time", Flag),
            ("report_active", Flag),
            ("core_tags", Flag),
        ],
        "mem" => &[("collect_extended", Flag)],
        "swap" => &[],
        "system" => &[("include", List), ("os_cache_ttl", Lasting), ("dmi_cache_ttl", Lasting)],
        "kernel" => &[("collect", List)],
        "processes" => &[("use_sudo", Flag)],
        "disk" => &[("mount_points", List), ("ignore_fs", List), ("ignore_mount_opts", List)],
        "diskio" => &[("devices", List), ("device_tags", List), ("name_templates", List), ("skip_serial_number", Flag)],
        "net" => &[("interfaces", List), ("ignore_protocol_stats", Flag)],
        "internal" => &[("collect_memstats", Flag), ("collect_gostats", Flag), ("per_instance", Flag)],
        "systemd_units" => &[
            ("pattern", Text),
            ("unittype", Text),
            ("scope", Text),
            ("details", Flag),
            ("collect_disabled_units", Flag),
            ("timeout", Lasting),
        ],
        "http_listener_v2" => &[
            ("service_address", Text),
            ("socket_mode", Text),
            ("paths", List),
            ("path_tag", Flag),
            ("methods", List),
            ("http_headers", Map),
            ("data_source", Text),
            ("read_timeout", Lasting),
            ("write_timeout", Lasting),
            ("max_body_size", Size),
            ("http_success_code", Number),
            ("basic_username", Text),
            ("basic_password", Text),
            ("http_header_tags", Map),
            ("tls_cert", Text),
            ("tls_key", Text),
            ("tls_key_pwd", Text),
            ("tls_allowed_cacerts", List),
            ("tls_cipher_suites", List),
            ("tls_min_version", Text),
            ("tls_max_version", Text),
            ("tls_allowed_dns_names", List),
        ],
        _ => return None,
    })
}

/// The options of an output that the stand-in has.
pub fn of_output(name: &str) -> Option<Options> {
    Some(match name {
        "influxdb_v2" => &[
            ("urls", List),
            ("local_address", Text),
            ("token", Secret),
            ("organization", Text),
            ("bucket", Text),
            ("bucket_tag", Text),
            ("exclude_bucket_tag", Flag),
            ("timeout", Lasting),
            ("http_headers", Secrets),
            ("http_proxy", Text),
            ("user_agent", Text),
            ("content_encoding", Text),
            ("influx_uint_support", Flag),
            ("influx_omit_timestamp", Flag),
            ("ping_timeout", Lasting),
            ("read_idle_timeout", Lasting),
            ("concurrent_writes", Unsigned),
            ("rate_limit", Size),
            ("rate_limit_period", Lasting),
            ("tls_ca", Text),
            ("tls_cert", Text),
            ("tls_key", Text),
            ("tls_key_pwd", Text),
            ("tls_min_version", Text),
            ("tls_cipher_suites", List),
            ("tls_server_name", Text),
            ("tls_renegotiation_method", Text),
            ("tls_enable", Flag),
            ("insecure_skip_verify", Flag),
        ],
        "prometheus_client" => &[
            ("listen", Text),
            ("read_timeout", Lasting),
            ("write_timeout", Lasting),
            ("metric_version", Number),
            ("basic_username", Text),
            ("basic_password", Secret),
            ("ip_range", List),
            ("expiration_interval", Lasting),
            ("path", Text),
            ("collectors_exclude", List),
            ("string_as_label", Flag),
            ("export_timestamp", Flag),
            ("metric_types", Lists),
            ("name_sanitization", Text),
            ("http_headers", Secrets),
            ("tls_cert", Text),
            ("tls_key", Text),
            ("tls_key_pwd", Text),
            ("tls_allowed_cacerts", List),
            ("tls_cipher_suites", List),
            ("tls_min_version", Text),
            ("tls_max_version", Text),
            ("tls_allowed_dns_names", List),
        ],
        "file" => &[
            ("files", List),
            ("rotation_interval", Lasting),
            ("rotation_max_size", Size),
            ("rotation_max_archives", Number),
            ("use_batch_format", Flag),
            ("compression_algorithm", Text),
            ("compression_level", Number),
            ("influx_max_line_bytes", Number),
            ("influx_sort_fields", Flag),
            ("influx_uint_support", Flag),
            ("influx_omit_timestamp", Flag),
        ],
        _ => return None,
    })
}

/// What comes of the options of a server's TLS: nothing is made of a certificate without a key.
///
/// # Errors
/// A file that is not there, in Telegraf's words, or that there is TLS, which the stand-in does not know.
pub fn server_tls(table: &Node) -> Result<(), (u8, String)> {
    let told = |key: &str| table.text_of(key).filter(|text| !text.is_empty()).map(str::to_owned);
    let mut files = table.texts_of("tls_allowed_cacerts");
    files.extend(told("tls_cert").zip(told("tls_key")).into_iter().flat_map(|(cert, key)| [cert, key]));
    match files.iter().find(|path| std::fs::metadata(path).is_err()) {
        Some(path) => Err((1, format!("could not read certificate {path:?}: open {path}: no such file or directory"))),
        None if files.is_empty() => Ok(()),
        None => Err((3, "the stand-in does not know TLS".to_owned())),
    }
}

/// Checks the options of a table, and gives back the names of those that are not known.
///
/// # Errors
/// The first value of another kind, in Telegraf's words.
pub fn check(table: &Node, known: &[Options]) -> Result<Vec<String>, String> {
    let mut unused = Vec::new();
    for (key, node) in table.entries() {
        match known.iter().copied().flatten().find(|(name, _)| name == key) {
            None => unused.push(key.clone()),
            Some((_, kind)) => fits(*kind, node).map_err(|why| format!("line {}: ({key}) {why}", node.line))?,
        }
    }
    Ok(unused)
}

fn fits(kind: Kind, node: &Node) -> Result<(), String> {
    let wrong = |into: &str| Err(format!("cannot unmarshal TOML {} into {into}", node.value.word()));
    match (kind, &node.value) {
        (Any, _)
        | (Secret, Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Flag(_))
        | (Array, Value::List(_))
        | (Flag, Value::Flag(_))
        | (Text, Value::Text(_))
        | (Number, Value::Integer(_))
        | (Lasting | Size, Value::Integer(_) | Value::Float(_)) => Ok(()),
        (Unsigned, Value::Integer(number)) if *number >= 0 => Ok(()),
        (Unsigned, Value::Integer(number)) => Err(format!("strconv.ParseUint: parsing \"{number}\": invalid syntax")),
        (GoLasting, Value::Text(text)) => match duration::go(text.strip_prefix('-').unwrap_or(text)) {
            Some(_) => Ok(()),
            None => Err(format!("error parsing duration: time: invalid duration {text:?}")),
        },
        (GoLasting, _) => Ok(()),
        (Arrays, Value::Table(entries)) => match entries.iter().all(|(_, value)| matches!(value.value, Value::List(_)))
        {
            true => Ok(()),
            false => Err("found unexpected format, expecting string array/slice format on each entry".to_owned()),
        },
        (Secrets, Value::Table(entries)) => {
            match entries.iter().find(|(_, value)| matches!(value.value, Value::List(_) | Value::Table(_))) {
                Some((_, value)) => Err(format!("cannot unmarshal TOML {} into string", value.value.word())),
                None => Ok(()),
            }
        }
        (Lasting, Value::Text(text)) => match lasting(node) {
            Some(_) => Ok(()),
            None => Err(format!("time: invalid duration {text:?}")),
        },
        (Size, Value::Text(text)) => {
            let right = text.is_empty() || text.parse::<i64>().is_ok() || units::bytes(text, 1000.0).is_some();
            if right { Ok(()) } else { Err(format!("units: invalid {text}")) }
        }
        (List, Value::List(items)) => match items.iter().find(|item| item.text().is_none()) {
            Some(item) => Err(format!("cannot unmarshal TOML {} into string", item.value.word())),
            None => Ok(()),
        },
        (Map, Value::Table(entries)) => match entries.iter().find(|(_, value)| value.text().is_none()) {
            Some((_, value)) => Err(format!("cannot unmarshal TOML {} into string", value.value.word())),
            None => Ok(()),
        },
        (Lists, Value::Table(_)) => Ok(()),
        (Flag, _) => wrong("bool"),
        (Text, _) => wrong("string"),
        (Secret, _) => wrong("config.Secret"),
        (Array, _) => Err("found unexpected format, expecting string array/slice format".to_owned()),
        (Arrays, _) => Err("invalid syntax: expected a table of key=[values]".to_owned()),
        (Number | Unsigned, _) => wrong("int"),
        (Lasting, _) => wrong("config.Duration"),
        (Size, _) => wrong("config.Size"),
        (List, _) => wrong("[]string"),
        (Map | Lists | Secrets, _) => wrong("map[string]string"),
    }
}

/// Days are hours to Telegraf before they are anything to Go: `1d12h`.
fn in_hours(text: &str) -> String {
    let days = Regex::new(r"(\d+(?:\.\d+)?)d");
    let hours = |found: &regex::Captures| format!("{}h", found[1].parse::<f64>().unwrap_or_default() * 24.0);
    days.map_or_else(|_| text.to_owned(), |days| days.replace_all(text, hours).into_owned())
}

/// A duration as Telegraf writes them.
pub fn lasting(node: &Node) -> Option<Duration> {
    match &node.value {
        Value::Integer(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
        Value::Float(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
        Value::Text(text) if text.is_empty() => Some(Duration::ZERO),
        Value::Text(text) => match text.parse::<f64>() {
            Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
            Err(_) => duration::go(&in_hours(text)),
        },
        _ => None,
    }
}

/// The duration of a key that all plugins have, which is a string of Go's or nothing.
pub fn go_lasting_of(table: &Node, key: &str) -> Option<Duration> {
    duration::go(table.text_of(key)?)
}

/// The duration of a key.
pub fn lasting_of(table: &Node, key: &str) -> Option<Duration> {
    lasting(table.get(key)?)
}
