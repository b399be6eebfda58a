//! Loki: lines are taken, found and kept, and what it would not take it refuses in its words.

use crate::program::{Program, command, end_of, free_address, port, stand_in, until};
use crate::verdicts::held_against;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// A Loki that runs.
pub struct Loki(pub Program);

impl Loki {
    /// The one that is asked.
    pub fn start(folder: &Path) -> Self {
        Self::started(command("loki", folder, &[]), folder, &free_address())
    }

    /// One to which others send, at this address.
    pub fn beside(folder: &Path, address: &str) -> Self {
        Self::started(stand_in("loki", folder, &[]), folder, address)
    }

    fn started(mut command: Command, folder: &Path, address: &str) -> Self {
        let (config, data) = (folder.join("loki.yaml"), folder.join("loki").display().to_string());
        let (http, grpc) = (port(address), free_address());
        let text = format!(
            "auth_enabled: false\n\
             server: {{http_listen_address: 127.0.0.1, http_listen_port: {http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: {}}}\n\
             common:\n  instance_addr: 127.0.0.1\n  path_prefix: {data}\n  replication_factor: 1\n  \
             ring: {{kvstore: {{store: inmemory}}}}\n  \
             storage: {{filesystem: {{chunks_directory: {data}/chunks, rules_directory: {data}/rules}}}}\n\
             ingester: {{lifecycler: {{min_ready_duration: 200ms}}}}\n\
             schema_config:\n  configs:\n    - {{from: 2024-04-01, store: tsdb, object_store: filesystem, schema: v13, \
             index: {{prefix: index_, period: 24h}}}}\n\
             analytics: {{reporting_enabled: false}}\n",
            port(&grpc)
        );
        fs::write(&config, text).unwrap();
        command.arg(format!("-config.file={}", config.display()));
        let loki = Self(Program::start(command, address));
        assert_eq!(until(|| loki.0.get("/ready"), |(status, _)| *status == 200).1, "ready\n");
        loki
    }

    fn push(&self, body: &Value) -> (u16, String) {
        let (status, _, answer) = self.0.asked(
            "POST",
            "/loki/api/v1/push",
            "Content-Type: application/json\r\n",
            body.to_string().as_bytes(),
        );
        (status, answer)
    }

    /// The lines that a selector finds, with the labels of their streams, the oldest first.
    pub fn lines(&self, selector: &str) -> Vec<(Value, String)> {
        let query: String = selector.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (status, body) =
            self.0.get(&format!("/loki/api/v1/query_range?direction=forward&limit=1000&query={query}"));
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let streams = body["data"]["result"].as_array().unwrap();
        let lines = streams.iter().flat_map(|stream| {
            let values = stream["values"].as_array().unwrap().iter();
            let mut labels = stream["stream"].clone();
            // what Loki has found out of each line is no label of the stream
            labels.as_object_mut().unwrap().shift_remove("detected_level");
            values.map(move |value| (labels.clone(), value[1].as_str().unwrap().to_owned()))
        });
        lines.collect()
    }

    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.lines(selector).into_iter().map(|(_, line)| line).collect()
    }

    /// Tells it to end, and expects that it does so in peace.
    pub fn end(self) {
        self.0.end("TERM").assert_status(0);
    }
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

#[test]
fn it_takes_and_refuses_what_the_real_one_does() {
    held_against("loki", include_str!("verdicts/loki.txt"), |folder| {
        vec!["-verify-config".to_owned(), format!("-config.file={folder}/etc/loki/config.yml")]
    });
}

#[test]
fn lines_are_taken_found_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let loki = Loki::start(folder.path());
    let time = now();
    let values = json!([[time.to_string(), "one"], [(time + 1).to_string(), "two"]]);
    assert_eq!(loki.push(&json!({"streams": [{"stream": {"job": "a"}, "values": values}]})).0, 204);
    assert_eq!(loki.texts(r#"{job="a"} != "two""#), ["one"]);
    assert_eq!(loki.lines(r#"{job="a"}"#)[0].0, json!({"job": "a", "service_name": "a"}));

    // A line without a time, by OpenTelemetry's protocol, has come in just now.
    let attributes = json!([{"key": "service.name", "value": {"stringValue": "otlp"}}, {"key": "pod", "value": {"stringValue": "p"}}]);
    let logs = json!({"resourceLogs": [{"resource": {"attributes": attributes}, "scopeLogs": [
        {"logRecords": [{"body": {"stringValue": "three"}}]}]}]});
    let answer =
        loki.0.asked("POST", "/otlp/v1/logs", "Content-Type: application/json\r\n", logs.to_string().as_bytes());
    assert_eq!(answer.0, 204, "{}", answer.2);
    assert_eq!(loki.texts(r#"{service_name="otlp"}"#), ["three"]);

    // The same line at the same time is one line.
    loki.push(&json!({"streams": [{"stream": {"job": "a"}, "values": [[time.to_string(), "one"]]}]}));
    loki.end();
    let loki = Loki::start(folder.path());
    assert_eq!(loki.texts(r#"{job=~".+"}"#), ["one", "two"]);
    let labels: Value = serde_json::from_str(&loki.0.get("/loki/api/v1/labels").1).unwrap();
    assert_eq!(labels, json!({"status": "success", "data": ["job", "service_name"]}));
    let values: Value = serde_json::from_str(&loki.0.get("/loki/api/v1/label/job/values").1).unwrap();
    assert_eq!(values["data"], json!(["a"]));
}

#[test]
fn what_it_would_not_take_is_refused_in_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let loki = Loki::start(folder.path());
    let (status, why) = loki.push(&json!({"streams": [{"stream": {"job": "a"}, "values": [["1", "old"]]}]}));
    assert_eq!(status, 400);
    let start = "entry for stream '{job=\"a\", service_name=\"a\"}' has timestamp too old: 1970-01-01T00:00:00Z, oldest acceptable timestamp is: ";
    assert!(why.starts_with(start), "{why}");
    let (status, why) = loki.push(&json!({"streams": [{"stream": {}, "values": [[now().to_string(), "x"]]}]}));
    // it is that of an unknown service
    assert_eq!((status, why.as_str()), (204, ""));
    let (status, why) = loki.push(&json!({"streams": []}));
    assert_eq!((status, why.as_str()), (422, "error at least one valid stream is required for ingestion\n"));
    let (status, why) = loki.0.get("/loki/api/v1/query_range?query=%7Bjob%3D%7D");
    assert_eq!(
        (status, why.as_str()),
        (400, "parse error at line 1, col 6: syntax error: unexpected }, expecting STRING")
    );
}

#[test]
fn its_command_line_ends_as_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |words: &[&str]| end_of(command("loki", folder.path(), &[]), words);
    let ended = asked(&["-verify-config", "-config.file=none.yaml"]).assert_status(1);
    assert_eq!(
        ended.stderr,
        "failed parsing config: none.yaml does not exist, set config.file for custom config path\n"
    );
    asked(&["--version"]).assert_status(0).assert_stdout_has("loki, version ");
}
