//! Lines as they come in: read, and held against the limits.

use super::api::{Loki, Refused, now};
use super::store::Entry;
use super::{logql, otlp};
use crate::labels::{self, Labels};
use crate::push::PushRequest;
use crate::web::Request;
use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::atomic::Ordering;

/// The labels of a stream, and lines.
pub type Stream = (Labels, Vec<Entry>);

fn bad(why: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, why.into())
}

/// Takes the lines of a request. Those within the limits are kept even if others are refused.
pub fn push(loki: &Loki, tenant: &str, request: &Request) -> Result<(), Refused> {
    take(loki, tenant, read(request)?)
}

/// Takes the lines of a request in OpenTelemetry's protocol, as JSON.
pub fn otlp(loki: &Loki, tenant: &str, request: &Request) -> Result<(), Refused> {
    take(loki, tenant, otlp::read(request, now())?)
}

fn take(loki: &Loki, tenant: &str, streams: Vec<Stream>) -> Result<(), Refused> {
    let limits = &loki.config.limits;
    if streams.is_empty() {
        return Err((
            StatusCode::UNPROCESSABLE_ENTITY,
            "error at least one valid stream is required for ingestion".into(),
        ));
    }
    let mut refusal = None;
    for (mut labels, entries) in streams {
        if !limits.service_names.is_empty() && !labels.contains_key("service_name") {
            let service = limits.service_names.iter().find_map(|name| labels.get(name));
            let service = service.map_or_else(|| "unknown_service".to_owned(), Clone::clone);
            labels.insert("service_name".to_owned(), service);
        }
        let name = labels::text(&labels);
        let taken = if let Err(why) = allowed(loki, &labels) {
            loki.discarded.fetch_add(entries.len() as u64, Ordering::Relaxed);
            refusal.get_or_insert(why);
            continue;
        } else {
            entries.into_iter().filter_map(|entry| match current(loki, &name, &entry) {
                Ok(()) => Some(entry),
                Err(why) => {
                    loki.discarded.fetch_add(1, Ordering::Relaxed);
                    refusal.get_or_insert(why);
                    None
                }
            })
        };
        let taken: Vec<Entry> = taken.collect();
        if !taken.is_empty() {
            loki.received.fetch_add(taken.len() as u64, Ordering::Relaxed);
            let kept = loki.store().push(tenant, &labels, taken);
            kept.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        }
    }
    refusal.map_or(Ok(()), |why| Err(bad(why)))
}

/// Whether the labels of a stream are within the limits.
fn allowed(loki: &Loki, labels: &Labels) -> Result<(), String> {
    let limits = &loki.config.limits;
    let stream = labels::text(labels);
    if labels.is_empty() {
        return Err("error at least one label pair is required per stream".to_owned());
    }
    if labels.len() > limits.label_names {
        return Err(format!(
            "entry for stream '{stream}' has {} label names; limit {}",
            labels.len(),
            limits.label_names
        ));
    }
    for (name, value) in labels {
        if name.len() > limits.name_length {
            return Err(format!("stream '{stream}' has label name too long: '{name}'"));
        }
        if value.len() > limits.value_length {
            return Err(format!("stream '{stream}' has label value too long: '{value}'"));
        }
    }
    Ok(())
}

/// Whether a line is within the limits.
fn current(loki: &Loki, stream: &str, entry: &Entry) -> Result<(), String> {
    let limits = &loki.config.limits;
    let moment = |time: i64| Timestamp::from_nanosecond(i128::from(time)).map_or_else(|_| time.to_string(), rfc3339);
    if let Some(age) = limits.max_age {
        let oldest = now() - i64::try_from(age.as_nanos()).unwrap_or(i64::MAX);
        if entry.time < oldest {
            return Err(format!(
                "entry for stream '{stream}' has timestamp too old: {}, oldest acceptable timestamp is: {}",
                moment(entry.time),
                moment(oldest)
            ));
        }
    }
    if entry.time > now().saturating_add(i64::try_from(limits.grace.as_nanos()).unwrap_or(i64::MAX)) {
        return Err(format!("entry for stream '{stream}' has timestamp too new: {}", moment(entry.time)));
    }
    if limits.line_size > 0 && entry.line.len() as u64 > limits.line_size {
        return Err(format!(
            "max entry size '{}' bytes exceeded for stream '{stream}' while adding an entry with length '{}' bytes",
            limits.line_size,
            entry.line.len()
        ));
    }
    if !limits.structured_metadata && !entry.metadata.is_empty() {
        return Err(format!(
            "stream '{stream}' includes structured metadata, but this feature is disallowed. Please see \
             `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it"
        ));
    }
    Ok(())
}

