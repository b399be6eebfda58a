//! Alloy: files are followed into Loki, and a configuration that is wrong changes nothing.

use crate::loki::Loki;
use crate::program::{Program, command, end_of, free_address, until};
use crate::verdicts::held_against;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder with a configuration that follows `logs/`, and a Loki that it sends to.
struct Bench {
    folder: tempfile::TempDir,
    logs: PathBuf,
    config: PathBuf,
    /// What the configuration was first.
    text: String,
    address: String,
}

impl Bench {
    /// With this job as a label of what is sent.
    fn new(job: &str) -> (Self, Loki) {
        let folder = tempfile::tempdir().unwrap();
        let (logs, config) = (folder.path().join("logs"), folder.path().join("config.alloy"));
        fs::create_dir(&logs).unwrap();
        let address = free_address();
        let loki = Loki::beside(folder.path(), &address);
        let text = config_of(&address, &logs, job);
        fs::write(&config, &text).unwrap();
        (Self { folder, logs, config, text, address }, loki)
    }

    fn alloy(&self) -> Program {
        let address = free_address();
        let mut alloy = command("alloy", self.folder.path(), &[]);
        alloy.arg("run").arg(&self.config).arg(format!("--server.http.listen-addr={address}"));
        alloy.arg(format!("--storage.path={}", self.folder.path().join("alloy").display())).arg("--disable-reporting");
        Program::start(alloy, &address)
    }

    /// The Loki again, after it has ended.
    fn loki(&self) -> Loki {
        Loki::beside(self.folder.path(), &self.address)
    }
}

