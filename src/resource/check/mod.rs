//! Checks: questions to a running service that must be answered with yes within a time.

mod answer;
mod asking;
mod command;
mod file;
mod http;
mod kind;
mod marker;
mod newest;
mod port;
mod unit;

pub use asking::Asking;
pub use http::Request;
pub use kind::CheckKind;
pub(crate) use marker::{MARKER, marker_name};

use self::answer::{AnswerView, Demand};
use self::command::Command;
use self::file::File;
use self::http::Http;
use self::marker::Marker;
use self::newest::Signal;
use self::port::Port;
use self::unit::Unit;
use super::arguments::milliseconds;
use crate::host::quote_words;
use crate::schema::{Argument, Arguments, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::template::RenderError;
use crate::yaml::Node;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a check may take when it does not say.
const DEFAULT_WITHIN: u64 = 30_000;
/// How long to keep asking.
const WITHIN: Argument = Argument::new("within", Shape::Duration, "how long to keep asking").default("30s");
/// How much of an answer is looked at, in bytes.
const REPLY_LIMIT: usize = 1 << 20;
/// How long one try may take, in seconds.
const TRY_SECONDS: u64 = 10;

/// A question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Check {
    question: Question,
    /// The signal that it is about.
    pub signal: Option<Signal>,
    /// How long to keep asking.
    pub within: Duration,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Question {
    Http(Http),
    Port(Port),
    Command(Command),
    File(File),
    Unit(Unit),
    /// Never asked itself: see [`Check::asking`].
    Marker(Marker),
}

/// What a host answered to one try.
#[derive(Debug, Clone)]
pub struct Reply {
    /// curl's or the command's exit status; of a port, 0 if it is open.
    pub status: i32,
    /// The HTTP status, 0 where there is none.
    pub http: u16,
    /// The body, or the command's output.
    pub body: String,
}

/// How a try came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the answer is yes.
    pub passed: bool,
    /// What was seen, or why not.
    pub seen: String,
    /// How many seconds old the newest sample is, negative if it is ahead; none if there is none, or none was asked for.
    pub age: Option<i64>,
    /// What the answer says of who asks.
    pub who: Who,
}

/// What an answer says of who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Who {
    /// Nothing.
    #[default]
    Unsaid,
    /// The service takes it.
    Taken,
    /// The service refuses it. To ask again would be one more attempt, of which few lock an account.
    Refused,
}

impl Verdict {
    /// Yes.
    fn yes(seen: impl Into<String>) -> Self {
        Self { passed: true, seen: seen.into(), age: None, who: Who::Unsaid }
    }

    /// No, or not yet.
    pub fn no(seen: impl Into<String>) -> Self {
        Self { passed: false, seen: seen.into(), age: None, who: Who::Unsaid }
    }
}

