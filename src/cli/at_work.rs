//! Which hosts have a step in hand: what a run that is to stop still waits for.

use indexmap::IndexSet;
use solti::engine::event::{Event, Phase};
use solti::plan::few::few;

/// More hosts than these are counted.
const MOST: usize = 5;

/// The hosts on which something is begun and neither done nor put back, in the order in which they began.
#[derive(Debug, Default)]
pub struct AtWork(IndexSet<String>);

impl AtWork {
    /// Takes in one event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Phase {
                host,
                phase:
                    Phase::Applying { .. } | Phase::Pulling { .. } | Phase::Checking { .. } | Phase::PuttingBack { .. },
            } => {
                self.0.insert(host.clone());
            }
            Event::Phase { host, .. } | Event::HostDone { host, .. } => {
                self.0.shift_remove(host);
            }
            _ => {}
        }
    }

    /// The step in hand, and where.
    pub fn words(&self) -> String {
        let hosts: Vec<&String> = self.0.iter().collect();
        match hosts.as_slice() {
            [] => "the step in hand".to_owned(),
            hosts => format!("the step in hand on {}", few(hosts, MOST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use solti::engine::event::Outcome;

    #[test]
    fn hosts_come_and_go() {
        let mut at_work = AtWork::default();
        let mut phase = |host: &str, phase: Phase| {
            at_work.take(&Event::Phase { host: host.to_owned(), phase });
            at_work.words()
        };
        let step = || Phase::Applying { role: "loki".to_owned(), step: "run".to_owned() };
        assert_eq!(phase("mon", Phase::Reading), "the step in hand");
        assert_eq!(phase("mon", step()), "the step in hand on mon");
        assert_eq!(phase("app", Phase::PuttingBack { role: "loki".to_owned() }), "the step in hand on mon, app");
        assert_eq!(phase("mon", Phase::Planned), "the step in hand on app");
        (0..6).for_each(|number| _ = phase(&format!("web{number}"), step()));
        let done = Event::HostDone { host: "app".to_owned(), outcome: Outcome::Unchanged, exchanges: 1, millis: 1 };
        assert_eq!(at_work.words(), "the step in hand on app, web0, web1, web2, web3 and 2 more");
        at_work.take(&done);
        assert_eq!(at_work.words(), "the step in hand on web0, web1, web2, web3, web4 and 1 more");
    }
}
