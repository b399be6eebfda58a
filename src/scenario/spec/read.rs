//! Reads a `scenario.yml`.

use super::platform::Platforms;
use super::prepare::{file, name, preparations};
use super::schema::{BREAK, EXPECT, HOST, REMOVED, SCENARIO};
use super::{Platform, Variant, variant};
use crate::resource::milliseconds;
use crate::role::read_checks;
use crate::scenario::{Break, Checks, Expectation, Host, Plays, Scenario, Step};
use crate::schema::Arguments;
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean};
use crate::yaml::{self, Entry, Node, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long checks have to notice what is broken, in milliseconds, when the scenario does not say.
const BREAK_WITHIN: u64 = 60_000;

/// Reads the scenario `name` of a project with these platforms.
pub fn scenario(name: &str, source: &Arc<SourceFile>, platforms: &Platforms) -> Result<Scenario, Diagnostics> {
    let path = source.path().unwrap_or(Path::new(name)).to_owned();
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let node = yaml::parse(source)?;
    let mut fields = Arguments::new(&node, &SCENARIO)?;
    let summary = fields.string("summary");
    let role = fields.entry("role");
    let roles = fields.entry("roles");
    let playbook = fields.entry("playbook");
    let plays = match (role, roles, playbook) {
        (Some(role), None, None) => Some(Plays::Roles(alone(&role.value))),
        (None, Some(roles), None) => {
            fields.read(Some(&roles.value), |node| node.sequence().map(|_| Plays::Roles(node.clone())))
        }
        (None, None, Some(playbook)) => {
            fields.read(Some(&playbook.value), |node| file(node, &folder).map(Plays::Playbook))
        }
        (None, None, None) => {
            let error = Diagnostic::at(fields.span(), "a scenario needs `role`, `roles` or `playbook`");
            fields.error(error.hint("say what is to be tested: `role: prometheus`"));
            None
        }
        given => {
            let mut keys = [given.0, given.1, given.2].into_iter().flatten().map(|entry| &entry.key_span);
            if let (Some(first), Some(second)) = (keys.next(), keys.next()) {
                let message = "a scenario has one of `role`, `roles` and `playbook`";
                fields.error(Diagnostic::at(second, message).also(first, "given here already"));
            }
            None
        }
    };
    let listed = fields.required("platforms");
    let listed = fields.read(listed, |node| read_platforms(node, &folder, platforms)).unwrap_or_default();
    let matrix = variant::read(&mut fields, &listed.iter().map(|platform| platform.name.as_str()).collect::<Vec<_>>());
    let hosts = fields.get("hosts");
    let hosts = match hosts {
        Some(hosts) => fields.read(Some(hosts), |node| read_hosts(node, platforms)).unwrap_or_default(),
        None => {
            let span = fields.span().clone();
            vec![Host { name: "host".to_owned(), span, groups: Vec::new(), vars: Vec::new(), platform: None }]
        }
    };
    let vars = fields.get("vars");
    let vars = fields.read(vars, |vars| vars.mapping().map(<[Entry]>::to_vec)).unwrap_or_default();
    let prepare = fields.get("prepare");
    let prepare = fields.read(prepare, |node| preparations(node, &folder)).unwrap_or_default();
    let checks = fields.get("checks");
    let checks = fields.read(checks, read_scenario_checks).unwrap_or_default();
    let breaks = fields.get("breaks");
    let breaks = fields.read(breaks, |node| read_breaks(node, &hosts)).unwrap_or_default();
    let expect = fields.get("expect");
    let expect = fields.read(expect, read_expectation);
    let removed = fields.get("removed");
    let may_stay = fields.read(removed, read_removed).unwrap_or_default();
    let span = fields.span().clone();
    let plays = fields.finish_with(plays)?;
    let scenario = Scenario {
        name: name.to_owned(),
        summary,
        path,
        span,
        platforms: listed,
        matrix,
        variant: Variant::default(),
        hosts,
        vars,
        plays,
        prepare,
        checks,
        breaks,
        expect,
        may_stay,
    };
    if scenario.variants().is_empty() {
        return Err(Diagnostic::at(&scenario.span, "`exclude` leaves nothing to try").into());
    }
    Ok(scenario)
}

/// A list of one.
fn alone(node: &Node) -> Node {
    Node::new(Value::Sequence(vec![node.clone()]), node.span.clone())
}

fn read_platforms(node: &Node, folder: &Path, platforms: &Platforms) -> Result<Vec<Platform>, Diagnostics> {
    let items = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut errors = Diagnostics::new();
    let mut found: Vec<(Platform, &Span)> = Vec::new();
    for item in items {
        let Some(platform) = errors.collect(platforms.read(item, folder)) else { continue };
        match found.iter().find(|(other, _)| other.name == platform.name) {
            Some((_, first)) => {
                let message = format!("platform `{}` is named twice", platform.name);
                errors.push(Diagnostic::at(&item.span, message).also(first, "first here"));
            }
            None => found.push((platform, &item.span)),
        }
    }
    if items.is_empty() {
        errors.push(Diagnostic::at(&node.span, "a scenario needs a platform").hint("`platforms: [debian13]`"));
    }
    errors.or(found.into_iter().map(|(platform, _)| platform).collect())
}

fn read_hosts(node: &Node, platforms: &Platforms) -> Result<Vec<Host>, Diagnostics> {
    let entries = node.mapping()?;
    let mut errors = Diagnostics::new();
    if entries.is_empty() {
        errors.push(Diagnostic::at(&node.span, "a scenario needs a host").hint("`hosts: { mon: }`"));
    }
    let hosts = entries.iter().filter_map(|entry| errors.collect(read_host(entry, platforms))).collect();
    errors.or(hosts)
}

fn read_host(entry: &Entry, platforms: &Platforms) -> Result<Host, Diagnostics> {
    let span = entry.key_span.clone();
    let mut host = Host { name: entry.key.clone(), span, groups: Vec::new(), vars: Vec::new(), platform: None };
    let mut errors = Diagnostics::new();
    if host.name.contains('_') {
        // it is the host's own name, too
        errors.push(Diagnostic::at(&entry.key_span, format!("`{}`: a host's name has no `_`", host.name)));
    } else {
        errors.collect(name(&host.name, &entry.key_span, "a host"));
    }
    if !matches!(entry.value.value, Value::Null) {
        let mut fields = Arguments::new(&entry.value, &HOST)?;
        let groups = fields.get("groups");
        host.groups = fields.read(groups, read_groups).unwrap_or_default();
        let vars = fields.get("vars");
        host.vars = fields.read(vars, |vars| vars.mapping().map(<[Entry]>::to_vec)).unwrap_or_default();
        let platform = fields.get("platform");
        host.platform = fields.read(platform, |node| {
            let platform = platforms.named(node)?;
            if platform.existing().is_some() {
                let message =
                    format!("`{}` is for all hosts of a scenario: its hosts are there already", platform.name);
                return Err(Diagnostic::at(&node.span, message).into());
            }
            Ok(platform)
        });
        errors.collect(fields.finish());
    }
    errors.or(host)
}

fn read_groups(node: &Node) -> Result<Vec<(String, Span)>, Diagnostics> {
    let items = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut errors = Diagnostics::new();
    let names = items.iter().filter_map(|item| Some((errors.collect(item.string())?, item.span.clone()))).collect();
    errors.or(names)
}

/// A list for all hosts, or lists by the hosts that they are for.
fn read_scenario_checks(node: &Node) -> Result<Vec<Checks>, Diagnostics> {
    let Value::Mapping(entries) = &node.value else {
        let specs = read_checks(node)?;
        return Ok(vec![Checks { hosts: "all".to_owned(), span: node.span.clone(), specs }]);
    };
    let mut errors = Diagnostics::new();
    let mut checks = Vec::new();
    for entry in entries {
        if let Some(specs) = errors.collect(read_checks(&entry.value)) {
            checks.push(Checks { hosts: entry.key.clone(), span: entry.key_span.clone(), specs });
        }
    }
    errors.or(checks)
}

/// What is broken, one after the other.
fn read_breaks(node: &Node, hosts: &[Host]) -> Result<Vec<Break>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let breaks = node.sequence()?.iter().filter_map(|item| errors.collect(read_break(item, hosts))).collect();
    errors.or(breaks)
}

