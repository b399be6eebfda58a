//! Layers of variables, of which the higher ones win.

use crate::yaml::{Entry, Node};
use indexmap::IndexMap;
use minijinja::Value;
use std::sync::Arc;

/// Where a layer stands among the others; later ones win. Facts stand above the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Defaults of role options.
    Defaults,
    /// Variables of the inventory, already merged by its own rules.
    Inventory,
    /// Variables of the play.
    Play,
    /// Values given where a role is used.
    Role,
    /// `--extra-vars`.
    Extra,
    /// The role's options after their types were checked.
    Options,
    /// Names that solti gives: `role_name`, `playbook_dir`.
    Magic,
    /// `item`.
    Local,
}

/// A variable: a value, or text that is rendered when somebody asks.
#[derive(Debug, Clone)]
pub(super) enum Variable {
    Node(Node),
    Value(Value),
    /// One of a list that was written down.
    Item(Value, Node),
}

/// Some variables of one rank; clones are cheap.
#[derive(Debug, Clone)]
pub struct Layer {
    pub(super) rank: Rank,
    pub(super) variables: Arc<IndexMap<String, Variable>>,
}

impl Layer {
    /// Variables as written; a name that repeats takes its last value.
    pub fn new(rank: Rank, variables: impl IntoIterator<Item = (String, Node)>) -> Self {
        let variables = variables.into_iter().map(|(name, node)| (name, Variable::Node(node))).collect();
        Self { rank, variables: Arc::new(variables) }
    }

    /// The entries of a mapping.
    pub fn entries(rank: Rank, entries: &[Entry]) -> Self {
        Self::new(rank, entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())))
    }

    /// Values that are never rendered.
    pub fn values(rank: Rank, values: impl IntoIterator<Item = (String, Value)>) -> Self {
        let variables = values.into_iter().map(|(name, value)| (name, Variable::Value(value))).collect();
        Self { rank, variables: Arc::new(variables) }
    }
}
