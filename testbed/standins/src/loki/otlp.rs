//! Lines in OpenTelemetry's protocol, as JSON: <https://opentelemetry.io/docs/specs/otlp/>.

use super::api::Refused;
use super::push::Stream;
use super::store::Entry;
use crate::labels::Labels;
use crate::web::Request;
use hyper::StatusCode;
use serde_json::Value;

/// The attributes of a resource that become labels; all others are kept beside the line.
const LABELS: &[&str] =
    &["service.name", "service.namespace", "service.instance.id", "deployment.environment", "k8s.namespace.name"];

fn bad(why: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, why.into())
}

/// Reads a request that came in at `now`, in nanoseconds: lines without a time get that one.
pub fn read(request: &Request, now: i64) -> Result<Vec<Stream>, Refused> {
    let kind = request.header("Content-Type").unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(bad(format!("the stand-in does not know Content-Type {kind:?} here")));
    }
    let json: Value = serde_json::from_slice(&request.body).map_err(|error| bad(error.to_string()))?;
    list(&json, "resourceLogs").iter().map(|logs| stream(logs, now)).collect()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn stream(logs: &Value, now: i64) -> Result<Stream, Refused> {
    let (mut labels, mut metadata) = (Labels::new(), Labels::new());
    for (name, value) in attributes(logs.get("resource").unwrap_or(&Value::Null))? {
        let of = if LABELS.contains(&name.as_str()) { &mut labels } else { &mut metadata };
        of.insert(name.replace('.', "_"), value);
    }
    let mut entries = Vec::new();
    for record in list(logs, "scopeLogs").iter().flat_map(|scope| list(scope, "logRecords")) {
        let time = ["timeUnixNano", "observedTimeUnixNano"].iter().find_map(|key| {
            let value = record.get(key)?;
            value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_i64())
        });
        let line = record.pointer("/body/stringValue").and_then(Value::as_str);
        let line = line.ok_or_else(|| bad("the stand-in does not know bodies that are no stringValue"))?.to_owned();
        let mut own = metadata.clone();
        own.extend(attributes(record)?.into_iter().map(|(name, value)| (name.replace('.', "_"), value)));
        entries.push(Entry { time: time.filter(|time| *time > 0).unwrap_or(now), line, metadata: own });
    }
    Ok((labels, entries))
}

fn attributes(of: &Value) -> Result<Vec<(String, String)>, Refused> {
    let pair = |attribute: &Value| {
        let name = attribute.get("key").and_then(Value::as_str)?;
        let value = attribute.pointer("/value/stringValue").and_then(Value::as_str)?;
        Some((name.to_owned(), value.to_owned()))
    };
    let pairs = list(of, "attributes").iter().map(pair).collect::<Option<Vec<_>>>();
    pairs.ok_or_else(|| bad("the stand-in does not know attributes that are no stringValue"))
}
