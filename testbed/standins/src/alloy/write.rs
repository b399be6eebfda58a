//! `loki.write`: lines are gathered, sent, and sent again.

use super::config::Config;
use super::graph::Entry;
use super::syntax::{Block, Diagnostic};
use crate::labels::{self, Labels};
use crate::push::{Line, Pair, PushRequest, Stream, Timestamp};
use crate::{units, web};
use base64::Engine as _;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How much may wait to be sent before nothing more is read, in bytes.
const CAPACITY: usize = 10 * 1024 * 1024;

/// Where lines are sent.
#[derive(Debug)]
pub struct Endpoint {
    /// The component that it belongs to.
    pub component: String,
    /// What was said of it.
    pub settings: Settings,
    queue: Mutex<VecDeque<Entry>>,
    waiting: AtomicUsize,
    arrived: Notify,
    /// Lines that were sent.
    pub sent: AtomicU64,
    /// Lines that were given up.
    pub dropped: AtomicU64,
}

/// What is said of an endpoint.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its URL.
    pub url: String,
    headers: Vec<(String, String)>,
    token_file: Option<String>,
    password_file: Option<(String, String)>,
    wait: Duration,
    size: usize,
    timeout: Duration,
    backoff: (Duration, Duration),
    retries: u32,
    retry_429: bool,
}

/// Whether the same was said of endpoints.
pub fn are_same(known: &[Arc<Endpoint>], others: &[Endpoint]) -> bool {
    known.iter().map(|endpoint| &endpoint.settings).eq(others.iter().map(|endpoint| &endpoint.settings))
}

/// A number of bytes as Alloy reads one, to whom a thousand of them are always 1024.
pub fn bytes(text: &str) -> Option<usize> {
    units::bytes(text, 1024.0)
}

/// The endpoints of a component.
pub fn endpoints(config: &Config, component: &Block) -> Result<Vec<Endpoint>, Diagnostic> {
    component
        .blocks()
        .filter(|block| block.name == "endpoint")
        .map(|block| endpoint(config, component, block))
        .collect()
}