fn rfc3339(moment: Timestamp) -> String {
    format!("{moment:.0}")
}

fn read(request: &Request) -> Result<Vec<Stream>, Refused> {
    let encoding = request.header("Content-Encoding").unwrap_or_default();
    let kind = request.header("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match (kind, encoding) {
        ("application/json", "") => from_json(&request.body),
        ("application/json", "gzip" | "deflate") => {
            Err(bad(format!("the stand-in does not know Content-Encoding {encoding:?}")))
        }
        ("application/json", _) => Err(bad(format!("Content-Encoding {encoding:?} not supported"))),
        ("" | "application/x-protobuf", "" | "snappy") => from_protobuf(&request.body),
        ("" | "application/x-protobuf", _) => Err(bad(format!("Content-Encoding {encoding:?} not supported"))),
        _ => Err(bad(format!("the stand-in does not know Content-Type {kind:?}"))),
    }
}

fn from_protobuf(body: &[u8]) -> Result<Vec<Stream>, Refused> {
    let request = PushRequest::unpack(body).map_err(bad)?;
    let stream = |stream: crate::push::Stream| {
        let labels = logql::stream_labels(&stream.labels)
            .map_err(|why| bad(format!("error parsing labels '{}' with error: {why}", stream.labels)))?;
        let entries = stream.entries.into_iter().map(|entry| Entry {
            time: entry.timestamp.map(crate::push::Timestamp::nanoseconds).unwrap_or_default(),
            line: entry.line,
            metadata: entry.metadata.into_iter().map(|pair| (pair.name, pair.value)).collect(),
        });
        Ok((labels, entries.collect()))
    };
    request.streams.into_iter().map(stream).collect()
}

fn from_json(body: &[u8]) -> Result<Vec<Stream>, Refused> {
    let json: Value = serde_json::from_slice(body).map_err(|error| bad(format!("loghttp.PushRequest: {error}")))?;
    let wrong = |what: &str| bad(format!("loghttp.PushRequest.Streams: {what}"));
    let mut streams = Vec::new();
    for stream in json.get("streams").and_then(Value::as_array).ok_or_else(|| wrong("[] expected"))? {
        let stream = stream.as_object().ok_or_else(|| wrong("{} expected"))?;
        if let Some(key) = stream.keys().find(|key| !["stream", "values"].contains(&key.as_str())) {
            return Err(wrong(&format!("unknown key {key:?}")));
        }
        let none = serde_json::Map::new();
        let pairs = stream.get("stream").and_then(Value::as_object).unwrap_or(&none);
        let labels =
            texts(pairs).ok_or_else(|| wrong("Value looks like Number/Boolean/None, but can't find its end"))?;
        if let Some(name) = labels.keys().find(|name| !labels::is_name(name)) {
            let text = labels::text(&labels);
            return Err(bad(format!("error parsing labels '{text}' with error: invalid label name {name:?}")));
        }
        let mut entries = Vec::new();
        for value in stream.get("values").and_then(Value::as_array).into_iter().flatten() {
            let time = value.get(0).and_then(Value::as_str).and_then(|text| text.parse().ok());
            let line = value.get(1).and_then(Value::as_str);
            let (Some(time), Some(line)) = (time, line) else {
                return Err(wrong("Value is not string, or no timestamp in nanoseconds"));
            };
            let metadata = match value.get(2) {
                None => Labels::new(),
                Some(pairs) => {
                    pairs.as_object().and_then(texts).ok_or_else(|| wrong("structured metadata is not of strings"))?
                }
            };
            entries.push(Entry { time, line: line.to_owned(), metadata });
        }
        streams.push((labels, entries));
    }
    Ok(streams)
}

fn texts(pairs: &serde_json::Map<String, Value>) -> Option<Labels> {
    pairs.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
