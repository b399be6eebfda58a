//! The path to a value as the user wrote it, where the engine knows only a part of it: `h[...].x` for `hostvars[h].x`.

use crate::source::Span;

/// Whether the engine's name for something leaves out a part.
pub(super) fn is_partial(name: &str) -> bool {
    name.contains("...")
}

/// The place of the whole path that the engine calls `name`, in or before what it has marked.
pub(super) fn whole(span: &Span, name: &str) -> Option<Span> {
    let text = span.file.text();
    let before = text.get(..span.start)?;
    // the expression that the mark is in, as far as it goes
    let begin = before.rfind("{{").max(before.rfind("{%")).or(before.rfind('\n')).unwrap_or_default();
    let (start, end) = match name.split_once("[...]") {
        // the engine names the key, not what it is looked up in
        Some((key, rest)) if !is_partial(key) && !is_partial(rest) => {
            let part = format!("[{key}]{rest}");
            let at = begin + text.get(begin..span.end)?.find(&part)?;
            (at, at + part.len())
        }
        _ => (span.start, span.end),
    };
    let start = start - before_path(text.get(begin..start)?);
    let path = text.get(start..end)?;
    let named = path.starts_with(|char: char| char.is_alphabetic() || char == '_');
    (named && before_path(path) == path.len()).then(|| Span::new(&span.file, start, end))
}

/// How many bytes at the end of a text belong to a path: names, dots, and what is in brackets behind names.
fn before_path(text: &str) -> usize {
    let mut open = 0_usize;
    let mut start = text.len();
    for (at, char) in text.char_indices().rev() {
        match char {
            ']' | ')' => open += 1,
            '[' | '(' if open > 0 => open -= 1,
            _ if open > 0 || char.is_alphanumeric() || char == '_' || char == '.' => {}
            _ => break,
        }
        if open == 0 {
            start = at;
        }
    }
    text.len() - start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn path(text: &str, marked: &str, name: &str) -> Option<String> {
        let file = SourceFile::named("a.j2", text);
        let at = text.find(marked)?;
        let found = whole(&Span::new(&file, at, at + marked.len()), name)?;
        Some(text[found.start..found.end].to_owned())
    }

    #[test]
    fn a_path_is_what_was_written() {
        for (text, marked, name, written) in [
            ("{{ hostvars[h].x }}", "[h].x", "h[...].x", Some("hostvars[h].x")),
            ("{{ 'a' ~ a.b[h].x ~ c }}", "'a' ~ a.b[h].x", "h[...].x", Some("a.b[h].x")),
            ("{{ a[h].x.y }}", ".x.y", "h[...].x", Some("a[h].x")),
            ("{{ a[h ~ ')'].x }}", "[h ~ ')'].x", "(...)[...]", None),
            ("{{ a[h ~ 'y'].x }}", "[h ~ 'y'].x", "(...)[...]", Some("a[h ~ 'y'].x")),
            ("{{ a.get('q').x }}", ".get('q').x", "(...).x", Some("a.get('q').x")),
            ("{{ (a[h]).x ~ 'a' }}", "(a[h]).x ~ 'a'", "h[...].x", None),
        ] {
            assert_eq!(path(text, marked, name).as_deref(), written, "{text}");
        }
    }
}
