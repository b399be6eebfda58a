//! HTTP requests that a host's own curl makes: several in one process, their answers as one record.

use crate::host::quote;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use std::time::Duration;

/// How much of all answers together is read, in bytes.
const LIMIT: usize = 8 << 20;
/// How long connecting may take, in seconds: what runs on the host itself answers at once or not at all.
const CONNECT_SECONDS: u32 = 5;
/// How long a question may take, in seconds: a service that is stuck is asked all of them.
const SECONDS: u64 = 10;
/// How long what changes something may take, in seconds: it is not asked twice.
const SECONDS_OF_CHANGE: u64 = 60;

/// The statuses by which a service refuses who asks.
pub const REFUSED: [u16; 2] = [401, 403];

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

    /// Which password it tries at which server. A wrong one is an attempt, of which few lock an account; wrong tokens lock
    /// nobody out.
    pub fn password(&self) -> Option<(&str, &str)> {
        let (_, basic) = self.headers.iter().find(|(_, value)| value.starts_with("Basic "))?;
        Some((server(&self.url), basic))
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

/// In what order requests are made, each by its place.
struct Order {
    /// By one process.
    at_once: Vec<usize>,
    /// A password is tried by one request, and by the others only where it was not refused.
    tried: Vec<(usize, Vec<usize>)>,
}

impl Order {
    fn of(requests: &[&Request]) -> Self {
        let mut at_once = Vec::new();
        let mut tries: IndexMap<(&str, &str), Vec<usize>> = IndexMap::new();
        for (at, request) in requests.iter().enumerate() {
            match request.password() {
                Some(password) => tries.entry(password).or_default().push(at),
                None => at_once.push(at),
            }
        }
        let mut tried = Vec::new();
        for mut all in tries.into_values() {
            if all.len() == 1 {
                at_once.append(&mut all);
            } else {
                tried.push((all.remove(0), all));
            }
        }
        at_once.sort_unstable();
        Self { at_once, tried }
    }
}

/// The program that makes all requests. It says `http =<base64 of all answers>`, or what the host lacks.
pub fn program(requests: &[&Request]) -> String {
    let curl = |places: &[usize]| {
        // the configuration goes to curl on standard input, so that headers with tokens are in no process list
        let config: Vec<String> = places.iter().filter_map(|at| requests.get(*at)).map(|it| config(it)).collect();
        format!("printf '%s' {} | curl -q -sS -K - 2>&1", quote(&config.join("next\n")))
    };
    let Order { at_once, tried } = Order::of(requests);
    let mut asked = if at_once.is_empty() { Vec::new() } else { vec![curl(&at_once)] };
    for (first, rest) in &tried {
        let refused = REFUSED.map(|status| format!("*'{MARK}{status}'")).join("|");
        let (first, rest) = (curl(&[*first]), curl(rest));
        asked.push(format!(
            "first=$({first}); printf '%s\\n' \"$first\"; case $first in ({refused}) ;; (*) {rest} ;; esac"
        ));
    }
    let asked = if tried.is_empty() { asked.concat() } else { format!("{{ {}; }}", asked.join("; ")) };
    format!(
        "if command -v curl >/dev/null; then say http \"=$({asked} | head -c {LIMIT} | base64 | tr -d '\\n')\"; \
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
pub fn replies(rest: &str, requests: &[&Request]) -> Option<Vec<Reply>> {
    let bytes = STANDARD.decode(rest.strip_prefix('=')?).ok()?;
    if bytes.len() >= LIMIT {
        let body = format!("the answers have more than {} MiB, which is as much as is read", LIMIT >> 20);
        return Some(vec![Reply { status: 0, body }; requests.len()]);
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
    in_their_order(replies, requests)
}

/// The answers in the order of the requests. What was not asked, because the same password had been refused, has that answer.
fn in_their_order(said: Vec<Reply>, requests: &[&Request]) -> Option<Vec<Reply>> {
    let mut said = said.into_iter();
    let Order { at_once, tried } = Order::of(requests);
    let mut placed: Vec<(usize, Reply)> = Vec::new();
    for at in at_once {
        placed.push((at, said.next()?));
    }
    for (first, rest) in tried {
        let reply = said.next()?;
        for at in rest {
            placed.push((at, if REFUSED.contains(&reply.status) { reply.clone() } else { said.next()? }));
        }
        placed.push((first, reply));
    }
    placed.sort_by_key(|(at, _)| *at);
    said.next().is_none().then(|| placed.into_iter().map(|(_, reply)| reply).collect())
}

/// A header as curl takes it: one without a value would be taken for one that is not to be sent.
pub fn header(name: &str, value: &str) -> String {
    if value.trim().is_empty() { format!("{name};") } else { format!("{name}: {value}") }
}

/// The part of a URL that says which server it is of.
pub fn server(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |length| start + length);
    &url[..end]
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
    use crate::host::shells_here::{SAY, command, shells};

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
        let one = get("http://h");
        let all = replies(&said, &[&one; 3]).unwrap();
        assert_eq!(all[0].json(), serde_json::json!({"a": 1}));
        assert_eq!((all[1].status, all[1].body.trim()), (204, ""));
        assert!(all[2].status == 0 && all[2].body.starts_with("curl: (7) no"));
        assert_eq!(replies(&said, &[&one; 2]), None);
        assert_eq!(replies(&said, &[&one; 4]), None);
    }

    /// A curl of the shell's own says what it was asked for, and takes one password.
    #[test]
    fn a_wrong_password_is_tried_once() {
        let with = |url: &str, password: &str| {
            let headers = vec![("Authorization".to_owned(), format!("Basic {password}"))];
            Request { headers, ..get(url) }
        };
        let curl = r#"curl() {
            while read -r key is value; do
                case $key in
                url) url=$value ;;
                header) status=200; case $value in (*wrong*) status=401 ;; esac ;;
                write-out) printf '%s\n-- solti: status %s\n' "$url" $status ;;
                esac
            done
        }
        "#;
        let requests = [
            with("http://h/1", "wrong"),
            with("http://h/2", "right"),
            get("http://h/3"),
            with("http://h/4", "wrong"),
            with("http://h/5", "right"),
            with("http://other/6", "wrong"),
            with("http://h/7", "wrong"),
        ];
        let requests: Vec<&Request> = requests.iter().collect();
        for shell in shells() {
            let output = command(shell, &format!("{SAY}{curl}{}", program(&requests))).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let said = text.trim_end().strip_prefix("mark http ").unwrap();
            let asked = String::from_utf8(STANDARD.decode(&said[1..]).unwrap()).unwrap();
            assert_eq!(asked.matches("status 401").count(), 2, "{shell:?} {asked}");
            let all = replies(said, &requests).unwrap();
            let all: Vec<String> = all.iter().map(|reply| format!("{} {}", reply.status, reply.body)).collect();
            assert_eq!(
                all,
                [
                    "401 \"http://h/1\"",
                    "200 \"http://h/2\"",
                    "200 \"http://h/3\"",
                    "401 \"http://h/1\"",
                    "200 \"http://h/5\"",
                    "401 \"http://other/6\"",
                    "401 \"http://h/1\"",
                ],
                "{shell:?}"
            );
        }
    }

    #[test]
    fn too_much_is_not_asked_again() {
        let all = replies(&format!("={}", STANDARD.encode("x".repeat(LIMIT))), &[&get("http://h"); 2]).unwrap();
        assert_eq!((all.len(), all[0].status), (2, 0));
        assert_eq!(all[1].body, "the answers have more than 8 MiB, which is as much as is read");
    }
}
