use super::config::{self, Refusal};
use super::shapes::Allowed;
use super::syntax::Source;

const WRITE: &str = "loki.write \"w\" {\n endpoint {\n url = \"http://x\"\n }\n}\n";

/// What comes of a configuration where it is validated, and where it is loaded.
fn both(text: &str) -> (&'static str, &'static str) {
    let of = |refusal: Option<Refusal>| match refusal {
        None => "yes",
        Some(refusal) if refusal.unknown => "unknown",
        Some(_) => "no",
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.alloy");
    let text = format!("{WRITE}{text}");
    std::fs::write(&path, &text).unwrap();
    let loaded = config::read(vec![Source { name: "a.alloy".into(), text }], Allowed::default());
    (of(config::validate(&path, Allowed::default()).err()), of(loaded.err()))
}

fn process(stage: &str) -> (&'static str, &'static str) {
    both(&format!("loki.process \"p\" {{\n forward_to = [loki.write.w.receiver]\n{stage}\n}}\n"))
}

#[test]
fn what_is_worked_out_is_wrong_where_it_is_loaded() {
    assert_eq!(process("stage.regex {\n expression = \"(\"\n}"), ("yes", "no"));
    assert_eq!(process("stage.match {\n selector = \"{\"\n}"), ("yes", "no"));
    assert_eq!(process("stage.drop { }"), ("yes", "no"));
    assert_eq!(both("loki.write \"z\" {\n endpoint {\n url = string.frmt(\"x\")\n }\n}"), ("yes", "no"));
    assert_eq!(both("local.file \"f\" {\n filename = \"/nowhere/at/all\"\n}"), ("yes", "no"));
}

#[test]
fn what_is_written_out_is_wrong_where_it_is_validated() {
    assert_eq!(process("stage.drop {\n longer_than = \"5 MB\"\n}"), ("no", "no"));
    assert_eq!(process("stage.timestamp {\n source = \"t\"\n}"), ("no", "no"));
    assert_eq!(process("stage.labels {\n values = [\"a\"]\n}"), ("no", "no"));
    assert_eq!(both("loki.relabel \"r\" {\n forward_to = []\n rule {\n regex = \"(\"\n }\n}"), ("no", "no"));
    assert_eq!(both("loki.echo \"a\" { }\nlogging {\n level = \"loud\"\n}"), ("no", "no"));
    assert_eq!(both("loki.write \"z\" {\n endpoint {\n url = env(\"U\")\n }\n}").0, "no");
    assert_eq!(both("loki.process \"p\" {\n forward_to = [loki.process.p.receiver]\n}").0, "no");
    assert_eq!(both("loki.enrich \"e\" { }").0, "no");
}

#[test]
fn what_can_only_be_checked_is_told_from_what_runs() {
    assert_eq!(process("stage.limit {\n rate = 5\n burst = 10\n}"), ("yes", "unknown"));
    assert_eq!(process("stage.limit {\n rate = 5\n}").0, "no");
    assert_eq!(process("stage.template {\n source = \"a\"\n template = \"{{ .Value }}\"\n}").0, "unknown");
    assert_eq!(both("prometheus.relabel \"r\" { }"), ("unknown", "unknown"));
}
