//! Commands that only ask, and lists of what is in folders.

use super::command_line;
use crate::host::quote;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Says what a command answered: `answer KEY STATUS TEXT`. What is one plain line is said as it is, because to encode
/// it takes three processes.
const ANSWER: &str = include_str!("answer.sh");

/// A read-only command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The folder that it runs in.
    pub chdir: Option<String>,
    /// Added to its environment.
    pub environment: Vec<(String, String)>,
    /// What it reads; nothing, if that is not said.
    pub stdin: Option<String>,
    /// The user that it runs as, if not the one of the connection.
    pub user: Option<String>,
}

/// The commands and folders that are asked.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    questions: BTreeMap<String, Question>,
    listings: BTreeSet<String>,
}

impl Questions {
    /// Asks what is in a folder; the names are kept as the answer to [`listing_key`].
    pub fn listing(&mut self, folder: &str) {
        self.listings.insert(folder.to_owned());
    }

    /// Asks a read-only command; its answer is kept under `key`.
    pub fn ask(&mut self, key: &str, question: Question) {
        self.questions.insert(key.to_owned(), question);
    }

    /// Adds the questions to a program.
    pub fn write(&self, program: &mut String) {
        if self.questions.is_empty() && self.listings.is_empty() {
            return;
        }
        program.push_str(ANSWER);
        for (key, question) in &self.questions {
            let command = command_line(
                &question.command,
                question.chdir.as_deref(),
                &question.environment,
                question.user.as_deref(),
            );
            let key = quote(&STANDARD.encode(key));
            let asked = match &question.stdin {
                // printf is the shell's own: what it prints is in no process list
                Some(stdin) => format!("printf '%s' {} | {{ {command}; }}", quote(stdin)),
                None => format!("{command} </dev/null"),
            };
            // the space keeps a command in parentheses from being read as arithmetic
            let _ = writeln!(program, "reply=$( {asked} 2>/dev/null); answer {key} $? \"$reply\"");
        }
        for folder in &self.listings {
            let (key, folder) = (quote(&STANDARD.encode(listing_key(folder))), quote(folder));
            let _ = writeln!(
                program,
                "if [ -d {folder} ]; then reply=$(ls -A -- {folder} 2>/dev/null); answer {key} $? \"$reply\"; fi"
            );
        }
    }
}

/// The key of a folder's listing among the answers.
pub fn listing_key(folder: &str) -> String {
    format!("listing {folder}")
}
