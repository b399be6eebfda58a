//! An object of another service than those that there are: asked with a password, with other statuses, paths and lists.

use super::{Access, Asked, Auth, Comparison, Entry, Field, Next, Object, Registered, Registry, Service, Unfinished};
use crate::ability::call::{Call, Secret};
use crate::ability::http::{Reply, Request};
use insta::assert_snapshot;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// As Grafana answers, see <https://grafana.com/docs/grafana/latest/developers/http_api/folder/>.
static GRAFANA: Service = Service {
    name: "Grafana",
    base: "/api",
    created: 200,
    updated: 200,
    deleted: 200,
    message: "/message",
    unknown_caller: "Grafana does not take the password of admin",
};

#[derive(Serialize, Deserialize)]
struct Folder {
    uid: String,
    title: String,
    parent: Option<String>,
}

impl Folder {
    fn access(&self) -> Access<'_> {
        let auth = Auth::Basic { user: "admin", password: "s3cret" };
        Access { service: &GRAFANA, url: "http://g:3000", auth }
    }
}

impl Object for Folder {
    const KIND: &'static str = "folder";

    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished> {
        self.bring_about(asked).map(|()| Vec::new())
    }

    fn within(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn stays(&self) -> String {
        format!("folder {} in Grafana", self.title)
    }
}

impl Entry for Folder {
    fn look(&self) -> Request {
        self.access().get(&format!("folders/{}", self.uid), &[])
    }

    fn found(&self, reply: &Reply) -> Result<Option<Value>, String> {
        GRAFANA.told(reply, &format!("tell the folder {}", self.title))
    }

    fn fields(&self, found: &Value) -> Vec<Field> {
        let now = |key: &str| found[key].as_str().map(str::to_owned);
        vec![
            Field { name: "title", now: now("title"), declared: Some(self.title.clone()) },
            Field { name: "parent", now: now("parentUid"), declared: self.parent.clone() },
        ]
    }

    fn create(&self, asked: &mut Asked<'_>) -> Result<(), Unfinished> {
        let body = json!({"uid": self.uid, "title": self.title});
        self.access().create(asked, "folders", &body, &format!("make the folder {}", self.title)).map(drop)
    }

    fn update(&self, found: &Value, asked: &mut Asked<'_>) -> Result<(), Unfinished> {
        let body = json!({"title": self.title, "version": found["version"]});
        let what = format!("change the folder {}", self.title);
        self.access().update(asked, "PUT", &format!("folders/{}", self.uid), &body, &what).map(drop)
    }
}

const KNOWN: Registry = Registry(&[Registered::of::<Folder>()]);

fn folder() -> Folder {
    Folder { uid: "ops".into(), title: "Operations".into(), parent: None }
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, body: body.to_string() }
}

/// What is asked after these answers, or how it ends.
fn next(call: &Call, replies: &[Reply]) -> String {
    match KNOWN.next(call, replies) {
        Next::Ask(request) => format!("{} {}", request.key(), request.body.unwrap_or_default()),
        Next::Done(secrets) => format!("done, {} secrets", secrets.len()),
        Next::Failed(reason) => reason,
    }
}

#[test]
fn an_object_is_found_and_made_or_changed() {
    // what a plan keeps of it is enough
    let text = serde_json::to_string(&folder().call()).unwrap();
    let call: Call = serde_json::from_str(&text).unwrap();
    assert_eq!(format!("{call:?}"), "folder, folder Operations in Grafana");
    let missing = reply(404, &json!({"message": "folder not found"}));
    let other = reply(200, &json!({"uid": "ops", "title": "Ops", "parentUid": "x", "version": 3}));
    let same = reply(200, &json!({"uid": "ops", "title": "Operations", "version": 4}));
    assert_eq!(next(&call, &[]), "GET http://g:3000/api/folders/ops ");
    assert_eq!(
        next(&call, std::slice::from_ref(&missing)),
        r#"POST http://g:3000/api/folders {"uid":"ops","title":"Operations"}"#
    );
    assert_eq!(
        next(&call, std::slice::from_ref(&other)),
        r#"PUT http://g:3000/api/folders/ops {"title":"Operations","version":3}"#
    );
    assert_eq!(next(&call, std::slice::from_ref(&same)), "done, 0 secrets");
    assert_eq!(next(&call, &[missing, same]), "done, 0 secrets");
    let mismatch = json!({"message": "The folder has been changed by someone else", "status": "version-mismatch"});
    assert_snapshot!(
        next(&call, &[other, reply(412, &mismatch)]),
        @"Grafana was to change the folder Operations, and says: The folder has been changed by someone else (status 412)"
    );
    let wrong = reply(401, &json!({"message": "Invalid username or password"}));
    assert_snapshot!(next(&call, &[wrong]), @"Grafana does not take the password of admin");
}

#[test]
fn fields_are_compared_one_by_one() {
    let found = reply(200, &json!({"title": "Ops", "parentUid": "x"}));
    let names = |folder: &Folder| match folder.compare(&found).unwrap() {
        Comparison::Differs { details, .. } => format!("{details:?}"),
        _ => String::new(),
    };
    let title = r#"Value { what: "title", old: Some("Ops"), new: Some("Operations") }"#;
    // what is not declared is left as it is
    assert_eq!(names(&folder()), format!("[{title}]"));
    let parent = r#"Value { what: "parent", old: Some("x"), new: Some("y") }"#;
    assert_eq!(names(&Folder { parent: Some("y".into()), ..folder() }), format!("[{title}, {parent}]"));
}

#[test]
fn who_asks_is_said_in_a_header() {
    let header = |auth: Auth<'_>| auth.header().map(|(name, value)| format!("{name}: {value}"));
    assert_eq!(header(Auth::None), None);
    let token = Auth::Token { scheme: "Bearer", token: "t" };
    assert_eq!(header(token).as_deref(), Some("Authorization: Bearer t"));
    let basic = Auth::Basic { user: "admin", password: "s3cret" };
    assert_eq!(header(basic).as_deref(), Some("Authorization: Basic YWRtaW46czNjcmV0"));
}

#[test]
fn what_the_registry_cannot_carry_out_has_failed() {
    let unknown = Call { kind: "dashboard".into(), ..folder().call() };
    assert_eq!(next(&unknown, &[]), "this solti knows no object dashboard");
    let damaged = Call { object: Value::Null, ..folder().call() };
    assert_eq!(next(&damaged, &[]), "the plan's folder cannot be read: invalid type: null, expected struct Folder");
}
