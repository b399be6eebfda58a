//! The stand-ins as processes of their own, on loopback, with folders that are thrown away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PROGRAM: &str = env!("CARGO_BIN_EXE_solti-standins");
const PATIENCE: Duration = Duration::from_secs(30);

/// A running stand-in; it is killed when the test ends.
struct Program {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts one, and waits until its log says where it listens: the word after `key`.
    fn start(arguments: &[&str], key: &str) -> Self {
        let mut child = Command::new(PROGRAM).args(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let address = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended: {}", log.lock().unwrap());
            log.lock().unwrap().push_str(&line);
            if let Some((_, rest)) = line.split_once(key) {
                break rest.split('"').next().unwrap().to_owned();
            }
        };
        let more = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                more.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Self { child, address, log }
    }

    fn loki(folder: &Path) -> Self {
        Self::loki_at(folder, "0")
    }

    fn loki_at(folder: &Path, port: &str) -> Self {
        let config = folder.join("loki.yaml");
        let text = format!(
            "auth_enabled: false\nserver: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, \
             grpc_listen_address: 127.0.0.1, grpc_listen_port: 0}}\ncommon: {{path_prefix: {}}}\n\
             ingester: {{lifecycler: {{min_ready_duration: 200ms}}}}\nschema_config:\n  configs:\n    - {{from: 2024-04-01, store: tsdb, object_store: filesystem, schema: v13, \
             index: {{prefix: index_, period: 24h}}}}\n",
            folder.join("loki").display()
        );
        std::fs::write(&config, text).unwrap();
        Self::start(&["loki", &format!("-config.file={}", config.display())], " http=\"")
    }

    fn alloy(folder: &Path, config: &Path) -> Self {
        let storage = format!("--storage.path={}", folder.join("alloy").display());
        let config = config.to_str().unwrap();
        Self::start(&["alloy", "run", config, "--server.http.listen-addr=127.0.0.1:0", &storage], " addr=\"")
    }

    /// Asks it, and gives back the status and the body.
    fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "", b"")
    }

    fn push(&self, body: &Value) -> (u16, String) {
        self.ask("POST", "/loki/api/v1/push", "application/json", body.to_string().as_bytes())
    }

    /// The lines that a selector finds, with the labels of their streams, the oldest first.
    fn lines(&self, selector: &str) -> Vec<(Value, String)> {
        let query: String = selector.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (status, body) = self.get(&format!("/loki/api/v1/query_range?direction=forward&limit=1000&query={query}"));
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let streams = body["data"]["result"].as_array().unwrap();
        let lines = streams.iter().flat_map(|stream| {
            let values = stream["values"].as_array().unwrap().iter();
            values.map(|value| (stream["stream"].clone(), value[1].as_str().unwrap().to_owned()))
        });
        lines.collect()
    }

    fn texts(&self, selector: &str) -> Vec<String> {
        self.lines(selector).into_iter().map(|(_, line)| line).collect()
    }

    /// Tells it to end, and expects that it does so in peace.
    fn end(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.log.lock().unwrap());
    }
}

