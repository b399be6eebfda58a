//! `outputs.influxdb_v2`

use super::{Outcome, Refused, UNDONE};
use crate::telegraf::config::options::lasting_of;
use crate::telegraf::config::tree::Node;
use crate::telegraf::config::words;
use crate::telegraf::log;
use crate::telegraf::metric::{Form, Metric};
use crate::{release, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Its options.
#[derive(Debug)]
pub struct Influx {
    id: String,
    urls: Vec<String>,
    /// How often something was sent: which of them has its turn.
    turn: AtomicUsize,
    organization: String,
    bucket: String,
    bucket_tag: Option<String>,
    exclude_tag: bool,
    headers: Vec<(String, String)>,
    timeout: Duration,
    gzip: bool,
    form: Form,
}

impl Influx {
    /// With the options of a table.
    pub fn new(table: &Node, id: &str) -> Result<Self, Refused> {
        let gzip = match table.text_of("content_encoding").unwrap_or_default() {
            "" | "gzip" => true,
            "identity" => false,
            other => return Err((1, format!("invalid content encoding {other:?}"))),
        };
        let mut urls = table.texts_of("urls");
        if urls.is_empty() {
            urls.push("http://localhost:8086".to_owned());
        }
        let told = |key: &str| table.text_of(key).filter(|text| !text.is_empty());
        let method = told("tls_renegotiation_method").unwrap_or("never");
        if !["never", "once", "freely"].contains(&method) {
            let known = "choose from: 'never', 'once', 'freely'";
            return Err((1, format!("unrecognized renegotiation method {method:?}, {known}")));
        }
        let pair = told("tls_cert").zip(told("tls_key")).into_iter().flat_map(|(cert, key)| [cert, key]);
        let files: Vec<&str> = told("tls_ca").into_iter().chain(pair).collect();
        if let Some((path, error)) = files.iter().find_map(|path| Some((path, std::fs::metadata(path).err()?))) {
            return Err((1, format!("setting up TLS failed: could not read {path:?}: {}", words(&error))));
        }
        if !files.is_empty() {
            return Err((3, "the stand-in does not know TLS".to_owned()));
        }
        if let Some(key) =
            ["rate_limit", "http_proxy", "local_address"].into_iter().find(|key| table.get(key).is_some())
        {
            return Err((UNDONE, key.to_owned()));
        }
        if let Some(url) = urls.iter().find(|url| url.starts_with("https:") || url.starts_with("unix:")) {
            return Err((UNDONE, format!("the URL {url}")));
        }
        let text = |key: &str| table.text_of(key).unwrap_or_default().to_owned();
        let flag = |key: &str| table.flag_of(key).unwrap_or(false);
        let agent = match table.text_of("user_agent").unwrap_or_default() {
            "" => format!("Telegraf/{}", release::of("telegraf")),
            told => told.to_owned(),
        };
        let mut headers = vec![
            ("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned()),
            ("Authorization".to_owned(), format!("Token {}", text("token"))),
            ("User-Agent".to_owned(), agent),
        ];
        for (name, value) in table.map_of("http_headers") {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            headers.push((name, value));
        }
        if gzip {
            headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
        }
        Ok(Self {
            id: id.to_owned(),
            turn: AtomicUsize::default(),
            urls,
            organization: text("organization"),
            bucket: text("bucket"),
            bucket_tag: table.text_of("bucket_tag").filter(|tag| !tag.is_empty()).map(str::to_owned),
            exclude_tag: flag("exclude_bucket_tag"),
            headers,
            timeout: lasting_of(table, "timeout").unwrap_or(Duration::from_secs(5)),
            gzip,
            form: Form { unsigned: flag("influx_uint_support"), timeless: flag("influx_omit_timestamp") },
        })
    }

    /// Looks at where it is to send to.
    ///
    /// # Errors
    /// A URL that leads nowhere, in Telegraf's words.
    pub fn connect(&self) -> Result<(), String> {
        let scheme = |url: &str| url.split_once("://").map(|(scheme, _)| scheme.to_owned()).unwrap_or_default();
        match self.urls.iter().find(|url| scheme(url) != "http") {
            Some(url) => Err(format!("unsupported scheme [{url:?}]: {:?}", scheme(url))),
            None => Ok(()),
        }
    }

    /// Sends a batch to the server whose turn it is.
    pub async fn write(&self, batch: &[Metric]) -> Outcome {
        let mut buckets: BTreeMap<&str, String> = BTreeMap::new();
        for metric in batch {
            let told = self.bucket_tag.as_ref().and_then(|tag| metric.tags.get(tag));
            let line = match (&self.bucket_tag, told, self.exclude_tag) {
                (Some(tag), Some(_), true) => {
                    let mut metric = metric.clone();
                    metric.tags.remove(tag);
                    metric.line(self.form)
                }
                _ => metric.line(self.form),
            };
            buckets.entry(told.unwrap_or(&self.bucket)).or_default().push_str(&line.unwrap_or_default());
        }
        let mut outcome = Outcome::Written;
        for (bucket, lines) in buckets {
            match self.send(bucket, &lines).await {
                Outcome::Written => {}
                Outcome::Dropped => outcome = Outcome::Dropped,
                kept => return kept,
            }
        }
        outcome
    }

    async fn send(&self, bucket: &str, lines: &str) -> Outcome {
        let Some(body) = self.packed(lines) else { return Outcome::Dropped };
        // one server at a time, as the real one: what goes wrong with it ends the attempt
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.urls.len().max(1);
        let Some(base) = self.urls.get(turn) else { return Outcome::Dropped };
        let (base, query) = base.split_once('?').unwrap_or((base, ""));
        let query = if query.is_empty() { String::new() } else { format!("&{query}") };
        let (base, organization) = (base.trim_end_matches('/'), encoded(&self.organization));
        let url = format!("{base}/api/v2/write?bucket={}&org={organization}{query}", encoded(bucket));
        let mut drops = false;
        let why = match web::post(&url, &self.headers, body, self.timeout).await {
            Ok((status, _)) if status.is_success() => return Outcome::Written,
            Err(error) => error,
            Ok((status, text)) => {
                let said = described(&text);
                match status.as_u16() {
                    401 | 403 => format!("failed to write metrics to {bucket} ({status}){said}"),
                    413 => format!("{status}: {said}"),
                    429 | 502..=504 => format!("failed to write to {bucket}; will retry in 25ms. ({status})"),
                    400..=499 => {
                        drops = true;
                        format!("failed to write metrics to {bucket} (will be dropped: {status}){said}")
                    }
                    _ => format!("failed to write metrics to bucket {bucket:?}: {status}{said}"),
                }
            }
        };
        log('E', &format!("[{}] {why}", self.id));
        log('E', &format!("[{}] When writing to [{base}/api/v2/write]: {why}", self.id));
        if drops { Outcome::Dropped } else { Outcome::Kept(why) }
    }

    fn packed(&self, lines: &str) -> Option<Vec<u8>> {
        if !self.gzip {
            return Some(lines.as_bytes().to_vec());
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(lines.as_bytes()).ok()?;
        encoder.finish().ok()
    }
}

/// `: code: message`, if the answer is an error of InfluxDB.
fn described(text: &str) -> String {
    let Ok(body) = serde_json::from_str::<serde_json::Value>(text) else { return String::new() };
    let word = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    format!(": {}: {}", word("code"), word("message"))
}

/// Text as the value of a URL's parameter.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
