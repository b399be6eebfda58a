//! An inventory as `ansible-inventory` prints it.

use super::{Group, Inventory, Variables};
use crate::yaml::{Node, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;

/// Names that are about the run, not of the host; they are not listed.
const INTERNAL: [&str; 8] = [
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "playbook_dir",
];

impl Inventory {
    /// What `ansible-inventory --list` prints: keys are sorted, lists are in the inventory's order.
    pub fn list_json(&self) -> Json {
        let mut listed = Map::new();
        let hosts: Vec<&str> = self.hosts().map(|host| host.name.as_str()).collect();
        let variables = hosts.iter().map(|host| ((*host).to_owned(), variables_json(&self.variables(host))));
        let variables: Map<String, Json> = variables.filter(|(_, vars)| vars != &json!({})).collect();
        listed.insert("_meta".to_owned(), json!({"hostvars": variables, "profile": "inventory_legacy"}));
        let mut seen = HashSet::new();
        let mut open: Vec<&Group> = self.groups.get("all").into_iter().collect();
        while let Some(group) = open.pop() {
            if !seen.insert(group.name.as_str()) {
                continue;
            }
            let mut members = Map::new();
            if group.name != "all" && !group.hosts.is_empty() {
                members.insert("hosts".to_owned(), json!(group.hosts));
            }
            if !group.children.is_empty() {
                members.insert("children".to_owned(), json!(group.children));
            }
            if !members.is_empty() {
                listed.insert(group.name.clone(), Json::Object(members));
            }
            open.extend(group.children.iter().filter_map(|child| self.groups.get(child)));
        }
        sorted(Json::Object(listed))
    }

    /// What `ansible-inventory --host` prints.
    pub fn host_json(&self, host: &str) -> Json {
        sorted(variables_json(&self.variables(host)))
    }

    /// What `ansible-inventory --graph` prints, without a newline at the end.
    pub fn graph(&self) -> String {
        let mut lines = Vec::new();
        if let Some(all) = self.groups.get("all") {
            self.draw(all, 0, &mut lines);
        }
        lines.join("\n")
    }

    fn draw(&self, group: &Group, depth: usize, lines: &mut Vec<String>) {
        let line = |name: &str, depth: usize| match depth {
            0 => name.to_owned(),
            _ => format!("{}--{name}", "  |".repeat(depth)),
        };
        lines.push(line(&format!("@{}:", group.name), depth));
        for child in group.children.iter().filter_map(|child| self.groups.get(child)) {
            self.draw(child, depth + 1, lines);
        }
        if group.name != "all" {
            lines.extend(group.hosts.iter().map(|host| line(host, depth + 1)));
        }
    }
}

fn variables_json(variables: &Variables) -> Json {
    let listed = variables.iter().filter(|(name, _)| !INTERNAL.contains(&name.as_str()));
    Json::Object(listed.map(|(name, variable)| (name.clone(), marked(&variable.value))).collect())
}

/// As [`Node::to_json`], but `!unsafe` is kept, as Ansible's inventories keep it.
fn marked(node: &Node) -> Json {
    match &node.value {
        Value::String { text, verbatim: true } => json!({"__ansible_unsafe": text}),
        Value::Sequence(items) => Json::Array(items.iter().map(marked).collect()),
        Value::Mapping(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.clone(), marked(&entry.value))).collect())
        }
        _ => node.to_json(),
    }
}

fn sorted(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let mut members: Vec<(String, Json)> = members.into_iter().collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Json::Object(members.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
