//! The components of a configuration at work: sources read, lines go from one to the next, writers send.

use super::config::Config;
use super::positions::Positions;
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
    /// The way of a configuration after another one: what is written as before goes on being written.
    fn new(config: &Config, former: &Self) -> Self {
        let mut graph = Self::default();
        for component in config.components() {
            let forward = || config.receivers(component, "forward_to");
            let node = match component.name.as_str() {
                "loki.process" => process::stages(config, component).map(|stages| Node::Process(stages, forward())),
                "loki.relabel" => relabel::rules(config, component).map(|rules| Node::Relabel(rules, forward())),
                "loki.write" => write::endpoints(config, component).map(|endpoints| {
                    let labels = config.attribute(component, "external_labels").ok().flatten();
                    let labels = labels.and_then(|labels| labels.labels()).unwrap_or_default();
                    let endpoints = match former.nodes.get(&component.id()) {
                        Some(Node::Write(same, known)) if write::are_same(same, &endpoints) && *known == labels => {
                            same.clone()
                        }
                        _ => endpoints.into_iter().map(Arc::new).collect(),
                    };
                    graph.endpoints.extend(endpoints.clone());
                    Node::Write(endpoints, labels)
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
}

/// A configuration at work.
#[derive(Debug)]
pub struct Running {
    /// The configuration.
    pub config: Arc<Config>,
    /// The way that lines take.
    pub graph: Arc<Graph>,
    sources: Vec<JoinHandle<()>>,
    writers: Vec<Writer>,
}

type Writer = (Arc<Endpoint>, JoinHandle<()>);

impl Running {
    /// Starts all components.
    pub fn start(config: Config, positions: &Arc<Positions>) -> Self {
        let graph = Graph::new(&config, &Graph::default());
        Self::begin(config, graph, Vec::new(), positions)
    }

    fn begin(config: Config, graph: Graph, mut writers: Vec<Writer>, positions: &Arc<Positions>) -> Self {
        let (config, graph) = (Arc::new(config), Arc::new(graph));
        for endpoint in &graph.endpoints {
            if !writers.iter().any(|(known, _)| Arc::ptr_eq(known, endpoint)) {
                let own = Arc::clone(endpoint);
                writers.push((Arc::clone(endpoint), tokio::spawn(async move { own.run().await })));
            }
        }
        let mut sources = Vec::new();
        for component in config.components() {
            let (graph, positions, component) = (Arc::clone(&graph), Arc::clone(positions), component.clone());
            let config = Arc::clone(&config);
            let source = match component.name.as_str() {
                "loki.source.file" => tokio::spawn(files::follow(config, component, graph, positions)),
                "loki.source.journal" => tokio::spawn(journal::follow(config, component, graph, positions)),
                _ => continue,
            };
            sources.push(source);
        }
        Self { config, graph, sources, writers }
    }

    /// Goes on with another configuration.
    pub fn reload(self, config: Config, positions: &Arc<Positions>, patience: Duration) -> Self {
        let graph = Graph::new(&config, &self.graph);
        let stays = |(known, _): &Writer| graph.endpoints.iter().any(|endpoint| Arc::ptr_eq(endpoint, known));
        let (kept, gone) = self.writers.into_iter().partition(stays);
        end(&self.sources, gone, positions, patience);
        Self::begin(config, graph, kept, positions)
    }

    /// Stops all components.
    pub fn stop(self, positions: &Positions, patience: Duration) {
        end(&self.sources, self.writers, positions, patience);
    }
}

/// Stops reading, and waits a while for what writers still have. What they have then is lost: it will not be read again.
fn end(sources: &[JoinHandle<()>], writers: Vec<Writer>, positions: &Positions, patience: Duration) {
    sources.iter().for_each(JoinHandle::abort);
    // A source that was reading comes to its end first: it holds the graph until then.
    let deadline = Instant::now() + patience;
    let busy = || {
        sources.iter().any(|source| !source.is_finished()) || writers.iter().any(|(endpoint, _)| !endpoint.is_idle())
    };
    while busy() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    positions.keep();
    writers.iter().for_each(|(_, task)| task.abort());
}
