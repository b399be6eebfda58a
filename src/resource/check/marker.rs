//! `marker`: a value that nobody has seen before is written at one end, and looked for at the other.

use super::answer::Demand;
use super::command::Command;
use super::http::{HEADERS, Http, headers_and_user, pairs};
use super::{Question, WITHIN};
use crate::host::{in_query, quote};
use crate::resource::arguments::{command, path};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::{Entry, Node};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What stands for the value of a marker until it is asked for: each asking has another one.
pub(crate) const MARKER: &str = "solti-MARKER";

/// `marker`.
pub(super) static SCHEMA: Schema = Schema::new(
    "marker",
    &[
        Argument::new("write", Shape::Mapping(&WRITE), "where it is written, see below").required().identity(),
        Argument::new("find", Shape::Mapping(&FIND), "where it is looked for, see below").required().identity(),
        WITHIN.meaning(
            "how long to keep looking; what was sent, kept and made searchable in steps needs their intervals together",
        ),
    ],
);

/// Where a marker is written.
const WRITES: &[&str] = &["journal", "file", "influx", "loki", "metric", "command"];
/// Where a marker is looked for.
const FINDS: &[&str] = &["loki", "prometheus", "influxdb", "command"];

const HTTP_USER: Argument = Argument::new("user", Shape::Text, "who asks, with `password`");
const HTTP_PASSWORD: Argument = Argument::new("password", Shape::Text, "the user's");
const TOKEN: Argument = Argument::new("token", Shape::Text, "who asks, in place of `user` and `password`");

/// Where a marker is written, and how.
static WRITE: Schema = Schema::new(
    "`write`",
    &[
        Argument::new("journal", Shape::Text, "a tag: the value becomes a line of the host's journal"),
        Argument::new("file", Shape::Path, "a path: the value is appended as a line"),
        Argument::new("influx", Shape::Text, "a URL that takes points of InfluxDB's line protocol, with its path"),
        Argument::new("loki", Shape::Text, "a URL: the value is in a line of the service `solti`"),
        Argument::new("metric", Shape::Path, "a `*.prom` file of node_exporter's textfile collector"),
        Argument::new("command", Shape::Command, "a command with `{{ marker }}` in it"),
        Argument::new("measurement", Shape::Text, "what a point is called").default("solti_marker"),
        Argument::new("tags", Shape::Map(&Shape::Text), "the point's tags"),
        HEADERS,
        HTTP_USER,
        HTTP_PASSWORD,
        TOKEN,
    ],
)
.exactly_one(WRITES);

/// Where a marker is looked for, and how.
static FIND: Schema = Schema::new(
    "`find`",
    &[
        Argument::new("loki", Shape::Text, "a URL, with `labels` of the stream: a line that has the value in it"),
        Argument::new("prometheus", Shape::Text, "a URL, and `labels`: a series whose label `marker` is the value"),
        Argument::new(
            "influxdb",
            Shape::Text,
            "a URL, with `org`, `bucket`, and `tags`: a point of the last hour whose field `marker` is the value",
        ),
        Argument::new("command", Shape::Command, "a command whose output has the value in it"),
        Argument::new("labels", Shape::Map(&Shape::Text), "labels of the stream or series"),
        Argument::new("org", Shape::Text, "the organization"),
        Argument::new("bucket", Shape::Text, "the bucket"),
        Argument::new("tags", Shape::Map(&Shape::Text), "the point's tags"),
        HEADERS,
        HTTP_USER,
        HTTP_PASSWORD,
        TOKEN,
    ],
)
.exactly_one(FINDS);

/// What a marker is called that has no name: both of its ends.
pub(crate) fn marker_name(args: &Node) -> String {
    let end = |key: &str, kinds: &[&str]| {
        let end = args.get(key)?;
        let (kind, value) = kinds.iter().find_map(|kind| Some((kind, end.get(kind)?)))?;
        Some(format!("{kind} {}", value.strings().unwrap_or_default().join(" ")))
    };
    [end("write", WRITES), end("find", FINDS)].map(Option::unwrap_or_default).join(" in ")
}

