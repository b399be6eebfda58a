//! `docs/json.md`: its examples are run by jq on recorded documents, and all that can be in one is described.

use crate::{Result, blocks, page, root};
use std::fs;
use std::process::Command;

/// Where the recorded document of a command is.
fn recorded(command: &str) -> Result<std::path::PathBuf> {
    let words: Vec<&str> = command.split(' ').collect();
    let format = words.iter().skip_while(|word| **word != "-o").nth(1).ok_or("no format")?;
    let name = if words.contains(&"wrong.yml") { "wrong" } else { words.get(1).ok_or("no command")? };
    Ok(root().join("tests/docs/recorded").join(format!("{name}.{format}")))
}

#[test]
fn the_examples_of_json_run() -> Result {
    let page = page("json.md")?;
    let mut count = 0;
    for (_, block) in blocks(&page).into_iter().filter(|(info, _)| *info == "console") {
        for example in block.split("$ ").filter(|example| !example.is_empty()) {
            let (line, expected) = example.split_once('\n').ok_or("no output")?;
            let (command, jq) = line.split_once(" | ").ok_or("no pipe")?;
            let document = fs::File::open(recorded(command)?).map_err(|error| format!("{command}: {error}"))?;
            let output = Command::new("sh").args(["-c", jq]).stdin(document).output()?;
            let shown = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
            assert_eq!(shown, expected, "{line}");
            count += 1;
        }
    }
    assert!(count > 8, "{count}");
    Ok(())
}

/// What types that are written as JSON call their fields and variants, as it is written.
fn words(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut snake, mut skipped, mut renamed) = (false, false, None);
    for line in source.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if line.starts_with("#[serde(rename_all") {
            snake = line.contains("snake_case");
        }
        let name = line.strip_prefix("pub ").unwrap_or(line);
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let rest = line.strip_prefix("pub ").unwrap_or(line).strip_prefix(name.as_str()).unwrap_or_default();
        let field = rest.starts_with(": ") && rest.ends_with(',') && name.starts_with(char::is_lowercase);
        let variant = (rest == "," || rest == " {") && name.starts_with(char::is_uppercase);
        if field && !skipped {
            found.push(renamed.take().unwrap_or(name));
        } else if variant {
            let apart = |c: char| if c.is_uppercase() { format!("-{}", c.to_lowercase()) } else { c.to_string() };
            let word: String = name.chars().map(apart).collect();
            let word = word.trim_start_matches('-');
            found.push(if snake { word.replace('-', "_") } else { word.to_owned() });
        }
        renamed = line.strip_prefix("#[serde(rename = \"").and_then(|rest| rest.split('"').next()).map(str::to_owned);
        skipped = line.starts_with("#[serde(skip)]") || line.starts_with("#[serde(flatten)]");
    }
    found
}

#[test]
fn all_that_json_can_have_is_described() -> Result {
    let page = page("json.md")?;
    let mut missing = Vec::new();
    let reported = [
        "engine/event.rs",
        "engine/shown.rs",
        "plan/action.rs",
        "report/errors.rs",
        "report/record.rs",
        "scenario/event.rs",
    ];
    for file in reported {
        let source = fs::read_to_string(root().join("src").join(file))?;
        let types =
            source.split("#[derive(").filter(|part| part.lines().next().is_some_and(|line| line.contains("Serialize")));
        for text in types {
            // what follows a type is no part of it
            let text = text.split("\n}\n").next().unwrap_or_default();
            let words = words(text).into_iter().filter(|word| !page.contains(&format!("`{word}`")));
            missing.extend(words.map(|word| format!("{file}: {word}")));
        }
    }
    missing.retain(|word| !word.ends_with(": millis"));
    assert!(missing.is_empty(), "docs/json.md does not say what these are: {missing:#?}");
    Ok(())
}
