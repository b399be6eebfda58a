//! Host patterns: which hosts `web*:!retired` means.

use super::{Inventory, LOCAL_NAMES};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean};
use indexmap::IndexSet;
use regex::Regex;
use std::net::Ipv6Addr;
use std::path::Path;

/// One part of a pattern, and where it stands.
struct Part {
    text: String,
    span: Option<Span>,
}

impl Inventory {
    /// The hosts that a pattern means, in the inventory's order within each part. `at` is where a playbook has it;
    /// without, it is from the command line (`--limit`), where `@file` is a file of patterns.
    ///
    /// None are meant by a group that has no hosts. What names nobody is never everybody: empty text, as a variable that
    /// is not set gives, is an error, and so is a pattern that takes away all that it names.
    ///
    /// # Errors
    /// For each part that means no known host or group, and each wildcard that matches none; when the whole names no
    /// host, or takes away all that it names.
    pub fn select(&self, pattern: &str, at: Option<&Span>) -> Result<Vec<String>, Diagnostics> {
        let mut errors = Diagnostics::new();
        let whole = |message: String| match at {
            Some(at) => Diagnostic::at(at, message),
            None => Diagnostic::new(message),
        };
        let (mut parts, gap) = self.parts(pattern, at, &mut errors);
        // What adds goes first, whatever the order; what only takes away does so from all.
        let rank = |part: &Part| match part.text.chars().next() {
            Some('!') => 2,
            Some('&') => 1,
            _ => 0,
        };
        parts.sort_by_key(rank);
        let (adding, narrowing) = parts.split_at(parts.partition_point(|part| rank(part) == 0));
        let mut hosts: IndexSet<String> = IndexSet::new();
        if adding.is_empty() {
            // `:!retired` is `GROUP:!retired` with a group that nobody has named
            if (gap || narrowing.is_empty()) && errors.is_empty() {
                let error = match pattern.trim() {
                    "" => whole("the host pattern is empty".to_owned()),
                    _ => whole(format!("the host pattern `{pattern}` names no host")),
                };
                errors.push(error.hint("`all` is every host"));
            }
            hosts.extend(self.hosts().map(|host| host.name.clone()));
        }
        hosts.extend(adding.iter().filter_map(|part| errors.collect(self.part(part))).flatten());
        let mut named = !hosts.is_empty();
        for part in narrowing {
            let Some(found) = errors.collect(self.part(part)) else { continue };
            if rank(part) == 1 {
                named &= !found.is_empty();
                hosts.retain(|host| found.contains(host));
            } else {
                hosts.retain(|host| !found.contains(host));
            }
        }
        if hosts.is_empty() && named && errors.is_empty() {
            errors.push(whole(format!("the host pattern `{pattern}` leaves no host: it takes away all that it names")));
        }
        errors.or(hosts.into_iter().collect())
    }

    /// The parts of a pattern, and whether there is nothing where one could be.
    fn parts(&self, pattern: &str, at: Option<&Span>, errors: &mut Diagnostics) -> (Vec<Part>, bool) {
        let (mut parts, mut gap) = (Vec::new(), false);
        for text in self.split(pattern) {
            match text.strip_prefix('@').filter(|_| at.is_none()) {
                Some(path) => {
                    let found = errors.collect(self.parts_of_file(Path::new(path))).unwrap_or_default();
                    gap |= found.is_empty();
                    parts.extend(found);
                }
                None if text.is_empty() => gap = true,
                None => parts.push(Part { span: at.map(|at| narrowed(at, pattern, &text)), text }),
            }
        }
        (parts, gap)
    }

