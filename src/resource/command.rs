//! `command`: something that is run once, until its result is there.

use super::arguments::{command, environment, path};
use super::{Draft, Planned, Resource, ResourceKind};
use crate::ability::commands::{Answer, CommandOperation, Question};
use crate::ability::files::{PathState, sha256};
use crate::ability::memory::manifest::Item;
use crate::ability::{Operation, Probe, State};
use crate::host::quote_words;
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::Node;

/// `command`.
pub static COMMAND: ResourceKind = ResourceKind::new(
    Schema::new(
        "command",
        &[
            Argument::new("command", Shape::Command, "what is run").required().identity(),
            Argument::new("creates", Shape::Path, "a path; where it is, there is nothing to do"),
            Argument::new(
                "unless",
                Shape::Command,
                "a read-only command; where it succeeds, there is nothing to do. Asked once more right before",
            ),
            Argument::new(
                "probe",
                Shape::Command,
                "a read-only command that prints `value` when there is nothing to do",
            ),
            Argument::new("value", Shape::Text, "what `probe` prints when there is nothing to do").unseen(),
            Argument::new("chdir", Shape::Path, "the folder that all of them run in"),
            Argument::new("environment", Shape::Map(&Shape::Text), "names and values for all of them"),
            Argument::new(
                "stdin",
                Shape::Text,
                "what the command reads, and `unless` or `probe` too; the place for secrets: in `command` and \
                 `environment`, which everybody on the host can see, they are refused",
            )
            .unseen(),
        ],
    )
    .at_least_one(&["creates", "unless", "probe"])
    .because(
        "how would one see that it is done already?",
        "`creates` names a file, `unless` and `probe` are read-only commands",
    ),
    "Something that is run until its result is there.",
    |arguments, as_user, _| Ok(Box::new(Command::parse(arguments, as_user)?)),
)
.with_user();

/// How to see that there is nothing left to do.
#[derive(Debug, Clone)]
enum Done {
    /// A path is there.
    Creates(String),
    /// A read-only command succeeds.
    Unless(Vec<String>),
    /// A read-only command prints the wanted value.
    Probe { command: Vec<String>, value: String },
}

/// A command with the sign that it is done.
#[derive(Debug)]
pub struct Command {
    command: Vec<String>,
    done: Done,
    chdir: Option<String>,
    environment: Vec<(String, String)>,
    stdin: Option<String>,
    user: Option<String>,
}

impl Command {
    /// Reads [`COMMAND`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node, as_user: Option<&str>) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &COMMAND.schema)?;
        let line = fields.required("command");
        let line = fields.read(line, command);
        let (creates, unless, probe) = (fields.get("creates"), fields.get("unless"), fields.get("probe"));
        let value = fields.string("value");
        let done = match (creates, unless, probe) {
            (Some(creates), None, None) => fields.read(Some(creates), path).map(Done::Creates),
            (None, Some(unless), None) => fields.read(Some(unless), command).map(Done::Unless),
            (None, None, Some(probe)) => {
                if value.is_none() {
                    fields.error(Diagnostic::at(
                        &probe.span,
                        "`probe` needs `value`: what it prints when there is nothing left to do",
                    ));
                }
                fields.read(Some(probe), command).zip(value).map(|(command, value)| Done::Probe { command, value })
            }
            (None, None, None) => {
                let hint = "creates: a path that it makes; unless: a command that succeeds once it is done; probe and value: a command and what it prints then";
                let error =
                    Diagnostic::at(fields.span(), "`command` needs to say when there is nothing to do").hint(hint);
                fields.error(error);
                None
            }
            _ => {
                let error = Diagnostic::at(fields.span(), "`command` takes one of `creates`, `unless` and `probe`");
                fields.error(error);
                None
            }
        };
        let chdir = fields.get("chdir");
        let chdir = fields.read(chdir, path);
        let pairs = fields.get("environment");
        let environment = fields.read(pairs, environment).unwrap_or_default();
        let stdin = fields.string("stdin");
        let (command, done) = fields.finish_with(line.zip(done))?;
        Ok(Self { command, done, chdir, environment, stdin, user: as_user.map(str::to_owned) })
    }

    fn question(&self) -> Option<Question> {
        let (Done::Unless(command) | Done::Probe { command, .. }) = &self.done else { return None };
        Some(Question {
            command: command.clone(),
            chdir: self.chdir.clone(),
            environment: self.environment.clone(),
            stdin: self.stdin.clone(),
            user: self.user.clone(),
        })
    }

    /// What its answer is kept under: a digest of all of it, because scripts begin alike and may hold secrets.
    fn key(&self) -> String {
        format!("command {}", sha256(format!("{self:?}").as_bytes()))
    }

    /// Notes that there is nothing left to do.
    fn predict(&self, state: &mut State) {
        let output = match &self.done {
            Done::Probe { value, .. } => value.clone(),
            _ => String::new(),
        };
        state.commands.insert(self.key(), Answer { status: 0, output });
    }
}

impl Resource for Command {
    fn name(&self) -> String {
        match self.command.as_slice() {
            [shell, flag, line] if shell == "sh" && flag == "-c" => line.lines().next().unwrap_or_default().to_owned(),
            words => words.join(" "),
        }
    }

    fn ask(&self, probe: &mut Probe) {
        match (&self.done, self.question()) {
            (Done::Creates(path), _) => probe.files.path(path),
            (_, Some(question)) => probe.commands.ask(&self.key(), question),
            _ => {}
        }
    }

    fn claims(&self) -> Vec<Item> {
        Vec::new()
    }

    fn process_texts(&self) -> Vec<String> {
        let question = self.question().map(|question| question.command).unwrap_or_default();
        let environment = self.environment.iter().map(|(_, value)| value.clone());
        self.command.iter().cloned().chain(question).chain(environment).collect()
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let answer = state.commands.get(&self.key());
        let mut details = vec![Detail::note(quote_words(&self.command))];
        match &self.done {
            Done::Creates(path) => {
                if *state.files.at(path) != PathState::Absent || answer.is_some() {
                    return Ok(Planned::default());
                }
                details.push(Detail::note(format!("because {path} is not there")));
            }
            Done::Unless(_) => {
                if answer.is_some_and(|answer| answer.status == 0) {
                    return Ok(Planned::default());
                }
            }
            Done::Probe { value, .. } => {
                let old = answer.map(|answer| answer.output.trim().to_owned());
                if old.as_deref() == Some(value.trim()) {
                    return Ok(Planned::default());
                }
                details.extend(Detail::value("probe", old.as_deref(), Some(value.trim())));
            }
        }
        let unless = match &self.done {
            Done::Creates(path) => Some(vec!["test".to_owned(), "-e".to_owned(), path.clone()]),
            Done::Unless(command) => Some(command.clone()),
            Done::Probe { .. } => None,
        };
        let operation = Operation::Commands(CommandOperation::Run {
            command: self.command.clone(),
            chdir: self.chdir.clone(),
            environment: self.environment.clone(),
            stdin: self.stdin.clone(),
            user: self.user.clone(),
            unless,
        });
        self.predict(state);
        Ok(Planned {
            draft: Some(Draft { action: Action::Run, details, operations: vec![operation] }),
            items: Vec::new(),
        })
    }
}
