//! Who reads the result: a person or a program is told of errors, too, and each in the form that was asked for.

use super::Error;
use super::out::Out;
use super::output::{Color, Format};
use clap::ArgMatches;
use solti::report::errors::Told;
use solti::report::json::Refusal;
use solti::secret::{Secrets, blank_likely};
use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Instant;

/// What the command line says of its reader.
#[derive(Debug, PartialEq, Eq)]
pub struct Reader {
    command: Option<String>,
    format: Format,
    begun: Instant,
}

impl Reader {
    /// As far as words tell that may not be a command line at all: a program wants its document also then.
    pub fn guessed(commands: &clap::Command, words: &[OsString]) -> Self {
        let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        let command = words.get(1).filter(|word| commands.find_subcommand(word).is_some());
        let format = (1..words.len()).find_map(|at| match output(&words[at..])? {
            "json" => Some(Format::Json),
            "jsonl" => Some(Format::Jsonl),
            _ => None,
        });
        Self {
            command: command.map(|&word| word.to_owned()),
            format: format.unwrap_or(Format::Text),
            begun: Instant::now(),
        }
    }

    /// From here on it is known.
    pub fn known(&mut self, given: &ArgMatches) {
        self.command = given.subcommand_name().map(str::to_owned);
        let format = given.subcommand().and_then(|(_, given)| given.try_get_one("output").ok().flatten());
        self.format = format.copied().unwrap_or(Format::Text);
    }

    /// Says why the command did not do its work.
    pub fn refuse(self, error: Error) {
        let exit = error.exit_code();
        let readable = !matches!(error, Error::Output(_));
        let errors = tell(error);
        if !readable {
            return;
        }
        let refusal = Refusal { command: self.command, begun: self.begun, errors, exit };
        let _ = match self.format {
            Format::Json => refusal.document(&mut Out::new()),
            Format::Jsonl => refusal.line(&mut Out::new()),
            Format::Text | Format::Github => Ok(()),
        };
    }
}

/// The value of `--output`, if it comes next.
fn output<'w>(words: &[&'w str]) -> Option<&'w str> {
    let word = *words.first()?;
    if matches!(word, "-o" | "--output") {
        return words.get(1).copied();
    }
    let joined = word.strip_prefix("--output=").or(word.strip_prefix("-o"))?;
    Some(joined.strip_prefix('=').unwrap_or(joined))
}

/// Tells a person of an error on standard error, for which there is no other place if that fails, and gives it for a program;
/// both without what may be secret in it.
fn tell(error: Error) -> Vec<Told> {
    let known = Secrets::new();
    match error {
        Error::Input(errors) => {
            let shown = errors.hiding(&|text| known.redact(text), &blank_likely);
            let _ = writeln!(io::stderr(), "{}", shown.render(Color::Auto.stderr()));
            Told::all(&shown)
        }
        Error::Usage(error) => {
            let _ = error.print();
            vec![usage(&known.redact(&error.to_string()))]
        }
        error => {
            let text = format!("{:#}", anyhow::Error::new(error));
            let _ = writeln!(io::stderr(), "error: {text}");
            vec![Told::new(known.redact(&text))]
        }
    }
}

/// What clap says, of which the first paragraph is the error and the others help.
fn usage(text: &str) -> Told {
    let mut paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let first = paragraphs.next().unwrap_or_default();
    let hints = paragraphs.map(|hint| hint.strip_prefix("tip: ").unwrap_or(&hint).to_owned());
    let message = first.strip_prefix("error: ").unwrap_or(&first);
    Told { hints: hints.filter(|hint| !hint.is_empty()).collect(), ..Told::new(message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_wrong_command_line_has_a_reader() {
        let reader = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let reader = Reader::guessed(&super::super::Arguments::command(), &words);
            (reader.command.unwrap_or_default(), reader.format)
        };
        for json in ["-o json", "-ojson", "-o=json", "--output json", "--output=json"] {
            assert_eq!(reader(&format!("solti diff {json} --nonsense")), ("diff".to_owned(), Format::Json), "{json}");
        }
        assert_eq!(reader("solti test -o jsonl"), ("test".to_owned(), Format::Jsonl));
        assert_eq!(reader("solti nonsense -o"), (String::new(), Format::Text));
        assert_eq!(reader("solti diff -o text --only json"), ("diff".to_owned(), Format::Text));
    }
}
