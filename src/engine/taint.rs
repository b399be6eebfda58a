//! What of a host's resources was made of secrets, and where it must not be: in what others on the host can see.
//!
//! Each is rendered a second time with other secrets, its twin; what differs between the two was made of them.

use crate::resource::action::Action;
use crate::resource::check::Check;
use crate::resource::{Readers, Resource};
use crate::role::{Expanded, RenderedCheck, RenderedResource};
use crate::schema::Schema;
use crate::secret::{Secrets, Taint, Told};
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::yaml::{Node, Value};
use std::collections::BTreeMap;

/// What a step comes to with other secrets.
#[derive(Default)]
pub struct Twins {
    resources: Vec<RenderedResource>,
    checks: Vec<RenderedCheck>,
}

impl Twins {
    /// Those of a step, if it was rendered a second time. What could not be rendered so has no twin.
    pub fn of(expanded: Option<Expanded>) -> Self {
        let Expanded { resources, checks, .. } = expanded.unwrap_or_default();
        Self { resources, checks }
    }

    /// The twin of the next resource that is declared at a place.
    pub fn resource(&mut self, span: &Span) -> Option<RenderedResource> {
        let at = self.resources.iter().position(|twin| is_same(&twin.span, span))?;
        Some(self.resources.remove(at))
    }

    /// The twin of the next check that is declared at a place.
    pub fn check(&mut self, span: &Span) -> Option<RenderedCheck> {
        let at = self.checks.iter().position(|twin| is_same(&twin.span, span))?;
        Some(self.checks.remove(at))
    }
}

fn is_same(one: &Span, other: &Span) -> bool {
    (one.start, one.end, one.file.name()) == (other.start, other.end, other.file.name())
}

/// Notes in a resource what in its files was made of secrets. Gives the errors of what others could see.
pub fn mark(
    id: &str,
    rendered: &RenderedResource,
    resource: &mut dyn Resource,
    twin: Option<(&RenderedResource, &dyn Resource)>,
    secrets: &Secrets,
) -> Diagnostics {
    let mut errors = Diagnostics::new();
    let others = twin.map(|(_, twin)| twin.texts()).unwrap_or_default();
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let other = |at: usize| others.get(at).map(|(_, bytes)| lossy(bytes));
    let texts = resource.texts().into_iter().enumerate();
    let texts: Vec<Both> = texts.map(|(at, (_, bytes))| Both(lossy(&bytes), other(at))).collect();
    let taints: Vec<Taint> = texts.iter().map(|Both(text, other)| Taint::of(text, other.as_deref(), secrets)).collect();
    for (Both(text, other), taint) in texts.iter().zip(&taints) {
        let Some(other) = other else { continue };
        // a digest or an encoding is hidden wherever it turns up: in what a program prints, too
        let found = taint.found(text, other).filter(|part| secrets.places(part).is_empty());
        found.for_each(|part| secrets.add_likely(part));
    }
    if rendered.kind.is_public {
        let exposed: Vec<&Both> =
            texts.iter().zip(&taints).filter(|(_, taint)| !taint.is_empty()).map(|(text, _)| text).collect();
        if !exposed.is_empty() {
            let message = format!("{id} has a secret in it, and everybody on the host can read it");
            let hint = "put the secret into a file with `mode: \"0600\"`, and name that with `EnvironmentFile`";
            errors.push(telling(Diagnostic::at(&rendered.span, message).hint(hint), exposed, secrets));
            return errors;
        }
    }
    for (number, (content, taint)) in resource.contents_mut().into_iter().zip(taints).enumerate() {
        content.taint = taint;
        let (key, readers) = match content.readers() {
            Some(Readers::Everybody) => ("mode", "its mode lets everybody on the host read it".to_owned()),
            Some(Readers::Group(group)) => ("group", format!("its group {group}, which is everybody's, can read it")),
            None => continue,
        };
        let message = format!("{} has a secret in it, and {readers}", content.path);
        let error = Diagnostic::at(declared(&rendered.args, number, key).unwrap_or(&rendered.span), message);
        let error = error.hint(rendered.kind.secrets_go.unwrap_or(
            "write `mode: \"0600\"`, or `mode: \"0640\"` with the `group` that has to read it; without a mode it is 0600",
        ));
        errors.push(telling(error, texts.get(number), secrets));
    }
    let others = twin.map(|(_, twin)| twin.process_texts());
    let mut exposed = exposed(resource.process_texts(), others, secrets);
    in_arguments(Some(&rendered.kind.schema), &rendered.args, twin.map(|(twin, _)| &twin.args), secrets, &mut exposed);
    if !exposed.is_empty() {
        let id = shown(id, &rendered.name, twin.map(|(twin, _)| twin.name.as_str()), secrets);
        errors.push(telling(seen_in_processes(&id, &rendered.span), &exposed, secrets));
    }
    errors
}

