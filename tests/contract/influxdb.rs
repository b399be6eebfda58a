//! InfluxDB 2: set up once, buckets, tokens that reach as far as their permissions, points that are kept, and signals.

use crate::program::{Program, command, end_of, free_address};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use std::ops::Deref;
use std::path::Path;

const TOKEN: &str = "the-first-token";

/// An InfluxDB that runs.
struct Influx(Program);

impl Deref for Influx {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

impl Influx {
    fn start(folder: &Path) -> Self {
        let (address, path) = (free_address(), |name: &str| folder.join(name).display().to_string());
        let (bolt, engine) = (path("influxd.bolt"), path("engine"));
        let environment = [
            ("INFLUXD_BOLT_PATH", bolt.as_str()),
            ("INFLUXD_ENGINE_PATH", engine.as_str()),
            ("INFLUXD_CONFIG_PATH", "/nowhere.yml"),
        ];
        let mut influx = command("influxd", folder, &environment);
        influx.args(["run", &format!("--http-bind-address={address}"), "--reporting-disabled"]);
        Self(Program::start(influx, &address))
    }

    /// Sends text or nothing, with a token.
    fn send(&self, token: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let (status, _, body) = self.asked(method, path, &format!("Authorization: Token {token}\r\n"), body.as_bytes());
        (status, body)
    }

    /// Sends JSON or nothing, and reads JSON or nothing.
    fn json(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, body) = self.send(token, method, path, &body);
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    fn setup(&self) -> Value {
        let asked = json!({"username": "admin", "password": "long enough", "org": "home", "bucket": "first",
            "retentionPeriodSeconds": 0, "token": TOKEN});
        let (status, body) = self.json("", "POST", "/api/v2/setup", &asked);
        assert_eq!(status, 201, "{body}");
        body
    }

    fn query(&self, token: &str, flux: &str) -> (u16, String) {
        let dialect = json!({"annotations": ["datatype", "group", "default"]});
        let body = json!({"query": flux, "dialect": dialect}).to_string();
        self.send(token, "POST", "/api/v2/query?org=home", &body)
    }

    /// Tells it to end, and expects that it does so in peace.
    fn end(self) {
        self.0.end("INT").assert_status(0);
    }
}

fn refusal(code: &str, message: &str) -> Value {
    json!({"code": code, "message": message})
}

#[test]
fn it_does_not_catch_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Influx::start(folder.path()).0.end("TERM");
    // as the first process of a container it cannot be ended by the signal, and ends by itself
    assert!([128 + 15, 2].contains(&ended.status), "{ended}");
}

#[test]
fn it_is_set_up_once() {
    let folder = tempfile::tempdir().unwrap();
    let influx = Influx::start(folder.path());
    let (status, head, body) = influx.asked("GET", "/ping", "", b"");
    assert_eq!((status, body.as_str()), (204, ""));
    assert!(head.contains("x-influxdb-version: v2.7.") && head.contains("x-influxdb-build: oss"), "{head}");
    let (status, health) = influx.json("", "GET", "/health", &Value::Null);
    assert_eq!((status, &health["status"]), (200, &json!("pass")));
    assert_eq!(influx.json("", "GET", "/ready", &Value::Null).1["status"], "ready");
    assert_eq!(influx.json("", "GET", "/api/v2/setup", &Value::Null), (200, json!({"allowed": true})));
    let denied = refusal("unauthorized", "unauthorized access");
    assert_eq!(influx.json("x", "GET", "/api/v2/buckets", &Value::Null), (401, denied));

    let mut asked = json!({"username": "admin", "password": "short", "org": "home", "bucket": "first"});
    let wrong = refusal("invalid", "passwords must be between 8 and 72 characters long");
    assert_eq!(influx.json("", "POST", "/api/v2/setup", &asked), (400, wrong));
    asked["org"] = json!("");
    let wrong = refusal("unprocessable entity", "onboarding failed: missing required fields [org]");
    assert_eq!(influx.json("", "POST", "/api/v2/setup", &asked), (422, wrong));

    let made = influx.setup();
    for part in ["user", "bucket", "org", "auth"] {
        assert_eq!(made[part]["id"].as_str().unwrap().len(), 16, "{made}");
    }
    assert_eq!(made["auth"]["token"], TOKEN);
    assert_eq!(made["auth"]["permissions"].as_array().unwrap().len(), 44);
    assert_eq!(made["bucket"]["orgID"], made["org"]["id"]);
    assert_eq!(influx.json("", "GET", "/api/v2/setup", &Value::Null), (200, json!({"allowed": false})));
    let again = refusal("conflict", "onboarding has already been completed");
    assert_eq!(influx.json("", "POST", "/api/v2/setup", &asked), (422, again));

    let (_, _, me) = influx.asked("GET", "/api/v2/me", &format!("Authorization: Bearer {TOKEN}\r\n"), b"");
    assert!(me.contains("\"name\":\"admin\""), "{me}");
    let orgs = influx.json(TOKEN, "GET", "/api/v2/orgs?org=home", &Value::Null).1;
    assert_eq!(orgs["orgs"][0]["id"], made["org"]["id"]);
}

