//! Ansible's YAML inventory format.

use super::{Inventory, groups};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean};
use crate::yaml::{self, Entry, Node, Value};
use std::sync::Arc;

/// What a group may have.
pub(super) const SECTIONS: [&str; 3] = ["hosts", "vars", "children"];

/// Adds what one inventory file says.
pub(super) fn read(inventory: &mut Inventory, file: &Arc<SourceFile>, errors: &mut Diagnostics) {
    if let Some(error) = other_format(file) {
        errors.push(error);
        return;
    }
    if let Some(root) = errors.collect(yaml::parse(file)) {
        read_node(inventory, &root, errors);
    }
}

/// Adds what an inventory says.
pub(super) fn read_node(inventory: &mut Inventory, root: &Node, errors: &mut Diagnostics) {
    match &root.value {
        Value::Null => {
            let error = Diagnostic::at(&root.span, "the inventory is empty").hint("begin with `all:` and `hosts:`");
            errors.push(error);
        }
        Value::Mapping(entries) => {
            if let Some(plugin) = entries.iter().find(|entry| entry.key == "plugin") {
                let error = Diagnostic::at(&plugin.key_span, "inventory plugins are not supported")
                    .hint("`ansible-inventory -i FILE --list --yaml` writes what the plugin finds as an inventory");
                errors.push(error);
                return;
            }
            let mut reader = Reader { inventory, errors };
            entries.iter().for_each(|entry| reader.group(entry));
        }
        _ => errors.push(
            Diagnostic::at(&root.span, format!("an inventory is a mapping of groups, this is {}", root.describe()))
                .hint("begin with `all:` and `hosts:`"),
        ),
    }
}

/// An INI inventory or an encrypted file, which would be no more than strange YAML.
fn other_format(file: &Arc<SourceFile>) -> Option<Diagnostic> {
    let mut at = 0;
    for line in file.text().split_inclusive('\n') {
        let text = line.trim();
        let span = Span::new(file, at, at + line.trim_end().len());
        at += line.len();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        let section = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        if section.is_some_and(|name| !name.is_empty() && !name.contains([',', ' ', '[', '"'])) {
            return Some(
                Diagnostic::at(&span, "this is an INI inventory; solti reads the YAML format")
                    .hint("`ansible-inventory -i FILE --list --yaml` converts it"),
            );
        }
        return text.starts_with("$ANSIBLE_VAULT;").then(|| {
            Diagnostic::at(&span, "an inventory that is encrypted as a whole cannot be read")
                .hint("encrypt single values with `!vault` instead")
        });
    }
    None
}

struct Reader<'i> {
    inventory: &'i mut Inventory,
    errors: &'i mut Diagnostics,
}

impl Reader<'_> {
    fn group(&mut self, entry: &Entry) {
        let name = &entry.key;
        groups::add_group(self.inventory, name, Some(&entry.key_span));
        let sections = match &entry.value.value {
            Value::Null => return,
            Value::Mapping(sections) => sections,
            _ => {
                let what = entry.value.describe();
                self.errors.push(
                    Diagnostic::at(&entry.value.span, format!("group `{name}` must be a mapping, not {what}"))
                        .hint("a group has `hosts`, `vars` and `children`"),
                );
                return;
            }
        };
        for section in sections {
            match section.key.as_str() {
                "vars" => self.group_vars(name, &section.value),
                "hosts" => self.hosts(name, &section.value),
                "children" => self.children(name, &section.value),
                key => {
                    let near = did_you_mean(key, SECTIONS);
                    let near = near.map(|known| format!("did you mean `{known}`?"));
                    let hint = near.unwrap_or_else(|| format!("known here: {}", SECTIONS.join(", ")));
                    let message = format!("unknown key `{key}` in group `{name}`");
                    self.errors.push(Diagnostic::at(&section.key_span, message).hint(hint));
                }
            }
        }
    }

    fn group_vars(&mut self, name: &str, node: &Node) {
        let Some(entries) = self.entries(node, "vars", name, "variable: value") else { return };
        for entry in &entries {
            if entry.key == "ansible_group_priority" {
                let priority = self.errors.collect(entry.value.integer());
                if let (Some(priority), Some(group)) = (priority, self.inventory.groups.get_mut(name)) {
                    group.priority = Some(priority);
                }
            } else if let Some(group) = self.inventory.groups.get_mut(name) {
                group.vars.insert(entry.key.clone(), entry.clone());
            }
        }
    }

    fn hosts(&mut self, group: &str, node: &Node) {
        let Some(entries) = self.entries(node, "hosts", group, "host:") else { return };
        for entry in &entries {
            let vars = match &entry.value.value {
                Value::Null => &[],
                Value::Mapping(vars) => vars.as_slice(),
                _ => {
                    let what = entry.value.describe();
                    let message = format!("the variables of host `{}` must be a mapping, not {what}", entry.key);
                    self.errors.push(Diagnostic::at(&entry.value.span, message));
                    &[]
                }
            };
            groups::add_hosts(self.inventory, group, &entry.key, &entry.key_span, vars, self.errors);
        }
    }

    fn children(&mut self, parent: &str, node: &Node) {
        let Some(entries) = self.entries(node, "children", parent, "group:") else { return };
        for entry in &entries {
            self.group(entry);
            groups::add_child(self.inventory, parent, &entry.key, &entry.key_span, self.errors);
        }
    }

    /// The entries of a section: a mapping, nothing, or one name alone.
    fn entries(&mut self, node: &Node, section: &str, group: &str, item: &str) -> Option<Vec<Entry>> {
        match &node.value {
            Value::Null => None,
            Value::Mapping(entries) => Some(entries.clone()),
            Value::String { text, .. } if section != "vars" => {
                let value = Node::new(Value::Null, node.span.clone());
                Some(vec![Entry { key: text.clone(), key_span: node.span.clone(), value }])
            }
            Value::Sequence(items) => {
                let first = items.first().and_then(Node::as_str);
                let hint = first.map_or_else(
                    || format!("write each as `{item}`, without a dash"),
                    |first| format!("write `{first}:` with a colon, in place of `- {first}`"),
                );
                let message = format!("`{section}` of group `{group}` must be a mapping, not a list");
                self.errors.push(Diagnostic::at(&node.span, message).hint(hint));
                None
            }
            _ => {
                let what = node.describe();
                let message = format!("`{section}` of group `{group}` must be a mapping, not {what}");
                self.errors.push(Diagnostic::at(&node.span, message));
                None
            }
        }
    }
}
