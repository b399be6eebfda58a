//! Host names as an inventory writes them: ranges such as `web[01:10]`, and ports such as `web:2222`.

use std::net::Ipv6Addr;

/// More hosts than one key can sensibly stand for.
const HOST_LIMIT: usize = 65_536;

/// The names and the port that a key under `hosts` stands for.
///
/// # Errors
/// In a sentence, when a range in it is none.
pub(super) fn expand(key: &str) -> Result<(Vec<String>, Option<u16>), String> {
    let (name, port) = split_port(key);
    let mut names = vec![String::new()];
    let mut rest = name;
    while let Some((head, tail)) = rest.split_once('[') {
        let (range, tail) = tail.split_once(']').ok_or_else(|| format!("`{key}`: a `[` without its `]`"))?;
        let members = members(range)?;
        if names.len().saturating_mul(members.len()) > HOST_LIMIT {
            return Err(format!("`{key}` stands for more than {HOST_LIMIT} hosts"));
        }
        let with = |name: &String| members.iter().map(|member| format!("{name}{head}{member}")).collect::<Vec<_>>();
        names = names.iter().flat_map(with).collect();
        rest = tail;
    }
    if name.is_empty() {
        return Err("a host without a name".to_owned());
    }
    names.iter_mut().for_each(|name| name.push_str(rest));
    Ok((names, port))
}

/// `name:port` and `[address]:port`; an IPv6 address alone has no port.
fn split_port(key: &str) -> (&str, Option<u16>) {
    let Some((name, port)) = key.rsplit_once(':') else { return (key, None) };
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return (key, None);
    }
    let Ok(port) = port.parse() else { return (key, None) };
    if let Some(inner) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'))
        && (inner.parse::<Ipv6Addr>().is_ok() || (!inner.contains([':', '[']) && is_host_name(inner)))
    {
        return (inner, Some(port));
    }
    if outside_of_ranges(name).contains(':') || !is_host_name(name) {
        return (key, None);
    }
    (name, Some(port))
}

/// The text without what stands in brackets.
fn outside_of_ranges(name: &str) -> String {
    let mut depth = 0_usize;
    let keep = |letter: &char| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    name.chars().filter(keep).collect()
}

fn is_host_name(name: &str) -> bool {
    let opened = name.matches('[').count() == name.matches(']').count();
    let letters = outside_of_ranges(name);
    opened && letters.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

/// `begin:end` or `begin:end:step`, of numbers (as wide as `begin` when that has leading zeros) or of letters.
fn members(range: &str) -> Result<Vec<String>, String> {
    let wrong = |why: &str| Err(format!("`[{range}]`: {why}"));
    let bounds: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match bounds[..] {
        [begin, end] => (begin, end, "1"),
        [begin, end, step] => (begin, end, step),
        _ => return wrong("a range is begin:end or begin:end:step"),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return wrong("the range has no end");
    }
    let step = match step.parse::<usize>() {
        Ok(step) if step > 0 => step,
        _ => return wrong("the step must be a number from 1 on"),
    };
    if let ([first], [last]) = (begin.as_bytes(), end.as_bytes())
        && first.is_ascii_alphabetic()
        && last.is_ascii_alphabetic()
    {
        // As in Ansible, the capitals come behind the small letters.
        let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
        let place = |letter: &u8| letters.iter().position(|&other| other == char::from(*letter)).unwrap_or(0);
        let (first, last) = (place(first), place(last));
        if first > last {
            return wrong("the range ends before it begins");
        }
        return Ok(letters[first..=last].iter().step_by(step).map(char::to_string).collect());
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (Ok(first), Ok(last), true) = (begin.parse::<u64>(), end.parse::<u64>(), digits(begin) && digits(end)) else {
        return wrong("a range is of numbers or of single letters");
    };
    let padded = begin.len() > 1 && begin.starts_with('0');
    if padded && begin.len() != end.len() {
        return wrong("begin and end must have the same number of digits");
    }
    if first > last {
        return wrong("the range ends before it begins");
    }
    let width = if padded { begin.len() } else { 0 };
    let members: Vec<String> =
        (first..=last).step_by(step).take(HOST_LIMIT + 1).map(|number| format!("{number:0width$}")).collect();
    if members.len() > HOST_LIMIT { wrong("too many hosts") } else { Ok(members) }
}
