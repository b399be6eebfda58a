//! The agent: it collects with all inputs, and hands what they find to all outputs.

use super::config::options::go_lasting_of;
use super::config::{Agent, Config};
use super::filter::Filter;
use super::inputs::{Input, own};
use super::log;
use super::metric::{Form, Metric};
use super::outputs::{Output, Refused, UNDONE};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a second reading waits for the first, where only both together say anything.
const BETWEEN: Duration = Duration::from_millis(500);

/// All that is needed to run.
#[derive(Debug)]
pub struct Running {
    agent: Agent,
    tags: Arc<BTreeMap<String, String>>,
    inputs: Vec<Source>,
    outputs: Vec<Arc<Output>>,
}

/// An input and its schedule.
#[derive(Debug)]
struct Source {
    id: String,
    input: Input,
    filter: Filter,
    interval: Duration,
    jitter: Duration,
    precision: Duration,
}

impl Running {
    /// Initialises all plugins.
    pub fn new(config: Config) -> Result<Self, Refused> {
        let agent = config.agent;
        // What is wrong comes before what is only not done here.
        let mut undone: Option<Refused> = None;
        let mut inputs = Vec::new();
        for plugin in config.inputs {
            let input = match Input::new(&plugin) {
                Ok(input) => input,
                Err((1, why)) => return Err((1, format!("could not initialize input {}: {why}", plugin.id))),
                Err((UNDONE, what)) => {
                    undone = undone.or(Some((UNDONE, format!("{what} of {}", plugin.id))));
                    continue;
                }
                Err((code, why)) => return Err((code, format!("{why} of {}", plugin.id))),
            };
            let lasting = |key: &str, default: Duration| {
                go_lasting_of(&plugin.table, key).filter(|told| !told.is_zero()).unwrap_or(default)
            };
            let interval = lasting("interval", agent.interval);
            let precision = match lasting("precision", agent.precision) {
                Duration::ZERO => suggested(interval),
                told => told,
            };
            let jitter = lasting("collection_jitter", agent.jitter);
            inputs.push(Source { id: plugin.id, input, filter: plugin.filter, interval, jitter, precision });
        }
        let mut outputs = Vec::new();
        for plugin in config.outputs {
            match Output::new(plugin, &agent) {
                Ok(output) => outputs.push(Arc::new(output)),
                Err(refused @ (UNDONE, _)) => undone = undone.or(Some(refused)),
                Err(refused) => return Err(refused),
            }
        }
        if let Some(refused) = undone {
            return Err(refused);
        }
        Ok(Self { agent, tags: Arc::new(config.tags), inputs, outputs })
    }

    /// Opens what the outputs and inputs need.
    ///
    /// # Errors
    /// The first that cannot be opened.
    pub async fn connect(&self) -> Result<(), String> {
        for output in &self.outputs {
            output.connect().await?;
        }
        for source in &self.inputs {
            source.input.start(&source.id).map_err(|why| format!("starting input {}: {why}", source.id))?;
        }
        Ok(())
    }

    /// Collects and sends until `end` is there, and then sends what is left.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let mut tasks = tokio::task::JoinSet::new();
        let listeners: Vec<_> = self.inputs.iter().filter_map(|source| source.input.listener()).collect();
        for mut source in self.inputs {
            let (tags, outputs, round) = (Arc::clone(&self.tags), self.outputs.clone(), self.agent.round);
            tasks.spawn(async move {
                if !round {
                    source.hand(&tags, &outputs);
                }
                loop {
                    let wait = if round { until_multiple(source.interval) } else { source.interval };
                    tokio::select! {
                        () = tokio::time::sleep(wait + random(source.jitter)) => {}
                        () = source.input.arrival() => {}
                    }
                    source.hand(&tags, &outputs);
                }
            });
        }
        let mut senders = tokio::task::JoinSet::new();
        for output in &self.outputs {
            let output = Arc::clone(output);
            senders.spawn(async move { output.run().await });
        }
        end.await;
        for listener in listeners {
            listener.close().await;
        }
        tasks.shutdown().await;
        senders.shutdown().await;
        log('I', "[agent] Hang on, flushing any cached metrics before shutdown");
        for output in &self.outputs {
            output.flush().await;
        }
        log('I', "[agent] Stopping running outputs");
        for output in &self.outputs {
            output.close().await;
        }
    }

    /// Collects once and prints.
    pub async fn test(mut self, wait: Duration) {
        for line in self.once(wait).await.iter().filter_map(|metric| metric.line(Form::default())) {
            print!("> {line}");
        }
    }

    /// Collects once and sends.
    ///
    /// # Errors
    /// That something could not be sent.
    pub async fn send_once(mut self, wait: Duration) -> Result<(), String> {
        for metric in self.once(wait).await {
            self.outputs.iter().for_each(|output| output.push(&metric));
        }
        for output in &self.outputs {
            output.flush().await;
        }
        match self.outputs.iter().map(|output| output.backlog()).sum::<usize>() {
            0 => Ok(()),
            unsent => Err(format!("output plugins unable to send {unsent} metrics")),
        }
    }

    async fn once(&mut self, wait: Duration) -> Vec<Metric> {
        let mut metrics = Vec::new();
        for source in &mut self.inputs {
            if source.input.compares() {
                source.gather(&self.tags);
                tokio::time::sleep(BETWEEN).await;
            }
            metrics.extend(source.gather(&self.tags));
        }
        tokio::time::sleep(wait).await;
        metrics
    }
}

impl Source {
    fn gather(&mut self, tags: &BTreeMap<String, String>) -> Vec<Metric> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let precision = (self.precision.as_nanos() as u64).max(1);
        let now = (now + precision / 2) / precision * precision;
        match tokio::task::block_in_place(|| self.input.gather(now)) {
            Ok(metrics) => metrics.into_iter().filter_map(|metric| self.filter.collected(metric, tags)).collect(),
            Err(why) => {
                own::GATHER_ERRORS.fetch_add(1, Ordering::Relaxed);
                log('E', &format!("[{}] Error in plugin: {why}", self.id));
                Vec::new()
            }
        }
    }

    fn hand(&mut self, tags: &BTreeMap<String, String>, outputs: &[Arc<Output>]) {
        let metrics = self.gather(tags);
        own::GATHERED.fetch_add(metrics.len() as u64, Ordering::Relaxed);
        for metric in metrics {
            outputs.iter().for_each(|output| output.push(&metric));
        }
    }
}

/// The precision that Telegraf chooses for an interval.
fn suggested(interval: Duration) -> Duration {
    [Duration::from_secs(1), Duration::from_millis(1), Duration::from_micros(1)]
        .into_iter()
        .find(|precision| interval >= *precision)
        .unwrap_or(Duration::from_nanos(1))
}

/// How long it is until the clock shows a multiple of an interval.
fn until_multiple(interval: Duration) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let interval = interval.as_nanos().max(1);
    Duration::from_nanos((interval - now % interval) as u64)
}

/// Some part of a duration.
pub fn random(most: Duration) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    most.mul_f64(f64::from(now % 1000) / 1000.0)
}
