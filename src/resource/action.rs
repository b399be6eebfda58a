//! What one does to a running service by hand: a command of a role.

use super::arguments::{command, environment, milliseconds, path};
use crate::ability::commands::command_line;
use crate::host::quote;
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;
use std::time::Duration;

/// An action of a role.
pub static ACTION: Schema = Schema::new(
    "an action",
    &[
        Argument::new("command", Shape::Command, "what is run").required(),
        Argument::new("help", Shape::Text, "what it is for"),
        Argument::new("chdir", Shape::Path, "the folder that it runs in"),
        Argument::new("environment", Shape::Map(&Shape::Text), "names and values for it"),
        Argument::new("stdin", Shape::Text, "what it reads; the place for secrets").unseen(),
        Argument::new("become_user", Shape::Text, "who runs it, if not the user that the role is carried out as"),
        Argument::new("within", Shape::Duration, "how long it may take; default `10m`"),
    ],
);

/// How long an action may take that does not say.
const WITHIN: Duration = Duration::from_secs(600);

/// So much of what it says is shown: the end.
const SHOWN: usize = 1 << 20;

/// An action, ready to be carried out on a host.
#[derive(Debug, Clone)]
pub struct Action {
    command: Vec<String>,
    chdir: Option<String>,
    environment: Vec<(String, String)>,
    stdin: Option<String>,
    user: Option<String>,
    within: Duration,
}

impl Action {
    /// Reads [`ACTION`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &ACTION)?;
        let line = fields.required("command");
        let line = fields.read(line, command);
        fields.get("help");
        let chdir = fields.get("chdir");
        let chdir = fields.read(chdir, path);
        let pairs = fields.get("environment");
        let environment = fields.read(pairs, environment).unwrap_or_default();
        let stdin = fields.string("stdin");
        let user = fields.filled("become_user");
        let within = fields.get("within");
        let within = fields.read(within, milliseconds).map_or(WITHIN, Duration::from_millis);
        let command = fields.finish_with(line)?;
        Ok(Self { command, chdir, environment, stdin, user, within })
    }

    /// What everybody on the host can see of it while it runs.
    pub fn process_texts(&self) -> Vec<String> {
        let environment = self.environment.iter().map(|(name, value)| format!("{name}={value}"));
        self.command.iter().cloned().chain(environment).collect()
    }

    /// Its words, as one would type them.
    pub fn words(&self) -> &[String] {
        &self.command
    }

    /// How long it may take.
    pub fn within(&self) -> Duration {
        self.within
    }

    /// The program that carries it out and says `acted`, with the end of what it said and its status in a last line, all in
    /// base64. Both streams are one, as on a terminal.
    pub fn program(&self) -> String {
        let seconds = self.within.as_secs().max(1);
        let mut command = ["timeout", "-k", "5", &seconds.to_string()].map(str::to_owned).to_vec();
        // the time is kept by who may end it
        command.extend(self.user.iter().flat_map(|user| ["runuser", "-u", user, "--"].map(str::to_owned)));
        command.extend(self.command.iter().cloned());
        let line = command_line(&command, self.chdir.as_deref(), &self.environment, None);
        let input = match &self.stdin {
            Some(text) => format!("printf '%s' {} | {line}", quote(text)),
            None => format!("{line} </dev/null"),
        };
        // what it leaves running may have its output open
        format!(
            "say acted \"$({{ {{ {input}; }} 2>&1; printf '\\n%s' $?; }} | timeout -k 5 {} tail -c {SHOWN} | base64 | tr -d '\\n')\"\n",
            seconds + 10
        )
    }
}