fn reload(alloy: &Program) -> (u16, String) {
    let (status, _, body) = alloy.asked("POST", "/-/reload", "", b"");
    (status, body)
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn config_of(loki: &str, logs: &Path, job: &str) -> String {
    format!(
        "local.file_match \"logs\" {{\n\tpath_targets = [{{__path__ = \"{}/*.log\", job = \"{job}\"}}]\n\
         \tsync_period  = \"100ms\"\n}}\n\nloki.source.file \"logs\" {{\n\ttargets    = local.file_match.logs.targets\n\
         \tforward_to = [loki.process.levels.receiver]\n}}\n\nloki.process \"levels\" {{\n\
         \tforward_to = [loki.write.here.receiver]\n\n\tstage.regex {{\n\t\texpression = `^(?P<level>[A-Z]+) `\n\t}}\n\n\
         \tstage.labels {{\n\t\tvalues = {{level = \"\"}}\n\t}}\n}}\n\nloki.write \"here\" {{\n\tendpoint {{\n\
         \t\turl                = \"http://{}/loki/api/v1/push\"\n\t\tbatch_wait         = \"50ms\"\n\
         \t\tmin_backoff_period = \"50ms\"\n\t\tmax_backoff_period = \"100ms\"\n\t\tmax_backoff_retries = 0\n\t}}\n}}\n",
        logs.display(),
        loki
    )
}

#[test]
fn it_takes_and_refuses_what_the_real_one_does() {
    held_against("alloy", include_str!("verdicts/alloy.txt"), |folder| {
        let stability = "--stability.level=generally-available";
        vec!["validate".to_owned(), stability.to_owned(), format!("{folder}/etc/alloy/config.alloy")]
    });
}

#[test]
fn files_are_followed_into_loki() {
    let (bench, loki) = Bench::new("files");
    let log = bench.logs.join("a.log");
    fs::write(&log, "INFO one\n").unwrap();

    let alloy = bench.alloy();
    let found = until(|| loki.lines(r#"{job="files"}"#), |lines| lines.len() == 1);
    assert_eq!(found[0].1, "INFO one");
    assert_eq!(
        found[0].0,
        json!({"filename": log.display().to_string(), "job": "files", "level": "INFO", "service_name": "files"})
    );

    // The file is rotated: what is written before and after is read once.
    append(&log, "INFO two\n");
    fs::rename(&log, bench.logs.join("a.old")).unwrap();
    append(&log, "WARN three\n");
    until(|| loki.texts(r#"{job="files"}"#), |lines| lines.len() == 3);
    alloy.end("TERM").assert_status(0);

    // What was written meanwhile is read, and nothing twice.
    append(&log, "INFO four\n");
    let alloy = bench.alloy();
    let lines = until(|| loki.texts(r#"{job="files"}"#), |lines| lines.len() >= 4);
    assert_eq!(sorted(lines), ["INFO four", "INFO one", "INFO two", "WARN three"]);
    let sent = until(|| alloy.get("/metrics").1, |text| text.contains("component_id=\"loki.write.here\""));
    let line = format!("component_id=\"loki.write.here\",host=\"{}\"}} 1\n", bench.address);
    assert!(sent.contains(&format!("loki_write_sent_entries_total{{{line}")), "{sent}");
    alloy.end("TERM").assert_status(0);
}

#[test]
fn a_broken_reload_keeps_the_old_configuration() {
    let (bench, loki) = Bench::new("before");
    let alloy = bench.alloy();
    assert_eq!(until(|| alloy.get("/-/ready"), |(status, _)| *status == 200).1, "Alloy is ready.\n");

    fs::write(&bench.config, bench.text.replace("loki.write.here.receiver", "loki.write.there.receiver")).unwrap();
    let (status, why) = reload(&alloy);
    assert_eq!(status, 400, "{why}");
    assert!(why.contains(":12:16: component \"loki.write.there.receiver\" does not exist or is out of scope"), "{why}");
    assert!(alloy.get("/metrics").1.contains("alloy_config_last_load_successful 0\n"));
    fs::write(bench.logs.join("a.log"), "one\n").unwrap();
    until(|| loki.texts(r#"{job="before"}"#), |lines| lines == &["one"]);

    fs::write(&bench.config, bench.text.replace("before", "after")).unwrap();
    assert_eq!(reload(&alloy), (200, "config reloaded\n".to_owned()));
    fs::write(bench.logs.join("b.log"), "two\n").unwrap();
    until(|| loki.texts(r#"{job="after"} |= "two""#), |lines| lines == &["two"]);
    let components: Value = serde_json::from_str(&alloy.get("/api/v0/web/components").1).unwrap();
    assert_eq!(components.as_array().unwrap().len(), 4);
}

/// What was read waits in memory, and no longer than what sends it stays as it is.
#[test]
fn what_waits_for_loki_is_lost_only_with_its_writer() {
    let (bench, loki) = Bench::new("kept");
    loki.end();

    let write = |name: &str| fs::write(bench.logs.join(format!("{name}.log")), format!("{name}\n")).unwrap();
    write("one");
    let alloy = bench.alloy();
    let retried = || alloy.log().matches("error sending batch, will retry").count();
    let changed = |text: &str| {
        fs::write(&bench.config, text).unwrap();
        assert_eq!(reload(&alloy).0, 200);
    };
    until(retried, |times| *times > 1);
    let text = bench.text.replace("[A-Z]+) ", "[A-Z]+)");
    changed(&text);
    write("two");
    let before = retried();
    until(retried, |times| *times > before + 1);
    let loki = bench.loki();
    until(|| sorted(loki.texts(r#"{job="kept"}"#)), |lines| lines == &["one", "two"]);
    loki.end();

    write("three");
    let before = retried();
    until(retried, |times| *times > before + 1);
    changed(&text.replace("\"100ms\"\n\t\tmax_backoff_retries", "\"101ms\"\n\t\tmax_backoff_retries"));
    let loki = bench.loki();
    write("zero");
    let lines = until(|| loki.texts(r#"{job="kept"}"#), |lines| lines.iter().any(|line| line == "zero"));
    assert_eq!(sorted(lines), ["one", "two", "zero"]);
}

#[test]
fn from_the_end_is_where_every_new_file_is_read_from() {
    let (bench, loki) = Bench::new("new");
    let text =
        bench.text.replace("\tforward_to = [loki.process", "\ttail_from_end = true\n\tforward_to = [loki.process");
    fs::write(&bench.config, text).unwrap();
    let _alloy = bench.alloy();
    for name in ["one", "two"] {
        let path = bench.logs.join(format!("{name}.log"));
        fs::write(&path, "before\n").unwrap();
        std::thread::sleep(Duration::from_secs(1));
        append(&path, &format!("{name}\n"));
    }
    let lines = until(|| loki.texts(r#"{job="new"}"#), |lines| lines.len() >= 2);
    assert_eq!(sorted(lines), ["one", "two"]);
}

#[test]
fn its_command_line_ends_as_it_should() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("b.alloy"), "loki.wrote \"a\" {\n}\n").unwrap();
    let asked = |words: &[&str]| end_of(command("alloy", folder.path(), &[]), words);
    assert_eq!(
        asked(&["validate", "b.alloy"]).assert_status(1).stderr,
        "Error: b.alloy:1:1: cannot find the definition of component name \"loki.wrote\"\n\n\
         1 | loki.wrote \"a\" {\n  | ^^^^^^^^^^\n2 | }\n\nError: validation failed\n"
    );
    asked(&["fmt", "-t", "b.alloy"]).assert_status(1);
    assert_eq!(asked(&["fmt", "b.alloy"]).assert_status(0).stdout, "loki.wrote \"a\" { }\n");
}