/// Asks again and again until the answer is the one that is waited for.
#[track_caller]
fn until<T: std::fmt::Debug>(mut ask: impl FnMut() -> T, right: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if right(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "still {answer:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

fn alloy_config(loki: &Program, logs: &Path, label: &str) -> String {
    format!(
        "local.file_match \"logs\" {{\n\tpath_targets = [{{__path__ = \"{}/*.log\", job = \"{label}\"}}]\n\
         \tsync_period  = \"100ms\"\n}}\n\nloki.source.file \"logs\" {{\n\ttargets    = local.file_match.logs.targets\n\
         \tforward_to = [loki.process.levels.receiver]\n}}\n\nloki.process \"levels\" {{\n\
         \tforward_to = [loki.write.here.receiver]\n\n\tstage.regex {{\n\t\texpression = `^(?P<level>[A-Z]+) `\n\t}}\n\n\
         \tstage.labels {{\n\t\tvalues = {{level = \"\"}}\n\t}}\n}}\n\nloki.write \"here\" {{\n\tendpoint {{\n\
         \t\turl                = \"http://{}/loki/api/v1/push\"\n\t\tbatch_wait         = \"50ms\"\n\
         \t\tmin_backoff_period = \"50ms\"\n\t\tmax_backoff_period = \"100ms\"\n\t\tmax_backoff_retries = 0\n\t}}\n}}\n",
        logs.display(),
        loki.address
    )
}

#[test]
fn lines_are_taken_found_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let loki = Program::loki(folder.path());
    assert_eq!(until(|| loki.get("/ready"), |(status, _)| *status == 200).1, "ready\n");

    let time = now();
    let values = json!([[time.to_string(), "one"], [(time + 1).to_string(), "two"]]);
    assert_eq!(loki.push(&json!({"streams": [{"stream": {"job": "a"}, "values": values}]})).0, 204);
    assert_eq!(loki.texts(r#"{job="a"} != "two""#), ["one"]);
    assert_eq!(loki.lines(r#"{job="a"}"#)[0].0, json!({"job": "a", "service_name": "a"}));

    // A line without a time, by OpenTelemetry's protocol, has come in just now.
    let attributes = json!([{"key": "service.name", "value": {"stringValue": "otlp"}}, {"key": "pod", "value": {"stringValue": "p"}}]);
    let logs = json!({"resourceLogs": [{"resource": {"attributes": attributes}, "scopeLogs": [
        {"logRecords": [{"body": {"stringValue": "three"}}]}]}]});
    let answer = loki.ask("POST", "/otlp/v1/logs", "application/json", logs.to_string().as_bytes());
    assert_eq!(answer.0, 204, "{}", answer.1);
    assert_eq!(loki.texts(r#"{service_name="otlp"}"#), ["three"]);

    // The same line at the same time is one line.
    loki.push(&json!({"streams": [{"stream": {"job": "a"}, "values": [[time.to_string(), "one"]]}]}));
    loki.end();
    let loki = Program::loki(folder.path());
    assert_eq!(loki.texts(r#"{job=~".+"}"#), ["one", "two"]);
    let labels: Value = serde_json::from_str(&loki.get("/loki/api/v1/labels").1).unwrap();
    assert_eq!(labels, json!({"status": "success", "data": ["job", "service_name"]}));
    let values: Value = serde_json::from_str(&loki.get("/loki/api/v1/label/job/values").1).unwrap();
    assert_eq!(values["data"], json!(["a"]));
}

#[test]
fn what_loki_would_not_take_is_refused_in_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let loki = Program::loki(folder.path());
    let (status, why) = loki.push(&json!({"streams": [{"stream": {"job": "a"}, "values": [["1", "old"]]}]}));
    assert_eq!(status, 400);
    let start =
        "entry for stream '{job=\"a\"}' has timestamp too old: 1970-01-01T00:00:00Z, oldest acceptable timestamp is: ";
    assert!(why.starts_with(start), "{why}");
    let (status, why) = loki.push(&json!({"streams": [{"stream": {}, "values": [[now().to_string(), "x"]]}]}));
    assert_eq!((status, why.as_str()), (400, "error at least one label pair is required per stream\n"));
    let (status, why) = loki.push(&json!({"streams": []}));
    assert_eq!((status, why.as_str()), (422, "error at least one valid stream is required for ingestion\n"));
    let (status, why) = loki.get("/loki/api/v1/query_range?query=%7Bjob%3D%7D");
    assert_eq!((status, why.as_str()), (400, "parse error at line 1, col 6: syntax error: unexpected }\n"));
}

#[test]
fn files_are_followed_into_loki() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let loki = Program::loki(folder.path());
    let config = folder.path().join("config.alloy");
    std::fs::write(&config, alloy_config(&loki, &logs, "files")).unwrap();
    let log = logs.join("a.log");
    std::fs::write(&log, "INFO one\n").unwrap();

    let alloy = Program::alloy(folder.path(), &config);
    let found = until(|| loki.lines(r#"{job="files"}"#), |lines| lines.len() == 1);
    assert_eq!(found[0].1, "INFO one");
    assert_eq!(
        found[0].0,
        json!({"filename": log.display().to_string(), "job": "files", "level": "INFO", "service_name": "files"})
    );

    // The file is rotated: what is written before and after is read once.
    let append = |text: &str| {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    append("INFO two\n");
    std::fs::rename(&log, logs.join("a.old")).unwrap();
    append("WARN three\n");
    until(|| loki.texts(r#"{job="files"}"#), |lines| lines.len() == 3);
    alloy.end();

    // What was written meanwhile is read, and nothing twice.
    append("INFO four\n");
    let alloy = Program::alloy(folder.path(), &config);
    let lines = until(|| loki.texts(r#"{job="files"}"#), |lines| lines.len() >= 4);
    let mut lines = lines;
    lines.sort();
    assert_eq!(lines, ["INFO four", "INFO one", "INFO two", "WARN three"]);
    let sent = until(|| alloy.get("/metrics").1, |text| text.contains("component_id=\"loki.write.here\""));
    assert!(
        sent.contains(&format!(
            "loki_write_sent_entries_total{{component_id=\"loki.write.here\",host=\"{}\"}} 1\n",
            loki.address
        )),
        "{sent}"
    );
    alloy.end();
}

#[test]
fn a_broken_reload_keeps_the_old_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let loki = Program::loki(folder.path());
    let config = folder.path().join("config.alloy");
    let good = alloy_config(&loki, &logs, "before");
    std::fs::write(&config, &good).unwrap();
    let alloy = Program::alloy(folder.path(), &config);
    assert_eq!(alloy.get("/-/ready"), (200, "Alloy is ready.\n".to_owned()));

    std::fs::write(&config, good.replace("loki.write.here.receiver", "loki.write.there.receiver")).unwrap();
    let (status, why) = alloy.ask("POST", "/-/reload", "", b"");
    let expected = format!(
        "{}:12:16: component \"loki.write.there.receiver\" does not exist or is out of scope\n",
        config.display()
    );
    assert_eq!((status, why), (400, expected));
    assert!(alloy.get("/metrics").1.contains("alloy_config_last_load_successful 0\n"));
    std::fs::write(logs.join("a.log"), "one\n").unwrap();
    until(|| loki.texts(r#"{job="before"}"#), |lines| lines == &["one"]);

    std::fs::write(&config, good.replace("before", "after")).unwrap();
    assert_eq!(alloy.ask("POST", "/-/reload", "", b""), (200, "config reloaded\n".to_owned()));
    std::fs::write(logs.join("b.log"), "two\n").unwrap();
    until(|| loki.texts(r#"{job="after"} |= "two""#), |lines| lines == &["two"]);
    let components: Value = serde_json::from_str(&alloy.get("/api/v0/web/components").1).unwrap();
    assert_eq!(components.as_array().unwrap().len(), 4);
}

/// As in Alloy, what was read waits in memory, and no longer than what sends it stays as it is.
#[test]
fn what_waits_for_loki_is_lost_only_with_its_writer() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let loki = Program::loki(folder.path());
    let config = folder.path().join("config.alloy");
    let text = alloy_config(&loki, &logs, "kept");
    std::fs::write(&config, &text).unwrap();
    let address = loki.address.clone();
    let returned = || Program::loki_at(folder.path(), address.rsplit(':').next().unwrap());
    loki.end();

    let write = |name: &str| std::fs::write(logs.join(format!("{name}.log")), format!("{name}\n")).unwrap();
    write("one");
    let alloy = Program::alloy(folder.path(), &config);
    let retried = || alloy.log.lock().unwrap().matches("error sending batch, will retry").count();
    let reload = |text: &str| {
        std::fs::write(&config, text).unwrap();
        assert_eq!(alloy.ask("POST", "/-/reload", "", b"").0, 200);
    };
    until(retried, |times| *times > 1);
    let text = text.replace("[A-Z]+) ", "[A-Z]+)");
    reload(&text);
    write("two");
    let before = retried();
    until(retried, |times| *times > before + 1);
    let loki = returned();
    let found = || {
        let mut found = loki.texts(r#"{job="kept"}"#);
        found.sort();
        found
    };
    until(found, |lines| lines == &["one", "two"]);
    loki.end();

    write("three");
    let before = retried();
    until(retried, |times| *times > before + 1);
    reload(&text.replace("\"100ms\"\n\t\tmax_backoff_retries", "\"101ms\"\n\t\tmax_backoff_retries"));
    let loki = returned();
    write("zero");
    let mut lines = until(|| loki.texts(r#"{job="kept"}"#), |lines| lines.iter().any(|line| line == "zero"));
    lines.sort();
    assert_eq!(lines, ["one", "two", "zero"]);
}

#[test]
fn from_the_end_is_where_every_new_file_is_read_from() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let loki = Program::loki(folder.path());
    let config = folder.path().join("config.alloy");
    let text = alloy_config(&loki, &logs, "new")
        .replace("\tforward_to = [loki.process", "\ttail_from_end = true\n\tforward_to = [loki.process");
    std::fs::write(&config, text).unwrap();
    let _alloy = Program::alloy(folder.path(), &config);
    for name in ["one", "two"] {
        let path = logs.join(format!("{name}.log"));
        std::fs::write(&path, "before\n").unwrap();
        std::thread::sleep(Duration::from_secs(1));
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(format!("{name}\n").as_bytes())
            .unwrap();
    }
    let mut lines = until(|| loki.texts(r#"{job="new"}"#), |lines| lines.len() >= 2);
    lines.sort();
    assert_eq!(lines, ["one", "two"]);
}

#[test]
fn command_lines_end_as_those_of_the_real_programs() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).current_dir(folder.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    std::fs::write(folder.path().join("a.alloy"), "prometheus.relabel \"a\" { }\n").unwrap();
    let (code, _, errors) = run(&["alloy", "validate", "a.alloy"]);
    assert_eq!(code, 3);
    assert!(errors.starts_with("Error: a.alloy:1:1: the stand-in does not know `prometheus.relabel`\n"), "{errors}");
    std::fs::write(folder.path().join("b.alloy"), "loki.wrote \"a\" {\n}\n").unwrap();
    let (code, _, errors) = run(&["alloy", "validate", "b.alloy"]);
    assert_eq!(code, 1);
    assert_eq!(
        errors,
        "Error: b.alloy:1:1: cannot find the definition of component name \"loki.wrote\"\n\n\
         1 | loki.wrote \"a\" {\n  | ^^^^^^^^^^\n2 | }\n\nError: validation failed\n"
    );
    assert_eq!(run(&["alloy", "fmt", "-t", "b.alloy"]).0, 1);
    assert_eq!(run(&["alloy", "fmt", "b.alloy"]).1, "loki.wrote \"a\" { }\n");
    let (code, _, errors) = run(&["loki", "-verify-config", "-config.file=none.yaml"]);
    assert_eq!((code, errors.as_str()), (1, "failed parsing config: open none.yaml: no such file or directory\n"));
    assert_eq!(run(&["loki", "--version"]).1, "loki, version 3.5.0 (branch: stand-in, revision: stand-in)\n");
}
