//! Limits that have the right form and make no sense.

use super::check;
use crate::duration;
use crate::loki::logql;
use crate::yaml::{Node, Value};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// What Loki says of them; it says the first only.
pub fn wrong(root: &Node) -> Option<String> {
    let text = |key: &str| root.told(&format!("limits_config.{key}"));
    let streams = items(root, "limits_config.retention_stream").iter().find_map(|rule| {
        let selector = rule.text("selector").unwrap_or_default();
        let period = rule.text("period").unwrap_or("0s");
        match logql::pipeline(selector) {
            Err(why) => Some(format!("invalid labels matchers: {why}")),
            Ok(pipeline) if pipeline.filters() => {
                Some("invalid labels matchers: only label matchers are supported".to_owned())
            }
            Ok(_) if duration::prometheus(period).is_some_and(|period| period >= DAY) => None,
            Ok(_) => Some(format!("retention period must be >= 24h was {period}")),
        }
    });
    let among = |key: &str, known: &[&str], what: &str| {
        let told = text(key).filter(|told| !known.contains(told))?;
        Some(format!("{what}: {told}"))
    };
    streams
        .or_else(|| among("deletion_mode", &["disabled", "filter-only", "filter-and-delete"], "unknown deletion mode"))
        .or_else(|| otlp(root))
        .or_else(|| {
            among(
                "tsdb_sharding_strategy",
                &["power_of_two", "bounded"],
                "invalid tsdb sharding strategy: invalid shard version",
            )
        })
        .or_else(|| among("bloom_block_encoding", CODECS, "invalid encoding"))
        .or_else(|| {
            let none = text("tsdb_max_bytes_per_shard").and_then(check::bytes) == Some(0);
            none.then(|| "querier.tsdb-max-bytes-per-shard must be greater than 0".to_owned())
        })
        .or_else(|| {
            let told = text("engine_results_cache_time_bucket_interval").and_then(duration::prometheus);
            let short = told.filter(|told| *told < Duration::from_secs(60))?;
            Some(format!("engine_results_cache_time_bucket_interval must be >= 1m, got {}s", short.as_secs()))
        })
}

/// How chunks and blocks can be packed.
pub const CODECS: &[&str] = &["none", "gzip", "lz4-64k", "snappy", "lz4-256k", "lz4-1M", "lz4", "flate", "zstd"];

fn items<'n>(root: &'n Node, path: &str) -> &'n [Node] {
    match root.at(path).map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// What becomes of attributes of OpenTelemetry's.
fn otlp(root: &Node) -> Option<String> {
    let paths = ["resource_attributes.attributes_config", "scope_attributes", "log_attributes"];
    paths.into_iter().find_map(|path| {
        items(root, &format!("limits_config.otlp_config.{path}")).iter().find_map(|rule| {
            let named = rule.at("attributes").is_some_and(|names| !names.is_null());
            let matched = rule.at("regex").is_some_and(|regex| !regex.is_null());
            match rule.text("action").unwrap_or_default() {
                "index_label" if path == "scope_attributes" => {
                    Some("index_label action is only supported for resource_attributes".to_owned())
                }
                "index_label" | "structured_metadata" | "drop" => match (named, matched) {
                    (false, false) => Some("attributes or regex must be set".to_owned()),
                    (true, true) => Some("only one of attributes or regex must be set".to_owned()),
                    _ => None,
                },
                _ => Some("unsupported action, it must be one of: drop, index_label, structured_metadata".to_owned()),
            }
        })
    })
}
