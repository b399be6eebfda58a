//! How a result is shown: the options for it, and the report that they choose.

use super::Error;
use super::out::Out;
use clap::{ArgAction, Args, ValueEnum};
use solti::report::terminal::{Live, Terminal};
use solti::report::text::Look;
use solti::report::{Consumer, json};
use solti::source::Diagnostic;
use std::io::{self, BufWriter, IsTerminal};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Jsonl,
    #[value(hide = true)]
    Github,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether standard error has colours.
    pub fn stderr(self) -> bool {
        self.decide(io::stderr().is_terminal())
    }

    /// Whether standard output has colours.
    pub fn stdout(self) -> bool {
        self.decide(io::stdout().is_terminal())
    }

    fn decide(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && capable() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Whether a terminal does more than print.
fn capable() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term != "dumb" && !term.is_empty())
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Format: text, json (one document at the end), or jsonl (one line per event)
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub output: Format,
    /// Use colours: auto, always, or never
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: Color,
    /// Show all lines and checks, and what each host took; -vv what goes on, and what takes its time
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Only the answer and what failed
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

impl Output {
    /// Refuses a format that is not there yet.
    pub fn check(&self) -> Result<(), Error> {
        match self.output {
            Format::Github => Err(Diagnostic::new("`-o github` is not built yet")
                .hint("`-o text`, `-o json` and `-o jsonl` are")
                .into()),
            _ => Ok(()),
        }
    }

    /// The report of a run.
    pub fn consumer(&self) -> Box<dyn Consumer> {
        let out = Box::new(BufWriter::new(Out::new()));
        match self.output {
            Format::Json => Box::new(json::Document::new(out)),
            Format::Jsonl => Box::new(json::Lines::new(out)),
            Format::Text | Format::Github => {
                let (look, err_look, live) = self.looks();
                let out = (out as Box<_>, look);
                let err = (Box::new(io::stderr()) as Box<_>, err_look);
                Box::new(Terminal::new(out, err, live.map(Live::stderr)))
            }
        }
    }

    /// How standard output and standard error look, and lines and columns of the latter where it can be animated.
    pub fn looks(&self) -> (Look, Look, Option<(usize, usize)>) {
        let size =
            |terminal: &console::Term| terminal.size_checked().map(|(lines, columns)| (lines.into(), columns.into()));
        let (stdout, stderr) = (console::Term::stdout(), console::Term::stderr());
        let look = |color, size: Option<(usize, usize)>| Look {
            width: size.map(|(_, columns)| columns),
            color,
            verbose: self.verbose,
            quiet: self.quiet,
        };
        let (out_size, err_size) = (size(&stdout), size(&stderr));
        // With -vv the lines say all that the animation would.
        let animated = self.verbose < 2 && stderr.is_term() && capable();
        let live = err_size.filter(|_| animated);
        (look(self.color.stdout(), out_size), look(self.color.stderr(), err_size), live)
    }
}
