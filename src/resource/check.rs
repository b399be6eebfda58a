//! Checks: questions to a running service that must be answered with yes within a time.

use super::arguments::{command, milliseconds};
use crate::host::{quote, quote_words};
use crate::role::CheckKind;
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};
use crate::template::{Layer, Rank, RenderError, Scope, Value};
use crate::yaml::{Fields, Node};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
pub enum Verdict {
    /// Yes, and what was seen.
    Yes(String),
    /// Not yet, and why.
    No(String),
    /// It could not be asked, and never will be.
    Impossible(String),
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
        Ok(Self { question, within: Duration::from_millis(within) })
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

    /// The program that asks once. It says `reply <status> <http> =<base64 of the body>`.
    pub fn program(&self) -> String {
        match &self.question {
            Question::Http { url, method, headers, body, .. } => {
                // braces and brackets of a query are no pattern
                let mut config = format!("globoff\nurl = {}\nrequest = {}\n", curl_quote(url), curl_quote(method));
                for (name, value) in headers {
                    config.push_str(&format!("header = {}\n", curl_quote(&format!("{name}: {value}"))));
                }
                if let Some(body) = body {
                    config.push_str(&format!("data-raw = {}\n", curl_quote(body)));
                }
                // the configuration goes to curl on standard input, so that headers with tokens are in no process list
                format!(
                    "if command -v curl >/dev/null; then reply=$(printf '%s' {} | curl -sS --max-time {TRY_SECONDS} -w '\\n%{{http_code}}' -K - 2>&1); status=$?; http=${{reply##*\n}}; \
                     case $http in [0-9][0-9][0-9]) reply=${{reply%\n*}} ;; *) http=0 ;; esac; {}; else say lacks curl; fi\n",
                    quote(&config),
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
                "reply=$(timeout {TRY_SECONDS} {}{} </dev/null 2>&1); status=$?; {}\n",
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
                Some(Request { url, method, headers, body: body.as_deref() })
            }
            _ => None,
        }
    }

    /// Judges a reply.
    pub fn judge(&self, reply: &Reply) -> Verdict {
        match &self.question {
            Question::Http { status, demand, .. } => {
                if reply.status != 0 {
                    let reason = reply.body.lines().chain([""]).next().unwrap_or_default().trim();
                    return Verdict::No(if reason.is_empty() {
                        format!("curl ended with {}", reply.status)
                    } else {
                        reason.to_owned()
                    });
                }
                if reply.http != *status {
                    return Verdict::No(format!(
                        "status {} instead of {status}: {}",
                        reply.http,
                        first_line(&reply.body)
                    ));
                }
                demand
                    .refuses(&reply.body, i32::from(reply.http))
                    .unwrap_or_else(|| Verdict::Yes(format!("status {status}")))
            }
            Question::Port { port, open, .. } => {
                let is_open = reply.status == 0;
                let word = if is_open { "open" } else { "closed" };
                let seen = format!("port {port} is {word}");
                if is_open == *open { Verdict::Yes(seen) } else { Verdict::No(seen) }
            }
            Question::Command { demand, .. } => {
                if reply.status == 124 {
                    return Verdict::No(format!("no end within {TRY_SECONDS} s"));
                }
                if demand.that.is_none() && reply.status != 0 {
                    return Verdict::No(format!("exit status {}: {}", reply.status, first_line(&reply.body)));
                }
                demand
                    .refuses(&reply.body, reply.status)
                    .unwrap_or_else(|| Verdict::Yes(format!("exit status {}", reply.status)))
            }
        }
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
    fn refuses(&self, body: &str, status: i32) -> Option<Verdict> {
        if let Some(text) = &self.contains
            && !body.contains(text)
        {
            return Some(Verdict::No(format!("`{text}` is not in the answer: {}", first_line(body))));
        }
        let expression = self.that.as_ref()?;
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or(serde_json::Value::Null);
        let pairs = [
            ("body", Value::from(body)),
            ("json", Value::from(minijinja::value::Serde(&json))),
            ("status", Value::from(status)),
        ];
        let layer = Layer::values(Rank::Local, pairs.map(|(name, value)| (name.to_owned(), value)));
        let scope = Scope::new(vec![layer]);
        let node = |text: &str| Node::text(text, Span::new(&SourceFile::named("that", text), 0, text.len()));
        match scope.evaluate(&node(expression)) {
            Ok(true) => None,
            Ok(false) => {
                let shown = self.show.as_ref().map(|show| scope.render(&node(&format!("{{{{ {show} }}}}"))));
                let seen = match shown {
                    Some(Ok(value)) => value.to_json().to_string(),
                    Some(Err(error)) => reason(error),
                    None => first_line(body).to_owned(),
                };
                Some(Verdict::No(format!("not so: {expression}; seen: {seen}")))
            }
            Err(error) => Some(Verdict::No(format!("{expression}: {}", reason(error)))),
        }
    }
}

/// Why an expression has no value, in one line.
fn reason(error: RenderError) -> String {
    match error {
        RenderError::NeedsFacts => "facts are not known to checks".to_owned(),
        RenderError::Invalid(errors) => errors.iter().next().map(|error| error.message.clone()).unwrap_or_default(),
    }
}
