//! Checks: questions to a running service that must be answered with yes within a time.

use super::arguments::{command, milliseconds};
use super::newest::Signal;
use crate::host::{quote, quote_words};
use crate::role::CheckKind;
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};
use crate::template::{Layer, Rank, RenderError, Scope, Value};
use crate::yaml::{Fields, Node};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::time::Duration;

/// How long a check may take when it does not say.
const DEFAULT_WITHIN: u64 = 30_000;
/// How much of an answer is looked at, in bytes.
const REPLY_LIMIT: usize = 1 << 20;
/// How long one try may take, in seconds.
const TRY_SECONDS: u64 = 10;

/// A question.
#[derive(Debug, Clone)]
pub struct Check {
    question: Question,
    /// The signal that it is about.
    pub signal: Option<Signal>,
    /// How long to keep asking.
    pub within: Duration,
}

#[derive(Debug, Clone)]
enum Question {
    Http {
        url: String,
        method: String,
        headers: Vec<(String, String)>,
        body: Option<String>,
        status: u16,
        demand: Demand,
    },
    Port {
        port: u16,
        host: Option<String>,
        open: bool,
    },
    Command {
        command: Vec<String>,
        /// Who runs it, if not the one of the step.
        user: Option<String>,
        demand: Demand,
    },
}

/// An HTTP check as a request, for asking it from elsewhere than the host's shell.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The address.
    pub url: &'a str,
    /// `GET`, `POST`, ...
    pub method: &'a str,
    /// Names and values.
    pub headers: &'a [(String, String)],
    /// What is sent.
    pub body: Option<&'a str>,
    /// How long an answer may take.
    pub patience: Duration,
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
}

impl Verdict {
    /// Yes.
    fn yes(seen: impl Into<String>) -> Self {
        Self { passed: true, seen: seen.into(), age: None }
    }

    /// No, or not yet.
    pub fn no(seen: impl Into<String>) -> Self {
        Self { passed: false, seen: seen.into(), age: None }
    }
}

