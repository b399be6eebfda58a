//! What the default of an option comes to, for who reads of it rather than uses it.

use super::{OptionSpec, OptionType, Role};
use crate::template::{Layer, Rank, Scope, asked_for};
use crate::yaml::{Node, Value};
use std::collections::BTreeSet;

/// A default that is a template.
#[derive(Debug)]
pub struct Follows {
    /// What it comes to where nobody gives any option; none where that depends on the host, or is nobody's business.
    pub value: Option<Node>,
    /// The variables that it follows from.
    pub from: BTreeSet<String>,
}

impl Role {
    /// What an option's default comes to; nothing if it is no template.
    pub fn follows(&self, option: &OptionSpec) -> Option<Follows> {
        let default = option.default.as_ref()?;
        let mut texts = Vec::new();
        collect(default, &mut texts);
        let from: BTreeSet<String> = texts.iter().flat_map(|text| asked_for(text)).collect();
        if !texts.iter().any(|text| text.contains("{{") || text.contains("{%")) {
            return None;
        }
        // a lookup may come to a secret, and from what is one nothing is made to be shown
        let plain = |option: &&OptionSpec| {
            let mut texts = Vec::new();
            option.default.iter().for_each(|default| collect(default, &mut texts));
            option.kind != OptionType::Secret
                && !option.secret_values
                && !texts.iter().any(|text| text.contains("lookup"))
        };
        let known = self.options.values().filter(plain);
        let known = known.filter_map(|option| Some((option.name.clone(), option.default.clone()?)));
        let scope = Scope::new(vec![Layer::new(Rank::Defaults, known)]);
        let value = plain(&option).then(|| scope.render(default).ok()).flatten();
        // an image without a tag is what nobody uses: where a part of it is empty, only what it follows from is worth a word
        let empty =
            |name: &String| scope.variable(name).is_ok_and(|value| value.is_some_and(|it| it.as_str() == Some("")));
        let value = value.filter(|value| value.string().is_ok_and(|text| text.is_empty()) || !from.iter().any(empty));
        Some(Follows { value, from })
    }
}

/// The texts in a value.
fn collect<'n>(node: &'n Node, texts: &mut Vec<&'n str>) {
    match &node.value {
        Value::String { text, verbatim: false } => texts.push(text),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Mapping(entries) => entries.iter().for_each(|entry| collect(&entry.value, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::role::RoleLibrary;

    #[test]
    fn what_defaults_come_to() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let role = r#"
summary: x
options:
  own_backend: { type: choice, choices: [package, container], default: container }
  own_version: { type: string, default: "{{ '3.7' if own_backend == 'container' else '' }}" }
  own_image: { type: string, default: "own:{{ own_version }}" }
  own_tag: { type: string, default: "" }
  own_package: { type: string, default: "own:{{ own_tag }}" }
  own_name: { type: string, default: "{{ inventory_hostname }}" }
  own_token: { type: secret, default: "{{ own_backend }}" }
  own_basic: { type: string, default: "{{ own_token | b64encode }}" }
  own_home: { type: string, default: "{{ lookup('env', 'HOME') }}" }
  own_text: { type: string, default: !unsafe "{{ legend }}" }
  own_list: { type: list, default: [{ name: "{{ own_backend }}" }] }
steps: []
"#;
        let path = folder.path().join("roles/own");
        let written = std::fs::create_dir_all(&path).and_then(|()| std::fs::write(path.join("role.yml"), role));
        assert!(written.is_ok());
        let role = RoleLibrary::new(Some(folder.path().to_owned()))
            .find("own", None)
            .unwrap_or_else(|error| panic!("{error}"));
        let shown = role.options.values().map(|option| match role.follows(option) {
            None => format!("{}: no template\n", option.name),
            Some(follows) => {
                let value = follows.value.map(|value| value.to_json().to_string()).unwrap_or_default();
                format!("{}: {value} of {:?}\n", option.name, follows.from)
            }
        });
        insta::assert_snapshot!(shown.collect::<String>(), @r#"
        own_backend: no template
        own_version: "3.7" of {"own_backend"}
        own_image: "own:3.7" of {"own_version"}
        own_tag: no template
        own_package:  of {"own_tag"}
        own_name:  of {"inventory_hostname"}
        own_token:  of {"own_backend"}
        own_basic:  of {"own_token"}
        own_home:  of {}
        own_text: no template
        own_list: [{"name":"container"}] of {"own_backend"}
        "#);
    }
}
