//! What helps to find out why a scenario failed: the journals of its hosts, and the files that its roles have rendered.

use crate::engine::{Project, render};
use crate::scenario::Scenario;
use crate::scenario::event::Evidence;
use crate::scenario::hosts::Set;
use std::collections::BTreeSet;

/// What failed units have said, then all that was logged; the kernel is this machine's, and says nothing of the host.
const JOURNAL: &str = "\
failed=$(systemctl list-units --failed --no-legend --no-pager --plain | awk '{ print $1 }')
for unit in $failed; do
  echo \"-- $unit\"
  journalctl -q --no-pager -n 40 -o short -u \"$unit\"
done
if command -v podman >/dev/null; then echo '-- podman' && podman ps -a --no-trunc; fi
echo '-- all'
journalctl -q --no-pager -n 80 -o short _TRANSPORT=stdout _TRANSPORT=journal _TRANSPORT=syslog";

/// Asks the hosts; what cannot be had is left out. Secrets are still in it.
pub async fn gather(set: &Set, scenario: &Scenario, project: Option<&Project>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for host in &scenario.hosts {
        if let Ok(text) = set.run(&host.name, JOURNAL).await {
            found.push(Evidence { title: format!("journal of {}", host.name), text });
        }
        let Some(project) = project else { continue };
        for role in roles_of(project, &host.name) {
            // those that need facts, or what another host keeps, cannot be rendered here
            for (path, text) in render::files(project, &host.name, &role).unwrap_or_default() {
                found.push(Evidence { title: format!("{path} of {} on {}", role, host.name), text });
            }
        }
    }
    found
}

/// The roles of a host, each once.
pub fn roles_of(project: &Project, host: &str) -> BTreeSet<String> {
    let plays = project.plays().filter(|(_, hosts)| hosts.iter().any(|name| name == host));
    plays.flat_map(|(play, _)| play.roles.iter().map(|role| role.role.name.clone())).collect()
}