#[test]
fn buckets_have_names_and_retentions() {
    let folder = tempfile::tempdir().unwrap();
    let influx = Influx::start(folder.path());
    let org = influx.setup()["org"]["id"].clone();
    let list = influx.json(TOKEN, "GET", "/api/v2/buckets?org=home", &Value::Null).1;
    let names: Vec<&Value> = list["buckets"].as_array().unwrap().iter().map(|bucket| &bucket["name"]).collect();
    assert_eq!(names, ["_monitoring", "_tasks", "first"]);
    assert_eq!(list["links"]["self"], "/api/v2/buckets?descending=false&limit=20&offset=0&org=home");

    let add = |name: &str, seconds: i64| {
        let rules = json!([{"type": "expire", "everySeconds": seconds}]);
        influx.json(TOKEN, "POST", "/api/v2/buckets", &json!({"orgID": org, "name": name, "retentionRules": rules}))
    };
    let (status, bucket) = add("metrics", 172_800);
    assert_eq!(status, 201);
    let rule = json!({"type": "expire", "everySeconds": 172_800, "shardGroupDurationSeconds": 86_400});
    assert_eq!(bucket["retentionRules"], json!([rule]));
    assert_eq!(add("metrics", 0), (422, refusal("conflict", "bucket with name metrics already exists")));
    let short = refusal("internal error", "retention policy duration must be at least 1h0m0s");
    assert_eq!(add("short", 60), (500, short));
    let reserved = "bucket name _x is invalid. Buckets may not start with underscore";
    assert_eq!(add("_x", 0), (400, refusal("invalid", reserved)));
    let none = influx.json(TOKEN, "GET", "/api/v2/buckets?org=home&name=none", &Value::Null);
    assert_eq!(none, (404, refusal("not found", "bucket \"none\" not found")));

    let path = format!("/api/v2/buckets/{}", bucket["id"].as_str().unwrap());
    let change = |seconds: i64| {
        influx.json(TOKEN, "PATCH", &path, &json!({"retentionRules": [{"type": "expire", "everySeconds": seconds}]}))
    };
    let conflict = "shard-group duration must also be updated to be smaller than new retention duration";
    assert_eq!(change(3600), (422, refusal("unprocessable entity", conflict)));
    assert_eq!(change(604_800).1["retentionRules"][0]["everySeconds"], 604_800);
    assert_eq!(influx.send(TOKEN, "DELETE", &path, ""), (204, String::new()));
    assert_eq!(influx.json(TOKEN, "GET", &path, &Value::Null).0, 404);
}

