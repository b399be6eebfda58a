//! Parts of paths, as Python's `os.path` takes them.

use super::items;
use minijinja::Error;
use minijinja::value::{Value, ValueKind};

fn split(path: &str) -> (&str, &str) {
    match path.rfind('/') {
        Some(at) => {
            let folder = path[..at].trim_end_matches('/');
            (if folder.is_empty() { &path[..=at] } else { folder }, &path[at + 1..])
        }
        None => ("", path),
    }
}

pub(super) fn basename(path: &str) -> String {
    split(path).1.to_owned()
}

pub(super) fn dirname(path: &str) -> String {
    split(path).0.to_owned()
}

pub(super) fn splitext(path: &str) -> Vec<String> {
    let name = split(path).1;
    let stem = name.trim_start_matches('.');
    match stem.rfind('.') {
        Some(at) => {
            let at = path.len() - stem.len() + at;
            vec![path[..at].to_owned(), path[at..].to_owned()]
        }
        None => vec![path.to_owned(), String::new()],
    }
}

pub(super) fn path_join(value: &Value) -> Result<String, Error> {
    if value.kind() == ValueKind::String {
        return Ok(value.to_string());
    }
    let mut joined = String::new();
    for part in items(value, "path_join")? {
        let part = part.to_string();
        if part.starts_with('/') {
            joined = part;
            continue;
        }
        if !joined.is_empty() && !joined.ends_with('/') {
            joined.push('/');
        }
        joined.push_str(&part);
    }
    Ok(joined)
}

pub(super) fn normpath(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", None) if absolute => {}
            _ => parts.push(part),
        }
    }
    match (absolute, parts.join("/")) {
        (true, joined) => format!("/{joined}"),
        (false, joined) if joined.is_empty() => ".".to_owned(),
        (false, joined) => joined,
    }
}
