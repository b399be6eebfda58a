//! What comes of a step, as long as nobody else sees it.

use super::engine::Ran;
use crate::scenario::event::{Asked, FilePlace, Took};
use crate::scenario::hosts::Trouble;
use crate::source::Diagnostics;

/// How a step went: what was seen, and what would have been printed.
#[derive(Debug, Default)]
pub struct Done {
    pub seen: String,
    pub text: String,
    pub checks: Vec<Asked>,
    pub took: Vec<Took>,
}

impl Done {
    /// What a run has planned, and done.
    pub fn of_plan(ran: Ran) -> Self {
        let seen = ran.said();
        Self::of(ran, seen)
    }

    /// What a run of the engine has done.
    pub fn of(ran: Ran, seen: impl Into<String>) -> Self {
        Self { seen: seen.into(), text: ran.text, checks: ran.checks, took: ran.took }
    }
}

/// Why a step did not go well.
pub struct Bad {
    pub message: String,
    pub details: Vec<String>,
    /// Where it is declared; else it is the scenario.
    pub at: Option<FilePlace>,
    pub done: Box<Done>,
}

impl Bad {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), details: Vec::new(), at: None, done: Box::default() }
    }

    /// What a run printed says it all.
    pub fn ran(message: impl Into<String>, mut ran: Ran) -> Self {
        let details = ran.text.lines().map(str::to_owned).collect();
        Self { message: message.into(), details, at: ran.at.take(), done: Box::new(Done::of(ran, "")) }
    }

    /// Whether a text is said anywhere in it.
    pub fn has(&self, text: &str) -> bool {
        self.message.contains(text) || self.details.join("\n").contains(text)
    }
}

impl From<Trouble> for Bad {
    fn from(trouble: Trouble) -> Self {
        Self { message: trouble.message, details: trouble.output, at: None, done: Box::default() }
    }
}

impl From<Diagnostics> for Bad {
    fn from(errors: Diagnostics) -> Self {
        let first = errors.iter().next().map(|error| error.message.clone()).unwrap_or_default();
        let details = errors.render(false).lines().map(str::to_owned).collect();
        Self { message: first, details, at: FilePlace::of_errors(&errors), done: Box::default() }
    }
}

/// The first thing that went wrong, or else this.
pub fn problem(ran: &Ran, otherwise: &str) -> String {
    ran.problem.clone().unwrap_or_else(|| otherwise.to_owned())
}