impl Check {
    /// Reads a check from its rendered arguments.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(kind: CheckKind, node: &Node, as_user: Option<&str>) -> Result<Self, Diagnostics> {
        let what = match kind {
            CheckKind::Http => "http",
            CheckKind::Port => "port",
            CheckKind::Command => "command",
        };
        if as_user.is_some() && kind != CheckKind::Command {
            let message = format!("`become_user` is for commands, not for `{what}`, which is the same for every user");
            return Err(Diagnostic::at(&node.span, message).into());
        }
        let mut fields = Fields::new(node, what)?;
        let within = fields.get("within");
        let within = fields.read(within, milliseconds).unwrap_or(DEFAULT_WITHIN);
        let signal = if kind == CheckKind::Port { None } else { Signal::read(&mut fields) };
        let question = match kind {
            CheckKind::Http => http(&mut fields),
            CheckKind::Port => {
                let port = fields.required("port");
                let port = fields.read(port, port_number);
                let host = fields.string("host");
                let open = fields.get("state");
                let open = fields.read(open, |node| match node.string()?.as_str() {
                    "started" | "open" => Ok(true),
                    "stopped" | "closed" => Ok(false),
                    other => {
                        Err(Diagnostic::at(&node.span, format!("`state` is `open` or `closed`, not `{other}`")).into())
                    }
                });
                port.map(|port| Question::Port { port, host, open: open.unwrap_or(true) })
            }
            CheckKind::Command => {
                let line = fields.required("command");
                let line = fields.read(line, command);
                let demand = Demand::read(&mut fields);
                let user = as_user.map(str::to_owned);
                line.map(|command| Question::Command { command, user, demand })
            }
        };
        let question = fields.finish_with(question)?;
        Ok(Self { question, signal, within: Duration::from_millis(within) })
    }

    /// Its public name: what it asks.
    pub fn name(&self) -> String {
        match &self.question {
            Question::Http { url, .. } => format!("http:{url}"),
            Question::Port { port, host, .. } => {
                format!("port:{}", host.as_ref().map_or(port.to_string(), |host| format!("{host}:{port}")))
            }
            Question::Command { command, .. } => format!("command:{}", quote_words(command)),
        }
    }

    /// What processes on the host are started with.
    pub fn process_texts(&self) -> &[String] {
        match &self.question {
            Question::Command { command, .. } => command,
            _ => &[],
        }
    }

    /// The program that asks once. It says `reply <status> <http> =<base64 of the body>`.
    pub fn program(&self) -> String {
        match &self.question {
            Question::Http { url, method, headers, body, .. } => {
                // braces and brackets of a query are no pattern
                let mut config = format!("globoff\nurl = {}\nrequest = {}\n", curl_quote(url), curl_quote(method));
                if is_loopback(url) {
                    // a proxy would look for it on its own host, and be shown the headers
                    config.push_str("noproxy = \"*\"\n");
                }
                for (name, value) in headers {
                    config.push_str(&format!("header = {}\n", curl_quote(&format!("{name}: {value}"))));
                }
                if let Some(body) = body {
                    config.push_str(&format!("data-raw = {}\n", curl_quote(body)));
                }
                // the configuration goes to curl on standard input, so that headers with tokens are in no process list
                format!(
                    "if command -v curl >/dev/null; then reply=$(printf '%s' {} | curl -sS --max-time {} -w '\\n%{{http_code}}' -K - 2>&1); status=$?; http=${{reply##*\n}}; \
                     case $http in [0-9][0-9][0-9]) reply=${{reply%\n*}} ;; *) http=0 ;; esac; {}; else say lacks curl; fi\n",
                    quote(&config),
                    self.try_seconds(),
                    say_reply("$http")
                )
            }
            Question::Port { port, host: None, .. } => format!(
                "status=1; reply=; for table in /proc/net/tcp /proc/net/tcp6; do [ -r \"$table\" ] && while read -r _ local _ state _; do \
                 case \"$local $state\" in *:{port:04X}\" 0A\") status=0; break ;; esac; done <\"$table\"; done; {}\n",
                say_reply("0")
            ),
            // how curl ends says less than whether it took time to connect: it also waits in vain for what never answers
            Question::Port { port, host: Some(host), .. } => format!(
                "if command -v curl >/dev/null; then reply=$(curl -s -o /dev/null -w '%{{time_connect}}' --max-time 5 telnet://{} </dev/null 2>/dev/null); \
                 case $reply in *[1-9]*) status=0 ;; *) status=1 ;; esac; {}; else say lacks curl; fi\n",
                quote(&format!("{host}:{port}")),
                say_reply("0")
            ),
            Question::Command { command, user, .. } => format!(
                "reply=$(timeout {} {}{} </dev/null 2>&1); status=$?; {}\n",
                self.try_seconds(),
                user.as_ref().map(|user| format!("runuser -u {} -- ", quote(user))).unwrap_or_default(),
                quote_words(command),
                say_reply("0")
            ),
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
            Question::Http { url, method, headers, body, .. } => {
                let patience = Duration::from_secs(self.try_seconds());
                Some(Request { url, method, headers, body: body.as_deref(), patience })
            }
            _ => None,
        }
    }

    /// Judges a reply; `now` is the time on the host that was asked.
    pub fn judge(&self, reply: &Reply, now: Option<Timestamp>) -> Verdict {
        match &self.question {
            Question::Http { status, demand, .. } => {
                if reply.status != 0 {
                    let reason = reply.body.lines().chain([""]).next().unwrap_or_default().trim();
                    return Verdict::no(if reason.is_empty() {
                        format!("curl ended with {}", reply.status)
                    } else {
                        reason.to_owned()
                    });
                }
                if reply.http != *status {
                    return Verdict::no(format!(
                        "status {} instead of {status}: {}",
                        reply.http,
                        first_line(&reply.body)
                    ));
                }
                let answer = Answer::new(&reply.body, i32::from(reply.http));
                self.judge_answer(demand, &answer, now, format!("status {status}"))
            }
            Question::Port { port, open, .. } => {
                let is_open = reply.status == 0;
                let word = if is_open { "open" } else { "closed" };
                let seen = format!("port {port} is {word}");
                if is_open == *open { Verdict::yes(seen) } else { Verdict::no(seen) }
            }
            Question::Command { demand, .. } => {
                if reply.status == 124 {
                    return Verdict::no(format!("no end within {} s", self.try_seconds()));
                }
                if demand.that.is_none() && reply.status != 0 {
                    return Verdict::no(format!("exit status {}: {}", reply.status, first_line(&reply.body)));
                }
                let answer = Answer::new(&reply.body, reply.status);
                self.judge_answer(demand, &answer, now, format!("exit status {}", reply.status))
            }
        }
    }

    /// Judges what was answered: what must be in it, and then how old the newest sample is.
    fn judge_answer(&self, demand: &Demand, answer: &Answer<'_>, now: Option<Timestamp>, seen: String) -> Verdict {
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

    /// How long one try may take: no longer than there is time for the answer.
    fn try_seconds(&self) -> u64 {
        (self.within.as_millis() as u64).div_ceil(1000).clamp(1, TRY_SECONDS)
    }
}

fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(120).map_or(line, |(at, _)| &line[..at])
}