/// The error of a check that is asked by processes, if secrets have a part in what they are started with.
pub fn check(
    id: &str,
    rendered: &RenderedCheck,
    check: &Check,
    twin: Option<&RenderedCheck>,
    secrets: &Secrets,
) -> Diagnostics {
    let parsed = twin.and_then(|twin| Check::parse(twin.kind, &twin.args, twin.become_user.as_deref()).ok());
    let exposed = exposed(check.process_texts(), parsed.map(|twin| twin.process_texts()), secrets);
    if exposed.is_empty() {
        return Diagnostics::new();
    }
    let id = shown(id, &rendered.name, twin.map(|twin| twin.name.as_str()), secrets);
    telling(seen_in_processes(&id, &rendered.span), &exposed, secrets).into()
}

/// The error of an action, if secrets have a part in what it is started with.
pub fn action(id: &str, span: &Span, action: &Action, twin: Option<&Action>, secrets: &Secrets) -> Diagnostics {
    let exposed = exposed(action.process_texts(), twin.map(Action::process_texts), secrets);
    if exposed.is_empty() {
        return Diagnostics::new();
    }
    telling(seen_in_processes(id, span), &exposed, secrets).into()
}

/// A text that others can see, and what it is with other secrets, if that is known.
struct Both(String, Option<String>);

/// The error with the variables that count as secrets for their names alone, for whoever knows better.
fn telling<'b>(error: Diagnostic, exposed: impl IntoIterator<Item = &'b Both>, secrets: &Secrets) -> Diagnostic {
    let all = exposed.into_iter().filter_map(|Both(text, other)| Some(secrets.told_in(text, other.as_deref()?)));
    let told: BTreeMap<String, Span> = all.flatten().map(|Told { name, span }| (name, span)).collect();
    let error = told
        .iter()
        .fold(error, |error, (name, span)| error.also(span, format!("`{name}` counts as a secret by its name")));
    error.maybe_hint(told.first_key_value().map(|(name, _)| {
        format!("what is no secret has a name that ends with what it is, such as `{name}_name` or `{name}_path`")
    }))
}

/// An id as it may be shown: the name in it, which is `other` with other secrets, may be made of them.
fn shown(id: &str, name: &str, other: Option<&str>, secrets: &Secrets) -> String {
    let masked = Taint::of(name, other, secrets).masked(name);
    if name.is_empty() { id.to_owned() } else { id.replace(name, &masked) }
}

/// The kernel shows to everybody what processes are started with; sudo writes it into the journal.
fn seen_in_processes(id: &str, span: &Span) -> Diagnostic {
    let message = format!("{id} has a secret in its arguments or environment, which everybody on the host can see");
    Diagnostic::at(span, message).hint("hand it over with `stdin`, or let it be read from a file with `mode: \"0600\"`")
}

/// Those of the texts that secrets have a part in.
fn exposed(texts: Vec<String>, others: Option<Vec<String>>, secrets: &Secrets) -> Vec<Both> {
    // where there are more with other secrets, or fewer, it is not known which is which
    let (texts, others) = match others {
        Some(others) if others.len() != texts.len() => (vec![texts.join("\n")], Some(vec![others.join("\n")])),
        others => (texts, others),
    };
    let mut others = others.map(Vec::into_iter);
    let both = texts.into_iter().map(|text| Both(text, others.as_mut().and_then(Iterator::next)));
    let is_exposed = |Both(text, other): &Both| {
        other.as_ref().is_some_and(|other| other != text) || !secrets.telling_places(text).is_empty()
    };
    both.filter(is_exposed).collect()
}

/// The arguments that others can see and that secrets have a part in: a path, a name, a command that validates.
fn in_arguments(schema: Option<&Schema>, args: &Node, other: Option<&Node>, secrets: &Secrets, found: &mut Vec<Both>) {
    match &args.value {
        Value::Mapping(entries) => {
            for entry in entries {
                let argument = schema.and_then(|schema| schema.argument(&entry.key));
                if argument.is_some_and(|argument| argument.unseen) {
                    continue;
                }
                let inner = argument.and_then(|argument| argument.shape.inner());
                let other = other.and_then(|other| other.get(&entry.key));
                in_arguments(inner, &entry.value, other, secrets, found);
            }
        }
        Value::Sequence(items) => {
            let others = other.and_then(|other| other.sequence().ok()).unwrap_or_default();
            for (at, item) in items.iter().enumerate() {
                in_arguments(schema, item, others.get(at), secrets, found);
            }
        }
        _ => {
            let Ok(text) = args.string() else { return };
            let other = other.and_then(|other| other.string().ok()).map(|other| vec![other]);
            found.extend(exposed(vec![text], other, secrets));
        }
    }
}

/// Where the mode or group of the resource's file of this number is declared.
fn declared<'n>(args: &'n Node, number: usize, key: &str) -> Option<&'n Span> {
    let file = args.get("files").and_then(|files| files.sequence().ok()).and_then(|files| files.get(number));
    file.and_then(|file| file.get(key)).or_else(|| args.get(key)).map(|node| &node.span)
}
