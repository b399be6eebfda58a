//! Arguments that are empty text: what a script has left unset must not come to mean everything, or nothing.

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use solti::source::Diagnostic;

/// Refuses what was given on the command line and is empty; no option and no argument has a use for that.
pub fn refuse(command: &Command, given: &ArgMatches) -> Result<(), Diagnostic> {
    for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
        let id = argument.get_id().as_str();
        if given.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let values: Vec<_> = given.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy()).collect();
        if values.iter().any(|value| value.trim().is_empty()) {
            let name = match (argument.get_long(), argument.get_value_names()) {
                (Some(long), _) => format!("--{long}"),
                (None, Some([name, ..])) => name.to_string(),
                (None, _) => id.to_uppercase(),
            };
            let what = if values.len() > 1 { "has something empty in it" } else { "is empty" };
            let hint = format!("a shell's variable that is not set gives empty text, which `{name}` has no use for");
            return Err(Diagnostic::new(format!("`{name}` {what}")).hint(hint));
        }
    }
    match given.subcommand() {
        Some((name, given)) => command.find_subcommand(name).map_or(Ok(()), |command| refuse(command, given)),
        None => Ok(()),
    }
}
