//! The stand-in for Telegraf as a process of its own, on loopback, with a small server that takes what it sends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flate2::read::GzDecoder;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_solti-standins");
const PATIENCE: Duration = Duration::from_secs(30);

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

/// A running Telegraf; it is killed when the test ends.
struct Telegraf {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Drop for Telegraf {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Telegraf {
    fn start(config: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["telegraf", "--config"]).arg(config).env("TEST_TOKEN", "secret").stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let more = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                more.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Self { child, log }
    }

    fn logged(&self, text: &str) -> String {
        until(|| self.log.lock().unwrap().clone(), |log| log.contains(text))
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }
}

/// What a request was: its head and its lines.
type Taken = Arc<Mutex<Vec<(String, String)>>>;

/// Takes requests and answers each with a status, for as long as the test runs.
fn taking(listener: TcpListener, status: &'static str) -> Taken {
    let taken = Taken::default();
    let more = Arc::clone(&taken);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).unwrap() > 2 {}
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let mut text = String::new();
            GzDecoder::new(body.as_slice()).read_to_string(&mut text).unwrap();
            more.lock().unwrap().push((head, text));
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        }
    });
    taken
}

fn run(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(PROGRAM).arg("telegraf").args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn metrics_are_sent_and_nothing_is_lost_while_the_server_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("telegraf.conf");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let text = format!(
        "[global_tags]\ndc = \"here\"\n[agent]\ninterval = \"200ms\"\nflush_interval = \"100ms\"\nhostname = \"h1\"\n\
         [[inputs.system]]\nfieldinclude = [\"load1\"]\n[[outputs.influxdb_v2]]\nurls = [\"http://{address}\"]\n\
         token = \"${{TEST_TOKEN}}\"\norganization = \"o 1\"\nbucket = \"b\"\n"
    );
    std::fs::write(&config, &text).unwrap();
    let mut telegraf = Telegraf::start(&config);
    let log = telegraf
        .logged("E! [agent] Error writing to outputs.influxdb_v2: failed to send metrics to any configured server(s)");
    until(|| telegraf.log.lock().unwrap().matches("Error writing").count(), |failures| *failures > 6);
    assert!(log.contains("I! Loaded inputs: system\n") && log.contains("I! Tags enabled: dc=here host=h1\n"), "{log}");

    let taken = taking(TcpListener::bind(address).unwrap(), "204 No Content");
    let (head, lines) = until(|| taken.lock().unwrap().first().cloned(), Option::is_some).unwrap();
    assert!(head.starts_with("POST /api/v2/write?bucket=b&org=o+1 HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains("authorization: token secret\r\n") && head.contains("content-encoding: gzip\r\n"), "{head}");
    assert!(lines.lines().count() > 1, "what was found meanwhile: {lines}");
    assert!(lines.lines().all(|line| line.starts_with("system,dc=here,host=h1 load1=")), "{lines}");

    // A new configuration is read without an end.
    std::fs::write(&config, text.replace("here", "there")).unwrap();
    telegraf.signal("-HUP");
    until(|| taken.lock().unwrap().last().cloned().unwrap().1, |lines| lines.contains("dc=there"));
    telegraf.signal("-TERM");
    assert!(telegraf.child.wait().unwrap().success());
    telegraf.logged("[agent] Hang on, flushing any cached metrics before shutdown\n");
}

#[test]
fn metrics_are_there_for_prometheus() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("telegraf.conf");
    let text = "[agent]\ninterval = \"100ms\"\nflush_interval = \"50ms\"\nomit_hostname = true\n[[inputs.mem]]\n\
        [[inputs.cpu]]\npercpu = false\n[[outputs.prometheus_client]]\nlisten = \"127.0.0.1:0\"\nmetric_version = 2\n\
        collectors_exclude = [\"gocollector\", \"process\"]\nbasic_username = \"u\"\nbasic_password = \"p\"\n";
    std::fs::write(&config, text).unwrap();
    let telegraf = Telegraf::start(&config);
    let log = telegraf.logged("[outputs.prometheus_client] Listening on http://");
    let address = log.split_once("Listening on http://").unwrap().1.split('/').next().unwrap().to_owned();
    let get = |authorization: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(get("").starts_with("HTTP/1.1 401 "));
    let page =
        until(|| get("Authorization: Basic dTpw\r\n"), |page| page.contains("cpu_usage_idle{cpu=\"cpu-total\"} "));
    assert!(page.contains("# HELP mem_total Telegraf collected metric\n# TYPE mem_total gauge\nmem_total "), "{page}");
    assert!(!page.contains("go_info"), "{page}");
}

#[test]
fn command_lines_end_as_those_of_the_real_program() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let run = |arguments: &[&str]| run(arguments, folder.path());
    assert_eq!(run(&["--version"]).1, "Telegraf 1.38.4 (git: stand-in@stand-in)\n");

    let all = "cpu mem swap disk diskio net system processes kernel internal";
    let all: String = all.split(' ').map(|name| format!("[[inputs.{name}]]\n")).collect();
    write("all.conf", &format!("[agent]\nhostname = \"h\"\n{all}"));
    let (code, lines, errors) = run(&["--config", "all.conf", "--test"]);
    assert_eq!(code, 0, "{errors}");
    for start in
        ["> cpu,cpu=cpu-total,host=h usage_guest=", "> mem,host=h active=", "> processes,host=h ", "> kernel,host=h "]
    {
        assert!(lines.contains(start), "{start} in {lines}");
    }
    assert!(lines.lines().all(|line| line.starts_with("> ")), "{lines}");
    assert!(!errors.contains(" E! "), "{errors}");

    write("out.conf", "[[inputs.mem]]\n[[outputs.file]]\nfiles = [\"stdout\"]\n");
    assert!(run(&["--config", "out.conf", "--once", "--quiet"]).1.starts_with("mem,host="));
    assert_eq!(run(&["config", "check", "--config", "out.conf"]).0, 0);

    write("foo.conf", "[[inputs.foo]]\n");
    let (code, _, errors) = run(&["--config", "foo.conf", "--test"]);
    assert_eq!(code, 1);
    let end = "E! loading config file foo.conf failed: error parsing foo, undefined but requested input: foo\n";
    assert!(errors.ends_with(end), "{errors}");

    write("docker.conf", "[[inputs.docker]]\n");
    let (code, _, errors) = run(&["config", "check", "--config", "docker.conf"]);
    assert_eq!((code, errors.lines().last()), (3, Some("the stand-in does not know inputs.docker")));

    write("none.conf", "[[inputs.mem]]\n");
    let (code, _, errors) = run(&["--config", "none.conf"]);
    assert_eq!(code, 1);
    let end = "[telegraf] Error running agent: no outputs found, probably invalid config file provided\n";
    assert!(errors.ends_with(end), "{errors}");

    write("encoding.conf", "[[inputs.mem]]\n[[outputs.influxdb_v2]]\ncontent_encoding = \"br\"\n");
    let (code, _, errors) = run(&["--config", "encoding.conf", "config", "check"]);
    assert_eq!(code, 1);
    let end = "E! could not initialize output outputs.influxdb_v2: invalid content encoding \"br\"\n";
    assert!(errors.ends_with(end), "{errors}");
}
