//! What is going on right now: one line for each host that is being worked on.

use super::screen::Screen;
use crate::engine::event::{Event, Phase};
use crate::report::text::words::{clean, columns, counted};
use indexmap::IndexMap;
use std::time::{Duration, Instant};

/// Lines at most, however high the terminal is: more than one takes in at a glance is no help.
const LINES: usize = 12;

/// How long a run goes on before anything is drawn.
const DELAY: Duration = Duration::from_millis(250);

/// The lines on standard error that change while a run goes on.
pub struct Live {
    screen: Screen,
    hosts: IndexMap<String, (Phase, Instant)>,
    /// What hosts that are fetching an image go back to.
    before: IndexMap<String, Phase>,
    begun: Instant,
    /// Whether plans are being carried out; before that, a host that is planned counts as done.
    applying: bool,
}

impl Live {
    /// Draws to standard error, a terminal of this many lines and columns.
    pub fn stderr(size: (usize, usize)) -> Self {
        Self::new(Screen::stderr(size))
    }

    fn new(screen: Screen) -> Self {
        Self { screen, hosts: IndexMap::new(), before: IndexMap::new(), begun: Instant::now(), applying: false }
    }

    /// Takes in one event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Started { hosts, .. } => {
                self.hosts = hosts.iter().map(|host| (host.clone(), (Phase::Waiting, Instant::now()))).collect();
            }
            Event::Phase { host, phase } => self.set(host, phase.clone()),
            Event::Pulled { host, .. } => {
                if let Some(phase) = self.before.swap_remove(host) {
                    self.set(host, phase);
                }
            }
            Event::HostDone { host, .. } => self.set(host, Phase::Done),
            _ => return,
        }
        self.draw();
    }

    fn set(&mut self, host: &str, phase: Phase) {
        self.applying |= matches!(phase, Phase::Applying { .. } | Phase::Pulling { .. });
        if let Some(entry) = self.hosts.get_mut(host).filter(|entry| entry.0 != phase) {
            let is_pulling = matches!(phase, Phase::Pulling { .. });
            let (before, _) = std::mem::replace(entry, (phase, Instant::now()));
            if is_pulling && !matches!(before, Phase::Pulling { .. }) {
                self.before.insert(host.to_owned(), before);
            }
        }
    }

    /// Draws the lines anew.
    pub fn draw(&mut self) {
        // A run that is over at once shows nothing but its result.
        if self.begun.elapsed() < DELAY {
            return;
        }
        self.screen.draw(self.text(Instant::now()));
    }

    /// Where the lines are drawn.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Takes the lines away.
    pub fn finish(self) {
        self.screen.clear();
    }

    fn text(&self, now: Instant) -> String {
        let active: Vec<_> = self.hosts.iter().filter(|(_, (phase, _))| is_active(phase)).collect();
        let at_rest = |phase: &Phase| *phase == Phase::Done || (!self.applying && *phase == Phase::Planned);
        let done = self.hosts.values().filter(|(phase, _)| at_rest(phase)).count();
        if active.is_empty() {
            return String::new();
        }
        // One line is for the count, one stays free for the cursor.
        let room = LINES.min(self.screen.lines.saturating_sub(2)).max(1);
        let shown = if active.len() > room { room - 1 } else { active.len() };
        let width = active[..shown].iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
        let mut lines = Vec::new();
        if self.hosts.len() > 1 {
            lines.push(format!("{done} of {} done", counted(self.hosts.len(), "host")));
        }
        for (name, (phase, since)) in &active[..shown] {
            lines.push(self.screen.line(name, width, &doing(phase), now.duration_since(*since)));
        }
        if active.len() > shown {
            lines.push(format!("… and {} more", active.len() - shown));
        }
        lines.join("\n")
    }
}

fn is_active(phase: &Phase) -> bool {
    !matches!(phase, Phase::Waiting | Phase::Planned | Phase::Done)
}

/// What a host is doing, in words.
pub fn doing(phase: &Phase) -> String {
    match phase {
        Phase::Waiting => "waiting for its turn".to_owned(),
        Phase::Connecting => "connecting".to_owned(),
        Phase::Reading => "reading its state".to_owned(),
        Phase::Planned => "planned".to_owned(),
        Phase::Applying { role, step } => format!("{role}/{step}"),
        Phase::Acting { action } => action.clone(),
        Phase::Pulling { image } => format!("pulling {}", clean(image)),
        Phase::Checking { role, check } => {
            let check = clean(check);
            let check = check.strip_prefix(role.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&check);
            format!("{role}: waiting for {check}")
        }
        Phase::PuttingBack { role } => format!("{role}: putting back what was there"),
        Phase::Done => "done".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(hosts: usize, size: (usize, usize)) -> Live {
        let mut live = Live::new(Screen::hidden(size));
        let names = (1..=hosts).map(|n| format!("web{n}")).collect();
        live.event(&Event::Started { command: "apply", hosts: names });
        live
    }

    #[test]
    fn a_host_goes_on_after_its_image_is_there() {
        let mut live = Live::new(Screen::hidden((24, 80)));
        live.event(&Event::Started { command: "apply", hosts: vec!["web1".to_owned()] });
        let step = Phase::Applying { role: "loki".to_owned(), step: "run".to_owned() };
        live.event(&Event::Phase { host: "web1".to_owned(), phase: step });
        for image in ["a.b/c:1", "a.b/d:1"] {
            live.event(&Event::Phase { host: "web1".to_owned(), phase: Phase::Pulling { image: image.to_owned() } });
        }
        assert_eq!(live.text(Instant::now()), "web1  pulling a.b/d:1");
        let pulled = Event::Pulled { host: "web1".to_owned(), image: "a.b/d:1".to_owned(), bytes: None, millis: 1 };
        live.event(&pulled);
        assert_eq!(live.text(Instant::now()), "web1  loki/run");
    }

    #[test]
    fn active_hosts_and_what_they_do() {
        let mut live = live(5, (24, 60));
        live.event(&Event::Phase { host: "web1".to_owned(), phase: Phase::Connecting });
        live.event(&Event::Phase { host: "web2".to_owned(), phase: Phase::Planned });
        let check = "prometheus/verify/http:http://127.0.0.1:9090/a/rather/long/path".to_owned();
        let phase = Phase::Checking { role: "prometheus".to_owned(), check };
        live.event(&Event::Phase { host: "web4".to_owned(), phase });
        let later = Instant::now() + Duration::from_secs(75);
        insta::assert_snapshot!(live.text(later), @"
        1 of 5 hosts done
        web1  connecting  1 min 15 s
        web4  prometheus: waiting for verify/http:http…  1 min 15 s
        ");
    }

    #[test]
    fn no_more_lines_than_the_terminal_has() {
        let mut live = live(20, (8, 80));
        for n in 1..=20 {
            live.event(&Event::Phase { host: format!("web{n}"), phase: Phase::Reading });
        }
        insta::assert_snapshot!(live.text(Instant::now()), @"
        0 of 20 hosts done
        web1  reading its state
        web2  reading its state
        web3  reading its state
        web4  reading its state
        web5  reading its state
        … and 15 more
        ");
    }
}
