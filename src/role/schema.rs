//! `role.yml` as JSON Schema.

use super::read::ROLE;
use crate::resource::{self, action::ACTION};
use crate::schema::json::{Templates, document, mapping};
use serde_json::Value;

/// What a `role.yml` may say.
pub fn schema() -> Value {
    let mut definitions = resource::definitions();
    definitions.insert("action".to_owned(), mapping(&ACTION, Templates::Anywhere));
    document("a role of solti", mapping(&ROLE, Templates::Nowhere), definitions)
}

#[cfg(test)]
mod tests {
    use crate::resource::check::{Check, CheckKind};
    use crate::resource::{Files, ResourceKind, parse};
    use crate::role::files::Folder;
    use crate::role::options::OPTION;
    use crate::role::read::{STEP, read_role};
    use crate::role::{read_checks, read_resources};
    use crate::schema::Argument;
    use crate::source::{Diagnostics, SourceFile};
    use crate::template::RenderError;
    use crate::yaml::{self, Node};
    use jsonschema::Validator;
    use std::collections::BTreeSet;

    struct NoFiles;

    impl Files for NoFiles {
        fn template(&self, name: &Node) -> Result<String, RenderError> {
            Ok(name.string()?)
        }

        fn file(&self, name: &Node) -> Result<Vec<u8>, RenderError> {
            Ok(name.string()?.into_bytes())
        }

        fn home(&self, _: &str) -> Result<Option<String>, RenderError> {
            Ok(None)
        }

        fn secrets_folder(&self) -> Result<String, RenderError> {
            Ok("/secrets".to_owned())
        }
    }

    /// What an error lists as known.
    fn known(error: &str) -> BTreeSet<&str> {
        let known = error.split("known here: ").nth(1).unwrap().lines().next().unwrap();
        known.split(", ").collect()
    }

    #[test]
    fn all_of_a_role_that_is_declared_is_read() {
        for (schema, text) in [
            (&super::ROLE, "{ summary: x, steps: [], xyzzy: 1 }"),
            (&STEP, "{ summary: x, steps: [{ name: s, checks: [], xyzzy: 1 }] }"),
            (&super::ACTION, "{ summary: x, steps: [], actions: { a: { command: x, xyzzy: 1 } } }"),
            (&OPTION, "{ summary: x, steps: [], options: { o: { type: string, xyzzy: 1 } } }"),
        ] {
            let error = read_role("r", &SourceFile::named("role.yml", text), Folder::Embedded("r".into())).unwrap_err();
            assert_eq!(known(&error.to_string()), schema.names().collect(), "{text}");
        }
    }

    /// For each kind as little as it takes.
    const RESOURCES: [(&str, &str); 16] = [
        ("file", "path: /a, content: x"),
        ("template", "src: a.j2, dest: /a"),
        ("config", "dir: /a, files: [{ dest: b, content: x }]"),
        ("directory", "path: /a"),
        ("symlink", "path: /a, src: b"),
        ("absent", "path: /a"),
        ("user", "name: a"),
        ("group", "name: a"),
        ("package", "name: a"),
        ("unit", "name: a, content: x"),
        ("quadlet", "name: a.volume, content: '[Volume]'"),
        ("service", "name: a"),
        ("influxdb_setup", "url: 'http://a', org: o, token: t, user: u, password: p, bucket: b"),
        ("influxdb_bucket", "name: b, url: 'http://a', org: o, token: t"),
        ("influxdb_tokens", "url: 'http://a', org: o, token: t, tokens: [{ name: n, read: b }]"),
        ("command", "command: x, creates: /a"),
    ];
    const CHECKS: [(&str, &str); 6] = [
        ("http", "url: 'http://a', signal: s, newest: body, max_age: 1m"),
        ("port", "port: 80"),
        ("command", "command: x, signal: s, newest: body, max_age: 1m"),
        ("file", "path: /a"),
        ("unit", "name: a"),
        ("marker", "write: { journal: a }, find: { command: b }"),
    ];

    /// Reads a resource or check as solti does: what it is.
    fn read(list: &str, text: &str) -> Result<String, Diagnostics> {
        let node = yaml::parse(&SourceFile::named("role.yml", text))?;
        let all = |error: RenderError| match error {
            RenderError::Invalid(errors) => errors,
            RenderError::NeedsFacts => Diagnostics::new(),
        };
        if list == "checks" {
            let spec = read_checks(&node)?.remove(0);
            return Ok(format!("{:?}", Check::parse(spec.kind, &spec.args, None)?));
        }
        let spec = read_resources(&node)?.remove(0);
        Ok(format!("{:?}", parse(spec.kind, &spec.args, None, &NoFiles).map_err(all)?))
    }

