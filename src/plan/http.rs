//! HTTP requests that a host's own curl makes: several in one process, their answers as one record.

use crate::host::quote;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::Duration;

/// How much of all answers together is read, in bytes.
const LIMIT: usize = 8 << 20;
/// How long connecting may take, in seconds: what runs on the host itself answers at once or not at all.
const CONNECT_SECONDS: u32 = 5;
/// How long a question may take, in seconds: a service that is stuck is asked all of them.
const SECONDS: u64 = 10;
/// How long what changes something may take, in seconds: it is not asked twice.
const SECONDS_OF_CHANGE: u64 = 60;

/// What a line begins with that has an answer's status, after its body.
const MARK: &str = "-- solti: status ";

/// A request to a service of the host.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// The address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Option<String>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // headers and bodies have secrets in them
        write!(f, "{} {}", self.method, self.url)
    }
}

impl Request {
    /// How long it may take.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(if self.method == "GET" { SECONDS } else { SECONDS_OF_CHANGE })
    }

    /// What tells it from others that only ask.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.url)
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The HTTP status; 0 where there was no answer.
    pub status: u16,
    /// The body; without an answer, why there was none.
    pub body: String,
}

impl Reply {
    /// The body as JSON; null where it is something else.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// The program that makes all requests. It says `http =<base64 of all answers>`, or what the host lacks.
pub fn program(requests: &[&Request]) -> String {
    // the configuration goes to curl on standard input, so that headers with tokens are in no process list
    let config: Vec<String> = requests.iter().map(|request| config(request)).collect();
    let config = quote(&config.join("next\n"));
    format!(
        "if command -v curl >/dev/null; then say http \"=$(printf '%s' {config} | curl -q -sS -K - 2>&1 | head -c {LIMIT} | base64 | tr -d '\\n')\"; \
         else say lacks curl; fi\n"
    )
}

/// A request as curl's configuration file has it, see curl(1), `--config`.
fn config(request: &Request) -> String {
    let seconds = request.patience().as_secs();
    // braces and brackets of a query are no pattern; a proxy is not on the way to a service of the host itself, and
    // would be shown the token
    let mut config = format!(
        "globoff\nnoproxy = \"*\"\nconnect-timeout = {CONNECT_SECONDS}\nmax-time = {seconds}\nurl = {}\nrequest = {}\n",
        curl_quote(&request.url),
        curl_quote(request.method)
    );
    for (name, value) in &request.headers {
        config.push_str(&format!("header = {}\n", curl_quote(&header(name, value))));
    }
    if let Some(body) = &request.body {
        config.push_str(&format!("data-raw = {}\n", curl_quote(body)));
    }
    config.push_str(&format!("write-out = \"\\n{MARK}%{{http_code}}\\n\"\n"));
    config
}

/// The answers in the order of the requests, from the rest of the record `http`; none if there is not one for each. Where
/// there was more than is read, that is the answer: what was asked is not asked again for it.
pub fn replies(rest: &str, requests: usize) -> Option<Vec<Reply>> {
    let bytes = STANDARD.decode(rest.strip_prefix('=')?).ok()?;
    if bytes.len() >= LIMIT {
        let body = format!("the answers have more than {} MiB, which is as much as is read", LIMIT >> 20);
        return Some(vec![Reply { status: 0, body }; requests]);
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut replies = Vec::new();
    let mut body: Vec<&str> = Vec::new();
    for line in text.split('\n') {
        match line.strip_prefix(MARK) {
            Some(status) => {
                replies.push(Reply { status: status.parse().unwrap_or(0), body: body.join("\n") });
                body.clear();
            }
            None => body.push(line),
        }
    }
    (replies.len() == requests).then_some(replies)
}

/// A header as curl takes it: one without a value would be taken for one that is not to be sent.
pub fn header(name: &str, value: &str) -> String {
    if value.trim().is_empty() { format!("{name};") } else { format!("{name}: {value}") }
}

/// Quotes for curl's configuration file, see curl(1), `--config`.
pub fn curl_quote(text: &str) -> String {
    let escaped =
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(url: &str) -> Request {
        let headers = vec![("Authorization".to_owned(), "Token s3cret".to_owned())];
        Request { method: "GET", url: url.to_owned(), headers, body: None }
    }

    #[test]
    fn several_requests_are_one_process() {
        let post = Request { method: "POST", body: Some("{\"a\": 'b'}".to_owned()), ..get("http://h/2") };
        insta::assert_snapshot!(program(&[&get("http://h/1?x={y}"), &post]), @r#"
        if command -v curl >/dev/null; then say http "=$(printf '%s' 'globoff
        noproxy = "*"
        connect-timeout = 5
        max-time = 10
        url = "http://h/1?x={y}"
        request = "GET"
        header = "Authorization: Token s3cret"
        write-out = "\n-- solti: status %{http_code}\n"
        next
        globoff
        noproxy = "*"
        connect-timeout = 5
        max-time = 60
        url = "http://h/2"
        request = "POST"
        header = "Authorization: Token s3cret"
        data-raw = "{\"a\": '\''b'\''}"
        write-out = "\n-- solti: status %{http_code}\n"
        ' | curl -q -sS -K - 2>&1 | head -c 8388608 | base64 | tr -d '\n')"; else say lacks curl; fi
        "#);
    }

    #[test]
    fn answers_are_told_apart() {
        let said = format!(
            "={}",
            STANDARD.encode(format!("{{\"a\": 1}}\n\n{MARK}200\n\n{MARK}204\ncurl: (7) no\n\n{MARK}000\n"))
        );
        let all = replies(&said, 3).unwrap();
        assert_eq!(all[0].json(), serde_json::json!({"a": 1}));
        assert_eq!((all[1].status, all[1].body.trim()), (204, ""));
        assert!(all[2].status == 0 && all[2].body.starts_with("curl: (7) no"));
        assert_eq!(replies(&said, 2), None);
    }

    #[test]
    fn too_much_is_not_asked_again() {
        let all = replies(&format!("={}", STANDARD.encode("x".repeat(LIMIT))), 2).unwrap();
        assert_eq!((all.len(), all[0].status), (2, 0));
        assert_eq!(all[1].body, "the answers have more than 8 MiB, which is as much as is read");
    }
}
