//! A check while it is asked: most are one question, a marker is two, one after the other.

use super::marker::MARKER;
use super::marker::pattern;
use super::{Check, Question, Verdict};
use crate::host::in_query;
use crate::secret::hexadecimal;
use std::borrow::Cow;
use std::time::Instant;

/// What is asked of a check now, and what will be.
#[derive(Debug)]
pub struct Asking<'c> {
    now: Cow<'c, Check>,
    stage: Stage,
    cleanup: Option<String>,
}

#[derive(Debug)]
enum Stage {
    /// There is nothing else to ask.
    Alone,
    /// The marker is being written; then this is asked.
    Writing(Box<Check>),
    /// It was written, and is looked for.
    Finding(Instant),
}

impl Check {
    /// Begins to ask; each time, a marker is another one.
    ///
    /// # Errors
    /// When there is no randomness to make a marker of.
    pub fn asking(&self) -> Result<Asking<'_>, String> {
        let Question::Marker(marker) = &self.question else {
            return Ok(Asking { now: Cow::Borrowed(self), stage: Stage::Alone, cleanup: None });
        };
        let value = hexadecimal::<8>().map_err(|error| format!("no marker could be made: {error}"))?;
        let with = |question: &Question| Self {
            question: question.with_marker(&format!("solti-{value}")),
            signal: None,
            within: self.within,
        };
        Ok(Asking {
            now: Cow::Owned(with(&marker.write)),
            stage: Stage::Writing(Box::new(with(&marker.find))),
            cleanup: marker.cleanup(),
        })
    }
}

impl Asking<'_> {
    /// What is asked now.
    pub fn check(&self) -> &Check {
        &self.now
    }

    /// Takes how a try came out; nothing if that was not the last question, and the next one is to be asked.
    pub fn answered(&mut self, verdict: Verdict) -> Option<Verdict> {
        let Verdict { passed, seen, age, who } = verdict;
        let seen = match &mut self.stage {
            Stage::Alone => seen,
            Stage::Writing(find) if passed => {
                self.now = Cow::Owned((**find).clone());
                self.stage = Stage::Finding(Instant::now());
                return None;
            }
            Stage::Writing(_) => format!("the marker could not be written: {seen}"),
            Stage::Finding(since) if passed => format!("found after {:.1} s", since.elapsed().as_secs_f64()),
            Stage::Finding(_) => format!("written, but not found: {seen}"),
        };
        Some(Verdict { passed, seen, age, who })
    }

    /// Shell text that removes what it leaves on the host.
    pub fn cleanup(&self) -> Option<&str> {
        self.cleanup.as_deref()
    }
}

impl Question {
    /// The same with a value for [`MARKER`].
    fn with_marker(&self, value: &str) -> Self {
        let filled = |text: &String| text.replace(MARKER, value);
        let mut question = self.clone();
        match &mut question {
            Self::Command(command) => {
                command.command.iter_mut().for_each(|word| *word = filled(word));
                command.demand.contains = command.demand.contains.as_ref().map(filled);
            }
            Self::Http(http) => {
                http.url = filled(&http.url).replace(&in_query(&pattern(MARKER)), &in_query(&pattern(value)));
                http.body = http.body.as_ref().map(filled);
                http.demand.contains = http.demand.contains.as_ref().map(filled);
            }
            _ => {}
        }
        question
    }
}
