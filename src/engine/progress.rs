//! What a program says while it is at work: images take their time.

use super::event::{Event, Phase, Timing};
use super::request::Outside;
use crate::ability::program::PARTS;
use std::time::{Duration, Instant};

/// Says what a program does while it does it.
pub struct Progress {
    host: String,
    outside: Outside,
    begun: Instant,
    /// The parts of the program that have begun, each with its time.
    parts: Vec<(&'static str, Instant)>,
}

impl Progress {
    /// Nothing has been said yet.
    pub fn new(host: &str, outside: &Outside) -> Self {
        Self { host: host.to_owned(), outside: outside.clone(), begun: Instant::now(), parts: Vec::new() }
    }

    /// How long each part of the program took, which is over now.
    pub fn parts(self) -> Vec<Timing> {
        let ends = self.parts.iter().skip(1).map(|(_, begun)| *begun).chain([Instant::now()]);
        let parts = self.parts.iter().zip(ends);
        parts
            .map(|((what, begun), end)| Timing { what, millis: whole(end.saturating_duration_since(*begun)) })
            .collect()
    }

    /// Takes one record; most say nothing of this kind.
    pub fn take(&mut self, tag: &str, rest: &str) {
        let host = self.host.clone();
        let event = match tag {
            "part" => {
                self.parts.extend(PARTS.into_iter().find(|what| *what == rest).map(|what| (what, Instant::now())));
                return;
            }
            "pulling" => {
                self.begun = Instant::now();
                Event::Phase { host, phase: Phase::Pulling { image: rest.to_owned() } }
            }
            "pulled" => {
                let words: Vec<&str> = rest.split(' ').collect();
                let image = words.get(1).copied().unwrap_or_default().to_owned();
                let bytes = words.get(3).and_then(|size| size.parse().ok());
                Event::Pulled { host, image, bytes, millis: millis(self.begun) }
            }
            _ => return,
        };
        // nobody listens any more only when the process is ending
        let _ = self.outside.events.send(event);
    }
}

/// Milliseconds since then.
pub fn millis(since: Instant) -> u64 {
    whole(since.elapsed())
}

/// A time in whole milliseconds.
pub fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
