use super::*;

fn formatted(text: &str) -> String {
    format(text, &parse(text).unwrap())
}

fn wrong(text: &str) -> String {
    let error = parse(text).unwrap_err();
    Source { name: "a.alloy".into(), text: text.into() }.short(&error)
}

#[test]
fn assignments_stand_in_columns() {
    let text = "loki.write \"default\" {\n  external_labels={host=\"a\"}\n endpoint {\n url = \"http://a\" // where\n\
                batch_wait=\"1s\"\n\n\n tenant_id = \"x\"\n}\n}\nlogging {}\n";
    let expected = "loki.write \"default\" {\n\texternal_labels = {host = \"a\"}\n\n\tendpoint {\n\
                    \t\turl        = \"http://a\" // where\n\t\tbatch_wait = \"1s\"\n\n\t\ttenant_id = \"x\"\n\t}\n}\n\n\
                    logging { }\n";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected);
}

#[test]
fn lists_and_objects_keep_their_lines() {
    let text = "// first\nx \"y\" {\n\ta = [\n\t// nothing\n\t]\n\tb = [{\n\tjob = \"a\",\n\t__path__ = \"b\"}]\n\
                \tc = f(\n\ta.b,\n\t[1,2,\n\t3, // three\n],\n\t)\n}\n";
    let expected = "// first\nx \"y\" {\n\ta = [\n\t// nothing\n\t]\n\tb = [{\n\t\tjob      = \"a\",\n\t\t__path__ = \"b\"}]\n\
                    \tc = f(\n\t\ta.b,\n\t\t[1, 2,\n\t\t\t3, // three\n\t\t],\n\t)\n}\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn what_is_no_syntax_is_said_with_its_place() {
    assert_eq!(wrong("a {\n  b = \n}\n"), "a.alloy:3:1: expected expression, got }");
    assert_eq!(wrong("a {\n  b = [1\n]\n}\n"), "a.alloy:2:9: missing ',' in expression list");
    assert_eq!(wrong("a"), "a.alloy:1:2: expected attribute assignment or block body, got TERMINATOR");
    assert_eq!(wrong("a \"b-c\" {}"), "a.alloy:1:3: expected block label to be a valid identifier, but got \"b-c\"");
    assert_eq!(wrong("a {"), "a.alloy:1:4: expected }, got EOF");
    assert_eq!(wrong("a = 'x'"), "a.alloy:1:5: illegal single-quoted string; use double quotes");
}

#[test]
fn messages_show_the_lines() {
    let source = Source { name: "a.alloy".into(), text: "a {\n\tfoo = 1\n}\n".into() };
    assert_eq!(
        source.shown(&Diagnostic::new(5, 7, "unrecognized attribute name \"foo\"")),
        "Error: a.alloy:2:2: unrecognized attribute name \"foo\"\n\n1 | a {\n2 |     foo = 1\n  |     ^^^\n3 | }\n"
    );
}
