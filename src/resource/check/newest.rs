//! What a check says of a signal: from when its newest sample is, and whether that is new enough.

use crate::resource::arguments::milliseconds;
use crate::schema::{Argument, Arguments, Shape};
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::template::Value;
use crate::yaml::Node;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How far ahead a sample may be, in seconds: clocks differ a little, and the host's says whole seconds.
const AHEAD: i64 = 60;

/// By how much an age may be too small, in seconds: the host's clock says whole ones, and so does the age.
const ROUNDED: i64 = 2;

pub(super) const SIGNAL: Argument = Argument::new(
    "signal",
    Shape::Text,
    "of which [signal](#signals) it finds the newest sample, a short word: `metrics`, `logs`, `traces`",
);
pub(super) const OF: Argument = Argument::new(
    "of",
    Shape::Text,
    "the host whose signal it is, one of the inventory; default: the host that is asked. With `--limit`, a check about \
     another host than those is left out",
);
pub(super) const NEWEST: Argument = Argument::new(
    "newest",
    Shape::Expression,
    "an expression like `that`: the time of the newest sample, as seconds, milliseconds, microseconds or nanoseconds \
     since 1970 (their size tells which) or as RFC 3339 with its time zone; a number or text. Undefined, none, empty or \
     0 where there is no sample",
);
pub(super) const MAX_AGE: Argument =
    Argument::new("max_age", Shape::Duration, "how old that sample may be: `90s`, `10m`, `1h30m`, `2d`");
pub(super) const FRESH: Argument = Argument::new(
    "fresh",
    Shape::Flag,
    "`true`: after a change, the sample must be from after it, whatever `max_age` says",
)
.default("false");

/// A signal of a host, and how new its newest sample must be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Signal {
    /// `metrics`, `logs`, ...
    pub name: String,
    /// Whose it is, and where that is written; none: the host's that is asked.
    pub of: Option<(String, Span)>,
    /// An expression: the time of the newest sample.
    pub(super) newest: String,
    max_age: MaxAge,
    /// Whether, after a change, only a sample from after it counts.
    fresh: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct MaxAge {
    written: String,
    millis: u64,
}

/// The keys that only make sense together, and how they are written.
const TOGETHER: [&str; 3] = ["signal", "newest", "max_age"];
const HINT: &str = "signal: a word (metrics), newest: an expression for the time of the newest sample, max_age: how old it may be (10m)";

impl Signal {
    /// Reads `signal`, `of`, `newest`, `max_age` and `fresh`; none if none is there.
    pub(super) fn read(fields: &mut Arguments<'_>) -> Option<Self> {
        let found = TOGETHER.map(|key| fields.entry(key));
        let (of, fresh) = (fields.entry("of"), fields.entry("fresh"));
        let first = found.iter().find_map(|entry| *entry).or(of).or(fresh)?;
        let missing: Vec<String> = TOGETHER
            .iter()
            .zip(&found)
            .filter(|(_, entry)| entry.is_none())
            .map(|(key, _)| format!("`{key}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!("`{}` needs {} beside it", first.key, missing.join(" and "));
            fields.error(Diagnostic::at(&first.key_span, message).hint(HINT));
        }
        let [signal, newest, max_age] = found.map(|entry| entry.map(|entry| &entry.value));
        let name = fields.read(signal, word);
        let of = fields.read(of.map(|entry| &entry.value), |host| Ok((host.string()?, host.span.clone())));
        let newest = fields.read(newest, Node::string);
        let max_age = fields.read(max_age, max_age_of);
        let fresh = fields.read(fresh.map(|entry| &entry.value), Node::boolean).unwrap_or(false);
        Some(Self { name: name?, of, newest: newest?, max_age: max_age?, fresh })
    }

    /// What is wrong with a sample of this age, `since` a change, if it has to be from after it.
    pub(super) fn stale(&self, age: i64, since: Duration) -> Option<String> {
        let new = u64::try_from(age + ROUNDED).is_ok_and(|age| age <= since.as_secs());
        (self.fresh && !new).then(|| format!("the newest sample is from before the change ({age} s old)"))
    }

    /// How many seconds old the newest sample is, negative if it is ahead, and what is wrong with that.
    ///
    /// # Errors
    /// When there is none, or when its time cannot be read.
    pub(super) fn age(&self, newest: Option<&Value>, now: Option<Timestamp>) -> Result<(i64, Option<String>), String> {
        let Some(newest) = newest.map_or(Ok(None), time)? else { return Err("no sample".to_owned()) };
        let Some(now) = now else { return Err("the host does not say what time it is there".to_owned()) };
        let age = now.duration_since(newest);
        let seconds = age.as_secs();
        if (-AHEAD..0).contains(&seconds) {
            return Ok((0, None));
        }
        let wrong = if seconds < 0 {
            Some(format!("the newest sample is {} s in the future: clocks differ", -seconds))
        } else if age.as_millis() > i128::from(self.max_age.millis) {
            Some(format!("the newest sample is older than {} ({seconds} s)", self.max_age.written))
        } else {
            None
        };
        Ok((seconds, wrong))
    }
}

/// The name of a signal: a word to find it by.
fn word(node: &Node) -> Result<String, Diagnostics> {
    let name = node.string()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if name.len() > 20 || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        let error = Diagnostic::at(&node.span, format!("`{name}` is no name of a signal"));
        return Err(error.hint("a short word in lower case: metrics, logs, traces").into());
    }
    Ok(name)
}

fn max_age_of(node: &Node) -> Result<MaxAge, Diagnostics> {
    let millis = milliseconds(node)?;
    if millis == 0 {
        return Err(Diagnostic::at(&node.span, "`max_age` must be longer than nothing").hint("max_age: 10m").into());
    }
    Ok(MaxAge { written: node.string()?, millis })
}

/// A moment as services write it: seconds, milliseconds, microseconds or nanoseconds since 1970, or RFC 3339. Nothing, an
/// empty text and what is not after 1970 (a zero, Go's year 1) mean that there is none.
fn time(value: &Value) -> Result<Option<Timestamp>, String> {
    use minijinja::value::ValueKind;
    let no_time = || format!("`newest` comes to {}, which is no time", shown(value));
    let found = match value.kind() {
        ValueKind::Undefined | ValueKind::None => return Ok(None),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default().trim();
            if text.is_empty() {
                return Ok(None);
            }
            since_1970(text).or_else(|| text.parse().ok())
        }
        ValueKind::Number => since_1970(&value.to_string()),
        _ => None,
    };
    found.ok_or_else(no_time).map(|time| Some(time).filter(|time| *time > Timestamp::UNIX_EPOCH))
}

/// A number since 1970, whose size tells its unit: seconds reach 100 000 000 000 in the year 5138 only, and milliseconds
/// have been above that since 1973.
fn since_1970(text: &str) -> Option<Timestamp> {
    let whole = text.parse::<i128>().ok();
    // as a number with a fraction it is exact enough
    #[allow(clippy::cast_precision_loss)]
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    let unit = match number.abs() {
        size if size < 1e11 => 1_000_000_000,
        size if size < 1e14 => 1_000_000,
        size if size < 1e17 => 1_000,
        _ => 1,
    };
    #[allow(clippy::cast_possible_truncation)]
    let nanoseconds = match whole {
        Some(whole) => whole.checked_mul(unit)?,
        None => (number * unit as f64) as i128,
    };
    Timestamp::from_nanosecond(nanoseconds).ok()
}

/// The beginning of a value, for a message.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("`{}…`", &text[..at]),
        None => format!("`{text}`"),
    }
}
