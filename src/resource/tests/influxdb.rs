//! What an InfluxDB keeps behind its API: plans from what it answered, and conversations with one that plays along.

use super::{file, folder, host, plan, resource};
use crate::ability::call::Call;
use crate::ability::http::{Reply, Request};
use crate::ability::{Operation, Run, State};
use crate::api::Next;
use crate::resource::OBJECTS;
use insta::assert_snapshot;
use serde_json::{Value, json};

pub(super) const AT: &str = "url: http://h:8086, org: home, token: operator";
const SETUP: &str = "GET http://h:8086/api/v2/setup";
const ORGS: &str = "GET http://h:8086/api/v2/orgs?org=home";
const BUCKET: &str = "GET http://h:8086/api/v2/buckets?org=home&name=telegraf";
const TOKENS: &str = "GET http://h:8086/api/v2/authorizations?org=home";
const KEPT: &str = "/etc/solti/secrets/influxdb_token_telegraf";

/// A host whose InfluxDB has answered so.
fn answered(replies: &[(&str, u16, Value)]) -> State {
    let mut state = host([]);
    for (request, status, body) in replies {
        let reply = Reply { status: *status, body: body.to_string() };
        state.replies.insert((*request).to_owned(), reply);
    }
    state
}

fn is_set_up() -> (&'static str, u16, Value) {
    (SETUP, 200, json!({"allowed": false}))
}

fn bucket(seconds: u64) -> Value {
    json!({"buckets": [{"id": "b1", "name": "telegraf", "retentionRules": [{"everySeconds": seconds}]}]})
}

fn authorization(description: &str, action: &str, token: &str) -> Value {
    let resource = json!({"type": "buckets", "id": "b1", "name": "telegraf", "orgID": "o1", "org": "home"});
    json!({
        "id": format!("id of {description}"), "description": description, "status": "active", "token": token,
        "permissions": [{"action": action, "resource": resource}],
    })
}

/// Carries out the conversation of a planned resource with somebody who answers like this; gives what was asked, and
/// what came of it.
fn talk(text: &str, state: State, answer: impl Fn(&Request) -> (u16, Value)) -> String {
    carry_out(&call(text, state), answer)
}

fn call(text: &str, mut state: State) -> Call {
    let planned = resource(text).plan(&mut state).unwrap();
    let operations = planned.draft.unwrap().operations;
    let call = operations.iter().find_map(|operation| match operation {
        Operation::Api(call) => Some(call.clone()),
        _ => None,
    });
    call.unwrap()
}

fn carry_out(call: &Call, answer: impl Fn(&Request) -> (u16, Value)) -> String {
    let (mut replies, mut lines) = (Vec::new(), Vec::new());
    loop {
        match OBJECTS.next(call, &replies) {
            Next::Ask(request) => {
                let (status, body) = answer(&request);
                lines.push(format!("{} {} -> {status}", request.key(), request.body.clone().unwrap_or_default()));
                replies.push(Reply { status, body: body.to_string() });
            }
            Next::Failed(reason) => lines.push(format!("failed: {reason}")),
            Next::Done(secrets) => lines
                .extend(secrets.iter().map(|secret| format!("{} = {} in {}", secret.name, secret.value, secret.path))),
        }
        if !lines.last().is_some_and(|line| line.contains(" -> ")) || lines.len() > 20 {
            return lines.join("\n");
        }
        if matches!(OBJECTS.next(call, &replies), Next::Done(secrets) if secrets.is_empty()) {
            return lines.join("\n");
        }
    }
}