/// What a point is called whose field `marker` has the value.
const MEASUREMENT: &str = "solti_marker";

/// Where Telegraf's `http_listener_v2` takes points if nobody says otherwise.
const TELEGRAF: &str = "/telegraf";

/// How a textfile begins that is ours.
const HELP: &str = "# HELP solti_marker A value that solti looks for where metrics are kept.";

/// Puts a value into a file of node_exporter's textfile collector, which must not see half of it. What somebody else has
/// written stays.
const TEXTFILE: &str = r##"[ ! -e "$0" ] || [ "$(head -n 1 -- "$0")" = "$2" ] || { echo "$0 is there already, and not from a marker"; exit 1; }
umask 022
printf '%s\n# TYPE solti_marker gauge\nsolti_marker{marker="%s"} 1\n' "$2" "$1" >"$0.new" && mv -f -- "$0.new" "$0""##;

/// Two questions, with [`MARKER`] where the value goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Marker {
    /// Answered with yes once it is written.
    pub(super) write: Box<Question>,
    /// Answered with yes once it is found.
    pub(super) find: Box<Question>,
    /// A file that goes afterwards.
    leaves: Option<String>,
    name: String,
}

impl Marker {
    /// Shell text that removes what is left on the host.
    pub(super) fn cleanup(&self) -> Option<String> {
        let path = self.leaves.as_ref().map(|path| quote(path))?;
        let help = quote(HELP);
        Some(format!("[ ! -e {path} ] || [ \"$(head -n 1 -- {path})\" != {help} ] || rm -f -- {path}\n"))
    }

    pub(super) fn read(fields: &mut Arguments<'_>, name: String, as_user: Option<&str>) -> Option<Self> {
        let write = fields.required("write");
        let write = fields.read(write, |node| read_write(node, as_user));
        let find = fields.required("find");
        let find = fields.read(find, |node| read_find(node, as_user));
        let ((write, leaves), find) = (write?, find?);
        Some(Self { write: Box::new(write), find: Box::new(find), leaves, name })
    }

