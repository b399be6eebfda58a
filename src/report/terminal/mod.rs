//! A run on a terminal, or as plain lines where there is none: data to standard output, progress to standard error.

mod live;
mod margin;
mod screen;

pub use live::{Live, doing};
pub use screen::{Screen, write};

use super::Consumer;
use super::record::Record;
use super::text::words::{clean, columns, counted, duration, padded, size};
use super::text::{Look, Tone, actions, checks, plan, problems, signals, summary};
use crate::engine::event::{Event, Phase, Timing};
use std::io::{self, Write};

/// The columns of how many changes a step has made.
const CHANGES: usize = "10 changes".len();

/// Shows a run to a person.
pub struct Terminal {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// How standard output looks.
    look: Look,
    /// How standard error looks.
    err_look: Look,
    /// What is going on right now, where that can be shown.
    live: Option<Live>,
    record: Record,
    /// Whether the plans have been shown.
    shown: bool,
    /// The widest host and the widest `role/step` of the plans, so that finished steps are aligned.
    columns: (usize, usize),
}

impl Terminal {
    /// Writes the result to `out` and the progress to `err`.
    pub fn new(
        (out, look): (Box<dyn Write + Send>, Look),
        (err, err_look): (Box<dyn Write + Send>, Look),
        live: Option<Live>,
    ) -> Self {
        Self { out, err, look, err_look, live, record: Record::default(), shown: false, columns: (0, 0) }
    }

    /// Writes with the live lines out of the way.
    fn print(&mut self, text: &str) -> io::Result<()> {
        write(&mut self.out, text, self.live.as_ref().map(Live::screen))
    }

    fn log(&mut self, text: &str) -> io::Result<()> {
        write(&mut self.err, &format!("{text}\n"), self.live.as_ref().map(Live::screen))
    }

    /// A finished thing on a line of its own: host, place, what.
    fn log_step(&mut self, host: &str, place: &str, rest: &str) -> io::Result<()> {
        if self.look.quiet {
            return Ok(());
        }
        let (host_width, place_width) = self.columns;
        let line = format!("{}  {}  {rest}", padded(host, host_width), padded(&clean(place), place_width));
        self.log(line.trim_end())
    }

    /// With `-vv`: what took its time in a step, under its line, the longest parts first; what took next to none is left out.
    fn log_parts(&mut self, parts: &[Timing]) -> io::Result<()> {
        if self.look.verbose < 2 {
            return Ok(());
        }
        let mut all: Vec<(&str, u64)> = Vec::new();
        for Timing { what, millis } in parts {
            match all.iter_mut().find(|(has, _)| has == what) {
                Some((_, sum)) => *sum += millis,
                None => all.push((what, *millis)),
            }
        }
        all.retain(|(_, millis)| *millis >= 50);
        all.sort_by_key(|(_, millis)| std::cmp::Reverse(*millis));
        // no line ends inside of a part
        let told = |(what, millis): &(&str, u64)| format!("{what} {}", duration(*millis)).replace(' ', "\u{a0}");
        let all: Vec<String> = all.iter().map(told).collect();
        let taken = self.columns.0 + self.columns.1 + 4;
        let lines = if all.is_empty() { Vec::new() } else { self.err_look.wrap(&all.join(", "), taken) };
        for line in lines {
            let line = self.err_look.paint(Tone::Faint, &line.replace('\u{a0}', " "));
            self.log(&format!("{:taken$}{line}", ""))?;
        }
        Ok(())
    }

    /// The plans, under the line that sums them up.
    fn plans(&mut self) -> String {
        self.shown = true;
        let mut text = summary::planned(&self.record, &self.look);
        if !self.look.quiet {
            text.push_str(&plan::plans(&self.record, &self.look));
            text.push_str(&problems::notes(&self.record, &self.look));
            self.record.notes.clear();
            self.record.hosts.values_mut().for_each(|host| host.notes.clear());
        }
        text
    }