fn read_break(node: &Node, hosts: &[Host]) -> Result<Break, Diagnostics> {
    let mut fields = Arguments::new(node, &BREAK)?;
    let name = fields.string("name");
    let on = fields.get("on");
    let on = match (on, hosts) {
        (Some(on), _) => fields.read(Some(on), |node| known_host(node, hosts)),
        (None, [host]) => Some(host.name.clone()),
        (None, _) => fields.required_string("on"),
    };
    let (run, heal) = (fields.required_string("run"), fields.string("heal"));
    let vars = fields.get("vars");
    let vars = fields.read(vars, |vars| vars.mapping().map(<[Entry]>::to_vec)).unwrap_or_default();
    let fails = fields.required("fails");
    let fails = fields.read(fails, |node| match &node.value {
        Value::Sequence(items) if items.is_empty() => {
            Err(Diagnostic::at(&node.span, "a break that no check has to notice").into())
        }
        _ => node.all_filled(),
    });
    let within = fields.get("within");
    let within = fields.read(within, milliseconds).unwrap_or(BREAK_WITHIN);
    let read = (|| {
        let run = run?;
        let name = name.unwrap_or_else(|| run.lines().next().unwrap_or_default().to_owned());
        Some(Break { name, on: on?, run, heal, vars, fails: fails?, within: Duration::from_millis(within) })
    })();
    fields.finish_with(read)
}

/// One of the scenario's hosts.
fn known_host(node: &Node, hosts: &[Host]) -> Result<String, Diagnostics> {
    let name = node.string()?;
    if hosts.iter().any(|host| host.name == name) {
        return Ok(name);
    }
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let near = did_you_mean(&name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let error = Diagnostic::at(&node.span, format!("the scenario has no host `{name}`"));
    Err(error.hint(near.unwrap_or_else(|| format!("it has: {}", names.join(", ")))).into())
}

fn read_expectation(node: &Node) -> Result<Expectation, Diagnostics> {
    let mut fields = Arguments::new(node, &EXPECT)?;
    // any error has the empty text in it
    let fails = fields.required("fails");
    let fails = fields.read(fails, Node::filled);
    let at = fields.get("at");
    let at = fields.read(at, |node| {
        let step = node.string()?.parse::<Step>().map_err(|reason| Diagnostic::at(&node.span, reason))?;
        match step {
            Step::Create | Step::Destroy => {
                Err(Diagnostic::at(&node.span, format!("{step} is solti's own step: it cannot be expected to fail"))
                    .into())
            }
            step => Ok(step),
        }
    });
    fields.finish_with(fails).map(|fails| Expectation { fails, at: at.unwrap_or(Step::Apply) })
}

fn read_removed(node: &Node) -> Result<Vec<String>, Diagnostics> {
    let mut fields = Arguments::new(node, &REMOVED)?;
    let except = fields.strings("except").unwrap_or_default();
    if let Some(path) = except.iter().find(|path| !path.starts_with('/')) {
        let message = format!("`{path}` is no absolute path");
        fields.error(Diagnostic::at(fields.span(), message));
    }
    fields.finish()?;
    Ok(except)
}
