//! The components of a configuration at work: sources read, lines go from one to the next, writers send.

use super::config::Config;
use super::positions::{Positions, Receipt};
use super::process::{self, Stage};
use super::relabel::{self, Rule};
use super::syntax::{Block, Diagnostic};
use super::write::{self, Endpoint};
use super::{files, journal};
use crate::labels::Labels;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A line on its way.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its labels; those that begin with `__` do not leave the program.
    pub labels: Labels,
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Its text.
    pub line: String,
    /// Labels of this line only.
    pub metadata: Labels,
    /// What its source knows it by, until it is gone.
    #[expect(dead_code, reason = "it is held, not read")]
    pub receipt: Receipt,
}

/// Nanoseconds since 1970, now.
pub fn now() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

#[derive(Debug)]
enum Node {
    Process(Vec<Stage>, Vec<String>),
    Relabel(Vec<Rule>, Vec<String>),
    Write(Vec<Arc<Endpoint>>, Labels),
}

/// The way that lines take.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: HashMap<String, Node>,
    /// Where lines leave.
    pub endpoints: Vec<Arc<Endpoint>>,
}

/// What is wrong with a component beyond names and types.
pub fn refusals(config: &Config, component: &Block) -> Option<Diagnostic> {
    let refused = match component.name.as_str() {
        "loki.process" => process::stages(config, component).map(drop),
        "loki.relabel" | "discovery.relabel" => relabel::rules(config, component).map(drop),
        "loki.write" => write::endpoints(config, component).map(drop),
        "loki.source.journal" => journal::matches(config, component).map(drop),
        "loki.source.file" => match config.text(component, "encoding").filter(|encoding| !encoding.is_empty()) {
            Some(encoding) if !encoding.eq_ignore_ascii_case("utf-8") => {
                let (start, end) = config.place(component, "encoding");
                Err(Diagnostic::unknown(start, end, &format!("the encoding {encoding:?}")))
            }
            _ => Ok(()),
        },
        "local.file" => files::content(config, component).map(drop),
        _ => Ok(()),
    };
    refused.err()
}

impl Graph {
    fn new(config: &Config) -> Self {
        let mut graph = Self::default();
        for component in config.components() {
            let forward = || config.receivers(component, "forward_to");
            let node = match component.name.as_str() {
                "loki.process" => process::stages(config, component).map(|stages| Node::Process(stages, forward())),
                "loki.relabel" => relabel::rules(config, component).map(|rules| Node::Relabel(rules, forward())),
                "loki.write" => write::endpoints(config, component).map(|endpoints| {
                    let endpoints: Vec<Arc<Endpoint>> = endpoints.into_iter().map(Arc::new).collect();
                    graph.endpoints.extend(endpoints.clone());
                    let labels = config.attribute(component, "external_labels").ok().flatten();
                    Node::Write(endpoints, labels.and_then(|labels| labels.labels()).unwrap_or_default())
                }),
                _ => continue,
            };
            if let Ok(node) = node {
                graph.nodes.insert(component.id(), node);
            }
        }
        graph
    }

    /// Hands a line to components.
    pub fn send(&self, receivers: &[String], entry: &Entry) {
        for receiver in receivers {
            match self.nodes.get(receiver) {
                Some(Node::Process(stages, next)) => {
                    if let Some(entry) = process::run(stages, entry.clone()) {
                        self.send(next, &entry);
                    }
                }
                Some(Node::Relabel(rules, next)) => {
                    if let Some(labels) =
                        relabel::apply(rules, entry.labels.clone()).filter(|labels| !labels.is_empty())
                    {
                        self.send(next, &Entry { labels, ..entry.clone() });
                    }
                }
                Some(Node::Write(endpoints, external)) => {
                    let mut entry = entry.clone();
                    entry.labels.retain(|name, _| !name.starts_with("__"));
                    for (name, value) in external {
                        entry.labels.insert(name.clone(), value.clone());
                    }
                    endpoints.iter().for_each(|endpoint| endpoint.push(entry.clone()));
                }
                None => {}
            }
        }
    }

    /// Whether sources should wait.
    pub fn is_full(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.is_full())
    }

    fn is_idle(&self) -> bool {
        self.endpoints.iter().all(|endpoint| endpoint.is_idle())
    }
}

/// A configuration at work.
#[derive(Debug)]
pub struct Running {
    /// The configuration.
    pub config: Arc<Config>,
    /// The way that lines take.
    pub graph: Arc<Graph>,
    sources: Vec<JoinHandle<()>>,
    writers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts all components.
    pub fn start(config: Config, positions: &Arc<Positions>) -> Self {
        let config = Arc::new(config);
        let graph = Arc::new(Graph::new(&config));
        let mut running =
            Self { config: Arc::clone(&config), graph: Arc::clone(&graph), sources: Vec::new(), writers: Vec::new() };
        for endpoint in &graph.endpoints {
            let endpoint = Arc::clone(endpoint);
            running.writers.push(tokio::spawn(async move { endpoint.run().await }));
        }
        for component in config.components() {
            let (graph, positions, component) = (Arc::clone(&graph), Arc::clone(positions), component.clone());
            let config = Arc::clone(&config);
            let source = match component.name.as_str() {
                "loki.source.file" => tokio::spawn(files::follow(config, component, graph, positions)),
                "loki.source.journal" => tokio::spawn(journal::follow(config, component, graph, positions)),
                _ => continue,
            };
            running.sources.push(source);
        }
        running
    }

    /// Stops reading, waits a while for what was read to be sent, and stops that.
    pub fn stop(self, positions: &Positions, patience: Duration) {
        self.sources.iter().for_each(JoinHandle::abort);
        // A source that was reading comes to its end first: it holds the graph until then.
        let deadline = Instant::now() + patience;
        let busy = || self.sources.iter().any(|source| !source.is_finished()) || !self.graph.is_idle();
        while busy() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        positions.keep();
        positions.forget();
        self.writers.iter().for_each(JoinHandle::abort);
    }
}