#[test]
fn what_is_set_up_is_left_alone() {
    let setup =
        format!("influxdb_setup: {{{AT}, user: admin, password: long-enough, bucket: telegraf, retention: 30d}}");
    assert_snapshot!(plan(&setup, &mut answered(&[(SETUP, 200, json!({"allowed": true}))])), @"
    create
      organization home, user admin, bucket telegraf
      > talk to its service; makes []
    ");
    assert_snapshot!(plan(&setup, &mut host([])), @"
    create
      organization home, user admin, bucket telegraf
      as far as it is not there; InfluxDB does not answer yet
      > talk to its service; makes []
    ");
    let here = json!({"orgs": [{"id": "o1", "name": "home"}]});
    assert_snapshot!(plan(&setup, &mut answered(&[is_set_up(), (ORGS, 200, here)])), @"nothing");
    assert_snapshot!(plan(&setup, &mut answered(&[is_set_up(), (ORGS, 404, json!({}))])), @"
    create
      organization home
      > talk to its service; makes []
    ");
    assert_snapshot!(plan(&setup, &mut answered(&[is_set_up(), (ORGS, 401, json!({"message": "unauthorized access"}))])), @"impossible: InfluxDB does not take the token; it was set up with another one, which solti needs to be given");

    let new = answered(&[(SETUP, 200, json!({"allowed": true}))]);
    assert_snapshot!(talk(&setup, new, |request| match request.method {
        "GET" => (200, json!({"allowed": true})),
        _ => (201, json!({})),
    }), @r#"
    GET http://h:8086/api/v2/setup  -> 200
    POST http://h:8086/api/v2/setup {"username":"admin","password":"long-enough","org":"home","bucket":"telegraf","retentionPeriodSeconds":2592000,"token":"operator"} -> 201
    "#);
    // somebody was faster: nothing is set up twice
    assert_snapshot!(talk(&setup, host([]), |request| match request.url.ends_with("setup") {
        true => (200, json!({"allowed": false})),
        false => (200, json!({"orgs": [{"id": "o1"}]})),
    }), @"
    GET http://h:8086/api/v2/setup  -> 200
    GET http://h:8086/api/v2/orgs?org=home  -> 200
    ");
    let new = answered(&[(SETUP, 200, json!({"allowed": true}))]);
    assert_snapshot!(talk(&setup, new, |request| match request.method {
        "GET" => (200, json!({"allowed": true})),
        _ => (400, json!({"message": "passwords must be between 8 and 72 characters long"})),
    }), @r#"
    GET http://h:8086/api/v2/setup  -> 200
    POST http://h:8086/api/v2/setup {"username":"admin","password":"long-enough","org":"home","bucket":"telegraf","retentionPeriodSeconds":2592000,"token":"operator"} -> 400
    failed: InfluxDB was to be set up, and says: passwords must be between 8 and 72 characters long (status 400)
    "#);
}

#[test]
fn buckets_get_their_retention() {
    let text = format!("influxdb_bucket: {{name: telegraf, {AT}, retention: 30d}}");
    assert_snapshot!(plan(&text, &mut answered(&[is_set_up(), (BUCKET, 200, bucket(2_592_000))])), @"nothing");
    assert_snapshot!(plan(&text, &mut answered(&[is_set_up(), (BUCKET, 200, bucket(0))])), @"
    update
      retention: for ever -> 30d
      > talk to its service; makes []
    ");
    assert_snapshot!(plan(&text, &mut answered(&[is_set_up(), (BUCKET, 404, json!({"message": "bucket not found"}))])), @"
    create
      keeps points 30d
      > talk to its service; makes []
    ");
    assert_snapshot!(plan(&text, &mut answered(&[is_set_up(), (BUCKET, 401, json!({}))])), @"impossible: InfluxDB does not take the token; it was set up with another one, which solti needs to be given");
    assert_snapshot!(plan(&text, &mut answered(&[(SETUP, 200, json!({"allowed": true})), (BUCKET, 401, json!({}))])), @"
    create
      keeps points 30d
      > talk to its service; makes []
    ");
    assert_snapshot!(plan(&text, &mut host([])), @"
    create
      keeps points 30d
      as far as it is not there; InfluxDB does not answer yet
      > talk to its service; makes []
    ");
    assert_snapshot!(talk(&text, host([]), |request| match (request.method, request.url.contains("orgs")) {
        ("POST", _) => (201, json!({})),
        (_, true) => (200, json!({"orgs": [{"id": "o1"}]})),
        _ => (404, json!({})),
    }), @r#"
    GET http://h:8086/api/v2/buckets?org=home&name=telegraf  -> 404
    GET http://h:8086/api/v2/orgs?org=home  -> 200
    POST http://h:8086/api/v2/buckets {"orgID":"o1","name":"telegraf","description":"","retentionRules":[{"type":"expire","everySeconds":2592000,"shardGroupDurationSeconds":86400}]} -> 201
    "#);
    let shorter = || answered(&[is_set_up(), (BUCKET, 200, bucket(0))]);
    assert_snapshot!(talk(&text, shorter(), |request| (200, if request.method == "GET" { bucket(0) } else { json!({}) })), @r#"
    GET http://h:8086/api/v2/buckets?org=home&name=telegraf  -> 200
    PATCH http://h:8086/api/v2/buckets/b1 {"retentionRules":[{"type":"expire","everySeconds":2592000,"shardGroupDurationSeconds":86400}]} -> 200
    "#);
    assert_snapshot!(talk(&text, shorter(), |request| match request.method {
        "GET" => (200, bucket(0)),
        _ => (422, json!({"message": "shard-group duration must also be updated"})),
    }), @r#"
    GET http://h:8086/api/v2/buckets?org=home&name=telegraf  -> 200
    PATCH http://h:8086/api/v2/buckets/b1 {"retentionRules":[{"type":"expire","everySeconds":2592000,"shardGroupDurationSeconds":86400}]} -> 422
    failed: InfluxDB was to change the bucket telegraf, and says: shard-group duration must also be updated (status 422)
    "#);
}

#[test]
fn tokens_are_made_kept_and_revoked() {
    let text = format!("influxdb_tokens: {{{AT}, tokens: [{{name: telegraf, write: [telegraf]}}]}}");
    let tokens = |all: &[Value]| (TOKENS, 200, json!({"authorizations": all}));
    let kept = |token: &str, all: &[Value]| {
        let mut state = answered(&[is_set_up(), tokens(all)]);
        state.files.paths.insert("/etc/solti/secrets".into(), folder(0o700));
        state.files.paths.insert(KEPT.into(), file(&format!("{token}\n"), 0o600));
        state
    };
    let own = authorization("solti: telegraf", "write", "tok");
    let theirs = authorization("made by hand", "write", "other");
    assert_snapshot!(plan(&text, &mut kept("tok", &[own.clone(), theirs.clone()])), @"
    nothing
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    ");
    // a hash tells no token: what is kept is taken for it
    assert_snapshot!(plan(&text, &mut kept("tok", &[authorization("solti: telegraf", "write", "")])), @"
    nothing
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    ");
    assert_snapshot!(plan(&text, &mut kept("former", std::slice::from_ref(&own))), @r#"
    update
      telegraf: kept on the host
      > talk to its service; makes ["influxdb_token_telegraf"]
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    "#);
    assert_snapshot!(plan(&text, &mut answered(&[is_set_up(), tokens(&[])])), @r#"
    create
      telegraf: - -> write telegraf
      > make /etc/solti/secrets -:- 0700
      > talk to its service; makes ["influxdb_token_telegraf"]
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    "#);
    assert_snapshot!(plan(&text, &mut host([])), @r#"
    create
      telegraf: - -> write telegraf
      as far as it is not there; InfluxDB does not answer yet
      > make /etc/solti/secrets -:- 0700
      > talk to its service; makes ["influxdb_token_telegraf"]
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    "#);
    assert_snapshot!(plan(&text, &mut kept("tok", &[authorization("solti: telegraf", "read", "tok")])), @r#"
    update
      telegraf: read telegraf -> write telegraf
      > talk to its service; makes ["influxdb_token_telegraf"]
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    "#);
    assert_snapshot!(plan(&text, &mut kept("tok", &[own.clone(), authorization("solti: old", "read", "o")])), @"
    update
      old: given out -> revoked
      > talk to its service; makes []
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    ");
    let mut silent = kept("tok", &[]);
    silent.replies.clear();
    assert_snapshot!(plan(&text, &mut silent), @"
    nothing
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    ");

    let answer = |given: Vec<Value>| {
        move |request: &Request| match (request.method, request.url.rsplit('/').next().unwrap_or_default()) {
            ("GET", path) if path.starts_with("auth") => (200, json!({"authorizations": given})),
            ("GET", path) if path.starts_with("orgs") => (200, json!({"orgs": [{"id": "o1"}]})),
            ("GET", _) => (200, bucket(0)),
            ("POST", _) => (201, json!({"token": "made"})),
            _ => (204, json!({})),
        }
    };
    let none = answered(&[is_set_up(), tokens(&[])]);
    assert_snapshot!(talk(&text, none, answer(vec![theirs])), @r#"
    GET http://h:8086/api/v2/authorizations?org=home  -> 200
    GET http://h:8086/api/v2/orgs?org=home  -> 200
    GET http://h:8086/api/v2/buckets?org=home&name=telegraf  -> 200
    POST http://h:8086/api/v2/authorizations {"orgID":"o1","description":"solti: telegraf","permissions":[{"action":"write","resource":{"type":"buckets","id":"b1","orgID":"o1"}}]} -> 201
    influxdb_token_telegraf = made in /etc/solti/secrets/influxdb_token_telegraf
    "#);
    let changed = authorization("solti: telegraf", "read", "tok");
    let gone = authorization("solti: old", "read", "o");
    let mut former = own.clone();
    former["createdAt"] = "2026-01-01T00:00:00Z".into();
    assert_snapshot!(talk(&text, kept("tok", std::slice::from_ref(&changed)), answer(vec![changed.clone(), gone.clone()])), @r#"
    GET http://h:8086/api/v2/authorizations?org=home  -> 200
    GET http://h:8086/api/v2/orgs?org=home  -> 200
    GET http://h:8086/api/v2/buckets?org=home&name=telegraf  -> 200
    POST http://h:8086/api/v2/authorizations {"orgID":"o1","description":"solti: telegraf","permissions":[{"action":"write","resource":{"type":"buckets","id":"b1","orgID":"o1"}}]} -> 201
    influxdb_token_telegraf = made in /etc/solti/secrets/influxdb_token_telegraf
    "#);
    // once nobody needs it any more, what has been replaced is revoked, and what nobody declares
    let mut new = authorization("solti: telegraf", "write", "made");
    (new["id"], new["createdAt"]) = ("new".into(), "2026-01-02T00:00:00Z".into());
    let all = vec![former.clone(), changed.clone(), new.clone(), gone.clone()];
    let later = call(&text, kept("tok", std::slice::from_ref(&changed))).afterwards.unwrap();
    assert_snapshot!(carry_out(&later, answer(all)), @"
    GET http://h:8086/api/v2/authorizations?org=home  -> 200
    DELETE http://h:8086/api/v2/authorizations/id of solti: telegraf  -> 204
    DELETE http://h:8086/api/v2/authorizations/id of solti: telegraf  -> 204
    DELETE http://h:8086/api/v2/authorizations/id of solti: old  -> 204
    ");
    // who is not in the run may need it, and the plan says so, or that there is nothing to do
    let part = |token: &str, given: &[Value]| State { run: Run { partial: true }, ..kept(token, given) };
    assert_snapshot!(plan(&text, &mut part("tok", std::slice::from_ref(&changed))), @r#"
    update
      telegraf: read telegraf -> write telegraf
      telegraf: the former one is revoked by a run of all hosts and roles
      > talk to its service; makes ["influxdb_token_telegraf"]
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    "#);
    assert_snapshot!(plan(&text, &mut part("made", &[former.clone(), new.clone(), gone.clone()])), @"
    nothing
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    ");
    assert!(call(&text, part("tok", std::slice::from_ref(&changed))).afterwards.is_none());
    // a run that came to nothing has left it for the next one
    assert_snapshot!(plan(&text, &mut kept("made", &[former, new])), @"
    update
      telegraf: a former token of that name is revoked
      > talk to its service; makes []
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    ");
    // made by an earlier run that was put back
    assert_snapshot!(talk(&text, answered(&[is_set_up(), tokens(std::slice::from_ref(&own))]), answer(vec![own])), @"
    GET http://h:8086/api/v2/authorizations?org=home  -> 200
    influxdb_token_telegraf = tok in /etc/solti/secrets/influxdb_token_telegraf
    ");
    // kept by nobody, and only a hash of it is known: there must be a new one
    let hashed = authorization("solti: telegraf", "write", "");
    assert_snapshot!(talk(&text, answered(&[is_set_up(), tokens(std::slice::from_ref(&hashed))]), answer(vec![hashed])), @r#"
    GET http://h:8086/api/v2/authorizations?org=home  -> 200
    GET http://h:8086/api/v2/orgs?org=home  -> 200
    GET http://h:8086/api/v2/buckets?org=home&name=telegraf  -> 200
    POST http://h:8086/api/v2/authorizations {"orgID":"o1","description":"solti: telegraf","permissions":[{"action":"write","resource":{"type":"buckets","id":"b1","orgID":"o1"}}]} -> 201
    influxdb_token_telegraf = made in /etc/solti/secrets/influxdb_token_telegraf
    "#);
}

#[test]
fn only_influxdb_says_what_is_missing() {
    let bucket_text = format!("influxdb_bucket: {{name: telegraf, {AT}, retention: 30d}}");
    let setup = format!("influxdb_setup: {{{AT}, user: admin, password: long-enough, bucket: telegraf}}");
    let tokens = format!("influxdb_tokens: {{{AT}, tokens: [{{name: telegraf, write: [telegraf]}}]}}");
    let page = "<html>\n<title>Sign in</title>";
    let broken = r#"{"authorizations": [{"id": "1", "descr"#;
    for (text, request) in [(&bucket_text, BUCKET), (&setup, ORGS), (&tokens, TOKENS)] {
        for (status, body) in [(200, page), (404, page), (200, broken), (200, ""), (200, "{}"), (500, page), (302, "")]
        {
            let mut state = answered(&[is_set_up()]);
            state.replies.insert(request.to_owned(), Reply { status, body: body.to_owned() });
            let said = plan(text, &mut state);
            assert!(said.starts_with("impossible: InfluxDB was to tell "), "{status} {body}: {said}");
        }
    }
    let mut state = answered(&[is_set_up()]);
    state.replies.insert(TOKENS.to_owned(), Reply { status: 200, body: page.to_owned() });
    assert_snapshot!(plan(&tokens, &mut state), @"impossible: InfluxDB was to tell its tokens, and what answers is not InfluxDB, or broke off: <html> (status 200)");
    let mut state = host([]);
    state.replies.insert(SETUP.to_owned(), Reply { status: 404, body: "x".repeat(5000) });
    let said = plan(&setup, &mut state);
    assert!(said.starts_with("impossible: InfluxDB was to say whether it is set up") && said.len() < 400, "{said}");
    // it was there when the plan was made
    assert_snapshot!(talk(&tokens, answered(&[is_set_up(), (TOKENS, 200, json!({"authorizations": []}))]), |_| (200, json!("page"))), @r#"
    GET http://h:8086/api/v2/authorizations?org=home  -> 200
    failed: InfluxDB was to tell its tokens, and what answers is not InfluxDB, or broke off: "page" (status 200)
    "#);
    assert_snapshot!(talk(&setup, answered(&[(SETUP, 200, json!({"allowed": true}))]), |_| (200, json!("page"))), @r#"
    GET http://h:8086/api/v2/setup  -> 200
    failed: InfluxDB was to say whether it is set up, and what answers is not InfluxDB, or broke off: "page" (status 200)
    "#);
    let none = answered(&[is_set_up(), (BUCKET, 200, json!({"buckets": []}))]);
    assert_snapshot!(talk(&bucket_text, none, |_| (200, json!("page"))), @r#"
    GET http://h:8086/api/v2/buckets?org=home&name=telegraf  -> 200
    failed: InfluxDB was to tell the bucket telegraf, and what answers is not InfluxDB, or broke off: "page" (status 200)
    "#);
}

#[test]
fn what_is_kept_is_for_nobody_else() {
    let text = format!("influxdb_tokens: {{{AT}, tokens: [{{name: telegraf, write: [telegraf]}}]}}");
    let kept = |folder_mode: u32, mode: u32, content: &str, token: &str| {
        let all = json!({"authorizations": [authorization("solti: telegraf", "write", token)]});
        let mut state = answered(&[is_set_up(), (TOKENS, 200, all)]);
        state.files.paths.insert("/etc/solti".into(), folder(folder_mode | 0o055));
        state.files.paths.insert("/etc/solti/secrets".into(), folder(folder_mode));
        state.files.paths.insert(KEPT.into(), file(content, mode));
        state
    };
    assert_snapshot!(plan(&text, &mut kept(0o700, 0o600, "tok\n", "tok")), @"
    nothing
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    ");
    assert_snapshot!(plan(&text, &mut kept(0o777, 0o644, "tok\n", "tok")), @r#"
    update
      /etc/solti: root 0777 -> root 0755
      /etc/solti/secrets: root 0777 -> root 0700
      telegraf: others can read it on the host
      > expect /etc/solti Directory
      > set /etc/solti root:- 0755
      > expect /etc/solti/secrets Directory
      > set /etc/solti/secrets root:- 0700
      > expect /etc/solti/secrets/influxdb_token_telegraf File("75c76cabaf6d2660fc8ca59c054baba2b7884b02eac4d687ef2a6d855ea67146")
      > set /etc/solti/secrets/influxdb_token_telegraf -:- 0600
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    "#);
    // only a hash of it is known, but nobody has an empty token
    assert_snapshot!(plan(&text, &mut kept(0o700, 0o600, "\n", "")), @r#"
    update
      telegraf: kept on the host
      > talk to its service; makes ["influxdb_token_telegraf"]
      = /etc/solti/secrets/influxdb_token_telegraf Nothing
    "#);
}