    /// The texts between `,` and `:`, some of which may be empty; colons of ranges and of IPv6 addresses separate nothing.
    fn split(&self, pattern: &str) -> Vec<String> {
        let mut parts = Vec::new();
        for part in pattern.split(',').map(str::trim) {
            let name = part.trim_start_matches(['!', '&']);
            if self.hosts.contains_key(name) || self.groups.contains_key(name) || name.parse::<Ipv6Addr>().is_ok() {
                parts.push(part.to_owned());
                continue;
            }
            let mut depth = 0_usize;
            let separates = |letter: char| {
                match letter {
                    '[' => depth += 1,
                    ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                letter == ':' && depth == 0
            };
            parts.extend(part.split(separates).map(|part| part.trim().to_owned()));
        }
        parts
    }

    /// `@file`: one pattern a line.
    fn parts_of_file(&self, path: &Path) -> Result<Vec<Part>, Diagnostics> {
        let file = SourceFile::read(path)?;
        let mut parts = Vec::new();
        let mut start = 0;
        for line in file.text().split_inclusive('\n') {
            let span = Span::new(&file, start, start + line.trim_end().len());
            start += line.len();
            let texts = self.split(line.trim()).into_iter().filter(|text| !text.is_empty());
            parts.extend(texts.map(|text| Part { span: Some(narrowed(&span, line, &text)), text }));
        }
        Ok(parts)
    }

    fn part(&self, part: &Part) -> Result<IndexSet<String>, Diagnostics> {
        let text = part.text.strip_prefix(['!', '&']).unwrap_or(&part.text);
        let error = |message: String| match &part.span {
            Some(span) => Diagnostic::at(span, message),
            None => Diagnostic::new(message),
        };
        if self.hosts.contains_key(text) {
            return Ok(IndexSet::from([text.to_owned()]));
        }
        let (name, subscript) = if text.starts_with('~') { (text, None) } else { split_subscript(text) };
        let regex = matcher(name).map_err(|why| error(format!("`{text}` is no host pattern: {why}")))?;
        let mut hosts: IndexSet<String> = IndexSet::new();
        let mut known = false;
        for group in self.groups.keys().filter(|group| regex.is_match(group)) {
            known = true;
            hosts.extend(self.hosts_of(group).into_iter().map(str::to_owned));
        }
        let wildcard = name.starts_with('~') || name.contains(['?', '*', '[']);
        if !known || wildcard || name.contains('.') {
            hosts.extend(self.hosts.keys().filter(|host| regex.is_match(host)).cloned());
        }
        if hosts.is_empty() && LOCAL_NAMES.contains(&name) {
            hosts.insert(name.to_owned());
        }
        if hosts.is_empty() && wildcard && !known {
            return Err(error(format!("no host and no group matches `{text}`")).into());
        }
        if hosts.is_empty() && !known {
            let names = self.hosts.keys().chain(self.groups.keys()).map(String::as_str);
            let hint = did_you_mean(name, names).map(|known| format!("did you mean `{known}`?"));
            let hint = hint.or_else(|| Some(format!("known groups: {}", self.group_names())));
            return Err(error(format!("no host and no group is called `{name}`")).maybe_hint(hint).into());
        }
        let Some((first, last)) = subscript else { return Ok(hosts) };
        let count = i64::try_from(hosts.len()).unwrap_or(i64::MAX);
        let first = if first < 0 { first + count } else { first };
        let last = last.map_or(first, |last| last.min(count - 1));
        let range = usize::try_from(first).ok().zip(usize::try_from(last).ok());
        let chosen = range.and_then(|(first, last)| hosts.as_slice().get_range(first..last.checked_add(1)?));
        match chosen {
            Some(chosen) if !chosen.is_empty() => Ok(chosen.iter().cloned().collect()),
            _ if count == 0 => Ok(IndexSet::new()),
            _ => Err(error(format!("`{text}` is beyond the {count} hosts of `{name}`")).into()),
        }
    }

    /// The groups for a hint, as far as a line goes.
    fn group_names(&self) -> String {
        let mut names: Vec<&str> = self.groups.keys().map(String::as_str).take(12).collect();
        if self.groups.len() > names.len() {
            names.push("...");
        }
        names.join(", ")
    }
}

/// `name[0]`, `name[-1]`, `name[0:2]`, `name[1:]`: the last is included; none is a negative end.
fn split_subscript(pattern: &str) -> (&str, Option<(i64, Option<i64>)>) {
    let split = || {
        let (name, subscript) = pattern.strip_suffix(']')?.rsplit_once('[')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let subscript = match subscript.split_once(':') {
            Some((first, "")) if digits(first) => (first.parse().ok()?, Some(i64::MAX)),
            Some((first, last)) if digits(first) && digits(last) => (first.parse().ok()?, Some(last.parse().ok()?)),
            None if digits(subscript.strip_prefix('-').unwrap_or(subscript)) => (subscript.parse().ok()?, None),
            _ => return None,
        };
        (!name.is_empty()).then_some((name, subscript))
    };
    split().map_or((pattern, None), |(name, subscript)| (name, Some(subscript)))
}

/// `~regex`, which must match from the beginning, or a wildcard pattern, which must match all of a name.
fn matcher(pattern: &str) -> Result<Regex, String> {
    let expression = pattern.strip_prefix('~').map_or_else(|| wildcards(pattern), |regex| format!("^(?:{regex})"));
    Regex::new(&expression).map_err(|error| {
        let text = error.to_string();
        let why = text.lines().last().unwrap_or_default().trim();
        why.strip_prefix("error: ").unwrap_or(why).to_owned()
    })
}

/// `*`, `?`, `[abc]` and `[!abc]` as a regular expression.
fn wildcards(pattern: &str) -> String {
    let mut expression = String::from("^(?s:");
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => {
                // A `]` right at the beginning is one of the letters.
                let negated = rest.starts_with('!');
                let begin = usize::from(negated);
                let skip = begin + usize::from(rest[begin..].starts_with(']'));
                match rest[skip..].find(']') {
                    Some(end) => {
                        let escaped: String = rest[begin..skip + end]
                            .chars()
                            .map(
                                |letter| {
                                    if letter == '-' { "-".to_owned() } else { regex::escape(&letter.to_string()) }
                                },
                            )
                            .collect();
                        expression.push_str(if negated { "[^" } else { "[" });
                        expression.push_str(&escaped);
                        expression.push(']');
                        rest = &rest[skip + end + 1..];
                    }
                    None => expression.push_str("\\["),
                }
            }
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression.push_str(")$");
    expression
}

/// The place of one part inside of the place of the whole pattern, where that can be told.
fn narrowed(at: &Span, pattern: &str, part: &str) -> Span {
    let written = at.file.text().get(at.start..at.end).unwrap_or_default();
    match (written.find(pattern.trim_end()), pattern.find(part)) {
        (Some(whole), Some(offset)) => {
            let start = at.start + whole + offset;
            Span::new(&at.file, start, start + part.len())
        }
        _ => at.clone(),
    }
}