fn port_number(node: &Node) -> Result<u16, Diagnostics> {
    let number = node.integer()?;
    u16::try_from(number)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| Diagnostic::at(&node.span, "a port is between 1 and 65535").into())
}

fn http_status(node: &Node) -> Result<u16, Diagnostics> {
    let status = u16::try_from(node.integer()?).ok().filter(|status| (100..600).contains(status));
    status.ok_or_else(|| Diagnostic::at(&node.span, "an HTTP status is between 100 and 599").into())
}

/// Whether a URL leads to the host itself.
fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let named = host.split(':').next() == Some("localhost");
    named || host.starts_with("127.") || host.starts_with("[::1]")
}

/// The end of every program: it says `$status`, the HTTP status, and the beginning of `$reply`.
fn say_reply(http: &str) -> String {
    format!("say reply $status {http} \"=$(printf '%s' \"$reply\" | head -c {REPLY_LIMIT} | base64 | tr -d '\\n')\"")
}

fn http(fields: &mut Fields<'_>) -> Option<Question> {
    let url = fields.required_string("url");
    let method = fields.string("method");
    let headers = fields.get("headers");
    let headers = fields.read(headers, |node| {
        let mut errors = Diagnostics::new();
        let pairs = node.mapping()?.iter();
        let pairs =
            pairs.filter_map(|entry| Some((entry.key.clone(), errors.collect(entry.value.string())?))).collect();
        errors.or(pairs)
    });
    let body = fields.string("body");
    let status = fields.get("status");
    let status = fields.read(status, http_status).unwrap_or(200);
    let demand = Demand::read(fields);
    let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    url.map(|url| Question::Http { url, method, headers: headers.unwrap_or_default(), body, status, demand })
}

/// Quotes for curl's configuration file, see curl(1), `--config`.
fn curl_quote(text: &str) -> String {
    let escaped =
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    format!("\"{escaped}\"")
}

/// What an answer must be like, beside its status.
#[derive(Debug, Clone)]
struct Demand {
    /// A text in it.
    contains: Option<String>,
    /// An expression over `body`, `json` and `status`.
    that: Option<String>,
    /// What to show of an answer for which `that` does not hold; an expression too.
    show: Option<String>,
}

impl Demand {
    fn read(fields: &mut Fields<'_>) -> Self {
        let [contains, that, show] = ["contains", "that", "show"].map(|key| fields.string(key));
        Self { contains, that, show }
    }

    /// What is wrong with an answer, if anything.
    fn refuses(&self, answer: &Answer<'_>) -> Option<String> {
        if let Some(text) = &self.contains
            && !answer.body.contains(text)
        {
            return Some(format!("`{text}` is not in the answer: {}", first_line(answer.body)));
        }
        let expression = self.that.as_ref()?;
        match answer.scope.evaluate(&node(expression)) {
            Ok(true) => None,
            Ok(false) => {
                let seen = self.shown(answer).unwrap_or_else(|| first_line(answer.body).to_owned());
                Some(format!("not so: {expression}; seen: {seen}"))
            }
            Err(error) => Some(format!("{expression}: {}", reason(error))),
        }
    }

    /// What `show` comes to.
    fn shown(&self, answer: &Answer<'_>) -> Option<String> {
        let show = self.show.as_ref()?;
        Some(match answer.scope.render(&node(&format!("{{{{ {show} }}}}"))) {
            Ok(value) => value.to_json().to_string(),
            Err(error) => reason(error),
        })
    }
}

/// What was answered, as expressions see it.
struct Answer<'a> {
    body: &'a str,
    scope: Scope,
}

impl<'a> Answer<'a> {
    fn new(body: &'a str, status: i32) -> Self {
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or(serde_json::Value::Null);
        let pairs = [
            ("body", Value::from(body)),
            ("json", Value::from(minijinja::value::Serde(&json))),
            ("status", Value::from(status)),
        ];
        let layer = Layer::values(Rank::Local, pairs.map(|(name, value)| (name.to_owned(), value)));
        Self { body, scope: Scope::new(vec![layer]) }
    }

    /// What an expression comes to; nothing if that is undefined.
    fn value(&self, expression: &str) -> Result<Option<Value>, RenderError> {
        self.scope.expression(&node(expression))
    }
}

/// An expression that has no place in a file any more.
fn node(text: &str) -> Node {
    Node::text(text, Span::new(&SourceFile::named("that", text), 0, text.len()))
}

/// Why an expression has no value, in one line.
fn reason(error: RenderError) -> String {
    match error {
        RenderError::NeedsFacts => "facts are not known to checks".to_owned(),
        RenderError::Invalid(errors) => errors.iter().next().map(|error| error.message.clone()).unwrap_or_default(),
    }
}