    /// Both ends.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

fn read_write(node: &Node, as_user: Option<&str>) -> Result<(Question, Option<String>), Diagnostics> {
    let mut fields = Arguments::new(node, &WRITE)?;
    let Some(end) = end(&mut fields, "write", WRITES) else { return fields.finish_with(None) };
    let node = Some(&end.value);
    let mut leaves = None;
    let words = match end.key.as_str() {
        "journal" => fields.read(node, tag).map(|tag| words(&["logger", "-t", &tag, "--", MARKER])),
        "file" => {
            let path = fields.read(node, path);
            path.map(|path| words(&["sh", "-c", "printf '%s\\n' \"$1\" >>\"$0\"", &path, MARKER]))
        }
        "metric" => {
            leaves = fields.read(node, textfile);
            leaves.as_ref().map(|path| words(&["sh", "-c", TEXTFILE, path, MARKER, HELP]))
        }
        "influx" => {
            let point = point(&mut fields, end).map(Question::Http);
            return fields.finish_with(point).map(|question| (question, None));
        }
        "loki" => {
            let line = line(&mut fields, end).map(Question::Http);
            return fields.finish_with(line).map(|question| (question, None));
        }
        _ => fields.read(node, writing),
    };
    let question = words.map(|words| run(words, as_user, Demand::default()));
    fields.finish_with(question).map(|question| (question, leaves))
}

fn read_find(node: &Node, as_user: Option<&str>) -> Result<Question, Diagnostics> {
    let mut fields = Arguments::new(node, &FIND)?;
    let Some(end) = end(&mut fields, "find", FINDS) else { return fields.finish_with(None) };
    let question = match end.key.as_str() {
        "loki" => loki(&mut fields, end).map(Question::Http),
        "prometheus" => prometheus(&mut fields, end).map(Question::Http),
        "influxdb" => influxdb(&mut fields, end).map(Question::Http),
        _ => fields.read(Some(&end.value), command).map(|words| run(words, as_user, Demand::of(MARKER))),
    };
    fields.finish_with(question)
}

/// The one key that says where; the others say how.
fn end<'n>(fields: &mut Arguments<'n>, what: &str, kinds: &[&'static str]) -> Option<&'n Entry> {
    let found: Vec<&Entry> = kinds.iter().filter_map(|kind| fields.entry(kind)).collect();
    let choice = kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
    match found[..] {
        [] => fields.error(Diagnostic::at(fields.span(), format!("`{what}` needs one of {choice}"))),
        [one] => return Some(one),
        [first, second, ..] => {
            let error = Diagnostic::at(&second.key_span, format!("`{what}` takes one of {choice}"));
            fields.error(error.also(&first.key_span, "given here already"));
        }
    }
    None
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn run(command: Vec<String>, as_user: Option<&str>, demand: Demand) -> Question {
    Question::Command(Command { command, user: as_user.map(str::to_owned), demand })
}

/// The tag of a line in the journal.
fn tag(node: &Node) -> Result<String, Diagnostics> {
    let tag = node.string()?;
    if tag.is_empty() || tag.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(Diagnostic::at(&node.span, format!("`{tag}` is no tag for lines of the journal")).into());
    }
    Ok(tag)
}

/// A file that node_exporter reads.
fn textfile(node: &Node) -> Result<String, Diagnostics> {
    let path = path(node)?;
    if !path.ends_with(".prom") {
        let error = Diagnostic::at(&node.span, format!("{path} is not read by node_exporter"));
        return Err(error.hint("its textfile collector reads files whose names end with .prom").into());
    }
    Ok(path)
}

/// A command that writes the value.
fn writing(node: &Node) -> Result<Vec<String>, Diagnostics> {
    let words = command(node)?;
    if !words.iter().any(|word| word.contains(MARKER)) {
        let error = Diagnostic::at(&node.span, "the command does not write the marker");
        return Err(error.hint("`{{ marker }}` stands for the value in it").into());
    }
    Ok(words)
}

/// `url`, with nothing at its end that a path would follow.
fn url<'n>(fields: &mut Arguments<'n>, end: &'n Entry) -> Option<String> {
    let url = fields.read(Some(&end.value), |node| {
        let url = node.string()?;
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        if rest.is_none_or(str::is_empty) {
            let error = Diagnostic::at(&node.span, format!("`{url}` is no URL"));
            return Err(error.hint("it begins with http:// or https://").into());
        }
        Ok(url)
    });
    url.map(|url| url.trim_end_matches('/').to_owned())
}

/// What is said about who asks.
fn who(fields: &mut Arguments<'_>, with_token: bool) -> Vec<(String, String)> {
    let mut headers = headers_and_user(fields);
    if let Some(token) = with_token.then(|| fields.string("token")).flatten() {
        headers.push(("Authorization".to_owned(), format!("Token {token}")));
    }
    headers
}

fn get(url: String, headers: Vec<(String, String)>) -> Http {
    Http {
        url,
        method: "GET".to_owned(),
        headers,
        body: None,
        status: Some(200),
        demand: Demand::of(MARKER),
        retry: false,
    }
}

/// A point of line protocol.
fn point<'n>(fields: &mut Arguments<'n>, end: &'n Entry) -> Option<Http> {
    let url = url(fields, end);
    let measurement = fields.string("measurement").unwrap_or_else(|| MEASUREMENT.to_owned());
    let tags = pairs(fields, "tags");
    for text in tags.iter().flat_map(|(name, value)| [name, value]).chain([&measurement]) {
        if text.is_empty() || text.ends_with('\\') || text.contains(char::is_control) {
            let message = format!("`{}` cannot be said in line protocol", text.replace('\n', "\\n"));
            let hint = "names and values of tags are not empty, are one line and do not end in a backslash";
            fields.error(Diagnostic::at(fields.span(), message).hint(hint));
        }
    }
    let mut headers = who(fields, true);
    headers.push(("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned()));
    let mut url = url?;
    if url.splitn(4, '/').count() < 4 {
        url.push_str(TELEGRAF);
    }
    let escaped = |text: &str, special: &[char]| {
        let plain = |c: char| if special.contains(&c) { format!("\\{c}") } else { c.to_string() };
        text.chars().map(plain).collect::<String>()
    };
    let mut line = escaped(&measurement, &[',', ' ']);
    for (name, value) in &tags {
        let special = [',', ' ', '='];
        line.push_str(&format!(",{}={}", escaped(name, &special), escaped(value, &special)));
    }
    // without a time it is from when it arrives
    line.push_str(&format!(" marker=\"{MARKER}\""));
    Some(Http {
        url,
        method: "POST".to_owned(),
        headers,
        body: Some(line),
        status: None,
        demand: Demand::default(),
        retry: false,
    })
}

/// A line by OpenTelemetry's protocol, for there it may come without a time: it gets the one at which it came in.
fn line<'n>(fields: &mut Arguments<'n>, end: &'n Entry) -> Option<Http> {
    let url = url(fields, end);
    let mut headers = who(fields, false);
    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    let service = json!({"key": "service.name", "value": {"stringValue": "solti"}});
    let record = json!({"body": {"stringValue": format!("solti asks whether lines are kept: {MARKER}")}});
    let body = json!({"resourceLogs": [{
        "resource": {"attributes": [service]},
        "scopeLogs": [{"logRecords": [record]}],
    }]});
    url.map(|url| Http {
        url: format!("{url}/otlp/v1/logs"),
        method: "POST".to_owned(),
        headers,
        body: Some(body.to_string()),
        status: None,
        demand: Demand::default(),
        retry: false,
    })
}

/// `{name="value"}`, as Loki and Prometheus understand it.
fn selector(labels: &[(String, String)]) -> String {
    let labels = labels.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    format!("{{{}}}", labels.collect::<Vec<_>>().join(","))
}

/// A regular expression for a marker that does not match itself: servers log the questions that they are asked, and those lines may
/// come to Loki, too.
pub(super) fn pattern(marker: &str) -> String {
    marker.replacen('-', "[-]", 1)
}

/// Text in a query: JSON, LogQL, PromQL and Flux quote alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn loki<'n>(fields: &mut Arguments<'n>, end: &'n Entry) -> Option<Http> {
    let url = url(fields, end);
    // Loki itself refuses to look through everything
    let labels = if fields.required("labels").is_some() { pairs(fields, "labels") } else { Vec::new() };
    let headers = who(fields, false);
    let query = format!("{} |~ \"{}\"", selector(&labels), pattern(MARKER));
    let query = in_query(&query);
    url.map(|url| get(format!("{url}/loki/api/v1/query_range?limit=1&query={query}"), headers))
}

