//! `outputs.prometheus_client`

use super::{Outcome, Refused, UNDONE};
use crate::telegraf::config::options::{lasting_of, server_tls};
use crate::telegraf::config::tree::Node;
use crate::telegraf::config::words;
use crate::telegraf::log;
use crate::telegraf::metric::{Kind, Metric, Value};
use crate::web::{self, Answer, Request};
use hyper::StatusCode;
use hyper::header::{HeaderValue, WWW_AUTHENTICATE};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Its options, and what was written.
#[derive(Debug)]
pub struct Prometheus {
    listen: String,
    page: Arc<Page>,
    server: web::Server,
}

#[derive(Debug)]
struct Page {
    path: String,
    user: Option<(String, String)>,
    headers: Vec<(String, String)>,
    expiration: Duration,
    labels: bool,
    times: bool,
    plain_value: bool,
    excluded: Vec<String>,
    families: Mutex<BTreeMap<String, Family>>,
}

/// What the values are, and they by their labels.
type Family = (Kind, BTreeMap<String, Sample>);

#[derive(Debug)]
struct Sample {
    value: f64,
    time: u64,
    added: Instant,
}

impl Prometheus {
    /// With the options of a table.
    pub fn new(table: &Node) -> Result<Self, Refused> {
        server_tls(table)?;
        if let Some(types) = table.get("metric_types") {
            if let Some((key, _)) =
                types.entries().iter().find(|(key, _)| !["counter", "gauge"].contains(&key.as_str()))
            {
                return Err((1, format!("configuration specified the fields [{key:?}], but they were not used")));
            }
            return Err((3, "the stand-in does not know metric_types".to_owned()));
        }
        let sanitization = table.text_of("name_sanitization").unwrap_or_default();
        match sanitization {
            "" | "legacy" => {}
            "utf8" => return Err((UNDONE, "name_sanitization utf8".to_owned())),
            other => return Err((1, format!("invalid name_sanitization {other:?}: must be \"legacy\" or \"utf8\""))),
        }
        let user = table.text_of("basic_username").filter(|user| !user.is_empty());
        let password = table.text_of("basic_password").unwrap_or_default();
        let path = table.text_of("path").filter(|path| !path.is_empty()).unwrap_or("/metrics");
        if !path.contains('/') || path == "/" {
            return Err((1, format!("panic: parsing {path:?}: at offset 0: host/path missing /")));
        }
        let ranges = table.texts_of("ip_range");
        let right = |range: &&String| {
            let Some((address, bits)) = range.split_once('/') else { return false };
            match (address.parse::<IpAddr>(), bits.parse::<u8>()) {
                (Ok(address), Ok(bits)) => bits <= if address.is_ipv4() { 32 } else { 128 },
                _ => false,
            }
        };
        if let Some(range) = ranges.iter().find(|range| !right(range)) {
            return Err((1, format!("error parsing ip_range: invalid CIDR address: {range}")));
        }
        if !ranges.is_empty() {
            return Err((UNDONE, "ip_range".to_owned()));
        }
        Ok(Self {
            listen: table.text_of("listen").unwrap_or(":9273").to_owned(),
            page: Arc::new(Page {
                path: path.to_owned(),
                user: user.map(|user| (user.to_owned(), password.to_owned())),
                headers: table.map_of("http_headers"),
                expiration: lasting_of(table, "expiration_interval").unwrap_or(Duration::from_secs(60)),
                labels: table.flag_of("string_as_label").unwrap_or(true),
                times: table.flag_of("export_timestamp").unwrap_or(false),
                plain_value: table.number_of("metric_version") != Some(2),
                excluded: table.texts_of("collectors_exclude"),
                families: Mutex::default(),
            }),
            server: web::Server::default(),
        })
    }