impl Check {
    /// Reads a check from its rendered arguments.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(kind: CheckKind, node: &Node, as_user: Option<&str>) -> Result<Self, Diagnostics> {
        let what = kind.name();
        if as_user.is_some() && !kind.has_user() {
            let message = format!("`become_user` is for commands, not for `{what}`, which is the same for every user");
            return Err(Diagnostic::at(&node.span, message).into());
        }
        let mut fields = Arguments::new(node, kind.schema())?;
        let within = fields.get("within");
        let within = fields.read(within, milliseconds).unwrap_or(DEFAULT_WITHIN);
        let signal = match kind {
            CheckKind::Http | CheckKind::Command => Signal::read(&mut fields),
            _ => None,
        };
        let question = match kind {
            CheckKind::Http => Http::read(&mut fields).map(Question::Http),
            CheckKind::Port => Port::read(&mut fields).map(Question::Port),
            CheckKind::Command => Command::read(&mut fields, as_user).map(Question::Command),
            CheckKind::File => File::read(&mut fields).map(Question::File),
            CheckKind::Unit => Unit::read(&mut fields).map(Question::Unit),
            CheckKind::Marker => Marker::read(&mut fields, marker_name(node), as_user).map(Question::Marker),
        };
        let question = fields.finish_with(question)?;
        Ok(Self { question, signal, within: Duration::from_millis(within) })
    }

    /// Its public name: what it asks.
    pub fn name(&self) -> String {
        match &self.question {
            Question::Http(http) => format!("http:{}", http.url),
            Question::Port(port) => format!("port:{}", port.name()),
            Question::Command(command) => format!("command:{}", quote_words(&command.command)),
            Question::File(file) => format!("file:{}", file.name()),
            Question::Unit(unit) => format!("unit:{}", unit.name()),
            Question::Marker(marker) => format!("marker:{}", marker.name()),
        }
    }

    /// What processes on the host are started with.
    pub fn process_texts(&self) -> Vec<String> {
        self.question.process_texts()
    }

    /// The program that asks once. It says `reply <status> <http> =<base64 of the body>`.
    pub fn program(&self) -> String {
        match &self.question {
            Question::Http(http) => http.program(self.try_seconds()),
            Question::Port(port) => port.program(),
            Question::Command(command) => command.program(self.try_seconds()),
            Question::File(file) => file.program(),
            Question::Unit(unit) => unit.program(),
            Question::Marker(_) => String::new(),
        }
    }

    /// Reads what the host said.
    pub fn reply(rest: &str) -> Option<Reply> {
        let words: Vec<&str> = rest.split(' ').collect();
        let [status, http, body] = words[..] else { return None };
        let bytes = STANDARD.decode(body.strip_prefix('=')?).ok()?;
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Some(Reply { status: status.parse().ok()?, http: http.parse().ok()?, body })
    }

    /// The request, if it is an HTTP check.
    pub fn request(&self) -> Option<Request<'_>> {
        match &self.question {
            Question::Http(http) => Some(http.request(Duration::from_secs(self.try_seconds()))),
            _ => None,
        }
    }

    /// Whether asking it leaves nothing behind, and attempts nobody's password.
    pub fn is_plain(&self) -> bool {
        !matches!(self.question, Question::Marker(_)) && self.identity().is_none() && self.signal.is_none()
    }

    /// Who asks whom, as far as the question says so.
    pub fn identity(&self) -> Option<String> {
        match &self.question {
            Question::Http(http) => http.identity(),
            _ => None,
        }
    }

    /// Judges a reply; `now` is the time on the host that was asked.
    pub fn judge(&self, reply: &Reply, now: Option<Timestamp>) -> Verdict {
        let mut verdict = self.judge_read(reply, now);
        if !verdict.passed && reply.body.len() >= REPLY_LIMIT {
            verdict.seen.push_str(&format!(" (of the answer, only the first {} MiB was read)", REPLY_LIMIT >> 20));
        }
        verdict
    }

    /// Judges what was read of a reply.
    fn judge_read(&self, reply: &Reply, now: Option<Timestamp>) -> Verdict {
        match &self.question {
            Question::Http(http) => {
                if reply.status != 0 {
                    let reason = reply.body.lines().chain([""]).next().unwrap_or_default().trim();
                    return Verdict::no(if reason.is_empty() {
                        format!("curl ended with {}", reply.status)
                    } else {
                        reason.to_owned()
                    });
                }
                let wanted = match http.status {
                    Some(status) if reply.http != status => Some(format!(" instead of {status}")),
                    None if !(200..300).contains(&reply.http) => Some(String::new()),
                    _ => None,
                };
                let who = http.who(reply.http);
                if let Some(wanted) = wanted {
                    let end = if who == Who::Refused { " (refused, and not asked again)" } else { "" };
                    let seen = format!("status {}{wanted}: {}{end}", reply.http, first_line(&reply.body));
                    return Verdict { who, ..Verdict::no(seen) };
                }
                let answer = AnswerView::new(&reply.body, i32::from(reply.http));
                // what was to be refused was
                let who = if who == Who::Refused { Who::Unsaid } else { who };
                Verdict { who, ..self.judge_answer(&http.demand, &answer, now, format!("status {}", reply.http)) }
            }
            Question::Port(port) => port.judge(reply.status),
            Question::Command(Command { demand, .. }) => {
                if reply.status == 124 {
                    return Verdict::no(format!("no end within {} s", self.try_seconds()));
                }
                if demand.that.is_none() && reply.status != 0 {
                    return Verdict::no(format!("exit status {}: {}", reply.status, first_line(&reply.body)));
                }
                let answer = AnswerView::new(&reply.body, reply.status);
                self.judge_answer(demand, &answer, now, format!("exit status {}", reply.status))
            }
            Question::File(file) => file.judge(reply),
            Question::Unit(unit) => unit.judge(reply),
            Question::Marker(_) => Verdict::no("it was not asked"),
        }
    }

    /// Judges what was answered: what must be in it, and then how old the newest sample is.
    fn judge_answer(&self, demand: &Demand, answer: &AnswerView<'_>, now: Option<Timestamp>, seen: String) -> Verdict {
        if let Some(reason) = demand.refuses(answer) {
            return Verdict::no(reason);
        }
        let Some(signal) = &self.signal else { return Verdict::yes(seen) };
        let newest = match answer.value(&signal.newest) {
            Ok(newest) => newest,
            Err(error) => return Verdict::no(format!("{}: {}", signal.newest, reason(error))),
        };
        let shown = || demand.shown(answer).map(|shown| format!("; seen: {shown}")).unwrap_or_default();
        match signal.age(newest.as_ref(), now) {
            Ok((age, None)) => Verdict { age: Some(age), ..Verdict::yes(seen) },
            Ok((age, Some(wrong))) => Verdict { age: Some(age), ..Verdict::no(format!("{wrong}{}", shown())) },
            Err(reason) => Verdict::no(format!("{reason}{}", shown())),
        }
    }

    /// The verdict some time after a change: what is from before it does not pass for what must be fresh.
    pub fn after_change(&self, verdict: Verdict, since: Duration) -> Verdict {
        let stale = self.signal.as_ref().zip(verdict.age).and_then(|(signal, age)| signal.stale(age, since));
        match stale {
            Some(stale) if verdict.passed => Verdict { passed: false, seen: stale, ..verdict },
            _ => verdict,
        }
    }

    /// How long one try may take: no longer than there is time for the answer.
    fn try_seconds(&self) -> u64 {
        (self.within.as_millis() as u64).div_ceil(1000).clamp(1, TRY_SECONDS)
    }
}

impl Question {
    fn process_texts(&self) -> Vec<String> {
        match self {
            Self::Command(command) => command.command.clone(),
            // headers and bodies are handed over otherwise
            Self::Marker(Marker { write, find, .. }) => [write.process_texts(), find.process_texts()].concat(),
            _ => Vec::new(),
        }
    }
}

/// The first line, or where that is long, its first words.
fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let Some((at, _)) = line.char_indices().nth(120) else { return line };
    &line[..line[..at].rfind(char::is_whitespace).unwrap_or(at)]
}

/// The end of every program: it says `$status`, the HTTP status, and the beginning of `$reply`.
fn say_reply(http: &str) -> String {
    format!("say reply $status {http} \"=$(printf '%s' \"$reply\" | head -c {REPLY_LIMIT} | base64 | tr -d '\\n')\"")
}

/// Why an expression has no value, in one line.
fn reason(error: RenderError) -> String {
    match error {
        RenderError::NeedsFacts => "facts are not known to checks".to_owned(),
        RenderError::Invalid(errors) => errors.iter().next().map(|error| error.message.clone()).unwrap_or_default(),
    }
}
