//! The command line: one file per command, whose first comment is its help.

mod action;
mod apply;
mod askpass;
mod at_work;
mod completions;
mod connect;
mod diff;
mod empty;
mod error;
mod init;
mod inventory;
mod man;
mod out;
mod output;
mod password;
mod programs;
mod reader;
mod render;
mod role;
mod run;
mod schema;
mod selection;
mod signals;
mod test;
mod verify;

pub use askpass::{asked_by_ssh, hand_over};
pub use error::Error;
use reader::Reader;

use clap::{CommandFactory, FromArgMatches, Parser};
use error::guard;
use std::ffi::OsString;

#[derive(Debug, Parser)]
#[command(
    name = "solti",
    version,
    about = ABOUT,
    after_help = EXAMPLE,
    max_term_width = 90,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const ABOUT: &str = "\
Brings the hosts of a monitoring stack to a declared state over SSH.

solti reads an Ansible inventory and playbooks of roles, says exactly what it would change on which host, changes that \
and nothing else, and puts back what was there if anything fails. A host needs nothing but sshd and a shell.";

const EXAMPLE: &str = "\
Examples:
  solti diff inventories/home          what would change; nothing is touched
  solti apply inventories/home -l web  the same plan, carried out on some hosts

INVENTORY is a file, a folder with an inventory.yml, or \"host1,host2,\".

Exit codes:
    0  done; for diff: no changes     4  some hosts could not be reached
    1  something failed               5  nothing was done: declined, locked
    2  diff: there are changes      130  interrupted; what had begun was
    3  the input is wrong                finished or put back";

#[derive(Debug, clap::Subcommand)]
enum Command {
    Diff(diff::Diff),
    Apply(apply::Apply),
    Verify(verify::Verify),
    Run(action::Run),
    Test(test::Test),
    Inventory(inventory::Inventory),
    Render(render::Render),
    #[command(hide = true)]
    Programs(programs::Programs),
    #[command(subcommand)]
    Role(role::Role),
    Init(init::Init),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Does what the command line asks; the exit code.
pub fn main() -> u8 {
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut reader = Reader::guessed(&Arguments::command(), &words);
    match work(words, &mut reader) {
        Ok(code) => code,
        Err(error) => {
            let code = error.exit_code();
            reader.refuse(error);
            code
        }
    }
}

fn work(words: Vec<OsString>, reader: &mut Reader) -> Result<u8, Error> {
    let arguments = match parse(words, reader) {
        // help and the version are no errors; a reader that has gone away does not want to be told
        Err(Error::Usage(message)) if !message.use_stderr() => {
            let _ = message.print();
            return Ok(0);
        }
        arguments => arguments?,
    };
    guard(|| match arguments.command {
        Command::Diff(command) => command.run(),
        Command::Apply(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Run(command) => command.run(),
        Command::Test(command) => command.run(),
        Command::Inventory(command) => command.run(),
        Command::Render(command) => command.run(),
        Command::Programs(command) => command.run(),
        Command::Role(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
    })
}

/// Reads the command line; wrong is what clap does not know, and what clap does not know to be wrong.
fn parse(words: Vec<OsString>, reader: &mut Reader) -> Result<Arguments, Error> {
    let mut command = Arguments::command();
    let given = command.try_get_matches_from_mut(words)?;
    reader.known(&given);
    empty::refuse(&command, &given)?;
    Ok(Arguments::from_arg_matches(&given)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_option_says_what_it_is() {
        for command in Arguments::command().get_subcommands() {
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }

    /// The words that lead to a command, and the command.
    fn commands<'c>(command: &'c clap::Command, words: &[String], all: &mut Vec<(Vec<String>, &'c clap::Command)>) {
        let words = [words, &[command.get_name().to_owned()]].concat();
        all.push((words.clone(), command));
        command.get_subcommands().for_each(|sub| commands(sub, &words, all));
    }

    /// Whoever adds an option need not think of it.
    #[test]
    fn no_argument_may_be_empty() {
        let command = Arguments::command();
        let mut all = Vec::new();
        commands(&command, &[], &mut all);
        let mut tried = 0;
        for (words, command) in all {
            for tested in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
                let mut line = words.clone();
                let positionals = command.get_positionals().filter(|other| other.is_required_set() || *other == tested);
                line.extend(positionals.map(|other| if other == tested { "" } else { "x" }.to_owned()));
                line.extend(tested.get_long().map(|long| format!("--{long}=")));
                if words.last().is_some_and(|name| name == "inventory") && tested.get_id() != "host" {
                    line.push("--list".to_owned());
                }
                for empty in ["", " "] {
                    let line = line.iter().map(|word| match word.as_str() {
                        "" => empty.to_owned(),
                        word if word.ends_with('=') => format!("{word}{empty}"),
                        word => word.to_owned(),
                    });
                    let line: Vec<OsString> = line.map(OsString::from).collect();
                    let mut reader = Reader::guessed(&Arguments::command(), &line);
                    let refused = match parse(line.clone(), &mut reader) {
                        Ok(_) => false,
                        Err(Error::Usage(error)) => {
                            error.kind() == clap::error::ErrorKind::InvalidValue
                                || error.kind() == clap::error::ErrorKind::ValueValidation
                        }
                        Err(error) => error.to_string().contains("empty"),
                    };
                    assert!(refused, "{line:?}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 40, "{tried}");
    }
}