    /// Listens.
    ///
    /// # Errors
    /// Why that cannot be, in Go's words.
    pub async fn connect(&self, id: &str) -> Result<(), String> {
        let plain = self.listen.split_once("://").map_or(self.listen.as_str(), |(_, rest)| rest);
        let (host, port) =
            plain.rsplit_once(':').ok_or_else(|| format!("listen tcp: address {plain}: missing port in address"))?;
        let port: u16 = port.parse().map_err(|_| format!("listen tcp: lookup tcp/{port}: unknown port"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let listener = web::bind(host, port).await.map_err(|error| format!("listen tcp {plain}: {}", words(&error)))?;
        let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        log('I', &format!("[{id}] Listening on http://{address}{}", self.page.path));
        let page = Arc::clone(&self.page);
        self.server.start(listener, move |request: Request| page.answer(&request));
        Ok(())
    }

    /// Listens no longer: after a reload somebody else does.
    pub async fn close(&self) {
        self.server.close().await;
    }

    /// Keeps what a batch says.
    pub fn write(&self, batch: &[Metric]) -> Outcome {
        let mut families = self.page.families.lock().unwrap_or_else(PoisonError::into_inner);
        for metric in batch {
            let labels = self.page.labels_of(metric);
            for (field, value) in &metric.fields {
                let value = match value {
                    Value::Float(number) => *number,
                    Value::Int(number) => *number as f64,
                    Value::Uint(number) => *number as f64,
                    Value::Flag(truth) if !self.page.plain_value => f64::from(u8::from(*truth)),
                    Value::Text(_) | Value::Flag(_) => continue,
                };
                let name = match metric.name.as_str() {
                    "prometheus" => field.clone(),
                    name if self.page.plain_value && field == "value" => name.to_owned(),
                    name => format!("{name}_{field}"),
                };
                let family = families.entry(sanitized(&name)).or_insert_with(|| (metric.kind, BTreeMap::new()));
                let sample = Sample { value, time: metric.time, added: Instant::now() };
                family.1.insert(labels.clone(), sample);
            }
        }
        Outcome::Written
    }
}

impl Page {
    fn labels_of(&self, metric: &Metric) -> String {
        let mut labels: BTreeMap<String, &str> = BTreeMap::new();
        for (name, value) in metric.tags.iter().filter(|(_, value)| !value.is_empty()) {
            labels.insert(sanitized(name), value);
        }
        for (name, value) in &metric.fields {
            if let (Value::Text(text), true) = (value, self.labels) {
                labels.entry(sanitized(name)).or_insert(text);
            }
        }
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.into_iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
    }

    fn answer(&self, request: &Request) -> Answer {
        web::with_headers(self.found(request), &self.headers)
    }

    fn found(&self, request: &Request) -> Answer {
        if self.user.as_ref().is_some_and(|(user, password)| !request.is_from(user, password)) {
            let mut answer = web::text(StatusCode::UNAUTHORIZED, "Unauthorized\n");
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"prometheus\""));
            return answer;
        }
        if request.path != self.path {
            return web::text(StatusCode::OK, "Telegraf Output Plugin: Prometheus Client ");
        }
        web::of_kind(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", self.text())
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let has = |collector: &str| !self.excluded.iter().any(|excluded| excluded == collector);
        let mut own: BTreeSet<String> = BTreeSet::new();
        if has("gocollector") {
            own.insert(
                "# HELP go_info Information about the Go environment.\n# TYPE go_info gauge\n\
                 go_info{version=\"stand-in\"} 1\n"
                    .to_owned(),
            );
        }
        if has("process") {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
            let pages = statm.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
            own.insert(format!(
                "# HELP process_resident_memory_bytes Resident memory size in bytes.\n\
                 # TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {}\n",
                pages * 4096
            ));
        }
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, (kind, samples)) in families.iter_mut() {
            samples.retain(|_, sample| self.expiration.is_zero() || sample.added.elapsed() < self.expiration);
            if samples.is_empty() {
                continue;
            }
            let _ = writeln!(out, "# HELP {name} Telegraf collected metric\n# TYPE {name} {}", kind.word());
            for (labels, sample) in samples {
                let time = if self.times { format!(" {}", sample.time / 1_000_000) } else { String::new() };
                let _ = writeln!(out, "{name}{labels} {}{time}", sample.value);
            }
        }
        own.into_iter().collect::<String>() + &out
    }
}

fn sanitized(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == ':' { c } else { '_' }).collect();
    name.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned()
}