fn endpoint(config: &Config, component: &Block, block: &Block) -> Result<Endpoint, Diagnostic> {
    let text = |name: &str| config.text(block, name).filter(|text| !text.is_empty());
    let url = text("url").unwrap_or_default();
    let (start, end) = config.place(block, "url");
    if url.starts_with("https://") {
        return Err(Diagnostic::unknown(start, end, "https"));
    }
    if !url.starts_with("http://") || url.parse::<hyper::Uri>().is_err() {
        return Err(Diagnostic::new(start, end, format!("unsupported protocol scheme in URL {url:?}")));
    }
    let size = text("batch_size").and_then(|size| bytes(&size)).unwrap_or(1024 * 1024);
    let mut headers = vec![
        ("Content-Type".to_owned(), "application/x-protobuf".to_owned()),
        ("User-Agent".to_owned(), format!("Alloy/{} (stand-in)", crate::release::of("alloy"))),
    ];
    if let Some(tenant) = text("tenant_id") {
        headers.push(("X-Scope-OrgID".to_owned(), tenant));
    }
    let more = config.attribute(block, "headers")?.and_then(|value| value.labels()).unwrap_or_default();
    headers.extend(more);
    let mut ways = 0;
    if let Some(token) = config.secret(block, "bearer_token").filter(|token| !token.is_empty()) {
        ways += 1;
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    ways += usize::from(text("bearer_token_file").is_some());
    let mut password_file = None;
    if let Some(basic) = block.blocks().find(|inner| inner.name == "basic_auth") {
        ways += 1;
        let user = config.text(basic, "username").unwrap_or_default();
        let password = config.secret(basic, "password");
        if let Some(file) = config.text(basic, "password_file") {
            if password.is_some() {
                return Err(Diagnostic::new(
                    basic.start,
                    basic.close,
                    "at most one of basic_auth password & password_file must be configured",
                ));
            }
            password_file = Some((user, file));
        } else {
            headers.push(("Authorization".to_owned(), basic_auth(&user, &password.unwrap_or_default())));
        }
    }
    if ways > 1 {
        return Err(Diagnostic::new(
            block.start,
            block.close,
            "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured",
        ));
    }
    let lasting = |name: &str, default: u64| config.duration(block, name).unwrap_or(Duration::from_millis(default));
    let settings = Settings {
        url,
        headers,
        token_file: text("bearer_token_file"),
        password_file,
        wait: lasting("batch_wait", 1000),
        size,
        timeout: lasting("remote_timeout", 10_000),
        backoff: (lasting("min_backoff_period", 500), lasting("max_backoff_period", 300_000)),
        retries: text("max_backoff_retries").and_then(|text| text.parse().ok()).unwrap_or(10),
        retry_429: config.flag(block, "retry_on_http_429").unwrap_or(true),
    };
    Ok(Endpoint {
        component: component.id(),
        settings,
        queue: Mutex::default(),
        waiting: AtomicUsize::new(0),
        arrived: Notify::new(),
        sent: AtomicU64::new(0),
        dropped: AtomicU64::new(0),
    })
}

fn basic_auth(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

impl Endpoint {
    /// Takes a line to be sent.
    pub fn push(&self, entry: Entry) {
        self.waiting.fetch_add(entry.line.len() + 64, Ordering::Relaxed);
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(entry);
        self.arrived.notify_one();
    }

    /// Whether nothing more should be read for now.
    pub fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > CAPACITY
    }

    /// Whether nothing waits to be sent.
    pub fn is_idle(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    /// Sends what comes, for as long as the caller waits.
    pub async fn run(&self) {
        loop {
            self.arrived.notified().await;
            let deadline = tokio::time::Instant::now() + self.settings.wait;
            while self.waiting.load(Ordering::Relaxed) < self.settings.size {
                if tokio::time::timeout_at(deadline, self.arrived.notified()).await.is_err() {
                    break;
                }
            }
            while let Some(batch) = self.batch() {
                self.send(&batch).await;
                let size: usize = batch.iter().map(|entry| entry.line.len() + 64).sum();
                drop(batch);
                self.waiting.fetch_sub(size, Ordering::Relaxed);
            }
        }
    }

    fn batch(&self) -> Option<Vec<Entry>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut size = 0;
        let mut batch = Vec::new();
        while let Some(entry) = queue.front() {
            if !batch.is_empty() && size + entry.line.len() > self.settings.size {
                break;
            }
            size += entry.line.len();
            batch.extend(queue.pop_front());
        }
        (!batch.is_empty()).then_some(batch)
    }

    async fn send(&self, batch: &[Entry]) {
        let Ok(body) = packed(batch) else { return };
        let mut backoff = self.settings.backoff.0;
        for attempt in 0.. {
            let mut headers = self.settings.headers.clone();
            let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
            if let Some(file) = &self.settings.token_file {
                headers.push(("Authorization".to_owned(), format!("Bearer {}", read(file))));
            }
            if let Some((user, file)) = &self.settings.password_file {
                headers.push(("Authorization".to_owned(), basic_auth(user, &read(file))));
            }
            let (why, again) = match web::post(&self.settings.url, &headers, body.clone(), self.settings.timeout).await
            {
                Ok((status, _)) if status.is_success() => {
                    self.sent.fetch_add(batch.len() as u64, Ordering::Relaxed);
                    return;
                }
                Ok((status, text)) => (
                    format!("server returned HTTP status {status} ({}): {text}", status.as_u16()),
                    status.is_server_error() || status.as_u16() == 429 && self.settings.retry_429,
                ),
                Err(why) => (why, true),
            };
            if !again || attempt >= self.settings.retries && self.settings.retries > 0 {
                self.dropped.fetch_add(batch.len() as u64, Ordering::Relaxed);
                super::log("error", "final error sending batch", &[("component_id", &self.component), ("error", &why)]);
                return;
            }
            super::log(
                "warn",
                "error sending batch, will retry",
                &[("component_id", &self.component), ("error", &why)],
            );
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(self.settings.backoff.1);
        }
    }
}

fn packed(batch: &[Entry]) -> Result<Vec<u8>, snap::Error> {
    let mut streams: BTreeMap<&Labels, Vec<Line>> = BTreeMap::new();
    for entry in batch {
        let pairs = entry.metadata.iter().map(|(name, value)| Pair { name: name.clone(), value: value.clone() });
        streams.entry(&entry.labels).or_default().push(Line {
            timestamp: Some(Timestamp::at(entry.time)),
            line: entry.line.clone(),
            metadata: pairs.collect(),
        });
    }
    let streams = streams.into_iter().map(|(labels, entries)| Stream { labels: labels::text(labels), entries });
    PushRequest { streams: streams.collect() }.pack()
}