    /// Each kind with its arguments and its least text.
    fn kinds() -> impl Iterator<Item = (&'static str, &'static str, &'static [Argument], &'static str)> {
        let resources = ResourceKind::ALL.map(|kind| ("resources", kind.name(), kind.arguments()));
        let checks = CheckKind::ALL.map(|kind| ("checks", kind.name(), kind.schema().arguments));
        let least = |list: &str, name: &str| {
            let all: &[(&str, &'static str)] = if list == "checks" { &CHECKS } else { &RESOURCES };
            all.iter().find(|(kind, _)| *kind == name).unwrap().1
        };
        resources.into_iter().chain(checks).map(move |(list, name, of)| (list, name, of, least(list, name)))
    }

    /// The least text of a kind with another value for one of its arguments.
    fn with(kind: &str, least: &str, argument: &str, value: &str) -> String {
        let node = yaml::parse(&SourceFile::named("role.yml", format!("{{ {least} }}"))).unwrap();
        let others = node.mapping().unwrap().iter().filter(|entry| entry.key != argument);
        let others: String = others.map(|entry| format!("{}: {}, ", entry.key, entry.value.to_json())).collect();
        format!("[{{ {kind}: {{ {others}{argument}: {value} }} }}]\n")
    }

    #[test]
    fn what_is_declared_is_what_is_read() {
        for (list, kind, arguments, least) in kinds() {
            let node = yaml::parse(&SourceFile::named("role.yml", format!("{{ {least}, xyzzy: 1 }}"))).unwrap();
            let error = match list {
                "checks" => {
                    let kind = CheckKind::ALL.into_iter().find(|found| found.name() == kind).unwrap();
                    Check::parse(kind, &node, None).map(drop).unwrap_err()
                }
                _ => match parse(ResourceKind::from_name(kind).unwrap(), &node, None, &NoFiles) {
                    Err(RenderError::Invalid(errors)) => errors,
                    other => panic!("{kind}: {other:?}"),
                },
            };
            assert_eq!(
                known(&error.to_string()),
                arguments.iter().map(|argument| argument.name).collect(),
                "{list}: {kind}"
            );
        }
    }

    #[test]
    fn a_default_is_what_it_is_without() {
        for (list, kind, arguments, least) in kinds() {
            let without = read(list, &format!("[{{ {kind}: {{ {least} }} }}]\n")).unwrap();
            for argument in arguments {
                let Some(default) = argument.default else { continue };
                let text = with(kind, least, argument.name, default);
                assert_eq!(read(list, &text).unwrap(), without, "{text}");
            }
        }
    }

    /// Whatever a reader takes, the schema takes.
    #[test]
    fn what_the_schema_refuses_is_refused() {
        const VALUES: [&str; 26] = [
            "true",
            "maybe",
            "0",
            "5",
            "-1",
            "80",
            "70000",
            "1.5",
            "text",
            "\"\"",
            "/a/b",
            "a:b",
            "'0640'",
            "'0999'",
            "0750",
            "30s",
            "1h30m",
            "open",
            "latest",
            "[a]",
            "[/a]",
            "[]",
            "{ a: b }",
            "{ a: [b] }",
            "[{ a: b }]",
            "[[a]]",
        ];
        let schema: Validator = jsonschema::draft202012::new(&super::schema()).unwrap();
        let (mut refused, mut taken, mut wrong) = (0, 0, Vec::new());
        for (list, kind, arguments, least) in kinds() {
            for argument in arguments {
                for value in VALUES {
                    let text = with(kind, least, argument.name, value);
                    let step = format!("{{ summary: x, steps: [{{ name: s, {list}: {text} }}] }}");
                    let step = yaml::parse(&SourceFile::named("role.yml", step)).unwrap().to_json();
                    match (schema.is_valid(&step), read(list, &text)) {
                        (false, Ok(_)) => wrong.push(text),
                        (false, Err(_)) => refused += 1,
                        (true, _) => taken += 1,
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "only the schema refuses {}", wrong.concat());
        assert!(refused > 1500 && taken > 500, "{refused} {taken}");
    }
}