fn prometheus<'n>(fields: &mut Arguments<'n>, end: &'n Entry) -> Option<Http> {
    let url = url(fields, end);
    let mut labels = pairs(fields, "labels");
    labels.push(("marker".to_owned(), MARKER.to_owned()));
    let headers = who(fields, false);
    let query = selector(&labels);
    let query = in_query(&query);
    url.map(|url| get(format!("{url}/api/v1/query?query={query}"), headers))
}

fn influxdb<'n>(fields: &mut Arguments<'n>, end: &'n Entry) -> Option<Http> {
    let url = url(fields, end);
    let (org, bucket) = (fields.required_string("org"), fields.required_string("bucket"));
    let tags = pairs(fields, "tags");
    let mut headers = who(fields, true);
    headers.push(("Content-Type".to_owned(), "application/vnd.flux".to_owned()));
    headers.push(("Accept".to_owned(), "application/csv".to_owned()));
    let (url, org, bucket) = (url?, org?, bucket?);
    // `${` would begin an expression
    let quoted = |text: &str| quoted(text).replace("${", "\\${");
    let mut wanted = format!("r._field == \"marker\" and r._value == \"{MARKER}\"");
    for (name, value) in &tags {
        wanted.push_str(&format!(" and r[{}] == {}", quoted(name), quoted(value)));
    }
    let flux = format!("from(bucket: {}) |> range(start: -1h) |> filter(fn: (r) => {wanted})", quoted(&bucket));
    let url = format!("{url}/api/v2/query?org={}", in_query(&org));
    let http = get(url, headers);
    Some(Http { method: "POST".to_owned(), body: Some(flux), ..http })
}
