//! Markers: what writes them, what finds them, and that each asking has one of its own.

use super::checks::{check, errors, judge};
use crate::host::shells_here::{SAY, command, shells};
use crate::resource::check::CheckKind;
use crate::resource::check::{Asking, Check, Reply};
use insta::assert_snapshot;

fn marker(write: &str, find: &str) -> Check {
    check(CheckKind::Marker, &format!("{{ write: {write}, find: {find} }}"))
}

const LOKI: &str = "{ loki: \"http://mon:3100/\", labels: { hostname: app, job: \"it's\" } }";

/// Runs what is asked now, and goes on as the host's answer wants it: what was seen once it is settled.
fn asked(asking: &mut Asking<'_>, shell: &[&str]) -> Option<(bool, String)> {
    let output = command(shell, &format!("{SAY}{}", asking.check().program())).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let reply = Check::reply(text.trim_end_matches('\n').strip_prefix("mark reply ")?).unwrap();
    let verdict = asking.check().judge(&reply, None);
    asking.answered(verdict).map(|verdict| (verdict.passed, verdict.seen))
}

/// What was written and what is looked for, with `MARKER` for the value, and `PATTERN` for what matches it but not itself.
fn programs(check: &Check) -> (String, String) {
    let mut asking = check.asking().unwrap();
    let write = asking.check().program();
    let passed = asking.check().judge(&Reply { status: 0, http: 204, body: String::new() }, None);
    assert!(asking.answered(passed).is_none());
    let find = asking.check().program();
    let at = write.find("solti-").unwrap();
    let value = &write[at..at + 22];
    let plain = |text: &str| {
        let text = text.replace(value, "MARKER").replace(&value.replacen('-', "%5B-%5D", 1), "PATTERN");
        assert!(!text.contains("solti-"), "{text}");
        text.split("; status=$?").next().unwrap().to_owned()
    };
    (plain(&write), plain(&find))
}

