//! Groups inside of groups: what belongs to what, and how deep.

use super::{Group, Host, Inventory, range};
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::yaml::{Entry, Node, Value};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// The groups that every inventory has.
pub(super) fn begin(inventory: &mut Inventory) {
    add_group(inventory, "all", None);
    add_group(inventory, "ungrouped", None);
    link(inventory, "all", "ungrouped");
}

/// Names a group, again or for the first time.
pub(super) fn add_group(inventory: &mut Inventory, name: &str, key_span: Option<&Span>) {
    let group =
        inventory.groups.entry(name.to_owned()).or_insert_with(|| Group { name: name.to_owned(), ..Group::default() });
    if group.key_span.is_none() {
        group.key_span = key_span.cloned();
    }
}

/// Puts a group into another one.
pub(super) fn add_child(
    inventory: &mut Inventory,
    parent: &str,
    child: &str,
    key_span: &Span,
    errors: &mut Diagnostics,
) {
    if child == "all" {
        errors.push(Diagnostic::at(key_span, "`all` cannot be inside of another group"));
    } else if let Some(mut members) = inventory.way_down(child, parent) {
        members.push(child);
        let message = if child == parent {
            format!("group `{child}` is inside of itself")
        } else {
            "groups are inside of each other".to_owned()
        };
        errors.push(Diagnostic::at(key_span, message).label(members.join(" > ")));
    } else {
        link(inventory, parent, child);
    }
}

fn link(inventory: &mut Inventory, parent: &str, child: &str) {
    if let Some(group) = inventory.groups.get_mut(parent) {
        group.children.insert(child.to_owned());
    }
    if let Some(group) = inventory.groups.get_mut(child) {
        group.parents.insert(parent.to_owned());
    }
}

/// Adds the hosts that a key stands for to a group, with their variables.
pub(super) fn add_hosts(
    inventory: &mut Inventory,
    group: &str,
    key: &str,
    key_span: &Span,
    vars: &[Entry],
    errors: &mut Diagnostics,
) {
    let (names, port) = match range::expand(key) {
        Ok(expanded) => expanded,
        Err(error) => return errors.push(Diagnostic::at(key_span, error)),
    };
    for name in names {
        let host = inventory.hosts.entry(name.clone()).or_insert_with(|| {
            let mut vars = IndexMap::new();
            if let Some(port) = port {
                let value = Node::new(Value::Integer(i64::from(port)), key_span.clone());
                let key = "ansible_port".to_owned();
                vars.insert(key.clone(), Entry { key, key_span: key_span.clone(), value });
            }
            Host { name: name.clone(), key_span: key_span.clone(), groups: IndexSet::new(), vars }
        });
        host.groups.insert(group.to_owned());
        host.vars.extend(vars.iter().map(|entry| (entry.key.clone(), entry.clone())));
        if let Some(group) = inventory.groups.get_mut(group) {
            group.hosts.insert(name);
        }
    }
}

/// Puts what is in no group where it belongs, and measures how deep each group is.
pub(super) fn finish(inventory: &mut Inventory) {
    let orphans: Vec<String> = inventory
        .groups
        .values()
        .filter(|group| group.name != "all" && group.parents.is_empty())
        .map(|group| group.name.clone())
        .collect();
    orphans.iter().for_each(|name| link(inventory, "all", name));
    let Inventory { groups, hosts, .. } = inventory;
    if let Some(ungrouped) = groups.get_mut("ungrouped") {
        for host in hosts.values_mut() {
            if host.groups.iter().any(|group| group != "all" && group != "ungrouped") {
                host.groups.shift_remove("ungrouped");
                ungrouped.hosts.shift_remove(&host.name);
            } else {
                host.groups.insert("ungrouped".to_owned());
                ungrouped.hosts.insert(host.name.clone());
            }
        }
    }
    let mut depths = HashMap::new();
    let names: Vec<String> = groups.keys().cloned().collect();
    for name in &names {
        let depth = depth(groups, name, &mut depths);
        if let Some(group) = groups.get_mut(name) {
            group.depth = depth;
        }
    }
}

fn depth(groups: &IndexMap<String, Group>, name: &str, known: &mut HashMap<String, usize>) -> usize {
    if let Some(&depth) = known.get(name) {
        return depth;
    }
    let parents = groups.get(name).into_iter().flat_map(|group| &group.parents);
    let deepest = parents.map(|parent| depth(groups, parent, known) + 1).max().unwrap_or(0);
    known.insert(name.to_owned(), deepest);
    deepest
}

impl Inventory {
    /// The groups from one down to another, both included, if the other is below (or the same).
    fn way_down<'i>(&'i self, from: &'i str, to: &str) -> Option<Vec<&'i str>> {
        let mut came_from: HashMap<&str, &str> = HashMap::new();
        let mut open = vec![from];
        while let Some(name) = open.pop() {
            if name == to {
                let mut way = vec![name];
                while let Some(&above) = way.last().and_then(|last| came_from.get(last)) {
                    way.push(above);
                }
                way.reverse();
                return Some(way);
            }
            for child in self.groups.get(name).into_iter().flat_map(|group| &group.children) {
                if child != from && !came_from.contains_key(child.as_str()) {
                    came_from.insert(child, name);
                    open.push(child);
                }
            }
        }
        None
    }

    /// All hosts in a group and the groups inside of it: its own first, then level by level.
    pub fn hosts_of(&self, group: &str) -> Vec<&str> {
        let mut names = IndexSet::new();
        let mut seen = HashSet::new();
        let mut level: Vec<&Group> = self.groups.get(group).into_iter().collect();
        while !level.is_empty() {
            level.retain(|group| seen.insert(group.name.as_str()));
            names.extend(level.iter().flat_map(|group| group.hosts.iter().map(String::as_str)));
            let children = level.iter().flat_map(|group| &group.children);
            level = children.filter_map(|child| self.groups.get(child)).collect();
        }
        names.into_iter().collect()
    }

    /// The groups that a host is in, also by way of other groups, without `all`: sorted by name, as `group_names`.
    pub fn groups_of(&self, host: &str) -> Vec<&str> {
        let mut names = self.ancestors(host).into_iter().map(|group| group.name.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        names
    }

    /// The same, in the order in which their variables override each other: the last wins.
    pub(super) fn ancestors(&self, host: &str) -> Vec<&Group> {
        let mut open: Vec<&String> = self.hosts.get(host).into_iter().flat_map(|host| &host.groups).collect();
        let mut seen = HashSet::new();
        let mut groups = Vec::new();
        while let Some(name) = open.pop() {
            if name != "all"
                && seen.insert(name)
                && let Some(group) = self.groups.get(name)
            {
                open.extend(&group.parents);
                groups.push(group);
            }
        }
        groups.sort_by_key(|group| (group.depth, group.priority.unwrap_or(1), group.name.as_str()));
        groups
    }
}
