//! Commands that a step runs.

use super::command_line;
use crate::ability::operation::StepPhase;
use crate::ability::program::Program;
use crate::host::{quote, quote_words};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A command that a step runs; what it does stays when the step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandOperation {
    /// Runs a command.
    Run {
        /// The program and its arguments.
        command: Vec<String>,
        /// The folder that it runs in.
        chdir: Option<String>,
        /// Added to its environment.
        environment: Vec<(String, String)>,
        /// Its standard input, which may hold secrets; never part of its arguments.
        stdin: Option<String>,
        /// The user that it runs as, if not the one of the step.
        user: Option<String>,
        /// A read-only command; where it succeeds just before, there is nothing left to do.
        unless: Option<Vec<String>>,
    },
    /// Runs a program that must succeed once files are in place, before services are started anew.
    Try {
        /// Who runs it; none for who carries out the step.
        user: Option<String>,
        /// The program and its arguments.
        command: Vec<String>,
    },
}

impl CommandOperation {
    /// When it is carried out.
    pub fn phase(&self) -> StepPhase {
        match self {
            Self::Try { .. } => StepPhase::Trials,
            Self::Run { .. } => StepPhase::Services,
        }
    }

    /// Adds it to a step's program.
    pub fn write(&self, at: usize, program: &mut Program<'_>) {
        match self {
            Self::Try { user, command } => {
                let user = user.as_deref().map_or("-".to_owned(), quote);
                program.must(at, &format!("try_as {user} {}", quote_words(command)));
            }
            Self::Run { command, chdir, environment, stdin, user, unless } => {
                let line = |command: &[String]| command_line(command, chdir.as_deref(), environment, user.as_deref());
                let mut run = String::new();
                let body = quote(stdin.as_deref().unwrap_or_default());
                if let Some(unless) = unless {
                    let _ = match stdin {
                        Some(_) => write!(run, "printf '%s' {body} | {{ {}; }} >/dev/null 2>&1 8>&- || ", line(unless)),
                        None => write!(run, "{} </dev/null >/dev/null 2>&1 || ", line(unless)),
                    };
                }
                let (shown, command) = (quote_words(command), line(command));
                let detach = if user.is_some() { "detach; " } else { "" };
                let _ = write!(
                    run,
                    "{{ printf '%s' {body} >\"$T/in\"; {command} <\"$T/in\" >\"$T/out\" 2>&1 8>&-; status=$?; rm -f \"$T/in\"; {detach}\
                     if [ $status -eq 0 ]; then stays {}; else failed $status {} ''; false; fi; }}",
                    quote(&format!("what `{shown}` did")),
                    quote(&shown)
                );
                program.must(at, &run);
            }
        }
    }
}
