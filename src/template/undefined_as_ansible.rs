//! What becomes of undefined values, compared with what Ansible 2.19 made of them.
//!
//! Some templates are errors here although that version makes something of them. It renders the members of a variable one by
//! one, so that a mapping with an undefined member has others, and what is below an undefined value is undefined; here both
//! are errors, as the first was before 2.19. A test of an undefined value is an error at once, not one that `default` takes away.

use super::{Layer, Rank, Scope};
use crate::source::{SourceFile, Span};
use crate::yaml::{self, Node};

const VARIABLES: &str = "\
m: { a: '{{ typo }}', b: 1 }
l: ['{{ typo }}', 1]
v: '{{ typo }}'
lt: '{{ [typo, 1] }}'
mt: \"{{ {'a': typo, 'b': 1} }}\"
nest: { o: { a: '{{ typo }}', b: 2 } }
s: abc
gap: [{ x: 1 }, { y: 2 }]
n: ~
nums: [1, 2]
";

#[test]
fn undefined_as_ansible() {
    let variables = yaml::parse(&SourceFile::named("vars.yml", VARIABLES)).unwrap();
    let mut lines = include_str!("undefined_as_ansible.txt").lines();
    let mut wrong = Vec::new();
    while let (Some(template), Some(expected)) = (lines.next(), lines.next()) {
        // anew for each, for what was rendered is kept
        let scope = Scope::new(vec![Layer::entries(Rank::Play, variables.mapping().unwrap())]);
        let text = template.strip_prefix("when ").unwrap_or(template);
        let file = SourceFile::named("template", text);
        let node = Node::text(text, Span::new(&file, 0, text.len()));
        let found = if text == template {
            scope.render(&node).map(|node| node.to_json().to_string())
        } else {
            scope.evaluate(&node).map(|truth| truth.to_string())
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => error.to_string(),
        };
        let same = match expected.trim() {
            "undefined" => found.contains("undefined"),
            "error" => found.starts_with("error"),
            stricter if stricter.starts_with("stricter than ") => found.starts_with("error"),
            json => serde_json::from_str::<serde_json::Value>(json).ok() == serde_json::from_str(&found).ok(),
        };
        if !same {
            wrong.push(format!("{template}\n  Ansible: {}\n  solti:   {found}", expected.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