#[test]
fn what_writes() {
    assert_snapshot!(programs(&marker("{ journal: scenario }", LOKI)).0, @"reply=$(timeout 10 logger -t scenario -- MARKER </dev/null 2>&1)");
    assert_snapshot!(programs(&marker("{ file: /var/log/app/a.log }", LOKI)).0, @r#"reply=$(timeout 10 sh -c 'printf '\''%s\n'\'' "$1" >>"$0"' /var/log/app/a.log MARKER </dev/null 2>&1)"#);
    assert_snapshot!(programs(&marker("{ command: \"echo solti-MARKER | nc -w 1 mon 514\" }", LOKI)).0, @"reply=$(timeout 10 sh -c 'echo MARKER | nc -w 1 mon 514' </dev/null 2>&1)");
    let influx =
        "{ influx: \"http://127.0.0.1:8186\", measurement: a b, tags: { site: \"x,y=z\" }, user: u, password: p }";
    assert_snapshot!(programs(&marker(influx, LOKI)).0);
    let whole = "{ influx: \"http://mon:8086/api/v2/write?org=o&bucket=b\", token: secret }";
    assert_snapshot!(programs(&marker(whole, LOKI)).0);
    assert_snapshot!(programs(&marker("{ loki: \"http://mon:3100\", headers: { X-Scope-OrgID: a } }", LOKI)).0);
}

#[test]
fn what_finds() {
    let find = |find: &str| programs(&marker("{ journal: x }", find)).1;
    assert_snapshot!(find(LOKI));
    assert_snapshot!(find(
        "{ prometheus: \"http://mon:3000/api/datasources/proxy/uid/prom\", labels: { instance: app }, headers: { X-Scope-OrgID: a } }"
    ));
    assert_snapshot!(find(
        "{ influxdb: \"http://mon:8086\", org: my home, bucket: \"a\\\"${b}\", token: secret, tags: { host: app } }"
    ));
    assert_snapshot!(find("{ command: [tail, -n, 5, /var/log/syslog] }"), @"reply=$(timeout 10 tail -n 5 /var/log/syslog </dev/null 2>&1)");
}

#[test]
fn wrong_markers() {
    let errors = |text: &str| errors(CheckKind::Marker, text);
    assert_snapshot!(errors("{ write: { jornal: x }, find: { loki: \"http://a\" } }"));
    assert_snapshot!(errors("{ write: { journal: x, file: /a }, find: { prometheus: a, label: { a: b } } }"));
    assert_snapshot!(errors("{ write: [journal], find: {} , within: soon }"));
    assert_snapshot!(errors(
        "{ write: { metric: /srv/a.txt, tags: { a: b } }, find: { influxdb: \"http://a\", user: x } }"
    ));
    assert_snapshot!(errors("{ write: { command: [echo, marker] }, find: { loki: \"http://a\", labels: [a] } }"));
    assert_snapshot!(errors("{ write: { journal: a b } }"));
}

#[test]
fn each_asking_has_its_own() {
    let check = marker("{ journal: x }", LOKI);
    let (one, two) = (check.asking().unwrap(), check.asking().unwrap());
    assert_ne!(one.check().program(), two.check().program());
    assert_eq!(check.name(), "marker:journal x in loki http://mon:3100/");
}

#[test]
fn what_is_seen() {
    let check = marker("{ journal: x }", LOKI);
    let mut asking = check.asking().unwrap();
    let said = |asking: &mut Asking<'_>, status, http, body: &str| {
        let verdict = asking.check().judge(&Reply { status, http, body: body.to_owned() }, None);
        asking.answered(verdict).map(|verdict| (verdict.passed, verdict.seen))
    };
    let (passed, seen) = said(&mut asking, 1, 0, "logger: socket /dev/log: gone").unwrap();
    assert!(!passed);
    assert_snapshot!(seen, @"the marker could not be written: exit status 1: logger: socket /dev/log: gone");
    let text = asking.check().program();
    let value = &text[text.find("solti-").unwrap()..][..22];
    assert_eq!(said(&mut asking, 0, 0, ""), None);
    let (passed, seen) = said(&mut asking, 0, 200, "{\"data\":[]}").unwrap();
    assert!(!passed);
    assert_snapshot!(seen.replace(value, "MARKER"), @r#"written, but not found: `MARKER` is not in the answer: {"data":[]}"#);
    let (passed, seen) = said(&mut asking, 0, 401, "no").unwrap();
    assert_eq!((passed, seen.as_str()), (false, "written, but not found: status 401 instead of 200: no"));
    assert_eq!(said(&mut asking, 0, 200, value).unwrap(), (true, "found after 0.0 s".to_owned()));
    let influx = marker("{ influx: \"http://a\" }", LOKI);
    assert_eq!(judge(influx.asking().unwrap().check(), 0, 404, "none"), "no: status 404: none");
}

#[test]
fn files_are_written_once_in_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (number, shell) in shells().enumerate() {
        let (file, metric) = (path(&format!("{number} it's.log")), path(&format!("{number}.prom")));
        std::fs::write(&file, "solti-0123456789abcdef\n").unwrap();
        let both = |file: &str, kind: &str| {
            marker(&format!("{{ {kind}: \"{file}\" }}"), &format!("{{ command: [cat, \"{file}\"] }}"))
        };
        for (file, kind) in [(&file, "file"), (&metric, "metric")] {
            let check = both(file, kind);
            let mut asking = check.asking().unwrap();
            assert_eq!(asked(&mut asking, shell), None, "{shell:?}");
            let written = std::fs::read_to_string(file).unwrap();
            assert!(asked(&mut asking, shell).unwrap().0, "{shell:?} {written}");
            assert_eq!(written, std::fs::read_to_string(file).unwrap(), "{shell:?}");
            // one that is there from before is not the one that is looked for
            std::fs::write(file, "solti-0123456789abcdef\n").unwrap();
            let (passed, seen) = asked(&mut asking, shell).unwrap();
            assert!(!passed && seen.contains("is not in the answer: solti-0123456789abcdef"), "{shell:?} {seen}");
            if let Some(cleanup) = asking.cleanup() {
                std::fs::write(file, "node_x 1\n").unwrap();
                let mut again = check.asking().unwrap();
                let (_, seen) = asked(&mut again, shell).unwrap();
                assert!(seen.contains("is there already, and not from a marker"), "{shell:?} {seen}");
                // what is somebody else's stays
                assert!(command(shell, cleanup).status().unwrap().success());
                assert_eq!(std::fs::read_to_string(file).unwrap(), "node_x 1\n", "{shell:?}");
                std::fs::write(file, &written).unwrap();
                assert!(command(shell, cleanup).status().unwrap().success());
                assert!(!std::path::Path::new(file).exists(), "{shell:?}");
            }
        }
    }
}

#[test]
fn nothing_secret_is_an_argument() {
    let check = marker(
        "{ influx: \"http://a/write\", token: secret1, headers: { X: secret2 } }",
        "{ loki: \"http://a\", labels: { a: b }, user: u, password: secret3 }",
    );
    assert!(check.process_texts().is_empty());
    let check = marker("{ journal: secret1 }", "{ command: [cat, secret2] }");
    assert!(["secret1", "secret2"].iter().all(|text| check.process_texts().contains(&(*text).to_owned())));
}
