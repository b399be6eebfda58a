//! A plan is data: written down and read back, it is carried out just the same.

use super::*;
use crate::ability::Operation;
use crate::ability::files::Body;
use crate::engine::host_plan::Transaction;
use crate::engine::step;
use crate::engine::work::ResolvedCheck;
use crate::resource::check::Check;
use crate::resource::check::CheckKind;
use crate::secret::SecretName;
use crate::source::Diagnostics;

const CHECKS: [(CheckKind, &str); 7] = [
    (CheckKind::Http, "{ url: 'http://h:1/a?b={c}', headers: { X-Key: s3cret }, that: 'json.up == 1', show: json }"),
    (CheckKind::Port, "{ port: 3000 }"),
    (CheckKind::Command, "{ command: [a, 'b c'], contains: 'd', within: 1500ms }"),
    (CheckKind::File, "{ path: /etc/a, mode: '0640' }"),
    (CheckKind::Unit, "{ name: a, state: failed }"),
    (
        CheckKind::Marker,
        "{ write: { loki: 'http://h:3100' }, find: { loki: 'http://h:3100', labels: { a: b } }, within: 10s }",
    ),
    (CheckKind::Command, "{ command: date, signal: logs, of: other, newest: body, max_age: 60s }"),
];

fn check((kind, text): (CheckKind, &str)) -> ResolvedCheck {
    let node = yaml::parse(&SourceFile::named("role.yml", text)).unwrap();
    ResolvedCheck { id: text.into(), check: Check::parse(kind, &node, None).unwrap(), unknown: None }
}

/// All that is sent to a host for a transaction, but for what is random in it.
fn programs(transaction: &Transaction) -> Vec<String> {
    let steps = &transaction.plan.steps;
    let pulls = step::pulls(steps);
    let mut all = vec![step::begin("name", None, steps, &transaction.lasting)];
    all.extend(steps.iter().zip(&pulls).map(|(plan, pulls)| step::program(plan, "name-0", pulls)));
    all.extend(transaction.checks.iter().map(|check| check.check.program()));
    all.push(step::commit(&transaction.manifest.to_line()));
    all
}

fn rich() -> Plan {
    let access = "url: http://h:8086, org: home, token: operator";
    let tokens = format!("influxdb_tokens: {{{access}, tokens: [{{name: a, read: [b]}}]}}");
    let bucket = format!("influxdb_bucket: {{name: b, {access}, retention: 30d}}");
    let mut one = role(
        "one",
        &[
            "package: { name: app }",
            "group: { name: app }",
            "user: { name: app, group: app, home: /srv/app }",
            "directory: { path: /srv/app, owner: app }",
            "config: { dir: /etc/app, files: [{ content: a, dest: a }], validate: [app, -c, '%s'] }",
            "unit: { name: app, content: '[Service]' }",
            "service: { name: app, uses: /etc/app }",
            "symlink: { path: /etc/link, src: /etc/app/a }",
            "command: { command: [make, it], creates: /srv/app/made, stdin: \"s3cret\\n\" }",
            &bucket,
            &tokens,
        ],
    );
    one.steps[0].checks = CHECKS.map(check).into();
    one.awaits.insert(SecretName { host: "other".into(), name: "key".into() });
    let mut state = host(&[("/etc/app/a", "old")]);
    owned(&mut state, "two", "file:/etc/gone", &[file_item("/etc/gone")]);
    state.files.paths.insert("/etc/gone".into(), file("gone"));
    let work = work(vec![one, absent(role("two", &["file: { path: /etc/gone, content: x }"]))]);
    let mut states = BTreeMap::from([(None, state)]);
    let mut plan = super::plan(&work, &mut states, MINE).unwrap();
    // what is no text stays what it is
    let body = Body { path: "/srv/app/b".into(), content: vec![0, 159, 146, 150], attributes: Default::default() };
    plan.transactions[0].plan.steps[0].changes[0].operations.push(Operation::write_file(body));
    plan
}

#[test]
fn a_plan_that_is_read_back_sends_the_same_programs() {
    let plan = rich();
    let text = serde_json::to_string(&plan).unwrap();
    let read: Plan = serde_json::from_str(&text).unwrap();
    let sent = |plan: &Plan| plan.transactions.iter().map(programs).collect::<Vec<_>>();
    assert_eq!(sent(&read), sent(&plan));
    assert_eq!(format!("{read:?}"), format!("{plan:?}"));
    let calls = |plan: &Plan| -> Vec<_> {
        let changes = plan.transactions.iter().flat_map(|it| &it.plan.steps).flat_map(|step| &step.changes);
        changes.flat_map(Change::calls).cloned().collect()
    };
    assert_eq!(calls(&read), calls(&plan));
    // what is done afterwards is in it, too
    assert_eq!(calls(&read).iter().filter(|call| call.afterwards.is_some()).count(), 1);
    assert_eq!(read.transactions[0].makes(), ["influxdb_token_a"]);
}

#[test]
fn a_place_that_is_read_back_points_to_the_same_line() {
    let source = SourceFile::named("role.yml", "- check: nowhere\n");
    let span = Span::new(&source, 9, 16);
    let read: Span = serde_json::from_str(&serde_json::to_string(&span).unwrap()).unwrap();
    let shown = |span: &Span| Diagnostics::from(Diagnostic::at(span, "there is no such host")).to_string();
    assert_eq!(shown(&read), shown(&span));
}

#[test]
fn what_is_shown_of_a_plan_has_no_operations_in_it() {
    let plan = rich();
    let shown = serde_json::to_string(&plan.shown()).unwrap();
    for unseen in ["operations", "operator", "s3cret", "X-Key"] {
        assert!(serde_json::to_string(&plan).unwrap().contains(unseen) && !shown.contains(unseen), "{unseen}");
    }
}
