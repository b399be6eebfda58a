//! Data sources as they are asked: Prometheus, Loki and InfluxDB with Flux.

use crate::web;
use base64::Engine;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends a request to a data source, with what it needs to know who asks.
///
/// # Errors
/// Why there was no answer.
pub fn ask(
    source: &Value,
    method: Method,
    path: &str,
    kind: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, String), String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let secret = |key: &str| word(&source["secureJsonData"][key]);
    let mut headers = vec![("User-Agent".to_owned(), format!("Grafana/{}", crate::release::of("grafana")))];
    if !kind.is_empty() {
        headers.push(("Content-Type".to_owned(), kind.to_owned()));
    }
    if source["basicAuth"] == true {
        let pair = format!("{}:{}", word(&source["basicAuthUser"]), secret("basicAuthPassword"));
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        headers.push(("Authorization".to_owned(), format!("Basic {pair}")));
    } else if source["type"] == "influxdb" && !secret("token").is_empty() {
        headers.push(("Authorization".to_owned(), format!("Token {}", secret("token"))));
    }
    for at in 1.. {
        let name = word(&source["jsonData"][format!("httpHeaderName{at}")]);
        if name.is_empty() {
            break;
        }
        headers.push((name, secret(&format!("httpHeaderValue{at}"))));
    }
    let url = format!("{}{path}", word(&source["url"]).trim_end_matches('/'));
    if url.starts_with("https:") {
        return Err(format!("the stand-in does not know the URL {url}"));
    }
    tokio::runtime::Handle::current().block_on(web::ask(method, &url, &headers, body, TIMEOUT))
}

/// What a query asks a data source, and its answer in data frames.
///
/// # Errors
/// The status and words of what went wrong.
pub fn query(source: &Value, query: &Value, now: u64) -> Result<Value, (u16, String)> {
    let expression = query["expr"].as_str().unwrap_or_default();
    match source["type"].as_str().unwrap_or_default() {
        "prometheus" => {
            let path = format!("/api/v1/query?query={}", encoded(expression));
            instant(&answered(ask(source, Method::GET, &path, "", Vec::new()))?)
        }
        "loki" => {
            let (from, to) = (now.saturating_sub(3_600_000_000_000), now);
            let limit = query["maxLines"].as_u64().unwrap_or(1000);
            let path = format!(
                "/loki/api/v1/query_range?query={}&limit={limit}&start={from}&end={to}&direction=backward",
                encoded(expression)
            );
            streams(&answered(ask(source, Method::GET, &path, "", Vec::new()))?)
        }
        "influxdb" => {
            let version = source["jsonData"]["version"].as_str().unwrap_or("InfluxQL");
            if version != "Flux" {
                return Err((501, format!("the stand-in does not know influxdb's version {version}")));
            }
            let flux = query["query"].as_str().unwrap_or_default();
            Ok(table(&answered(ask_flux(source, flux))?))
        }
        other => Err((501, format!("the stand-in does not know data sources of type {other}"))),
    }
}

fn ask_flux(source: &Value, flux: &str) -> Result<(StatusCode, String), String> {
    let organization = source["jsonData"]["organization"].as_str().unwrap_or_default();
    let dialect = json!({"header": true, "annotations": ["datatype", "group", "default"]});
    let body = json!({"query": flux, "type": "flux", "dialect": dialect}).to_string().into_bytes();
    ask(source, Method::POST, &format!("/api/v2/query?org={}", encoded(organization)), "application/json", body)
}

fn answered(answer: Result<(StatusCode, String), String>) -> Result<String, (u16, String)> {
    match answer {
        Ok((status, text)) if status.is_success() => Ok(text),
        Ok((status, text)) => {
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            let why = ["error", "message"].into_iter().find_map(|key| body[key].as_str());
            Err((status.as_u16(), why.map_or_else(|| format!("{status}: {}", text.trim()), str::to_owned)))
        }
        Err(why) => Err((502, why)),
    }
}