#[test]
fn tokens_reach_as_far_as_their_permissions_and_all_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let influx = Influx::start(folder.path());
    let made = influx.setup();
    let (org, bucket) = (&made["org"]["id"], &made["bucket"]["id"]);
    let token = |action: &str| {
        let resource = json!({"type": "buckets", "id": bucket, "orgID": org});
        let asked = json!({"orgID": org, "description": action,
            "permissions": [{"action": action, "resource": resource}]});
        let (status, made) = influx.json(TOKEN, "POST", "/api/v2/authorizations", &asked);
        assert_eq!(status, 201, "{made}");
        assert_eq!(made["permissions"][0]["resource"]["name"], "first");
        (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
    };
    let ((reader, read), (_, write)) = (token("read"), token("write"));
    assert_eq!(read.len(), 88);

    let points = "cpu,host=a usage=1.5 1700000000\ncpu,host=b usage=2.5 1700000010\ncpu,host=a usage=3.5 1700000020";
    let path = "/api/v2/write?org=home&bucket=first&precision=s";
    assert_eq!(influx.send(&write, "POST", path, points), (204, String::new()));
    let denied = refusal("forbidden", "insufficient permissions for write");
    assert_eq!(influx.json(&read, "POST", path, &Value::Null), (403, denied));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"mem free=7i 1700000000").unwrap();
    let headers = format!("Authorization: Token {write}\r\nContent-Encoding: gzip\r\n");
    assert_eq!(influx.asked("POST", path, &headers, &gzip.finish().unwrap()).0, 204);
    let why = refusal("invalid", "unable to parse 'cpu': missing fields");
    let (status, body) = influx.send(&write, "POST", path, "cpu");
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (400, why));
    let (status, body) = influx.send(&write, "POST", "/api/v2/write?org=home&bucket=none", "cpu v=1");
    assert_eq!((status, body.contains("bucket \\\"none\\\" not found")), (404, true));

    let last = "from(bucket: \"first\") |> range(start: 2023-11-14T00:00:00Z, stop: 2023-11-15T00:00:00Z)\n\
                |> filter(fn: (r) => r._measurement == \"cpu\" and r.host == \"a\") |> last()";
    let expected = "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string\r\n\
                    #group,false,false,true,true,false,false,true,true,true\r\n\
                    #default,_result,,,,,,,,\r\n\
                    ,result,table,_start,_stop,_time,_value,_field,_measurement,host\r\n\
                    ,,0,2023-11-14T00:00:00Z,2023-11-15T00:00:00Z,2023-11-14T22:13:40Z,3.5,usage,cpu,a\r\n\r\n";
    assert_eq!(influx.query(&read, last), (200, expected.to_owned()));
    let (status, body) = influx.query(&write, last);
    let missing = refusal("not found", "failed to initialize execute state: could not find bucket \"first\"");
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (404, missing));
    let mean = "from(bucket: \"first\") |> range(start: 0) |> filter(fn: (r) => r._field == \"usage\")\n\
                |> group(columns: [\"_measurement\"]) |> mean() |> keep(columns: [\"_measurement\", \"_value\"])";
    assert!(
        influx.query(&read, mean).1.ends_with(",,0,cpu,2.5\r\n\r\n")
            || influx.query(&read, mean).1.ends_with(",,0,2.5,cpu\r\n\r\n")
    );
    let windows = "from(bucket: \"first\") |> range(start: 2023-11-14T22:13:20Z, stop: 2023-11-14T22:13:50Z)\n\
                   |> filter(fn: (r) => r.host == \"a\") |> aggregateWindow(every: 10s, fn: count)\n\
                   |> keep(columns: [\"_time\", \"_value\"])";
    let body = influx.query(&read, windows).1;
    assert!(
        body.contains(",,0,2023-11-14T22:13:30Z,1\r\n,,0,2023-11-14T22:13:40Z,0\r\n,,0,2023-11-14T22:13:50Z,1\r\n"),
        "{body}"
    );
    assert_eq!(influx.query(&read, "from(bucket: \"first\") |> range(start: -1h)"), (200, "\r\n".to_owned()));
    assert!(influx.query(&read, "buckets() |> keep(columns: [\"name\"])").1.ends_with(",,0,first\r\n\r\n"));

    // A token that may do little makes none, and sees no bucket but its own.
    let asked = json!({"orgID": org, "permissions": [{"action": "read", "resource": {"type": "buckets"}}]});
    assert_eq!(influx.json(&read, "POST", "/api/v2/authorizations", &asked).0, 401);
    let seen = influx.json(&read, "GET", "/api/v2/buckets?org=home", &Value::Null).1;
    assert_eq!(seen["buckets"].as_array().unwrap().len(), 1);
    let path = format!("/api/v2/authorizations/{reader}");
    assert_eq!(influx.json(TOKEN, "PATCH", &path, &json!({"status": "inactive"})).1["status"], "inactive");
    assert_eq!(influx.query(&read, last).0, 404);
    assert_eq!(influx.json(TOKEN, "PATCH", &path, &json!({"status": "active"})).0, 200);
    let before = influx.json(TOKEN, "GET", "/api/v2/authorizations?org=home", &Value::Null).1;
    assert_eq!(before["authorizations"].as_array().unwrap().len(), 3);

    influx.end();
    let influx = Influx::start(folder.path());
    assert_eq!(influx.json(TOKEN, "GET", "/api/v2/authorizations?org=home", &Value::Null).1, before);
    assert_eq!(influx.query(&read, last), (200, expected.to_owned()));
    let gone = json!({"start": "2023-11-14T00:00:00Z", "stop": "2023-11-15T00:00:00Z", "predicate": "host=\"a\""});
    assert_eq!(influx.json(&write, "POST", "/api/v2/delete?org=home&bucket=first", &gone).0, 204);
    assert_eq!(influx.query(&read, last), (200, "\r\n".to_owned()));
    assert_eq!(influx.send(TOKEN, "DELETE", &path, "").0, 204);
    assert_eq!(influx.query(&read, last).0, 401);
}

#[test]
fn its_command_line_ends_as_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |words: &[&str]| end_of(command("influxd", folder.path(), &[]), words);
    asked(&["version"]).assert_status(0).assert_stdout_has("InfluxDB v2.7.");
    let errors = asked(&["--bolt-pth=x"]).assert_status(1).stderr;
    assert_eq!(errors, "Error: unknown flag: --bolt-pth\nSee 'influxd -h' for help\n");
}
