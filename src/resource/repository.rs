//! Where packages come from: a repository that apt reads, and the keys that it is trusted by.

use super::Files;
use super::arguments::{CONTENT, SRC, brought, plain_name};
use super::content::Content;
use super::openpgp::KeyFile;
use crate::ability::files::Attributes;
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::secret::Taint;
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::template::RenderError;
use crate::yaml::Node;
use std::collections::BTreeSet;

/// Where packages come from.
pub static REPOSITORY: Schema = Schema::new(
    "repository",
    &[
        Argument::new("name", Shape::Text, "what its files in `/etc/apt` are called").required(),
        Argument::new("uris", Shape::Several(&Shape::Text), "where it is").required(),
        Argument::new("suites", Shape::Several(&Shape::Text), "its suites").required(),
        Argument::new("components", Shape::Several(&Shape::Text), "the components of them"),
        Argument::new("architectures", Shape::Several(&Shape::Text), "for which machines; not said: those of the host"),
        Argument::new("key", Shape::Mapping(&KEY), "what it is trusted by").required(),
    ],
);

/// What a repository is trusted by.
static KEY: Schema = Schema::new(
    "key",
    &[
        SRC.meaning("a file of the role with the key"),
        CONTENT.meaning("the key itself"),
        Argument::new("fingerprint", Shape::Several(&Shape::Text), "the fingerprints of all keys in it").required(),
    ],
)
.exactly_one(&["src", "content"]);

/// Texts of a field of deb822, in which another line would be another field.
fn one_line(node: &Node) -> Result<Vec<String>, Diagnostics> {
    let texts = node.strings()?;
    if texts.iter().any(|text| text.contains(char::is_control)) {
        return Err(
            Diagnostic::at(&node.span, "a field of a repository is one line, without control characters").into()
        );
    }
    Ok(texts)
}

/// The files that make apt know a repository, in its deb822 format (sources.list(5)).
///
/// # Errors
/// What is wrong with the arguments; a key file with other keys than those that are trusted.
pub fn repository(node: &Node, files: &dyn Files) -> Result<Vec<Content>, RenderError> {
    let mut fields = Arguments::new(node, &REPOSITORY)?;
    let name = fields.required("name");
    let name = fields.read(name, |node| plain_name(node, "a repository"));
    let uris = fields.required("uris");
    let uris = fields.read(uris, one_line);
    let suites = fields.required("suites");
    let suites = fields.read(suites, one_line);
    let [components, architectures] = ["components", "architectures"].map(|key| {
        let node = fields.get(key);
        fields.read(node, one_line).unwrap_or_default()
    });
    let key = match fields.required("key") {
        Some(node) => brought(&mut fields, key(node, files))?,
        None => None,
    };
    let ((name, uris), (suites, key)) = fields.finish_with(name.zip(uris).zip(suites.zip(key)))?;
    let key_path = format!("/etc/apt/keyrings/{name}.{}", if key.armored { "asc" } else { "gpg" });
    let mut text = format!("Types: deb\nURIs: {}\nSuites: {}\n", uris.join(" "), suites.join(" "));
    for (field, values) in [("Components", components), ("Architectures", architectures)] {
        if !values.is_empty() {
            text.push_str(&format!("{field}: {}\n", values.join(" ")));
        }
    }
    text.push_str(&format!("Signed-By: {key_path}\n"));
    let attributes = Attributes { owner: Some("root".into()), group: Some("root".into()), mode: Some(0o644) };
    let file =
        |path, bytes| Content { path, bytes, attributes: attributes.clone(), secret: false, taint: Taint::default() };
    Ok(vec![file(key_path, key.bytes), file(format!("/etc/apt/sources.list.d/{name}.sources"), text.into_bytes())])
}

/// A repository's key file. apt trusts every key in it, so its keys must be those that the user trusts.
fn key(node: &Node, files: &dyn Files) -> Result<KeyFile, RenderError> {
    let mut fields = Arguments::new(node, &KEY)?;
    let (src, content) = (fields.get("src"), fields.string("content"));
    let wanted = fields.required("fingerprint");
    let bytes = match (src, content) {
        (Some(src), None) => brought(&mut fields, files.file(src))?,
        (None, Some(content)) => Some(content.into_bytes()),
        _ => {
            let error = Diagnostic::at(fields.span(), "`key` needs `src` (a file of the role) or `content`");
            fields.error(error);
            None
        }
    };
    let trusted = fields.read(wanted, fingerprints);
    let mut key = None;
    if let (Some(bytes), Some(trusted), Some(node)) = (bytes, trusted, wanted) {
        key = fields.read(Some(node), |node| trusted_keys(bytes, &trusted, &node.span));
    }
    Ok(fields.finish_with(key)?)
}

/// One fingerprint or a list of them; they may be written in groups of digits.
fn fingerprints(node: &Node) -> Result<BTreeSet<String>, Diagnostics> {
    let plain = |text: &String| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let all: BTreeSet<String> = node.strings()?.iter().map(plain).collect();
    let whole = |text: &&String| matches!(text.len(), 40 | 64) && text.chars().all(|c| c.is_ascii_hexdigit());
    match all.iter().find(|text| !whole(text)) {
        Some(text) => {
            let error = Diagnostic::at(&node.span, format!("`{text}` is no fingerprint of a key"));
            let hint = "a fingerprint has 40 hexadecimal digits (64 for a key of version 6), as `gpg --show-keys FILE` \
                        says it; the shorter id of a key can be had by another key too";
            Err(error.hint(hint).into())
        }
        None if all.is_empty() => Err(Diagnostic::at(&node.span, "`fingerprint` lists no key").into()),
        None => Ok(all),
    }
}

/// A key file that has these keys and no other.
fn trusted_keys(bytes: Vec<u8>, trusted: &BTreeSet<String>, span: &Span) -> Result<KeyFile, Diagnostics> {
    let key = KeyFile::read(bytes)
        .map_err(|reason| Diagnostic::at(span, format!("the repository's key cannot be read: {reason}")))?;
    let list = |keys: &[&String]| keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
    let more: Vec<&String> = key.fingerprints.difference(trusted).collect();
    let lacking: Vec<&String> = trusted.difference(&key.fingerprints).collect();
    let changed = "if the vendor has changed its key, compare the new fingerprint with the vendor's own page";
    let error = |message: &str, label: String, hint: &str| Diagnostic::at(span, message).label(label).hint(hint);
    Err(match (more.as_slice(), lacking.as_slice()) {
        ([], []) => return Ok(key),
        (more, []) => error(
            "the repository's key file has more keys than `fingerprint` lists",
            format!("the file also has {}", list(more)),
            "apt trusts every key in the file: list all of them here if you trust them all, else take the others out of the file",
        ),
        ([], lacking) => error(
            "the repository's key file lacks a key that `fingerprint` lists",
            format!("the file has no {}", list(lacking)),
            changed,
        ),
        ([one], _) if key.fingerprints.len() == 1 => {
            error("the repository's key has another fingerprint", format!("the key has {one}"), changed)
        }
        (more, _) => error(
            "the repository's key file has other keys than `fingerprint` lists",
            format!("the file has {}", list(more)),
            changed,
        ),
    }
    .into())
}
