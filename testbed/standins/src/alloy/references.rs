//! What a configuration refers to: by name, and without going round in a circle.

use super::config::Config;
use super::shapes::Allowed;
use super::syntax::{Block, Diagnostic, Expr, Kind, Source, Statement};
use super::value::dotted;
use std::collections::{HashMap, HashSet};

/// What the standard library has under one name: namespaces and functions.
const LIBRARY: &str = "constants coalesce json_path sys convert array encoding string file module_path";
/// What it still has, and no longer wants to be called.
const DEPRECATED: &str = "env nonsensitive concat json_decode yaml_decode base64_decode format join replace split \
    to_lower to_upper trim trim_prefix trim_suffix trim_space";
const EXPERIMENTAL: &str = "array.combine_maps array.group_by";

fn among(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}

/// All that is wrong with the references of a configuration.
pub fn check(config: &Config, allowed: Allowed) -> Vec<(&Source, Diagnostic)> {
    let mut found = Vec::new();
    let ids: HashSet<String> = config.placed().map(|(_, block)| block.id()).collect();
    let mut edges: HashMap<String, HashSet<String>> = HashMap::new();
    for (source, block) in config.placed() {
        let mut names = Vec::new();
        in_block(block, &mut names);
        for (name, start, end) in names {
            let mut report = |message: &str| found.push((source, Diagnostic::new(start, end, message)));
            let root = name.split('.').next().unwrap_or_default();
            let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
            if let Some(id) = ends.map(|end| &name[..end]).find(|prefix| ids.contains(*prefix)) {
                edges.entry(block.id()).or_default().insert(id.to_owned());
                if id == block.id() {
                    report("cannot reference self");
                }
            } else if among(DEPRECATED, root) {
                report(
                    "this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives",
                );
            } else if among(EXPERIMENTAL, &name) && !allowed.experiments {
                report(&format!("{name} is at stability level \"experimental\""));
            } else if !among(LIBRARY, root) {
                report(&format!("component {name:?} does not exist or is out of scope"));
            }
        }
    }
    for (source, block) in config.placed() {
        let id = block.id();
        if let Some(other) = edges.get(&id).into_iter().flatten().find(|to| **to != id && leads(&edges, to, &id)) {
            let message = format!("cycle detected: {id}, {other}");
            found.push((source, Diagnostic::new(block.start, block.open, message)));
        }
    }
    found
}

/// Whether one component comes to refer to another.
fn leads(edges: &HashMap<String, HashSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (HashSet::new(), vec![from]);
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id) {
            open.extend(edges.get(id).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

type Names = Vec<(String, usize, usize)>;

fn in_block(block: &Block, names: &mut Names) {
    for statement in &block.body {
        match statement {
            Statement::Attribute(attribute) => in_expr(&attribute.value, names),
            Statement::Block(inner) => in_block(inner, names),
        }
    }
}

fn in_expr(expr: &Expr, names: &mut Names) {
    if let Some(name) = dotted(expr) {
        names.push((name, expr.start, expr.end));
        return;
    }
    match &expr.kind {
        Kind::Array(items) => items.iter().for_each(|item| in_expr(item, names)),
        Kind::Object(fields) => fields.iter().for_each(|field| in_expr(&field.value, names)),
        Kind::Access(inner, _) | Kind::Unary(_, inner) | Kind::Paren(inner) => in_expr(inner, names),
        Kind::Index(left, right) | Kind::Binary(left, _, _, right) => {
            in_expr(left, names);
            in_expr(right, names);
        }
        Kind::Call(function, arguments) => {
            in_expr(function, names);
            arguments.iter().for_each(|argument| in_expr(argument, names));
        }
        Kind::Literal(_) | Kind::Name(_) => {}
    }
}