    fn result(&mut self) -> String {
        let look = self.look;
        let mut text = match self.record.command {
            "verify" => {
                let answer = summary::verified(&self.record, &look);
                format!("{answer}{}{}", signals::table(&self.record, &look), checks::checks(&self.record, &look))
            }
            "run" => format!("{}{}", summary::acted(&self.record, &look), actions::actions(&self.record, &look)),
            "apply" => {
                let gap = if self.shown { "\n" } else { "" };
                let answer = summary::applied(&self.record, &look);
                // without changes nobody was shown a plan, and what it says besides
                let untold = !self.shown && !look.quiet && self.record.summary().planned == 0;
                let notes = if untold { plan::plans(&self.record, &look) } else { String::new() };
                format!("{gap}{answer}{notes}{}", checks::failed(&self.record, &look))
            }
            _ => self.plans(),
        };
        text.push_str(&problems::notes(&self.record, &look));
        text.push_str(&problems::failures(&self.record, &look));
        text.push_str(&problems::hosts_not_done(&self.record, &look, false));
        if look.verbose > 0 {
            text.push_str(&self.effort());
        }
        text
    }

    /// With `-v`: what each host took.
    fn effort(&self) -> String {
        let width = self.record.hosts.keys().map(|name| columns(name)).max().unwrap_or(0);
        let mut text = String::from("\n");
        for (name, host) in &self.record.hosts {
            let took = format!("{}, {}", counted(host.exchanges, "exchange"), duration(host.millis));
            text.push_str(&format!("{}  {}\n", padded(name, width), self.look.paint(Tone::Faint, &took)));
        }
        text
    }
}

impl Consumer for Terminal {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.record.take(event);
        if let Some(live) = &mut self.live {
            live.event(event);
        }
        match event {
            Event::Planned { host, plan } => {
                for step in plan.roles.iter().flat_map(|role| role.steps.iter().map(move |step| (role, step))) {
                    self.columns.0 = self.columns.0.max(columns(host));
                    self.columns.1 = self.columns.1.max(columns(&step.0.role) + 1 + columns(&step.1.step));
                }
                Ok(())
            }
            Event::StepDone { host, role, step, changes, parts, millis } => {
                let changes = padded(&counted(*changes, "change"), CHANGES);
                self.log_step(host, &format!("{role}/{step}"), &format!("{changes}  {}", duration(*millis)))?;
                self.log_parts(parts)
            }
            Event::RoleDone { host, role, parts, millis } if self.look.verbose > 1 => {
                self.log_step(host, role, &format!("{}  {}", padded("done", CHANGES), duration(*millis)))?;
                self.log_parts(parts)
            }
            Event::Pulled { host, image, bytes, millis } if !self.look.quiet => {
                let room = bytes.and_then(|bytes| usize::try_from(bytes).ok());
                let room = room.map(|bytes| format!("  {}", size(bytes))).unwrap_or_default();
                // without a column of its own: names of images are long
                let pulled = format!("pulled {}{room}  {}", clean(image), duration(*millis));
                self.log(&format!("{}  {pulled}", padded(host, self.columns.0)))
            }
            Event::Failed { host, failure } if self.record.command == "apply" => {
                // Role and step; the resource is named in the result.
                let place: Vec<&str> = failure.place.split('/').take_while(|part| !part.contains(':')).collect();
                let taken = self.columns.0 + self.columns.1 + 4;
                let message = format!("{} {}", self.err_look.paint(Tone::Bad, "failed:"), clean(&failure.message));
                self.log_step(host, &place.join("/"), &self.err_look.cut(&message, taken))
            }
            Event::Phase { host, phase } if self.look.verbose > 1 => {
                let line = format!("{host}: {}", live::doing(phase));
                self.log(&self.err_look.paint(Tone::Faint, &line))
            }
            Event::Phase { host, phase: Phase::PuttingBack { role } } => {
                self.log_step(host, role, "putting back what was there")
            }
            Event::Finished { .. } => {
                if let Some(live) = self.live.take() {
                    live.finish();
                }
                let text = self.result();
                self.print(&text)
            }
            _ => Ok(()),
        }
    }

    fn before_changes(&mut self) -> io::Result<String> {
        let mut text = self.plans();
        text.push_str(&problems::hosts_not_done(&self.record, &self.look, true));
        self.print(&text)?;
        // The gap before the question is no part of the result.
        self.log("")?;
        Ok(summary::question(&self.record))
    }

    fn interrupted(&mut self, text: &str, leaving: bool) -> io::Result<()> {
        if let Some(live) = self.live.take_if(|_| leaving) {
            live.finish();
        }
        self.log(text)
    }

    fn pause(&mut self) {
        if let Some(live) = &self.live {
            live.screen().pause();
        }
    }

    fn tick(&mut self) {
        if let Some(live) = &mut self.live {
            live.draw();
        }
    }
}