/// Whether a data source answers, as its health says it: the status of the answer, and the answer.
pub fn health(source: &Value) -> (StatusCode, Value) {
    let (asked, fine) = match source["type"].as_str().unwrap_or_default() {
        "prometheus" => (
            ask(source, Method::GET, "/api/v1/query?query=1%2B1", "", Vec::new()),
            "Successfully queried the Prometheus API.",
        ),
        "loki" => {
            (ask(source, Method::GET, "/loki/api/v1/labels", "", Vec::new()), "Data source successfully connected.")
        }
        "influxdb" => (ask_flux(source, "buckets()"), "datasource is working"),
        other => (Err(format!("the stand-in does not know data sources of type {other}")), ""),
    };
    match answered(asked) {
        Ok(text) if source["type"] == "influxdb" => {
            let header = |line: &&str| line.is_empty() || line.starts_with('#') || line.starts_with(",result");
            let buckets = text.lines().map(str::trim).filter(|line| !header(line)).count();
            (StatusCode::OK, json!({"message": format!("{fine}. {buckets} buckets found"), "status": "OK"}))
        }
        Ok(_) => (StatusCode::OK, json!({"message": fine, "status": "OK"})),
        Err((_, why)) => (StatusCode::BAD_REQUEST, json!({"message": why, "status": "ERROR"})),
    }
}

/// A frame of columns with names, types, labels and values.
fn frame(kind: &str, columns: Vec<(&str, &str, Value, Vec<Value>)>) -> Value {
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    for (name, kind, labels, column) in columns {
        let go = match kind {
            "time" => "time.Time",
            "number" => "float64",
            _ => "string",
        };
        fields.push(json!({"name": name, "type": kind, "typeInfo": {"frame": go}, "labels": labels}));
        values.push(column);
    }
    json!({"schema": {"meta": {"type": kind}, "fields": fields}, "data": {"values": values}})
}

fn instant(text: &str) -> Result<Value, (u16, String)> {
    let body: Value = serde_json::from_str(text).map_err(|error| (502, error.to_string()))?;
    let result = &body["data"]["result"];
    let sample = |labels: Value, pair: &Value| {
        let time = (pair[0].as_f64().unwrap_or(0.0) * 1000.0) as i64;
        let value: f64 = pair[1].as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
        let columns =
            vec![("Time", "time", json!({}), vec![time.into()]), ("Value", "number", labels, vec![value.into()])];
        frame("numeric-multi", columns)
    };
    Ok(match body["data"]["resultType"].as_str() {
        Some("scalar") => json!([sample(json!({}), result)]),
        _ => {
            let samples = result.as_array().into_iter().flatten();
            samples.map(|found| sample(found["metric"].clone(), &found["value"])).collect()
        }
    })
}

fn streams(text: &str) -> Result<Value, (u16, String)> {
    let body: Value = serde_json::from_str(text).map_err(|error| (502, error.to_string()))?;
    let (mut labels, mut times, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for stream in body["data"]["result"].as_array().into_iter().flatten() {
        for value in stream["values"].as_array().into_iter().flatten() {
            let time: i64 = value[0].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
            labels.push(stream["stream"].clone());
            times.push(Value::from(time / 1_000_000));
            lines.push(value[1].clone());
        }
    }
    let none = || json!({});
    let columns =
        vec![("labels", "other", none(), labels), ("Time", "time", none(), times), ("Line", "string", none(), lines)];
    Ok(json!([frame("log-lines", columns)]))
}

/// InfluxDB's annotated CSV; values with commas in them are not taken apart rightly.
fn table(text: &str) -> Value {
    let mut names: Vec<&str> = Vec::new();
    let mut columns: Vec<Vec<Value>> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let cells: Vec<&str> = line.split(',').collect();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if cells.get(1) == Some(&"result") {
            if names.is_empty() {
                names = cells;
                columns.resize(names.len(), Vec::new());
            }
            continue;
        }
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.push(cell.parse::<f64>().map_or_else(|_| cell.into(), Value::from));
        }
    }
    let shown = names.into_iter().zip(columns).filter(|(name, _)| !["", "result", "table"].contains(name));
    let shown = shown.map(|(name, column)| {
        let kind = if column.iter().all(Value::is_number) { "number" } else { "string" };
        (name, kind, json!({}), column)
    });
    let shown: Vec<_> = shown.collect();
    json!([frame("table", shown)])
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
