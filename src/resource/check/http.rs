//! `http`: a request to a server, asked on the host with curl, or from here where there is none.

use super::answer::{CONTAINS, Demand, SHOW, THAT};
use super::newest::{FRESH, MAX_AGE, NEWEST, OF, SIGNAL};
use super::{WITHIN, Who, say_reply};
use crate::ability::http::{curl_quote, header, server};
use crate::api::{Auth, Standing};
use crate::host::quote;
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::Node;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub(super) const HEADERS: Argument =
    Argument::new("headers", Shape::Map(&Shape::Text), "names and values, each one line; no process shows them");

/// `http`.
pub(super) static SCHEMA: Schema = Schema::new(
    "http",
    &[
        Argument::new("url", Shape::Text, "the address").required().identity(),
        Argument::new("method", Shape::Text, "default `GET`, or `POST` with a `body`"),
        HEADERS,
        Argument::new("body", Shape::Text, "what is sent"),
        Argument::new("status", Shape::Number { least: 100, most: 599 }, "what must come back").default("200"),
        Argument::new(
            "on_refused",
            Shape::Choice(&["fail", "retry"]),
            "what 401 and 403 mean where the request says who asks: `retry` is for a service that refuses everybody \
             while it starts",
        )
        .default("fail"),
        CONTAINS,
        THAT,
        SHOW,
        SIGNAL,
        OF,
        NEWEST,
        MAX_AGE,
        FRESH,
        WITHIN,
    ],
);

/// A request, and what its answer should be like.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Http {
    pub(super) url: String,
    pub(super) method: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
    /// What must come back; none: any that says that it went well.
    pub(super) status: Option<u16>,
    pub(super) demand: Demand,
    /// Whether a refusal may be passing: some services refuse everybody while they start.
    pub(super) retry: bool,
}

/// Headers that do not say who asks.
const OF_NOBODY: [&str; 11] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-type",
    "host",
    "origin",
    "referer",
    "user-agent",
    // a tenant of Loki, Mimir or Tempo
    "x-scope-orgid",
];

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

impl Http {
    pub(super) fn read(fields: &mut Arguments<'_>) -> Option<Self> {
        let url = fields.required_string("url");
        let method = fields.string("method");
        let headers = headers(fields);
        let body = fields.string("body");
        let status = fields.get("status");
        let status = Some(fields.read(status, http_status).unwrap_or(200));
        let demand = Demand::read(fields);
        let retry = fields.get("on_refused");
        let retry = fields.read(retry, |node| match node.string()?.as_str() {
            "fail" => Ok(false),
            "retry" => Ok(true),
            other => {
                Err(Diagnostic::at(&node.span, format!("`on_refused` is `fail` or `retry`, not `{other}`")).into())
            }
        });
        let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
        url.map(|url| Self { url, method, headers, body, status, demand, retry: retry.unwrap_or(false) })
    }

    /// Who asks whom, as far as the request says so: a header of its own, somebody in the URL, or, where there is neither, a
    /// body, which may be that of a login.
    pub(super) fn identity(&self) -> Option<String> {
        let server = server(&self.url);
        let says = |name: &str| !OF_NOBODY.contains(&name.to_ascii_lowercase().as_str());
        let mut words: Vec<&str> = self
            .headers
            .iter()
            .filter(|(name, _)| says(name))
            .flat_map(|(name, value)| [name.as_str(), value])
            .collect();
        if words.is_empty() && !server.contains('@') {
            words.push(self.body.as_deref()?);
        }
        words.push(server);
        Some(words.join("\n"))
    }

    /// What a status says of who asks.
    pub(super) fn who(&self, status: u16) -> Who {
        match Standing::of(status) {
            Standing::Refused if !self.retry && self.identity().is_some() => Who::Refused,
            // while it starts, those in front of it say so
            Standing::Refused | Standing::Later => Who::Unsaid,
            Standing::Answered => Who::Taken,
        }
    }

