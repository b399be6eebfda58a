//! `docs/resources.md`: the tables of arguments are what the kinds declare.

use crate::{Result, generated, page, section};
use solti::resource::action::ACTION;
use solti::resource::check::CheckKind;
use solti::resource::{COMMON, ResourceKind, UNBUILT_KINDS};
use solti::schema::{Argument, Shape};
use std::fmt::Write as _;

/// What a value may be, in words.
fn words(shape: &Shape) -> String {
    match shape {
        Shape::Text | Shape::String => "text".to_owned(),
        Shape::Path => "path".to_owned(),
        Shape::Mode => "mode".to_owned(),
        Shape::Duration => "time".to_owned(),
        Shape::Number { .. } => "number".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::Command => "command".to_owned(),
        Shape::Expression | Shape::Condition => "expression".to_owned(),
        Shape::Any => "anything".to_owned(),
        Shape::Several(one) => format!("{}, or a list", words(one)),
        Shape::List(Shape::Mapping(_)) => "list of mappings".to_owned(),
        Shape::List(_) => "list".to_owned(),
        Shape::Map(_) => "names and values".to_owned(),
        Shape::Mapping(_) | Shape::Defined(_) => "mapping".to_owned(),
        Shape::Either(several) => several.iter().map(words).collect::<Vec<_>>().join(" or "),
    }
}

fn table<'a>(first: &str, arguments: impl IntoIterator<Item = &'a Argument>) -> Result<String> {
    let mut text = format!("\n| {first} | value | meaning |\n| --- | --- | --- |\n");
    for argument in arguments {
        let Argument { name, shape, help, required, default, .. } = argument;
        let also = match (required, default) {
            (true, _) => "required".to_owned(),
            (false, Some(default)) => format!("default `{default}`"),
            (false, None) => String::new(),
        };
        let sentences = help.contains(". ");
        let also = match also.chars().next() {
            None => also,
            Some(first) if sentences => format!(". {}{}", first.to_uppercase(), &also[1..]),
            Some(_) => format!("; {also}"),
        };
        writeln!(text, "| `{name}` | {} | {help}{also} |", words(shape))?;
    }
    text.push('\n');
    Ok(text)
}

#[test]
fn the_tables_of_arguments_are_those_of_the_program() -> Result {
    let mut tables = vec![("keys of all".to_owned(), table("key", COMMON.arguments)?)];
    for kind in ResourceKind::ALL {
        tables.push((format!("arguments of {}", kind.name()), table("argument", kind.arguments())?));
    }
    for kind in CheckKind::ALL {
        tables.push((format!("arguments of the check {}", kind.name()), table("argument", kind.schema().arguments)?));
    }
    generated("resources.md", &tables)?;
    generated("roles.md", &[("arguments of action".to_owned(), table("argument", ACTION.arguments)?)])
}

#[test]
fn all_kinds_are_described() -> Result {
    let page = page("resources.md")?;
    let resources = section(&page, "## Kinds of resources")?;
    for kind in ResourceKind::ALL {
        let section = section(resources, &format!("### `{}`", kind.name()))?;
        assert!(section.contains(&format!("<!-- generated: arguments of {} -->", kind.name())), "{}", kind.name());
        assert!(section.contains("```yaml resources"), "{} has no example", kind.name());
    }
    let headings = |text: &str| text.matches("\n### ").count();
    assert_eq!(headings(resources), ResourceKind::ALL.len());
    let unbuilt = UNBUILT_KINDS.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
    assert!(resources.contains(&format!("an error that says so: {unbuilt}.")), "{unbuilt}");
    let checks = section(&page, "## Checks")?;
    for kind in CheckKind::ALL {
        let section = section(checks, &format!("### `{}`", kind.name()))?;
        let mark = format!("<!-- generated: arguments of the check {} -->", kind.name());
        assert!(section.contains(&mark), "{}", kind.name());
        assert!(section.contains("```yaml checks"), "{} has no example", kind.name());
    }
    assert_eq!(headings(checks), CheckKind::ALL.len());
    Ok(())
}
