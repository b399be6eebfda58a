//! What templates come to, compared with what Ansible 2.19 made of them.

use super::{Layer, Rank, Scope, Value};
use crate::source::{SourceFile, Span};
use crate::yaml::Node;
use minijinja::value::Serde;

#[test]
fn same_as_ansible() {
    let variables = serde_json::json!({
        "s": "no",
        "l": [
            1,
            "a",
            null,
            true,
            1.5
        ],
        "d": {
            "a": 1,
            "b": [
                true
            ]
        },
        "n": null,
        "deep": {
            "top": {
                "list": [
                    {
                        "name": "a",
                        "v": [
                            1,
                            2
                        ]
                    },
                    {
                        "name": "b"
                    }
                ],
                "e": [],
                "m": {}
            },
            "arr": [
                [
                    1,
                    [
                        2
                    ]
                ],
                "x"
            ]
        }
    });
    let variables = variables.as_object().unwrap().iter();
    let variables = variables.map(|(name, value)| (name.clone(), Value::from(Serde(value))));
    let scope = Scope::new(vec![Layer::values(Rank::Play, variables)]);
    let mut lines = include_str!("same_as_ansible.txt").lines();
    let mut wrong = Vec::new();
    while let (Some(template), Some(expected)) = (lines.next(), lines.next()) {
        let file = SourceFile::named("template", template);
        let node = Node::text(template, Span::new(&file, 0, template.len()));
        let expected: serde_json::Value = serde_json::from_str(expected.trim()).unwrap();
        match scope.render(&node) {
            Ok(node) if node.to_json() == expected => {}
            Ok(node) => wrong.push(format!("{template}\n  Ansible: {expected}\n  solti:   {}", node.to_json())),
            Err(error) => wrong.push(format!("{template}\n{error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
