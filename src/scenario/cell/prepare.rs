//! The step `prepare`, and the look at hosts that the step `removed` compares with.

use super::outcome::{Bad, Done, problem};
use super::snapshot::{self, Snapshot};
use super::{Job, Known, evidence};
use crate::engine::render;
use crate::engine::request::Command;
use crate::scenario::hosts::Set;
use crate::scenario::inputs::What;
use crate::scenario::{Host, Preparation};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

impl Job {
    /// What the platform and the scenario want done first; then the first look at the hosts.
    pub(super) async fn prepare(&self, known: &mut Known) -> Result<Done, Bad> {
        if known.reused {
            return Ok(Done { seen: "done before".to_owned(), ..Done::default() });
        }
        let set = self.set(known)?;
        self.learn_secrets(known);
        let (mut text, mut took) = (String::new(), Vec::new());
        for (preparation, hosts) in self.preparations() {
            let done = self.prepare_hosts(known, preparation, &hosts).await?;
            text.push_str(&done.text);
            text.push('\n');
            took.extend(done.took);
        }
        let looks = self.look(set, &BTreeMap::new()).await?;
        if self.keep {
            for (host, (look, _)) in &looks {
                let written = set.note(host, "snapshot").map_or(Ok(()), |path| std::fs::write(path, look));
                written.map_err(|error| Bad::new(format!("cannot keep what was on {host}: {error}")))?;
            }
        }
        known.before = looks.into_iter().map(|(host, (_, snapshot))| (host, snapshot)).collect();
        Ok(Done { text, took, ..Done::default() })
    }

    /// What is done first, and on which hosts: one that runs another platform has that one's preparations.
    fn preparations(&self) -> Vec<(&Preparation, Vec<&Host>)> {
        let all: Vec<&Host> = self.scenario.hosts.iter().collect();
        let (own, usual): (Vec<&Host>, Vec<&Host>) = all.iter().partition(|host| host.platform.is_some());
        let mut found = Vec::new();
        if !usual.is_empty() {
            found.extend(self.platform.prepare.iter().map(|preparation| (preparation, usual.clone())));
        }
        for host in own {
            let prepare = host.platform.iter().flat_map(|platform| &platform.prepare);
            found.extend(prepare.map(|preparation| (preparation, vec![host])));
        }
        found.extend(self.scenario.prepare.iter().map(|preparation| (preparation, all.clone())));
        found
    }

    /// Does one of the preparations.
    async fn prepare_hosts(&self, known: &Known, what: &Preparation, hosts: &[&Host]) -> Result<Done, Bad> {
        match what {
            Preparation::Shell(script) => {
                let mut text = String::new();
                for host in hosts {
                    text.push_str(&self.set(known)?.run(&host.name, &format!("set -eu\n{script}")).await?);
                }
                Ok(Done { text, ..Done::default() })
            }
            Preparation::Playbook(path) => {
                let project = self.load(known, What::Playbook(path, hosts))?;
                let ran = self.engine(Command::Apply { verify: false, prune: false }, project).await?;
                match ran.exit {
                    0 => Ok(Done::of(ran, "")),
                    _ => Err(Bad::ran(problem(&ran, "the playbook could not be applied"), ran)),
                }
            }
        }
    }

    /// Takes what was on kept hosts before; whether it is all there.
    pub(super) fn read_snapshots(&self, known: &mut Known) -> Result<bool, Bad> {
        let set = self.set(known)?;
        let mut before = BTreeMap::new();
        for host in &self.scenario.hosts {
            let text = set.note(&host.name, "snapshot").and_then(|path| std::fs::read_to_string(path).ok());
            let Some(snapshot) = text.and_then(|text| Snapshot::read(&text)) else { return Ok(false) };
            before.insert(host.name.clone(), snapshot);
        }
        known.before = before;
        Ok(true)
    }

    /// Looks at all hosts side by side.
    pub(super) async fn look(
        &self,
        set: &Set,
        before: &BTreeMap<String, Snapshot>,
    ) -> Result<BTreeMap<String, (String, Snapshot)>, Bad> {
        let mut looks = JoinSet::new();
        for host in &self.scenario.hosts {
            let (set, host, program) = (set.clone(), host.name.clone(), snapshot::program(before.get(&host.name)));
            looks.spawn(async move {
                let text = set.run(&host, &program).await;
                (host, text)
            });
        }
        let mut found = BTreeMap::new();
        while let Some(look) = looks.join_next().await {
            let (host, text) = look.map_err(|error| Bad::new(format!("a look at the hosts was cut short: {error}")))?;
            let text = text?;
            let snapshot =
                Snapshot::read(&text).ok_or_else(|| Bad::new(format!("{host} did not say all that is on it")))?;
            found.insert(host, (text, snapshot));
        }
        Ok(found)
    }

    /// Renders what the roles write, for the secrets in it: preparations may print them before any role is applied.
    fn learn_secrets(&self, known: &Known) {
        // what is wrong is said by the step that needs it
        let Ok(project) = self.load(known, What::Roles) else { return };
        for host in &self.scenario.hosts {
            for role in evidence::roles_of(&project, &host.name) {
                let _ = render::files(&project, &host.name, &role);
            }
        }
    }
}
