//! Outputs: what is waiting to be sent, and where it goes.

mod file;
mod influxdb;
mod prometheus;

use super::config::options::go_lasting_of;
use super::config::{Agent, Plugin};
use super::inputs::{behaviour, own};
use super::log;
use super::metric::Metric;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// An output, and what waits for it.
#[derive(Debug)]
pub struct Output {
    plugin: Plugin,
    target: Target,
    waiting: Mutex<VecDeque<Metric>>,
    full: Notify,
    batch: usize,
    limit: usize,
    interval: Duration,
    jitter: Duration,
}

#[derive(Debug)]
enum Target {
    Influx(influxdb::Influx),
    Prometheus(prometheus::Prometheus),
    File(file::File),
}

/// What has become of a batch.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It is there.
    Written,
    /// It never will be.
    Dropped,
    /// It is to be tried again; why.
    Kept(String),
}

/// Why a plugin cannot be made: the exit code and words.
pub type Refused = (u8, String);

/// The code of what is right, and not done here; the words are what it is.
pub const UNDONE: u8 = 4;

impl Output {
    /// Makes the output of a plugin.
    pub fn new(plugin: Plugin, agent: &Agent) -> Result<Self, Refused> {
        let table = &plugin.table;
        let failed = |(code, why): Refused| match code {
            1 => (1, format!("could not initialize output {}: {why}", plugin.id)),
            code => (code, format!("{why} of {}", plugin.id)),
        };
        behaviour(table, &["", "error", "retry", "ignore"]).map_err(|why| failed((1, why)))?;
        let target = match plugin.name.as_str() {
            "influxdb_v2" => Target::Influx(influxdb::Influx::new(table, &plugin.id).map_err(failed)?),
            "prometheus_client" => Target::Prometheus(prometheus::Prometheus::new(table).map_err(failed)?),
            _ => Target::File(file::File::new(table).map_err(failed)?),
        };
        let size = |key: &str, default: usize| {
            let told = table.number_of(key).and_then(|number| usize::try_from(number).ok());
            told.filter(|number| *number > 0).unwrap_or(default).max(1)
        };
        Ok(Self {
            target,
            waiting: Mutex::default(),
            full: Notify::new(),
            batch: size("metric_batch_size", agent.batch),
            limit: size("metric_buffer_limit", agent.buffer),
            interval: go_lasting_of(table, "flush_interval").unwrap_or(agent.flush),
            jitter: go_lasting_of(table, "flush_jitter").unwrap_or(agent.flush_jitter),
            plugin,
        })
    }

    /// Opens what it needs.
    ///
    /// # Errors
    /// Why Telegraf ends.
    pub async fn connect(&self) -> Result<(), String> {
        let failed = |why: String| {
            format!("connecting output {}: error connecting to output {:?}: {why}", self.plugin.id, self.plugin.id)
        };
        match &self.target {
            Target::Influx(influx) => influx.connect().map_err(failed),
            Target::Prometheus(prometheus) => prometheus.connect(&self.plugin.id).await.map_err(failed),
            Target::File(file) => file.connect().map_err(failed),
        }
    }

    /// Gives back what it has opened.
    pub async fn close(&self) {
        if let Target::Prometheus(prometheus) = &self.target {
            prometheus.close().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Metric>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a metric to be sent.
    pub fn push(&self, metric: &Metric) {
        let Some(metric) = self.plugin.filter.sent(metric) else { return };
        let mut waiting = self.waiting();
        waiting.push_back(metric);
        if waiting.len() > self.limit {
            waiting.pop_front();
            own::DROPPED.fetch_add(1, Ordering::Relaxed);
            drop(waiting);
            log('W', &format!("[{}] Metric buffer overflow; 1 metrics have been dropped", self.plugin.id));
        } else if waiting.len().is_multiple_of(self.batch) {
            self.full.notify_one();
        }
    }

    /// How many metrics wait.
    pub fn backlog(&self) -> usize {
        self.waiting().len()
    }

    /// Sends what comes, for as long as the caller waits.
    pub async fn run(&self) {
        loop {
            let _ = tokio::time::timeout(self.interval + super::agent::random(self.jitter), self.full.notified()).await;
            self.flush().await;
        }
    }

    /// Sends what waits; what cannot be sent stays.
    pub async fn flush(&self) {
        loop {
            let batch: Vec<Metric> = self.waiting().iter().take(self.batch).cloned().collect();
            if batch.is_empty() {
                return;
            }
            let outcome = match &self.target {
                Target::Influx(influx) => influx.write(&batch).await,
                Target::Prometheus(prometheus) => prometheus.write(&batch),
                Target::File(file) => file.write(&batch),
            };
            let counter = match &outcome {
                Outcome::Written => &own::WRITTEN,
                Outcome::Dropped => &own::DROPPED,
                Outcome::Kept(why) => {
                    log('E', &format!("[agent] Error writing to {}: {why}", self.plugin.id));
                    return;
                }
            };
            counter.fetch_add(batch.len() as u64, Ordering::Relaxed);
            let mut waiting = self.waiting();
            // Metrics that came meanwhile may have pushed out some of these.
            let sent =
                batch.iter().take_while(|metric| waiting.front() == Some(*metric) && waiting.pop_front().is_some());
            let sent = sent.count();
            log('D', &format!("[{}] Wrote batch of {sent} metrics", self.plugin.id));
            if sent == 0 {
                return;
            }
        }
    }
}
