//! `grafana.ini` by the rules of go-ini, which Grafana loads it with, without any options.

/// A section and a key.
pub type Name = (String, String);

/// So many references are followed one after another.
const DEPTH: usize = 99;

/// All keys with their values, in their order; those before the first section are in one without a name.
///
/// # Errors
/// The first line that is no setting, in go-ini's words.
pub fn parse(text: &str) -> Result<Vec<(Name, String)>, String> {
    let mut lines = text.split_inclusive('\n');
    let mut section = String::new();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let end = name.rfind(']').ok_or_else(|| format!("unclosed section: {line}"))?;
            section = name[..end].trim().to_owned();
            continue;
        }
        let (key, rest) = key(line)?;
        let value = value(rest, &mut lines)?;
        found.push(((section.clone(), key.to_owned()), value));
    }
    Ok(found)
}

/// The name of a key, and what is behind its `=`.
fn key(line: &str) -> Result<(&str, &str), String> {
    let quote = ["\"\"\"", "\"", "`"].into_iter().find(|quote| line.starts_with(quote));
    let wrong = || format!("key-value delimiter not found: {line}");
    if let Some(quote) = quote {
        let inner = &line[quote.len()..];
        let end = inner.find(quote).ok_or_else(|| format!("missing closing key quote: {line}"))?;
        let rest = &inner[end + quote.len()..];
        let delimiter = rest.find(['=', ':']).ok_or_else(wrong)?;
        return Ok((inner[..end].trim(), &rest[delimiter + 1..]));
    }
    match line.find(['=', ':']).ok_or_else(wrong)? {
        0 => Err(format!("empty key name: {line}")),
        at => Ok((line[..at].trim(), &line[at + 1..])),
    }
}

/// A value, which may go on over the next lines.
fn value<'t>(text: &str, lines: &mut impl Iterator<Item = &'t str>) -> Result<String, String> {
    let line = text.trim_start();
    for quote in ["\"\"\"", "`"] {
        let Some(inner) = line.strip_prefix(quote).filter(|_| line.len() > 3 || quote == "`") else { continue };
        if let Some(end) = inner.rfind(quote) {
            return Ok(inner[..end].to_owned());
        }
        let mut value = inner.to_owned();
        for next in lines {
            if let Some(end) = next.rfind(quote) {
                value.push_str(&next[..end]);
                return Ok(value);
            }
            value.push_str(next);
        }
        return Err(format!("missing closing key quote from {line:?} to {value:?}"));
    }
    let line = line.trim();
    if let Some(first) = line.strip_suffix('\\') {
        let mut value = first.to_owned();
        for next in lines {
            let next = next.trim();
            value.push_str(next);
            match value.strip_suffix('\\') {
                Some(shorter) if !next.is_empty() => value = shorter.to_owned(),
                _ => break,
            }
        }
        return Ok(value);
    }
    let line = line.split(['#', ';']).next().unwrap_or_default().trim();
    let surrounded = |quote: char| {
        let inner = line.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then(|| inner.to_owned())
    };
    Ok(surrounded('\'').or_else(|| surrounded('"')).unwrap_or_else(|| line.to_owned()))
}

/// A value with its references, `%(key)s`, replaced.
pub fn resolved(value: &str, of: impl Fn(&str) -> Option<String>) -> String {
    let mut value = value.to_owned();
    for _ in 0..DEPTH {
        let reference = value.match_indices("%(").find_map(|(start, _)| {
            let name = value[start + 2..].split(')').next().filter(|name| !name.is_empty())?;
            value[start + 2 + name.len()..].starts_with(")s").then(|| name.to_owned())
        });
        let Some((name, other)) = reference.and_then(|name| of(&name).map(|other| (name, other))) else { break };
        value = value.replace(&format!("%({name})s"), &other);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What go-ini 1.67 itself says to the same texts.
    #[test]
    fn as_go_ini_itself() {
        let values = |text: &str| match parse(text) {
            Ok(found) => {
                found.into_iter().map(|((section, key), value)| format!("{section}.{key}={value:?}")).collect()
            }
            Err(why) => vec![why],
        };
        for (text, said) in [
            ("a = b # c\n[s]\nd=e\n", vec![".a=\"b\"", "s.d=\"e\""]),
            ("a = b\\\nc = d\n", vec![".a=\"bc = d\""]),
            ("a = \"\"\"b\\\"\"\"\nc = d\n", vec![".a=\"b\\\\\"", ".c=\"d\""]),
            ("a = \"\"\"b\"\"\"\"\n", vec![".a=\"b\\\"\""]),
            ("a = \"\"\"b\nc\"\"\"\nd=`e\nf`\n", vec![".a=\"b\\nc\"", ".d=\"e\\nf\""]),
            ("a = 'b'\nb = \"c\"\nc = 'd'e'\n", vec![".a=\"b\"", ".b=\"c\"", ".c=\"'d'e'\""]),
            ("a = \"b # c\"\n", vec![".a=\"\\\"b\""]),
            ("nothing\n", vec!["key-value delimiter not found: nothing\n"]),
            ("[s\n", vec!["unclosed section: [s\n"]),
        ] {
            assert_eq!(values(text), said, "{text}");
        }
    }

    #[test]
    fn references_are_replaced() {
        let of = |name: &str| (name == "host").then(|| "h".to_owned());
        assert_eq!(resolved("http://%(host)s:%(port)s", of), "http://h:%(port)s");
        assert_eq!(resolved("100% (x)s %()s %(host) s", of), "100% (x)s %()s %(host) s");
    }
}
