//! What is left on a host by those as whom nothing is declared there any more: on a host that is in no play, or whose
//! plays have come to use another user.
//!
//! Whoever is asked becomes another user only where that one has kept something. Of a host that is in no play it is no
//! failure when it cannot be asked: nobody has said that it should be there, so it is said once, for all of them.

use super::event::{Event, Outcome, Phase};
use super::member::Member;
use super::ownership::Ownership;
use super::run::Dispatcher;
use super::session::{Session, Stop};
use super::work::{HostWork, Identity};
use crate::ability::Probe;
use crate::host::quote;
use std::collections::HashSet;
use std::fmt::Write as _;

/// How many hosts are named; of more only the number is said.
const NAMED: usize = 5;

/// Says whether a user has kept something: `kept WORD USER`. A home that one may not look into may have it. Two words may
/// mean one user, as root who logs in; whoever is at work here already is asked anyway.
const KEPT: &str = r#"
users=' '
kept() {
  case $users in *" $2 "*) return ;; esac
  users="$users$2 "
  [ "$1" != at-work ] || return 0
  case $2 in root) home= ;; '' | *[!A-Za-z0-9._-]*) say kept "$1"; return ;; *) eval "home=~$2" ;; esac
  case $home in
    '') [ ! -d /var/lib/solti ] || say kept "$1" ;;
    *) if [ -d "$home/.local/state/solti" ] || { [ -d "$home" ] && [ ! -x "$home" ]; }; then say kept "$1"; fi ;;
  esac
}
"#;

/// Says which machine it is.
const MACHINE: &str =
    "read -r machine </etc/machine-id && read -r node </proc/sys/kernel/hostname && say machine \"$machine $node\"\n";

/// The same, as facts say it.
pub fn machine(facts: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    let text = |name: &str| facts.get(name).and_then(serde_json::Value::as_str);
    Some(format!("{} {}", text("ansible_machine_id")?, text("ansible_nodename")?))
}

impl Session {
    /// Looks for what is left by those who have nothing to do here any more.
    ///
    /// # Errors
    /// When the host is lost, or cannot be asked although it is there for nothing else.
    pub(super) async fn look_beside(&mut self, work: &HostWork, ownership: &Ownership<'_>) -> Result<(), Stop> {
        if work.beside.is_empty() {
            return Ok(());
        }
        self.find_keepers(work).await?;
        for identity in self.keepers.clone().unwrap_or_default() {
            match self.look(work, &identity, &Probe::default(), ownership).await {
                Err(stop) if !work.idle => {
                    let who = identity.as_deref().unwrap_or("the user who logs in");
                    self.note(format!("what is left there of {who} could not be looked for: {}", stop.reason()));
                }
                looked => looked?,
            }
        }
        Ok(())
    }

    /// Connects to a host in no play, and asks who has kept something there.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn reach(&mut self, work: &HostWork) -> Result<(), Stop> {
        self.phase(Phase::Connecting);
        self.find_keepers(work).await
    }

    async fn find_keepers(&mut self, work: &HostWork) -> Result<(), Stop> {
        if self.keepers.is_some() {
            return Ok(());
        }
        let mut program = format!("{KEPT}{MACHINE}");
        let mut ask = |word: &str, identity: &Identity| {
            let user = identity.as_deref().map_or("\"${SUDO_USER:-$(id -un)}\"".to_owned(), quote);
            // writing to a string cannot fail
            let _ = writeln!(program, "kept {word} {user}");
        };
        work.runs.iter().for_each(|run| ask("at-work", &run.become_user));
        work.beside.iter().enumerate().for_each(|(number, identity)| ask(&number.to_string(), identity));
        let asked = work.runs.first().and_then(|run| run.become_user.clone());
        let (_, records) = self.run(&asked, &program).await?;
        self.machine = records.iter().find(|(tag, _)| tag == "machine").map(|(_, machine)| machine.clone());
        let numbers = records.iter().filter(|(tag, _)| tag == "kept").filter_map(|(_, number)| number.parse().ok());
        self.keepers = Some(numbers.filter_map(|number: usize| work.beside.get(number).cloned()).collect());
        Ok(())
    }
}

impl Dispatcher {
    /// Whether a host that stopped is none that the run is about: it is in no play, and nothing was to be done there.
    pub(super) fn is_beside(&self, member: &Member) -> bool {
        member.work.idle && member.plan.transactions.is_empty() && !self.project.is_about_nobody()
    }

    /// Takes note of a host in no play that could not be asked.
    pub(super) async fn not_asked(&mut self, mut member: Member, stop: &Stop) {
        member.session.close().await;
        self.unasked.push((member.work.name, stop.reason()));
    }

    /// Lets go the hosts in no play that are another name of one in a play: what is there is not left there.
    pub(super) async fn without_aliases(&mut self, members: Vec<Member>) -> Vec<Member> {
        let machines: HashSet<String> = members
            .iter()
            .filter(|member| !member.work.idle)
            .filter_map(|member| member.session.machine.clone())
            .collect();
        let is_alias = |member: &Member| {
            member.work.idle && member.session.machine.as_ref().is_some_and(|machine| machines.contains(machine))
        };
        let (aliases, rest): (Vec<Member>, Vec<Member>) = members.into_iter().partition(is_alias);
        for mut member in aliases {
            member.session.close().await;
        }
        rest
    }

    /// Says of the hosts in no play what was found there, and lets those go on which there is nothing to do.
    pub(super) async fn leave_idle(&mut self, members: Vec<Member>) -> Vec<Member> {
        let nothing = |member: &Member| member.plan.transactions.is_empty() && member.plan.notes.is_empty();
        if self.project.is_about_nobody() && self.outcomes.is_empty() && members.iter().all(nothing) {
            let error = self.project.nobody().hint("nothing of this project is left there either");
            self.invalid.get_or_insert_default().push(error);
        }
        let mut rest = Vec::new();
        for mut member in members {
            if self.invalid.is_some() || !member.work.idle || !member.plan.transactions.is_empty() {
                rest.push(member);
                continue;
            }
            member.session.close().await;
            if !member.plan.notes.is_empty() {
                let (host, plan) = (member.work.name.clone(), member.plan.shown());
                let _ = self.outside.events.send(Event::Planned { host, plan });
                self.ended(&member.session, Outcome::Unchanged);
            }
        }
        if let Some(text) = unasked(&self.unasked) {
            let _ = self.outside.events.send(Event::Note { host: None, text });
        }
        rest
    }
}

fn unasked(hosts: &[(String, String)]) -> Option<String> {
    let names = hosts.iter().take(NAMED).map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    match hosts {
        [] => None,
        [(name, reason)] => Some(format!("{name} is in no play, and could not be asked what is left there: {reason}")),
        [(name, reason), ..] => {
            let more = if hosts.len() > NAMED { ", ..." } else { "" };
            Some(format!(
                "{} hosts are in no play, and could not be asked what is left there: {names}{more}; {name}: {reason}",
                hosts.len()
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_were_not_asked_are_said_in_one_sentence() {
        let hosts = |count: usize| (0..count).map(|number| (format!("h{number}"), "no route".to_owned()));
        let said = |count| unasked(&hosts(count).collect::<Vec<_>>());
        assert_eq!(said(0), None);
        insta::assert_snapshot!(said(1).unwrap_or_default(), @"h0 is in no play, and could not be asked what is left there: no route");
        insta::assert_snapshot!(said(7).unwrap_or_default(), @"7 hosts are in no play, and could not be asked what is left there: h0, h1, h2, h3, h4, ...; h0: no route");
    }
}
