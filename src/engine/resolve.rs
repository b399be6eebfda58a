//! Works out what the plays come to on one host, and what of it hangs on hosts that cannot be asked.

use super::conflicts::conflicts;
use super::identities::beside;
use super::project::Project;
use super::resolver::{Resolver, note_variables, play_scope};
use super::target::{ignored, target_in};
use super::work::{HostWork, Resolved, ResolvedCheck, RoleRun};
use crate::playbook::Play;
use crate::secret::SecretName;
use crate::source::Diagnostics;
use crate::template::Rendering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Works out what the plays come to on one host.
///
/// # Errors
/// Everything that is wrong in what concerns this host.
pub fn resolve(project: &Project, host: &str) -> Result<HostWork, Diagnostics> {
    let secrets = &project.secrets;
    let work = rendered(project, host).map(|work| mark(project, work));
    work.map_err(|errors| errors.hiding(&|text| secrets.redact_own(text), &|text| secrets.blank(text)))
}

/// Notes what is secret by its name alone among the variables of all these hosts, before any of them is rendered: side by side,
/// it would depend on chance who is noted before whom.
pub fn note_all<'n>(project: &Project, hosts: impl IntoIterator<Item = &'n String>) {
    for host in hosts {
        let about = project.plays().filter(|(_, hosts)| hosts.contains(host));
        for scope in about.filter_map(|(play, _)| play_scope(project, host, play, &Arc::default())) {
            note_variables(&scope, &project.secrets);
        }
    }
}

/// Renders a host's values, and notes what they were given of secrets.
fn rendered(project: &Project, host: &str) -> Result<HostWork, Diagnostics> {
    let rendering = Arc::default();
    let work = work(project, host, &rendering);
    project.hosts.secrets().rendered(host, rendering.asker());
    work
}

/// Works out what the plays come to on one host in a rendering.
pub(super) fn work(project: &Project, host: &str, rendering: &Arc<Rendering>) -> Result<HostWork, Diagnostics> {
    let mut resolver = Resolver::new(project, host, rendering);
    resolver.notes = ignored(project, host);
    let about = |hosts: &[String]| hosts.iter().any(|name| name == host);
    let mut plays: Vec<&Play> = project.plays().filter(|(_, hosts)| about(hosts)).map(|(play, _)| play).collect();
    let idle = plays.is_empty();
    if idle {
        // a play that says how its hosts are reached means its own hosts
        plays.extend(project.plays().map(|(play, _)| play).find(|play| play.connection.is_none()));
    }
    let target = resolver.errors.collect(target_in(project, host, &plays, rendering));
    for (number, (play, hosts)) in project.plays().enumerate() {
        if about(hosts) {
            resolver.play(number, play);
        }
    }
    let beside = beside(project, host, &resolver.runs, rendering);
    let Resolver { mut errors, runs, left_alone, needs_facts, notes, .. } = resolver;
    errors.extend(conflicts(&runs));
    match target {
        Some(target) if errors.is_empty() => Ok(HostWork {
            name: host.to_owned(),
            target: if idle { target.unattended() } else { target },
            runs,
            idle,
            beside,
            last_play: project.plays().count().saturating_sub(1),
            left_alone,
            needs_facts,
            partial: project.partial,
            notes,
        }),
        _ => Err(errors),
    }
}

/// Marks what has secrets in it of hosts that cannot be asked: it comes out differently with other placeholders for them.
fn mark(project: &Project, mut found: HostWork) -> HostWork {
    let store = project.hosts.secrets();
    let lost = store.lost(&found.name);
    if lost.is_empty() {
        return found;
    }
    let other = work(project, &found.name, &Arc::new(Rendering::with_other_placeholders())).ok();
    let why = lacking(&lost);
    let others = other.iter().flat_map(|work| &work.runs).flat_map(RoleRun::resources);
    let others: HashMap<&str, String> = others.map(|other| (other.id.as_str(), shape(other))).collect();
    let checks = other.iter().flat_map(|work| &work.runs).flat_map(checks);
    let checks: HashMap<&str, String> = checks.map(|other| (other.id.as_str(), format!("{:?}", other.check))).collect();
    for run in &mut found.runs {
        let steps = run.steps.iter_mut();
        let (resources, own): (Vec<_>, Vec<_>) = steps.map(|step| (&mut step.resources, &mut step.checks)).unzip();
        for resolved in run.secrets.iter_mut().chain(resources.into_iter().flatten()) {
            let same = others.get(resolved.id.as_str()).is_some_and(|other| *other == shape(resolved));
            resolved.unknown = (!same).then(|| why.clone());
        }
        for check in own.into_iter().flatten() {
            let same = checks.get(check.id.as_str()).is_some_and(|other| *other == format!("{:?}", check.check));
            check.unknown = (!same).then(|| why.clone());
        }
    }
    found
}

/// All that a resource was made of.
fn shape(resolved: &Resolved) -> String {
    format!("{:?} {:?}", resolved.resource, resolved.claims)
}

fn checks(run: &RoleRun) -> impl Iterator<Item = &ResolvedCheck> {
    run.steps.iter().flat_map(|step| &step.checks)
}

fn lacking(lost: &BTreeMap<SecretName, String>) -> String {
    let mut hosts: BTreeMap<&str, (Vec<&str>, &str)> = BTreeMap::new();
    for (secret, reason) in lost {
        hosts.entry(&secret.host).or_insert_with(|| (Vec::new(), reason)).0.push(&secret.name);
    }
    let of = |(host, (names, reason)): (&str, (Vec<&str>, &str))| {
        format!("{host}, which keeps {}, could not be asked: {reason}", names.join(" and "))
    };
    hosts.into_iter().map(of).collect::<Vec<_>>().join("; ")
}
