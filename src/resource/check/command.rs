//! `command`: a read-only command that should succeed.

use super::answer::{CONTAINS, Demand, SHOW, THAT};
use super::newest::{FRESH, MAX_AGE, NEWEST, OF, SIGNAL};
use super::{WITHIN, say_reply};
use crate::host::{quote, quote_words};
use crate::resource::arguments::command;
use crate::schema::{Argument, Arguments, Schema, Shape};
use serde::{Deserialize, Serialize};

/// `command`.
pub(super) static SCHEMA: Schema = Schema::new(
    "command",
    &[
        Argument::new("command", Shape::Command, "read-only; must end with status 0, unless `that` says otherwise")
            .required()
            .identity(),
        CONTAINS,
        THAT,
        SHOW,
        SIGNAL,
        OF,
        NEWEST,
        MAX_AGE,
        FRESH,
        WITHIN,
    ],
);

/// A command, and what it should say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Command {
    pub(super) command: Vec<String>,
    /// Who runs it, if not the one of the step.
    pub(super) user: Option<String>,
    pub(super) demand: Demand,
}

impl Command {
    pub(super) fn read(fields: &mut Arguments<'_>, as_user: Option<&str>) -> Option<Self> {
        let line = fields.required("command");
        let line = fields.read(line, command);
        let demand = Demand::read(fields);
        let user = as_user.map(str::to_owned);
        line.map(|command| Self { command, user, demand })
    }

    pub(super) fn program(&self, seconds: u64) -> String {
        format!(
            "reply=$(timeout {seconds} {}{} </dev/null 2>&1); status=$?; {}\n",
            self.user.as_ref().map(|user| format!("runuser -u {} -- ", quote(user))).unwrap_or_default(),
            quote_words(&self.command),
            say_reply("0")
        )
    }
}