    pub(super) fn request(&self, patience: Duration) -> Request<'_> {
        let Self { url, method, headers, body, .. } = self;
        Request { url, method, headers, body: body.as_deref(), patience }
    }

    /// The program that asks once.
    pub(super) fn program(&self, seconds: u64) -> String {
        let Self { url, method, headers, body, .. } = self;
        // braces and brackets of a query are no pattern
        let mut config = format!("globoff\nurl = {}\nrequest = {}\n", curl_quote(url), curl_quote(method));
        if is_loopback(url) {
            // a proxy would look for it on its own host, and be shown the headers
            config.push_str("noproxy = \"*\"\n");
        }
        for (name, value) in headers {
            config.push_str(&format!("header = {}\n", curl_quote(&header(name, value))));
        }
        if let Some(body) = body {
            config.push_str(&format!("data-raw = {}\n", curl_quote(body)));
        }
        // the configuration goes to curl on standard input, so that headers with tokens are in no process list
        format!(
            "if command -v curl >/dev/null; then reply=$(printf '%s' {} | curl -sS --max-time {seconds} -w '\\n%{{http_code}}' -K - 2>&1); status=$?; http=${{reply##*\n}}; \
             case $http in [0-9][0-9][0-9]) reply=${{reply%\n*}} ;; *) http=0 ;; esac; {}; else say lacks curl; fi\n",
            quote(&config),
            say_reply("$http")
        )
    }
}

/// Names and values, in the order in which they are written.
pub(super) fn pairs(fields: &mut Arguments<'_>, key: &'static str) -> Vec<(String, String)> {
    let node = fields.get(key);
    let pairs = fields.read(node, |node| {
        let mut errors = Diagnostics::new();
        let pairs = node.mapping()?.iter();
        let pairs =
            pairs.filter_map(|entry| Some((entry.key.clone(), errors.collect(entry.value.string())?))).collect();
        errors.or(pairs)
    });
    pairs.unwrap_or_default()
}

/// `headers`: one line each, under names that HTTP knows.
fn headers(fields: &mut Arguments<'_>) -> Vec<(String, String)> {
    let node = fields.get("headers");
    let right = fields.read(node, |node| {
        let mut errors = Diagnostics::new();
        for entry in node.mapping()? {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if entry.key.is_empty() || !entry.key.chars().all(token) {
                errors.push(Diagnostic::at(&entry.key_span, format!("`{}` is no name of a header", entry.key)));
            }
            if entry.value.as_str().is_some_and(|text| text.contains(|c: char| c.is_control() && c != '\t')) {
                errors.push(Diagnostic::at(&entry.value.span, "a header is one line, without control characters"));
            }
        }
        errors.or(())
    });
    if right.is_some() { pairs(fields, "headers") } else { Vec::new() }
}

/// `headers`, and the one that `user` and `password` make.
pub(super) fn headers_and_user(fields: &mut Arguments<'_>) -> Vec<(String, String)> {
    let mut headers = headers(fields);
    let [user, password] = ["user", "password"].map(|key| fields.entry(key));
    match (user, password) {
        (Some(user), Some(password)) => {
            let name = |node: &Node| match node.string()? {
                name if name.contains(':') => {
                    let error = Diagnostic::at(&node.span, "the name of a user of HTTP has no `:`, which ends it");
                    Err(error.into())
                }
                name => Ok(name),
            };
            let user = fields.read(Some(&user.value), name);
            let password = fields.read(Some(&password.value), Node::string);
            let (user, password) = (user.unwrap_or_default(), password.unwrap_or_default());
            headers.extend(Auth::Basic { user: &user, password: &password }.header());
        }
        (Some(one), None) | (None, Some(one)) => {
            fields.error(Diagnostic::at(&one.key_span, "`user` and `password` come together"));
        }
        (None, None) => {}
    }
    headers
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
