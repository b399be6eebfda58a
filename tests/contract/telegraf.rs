//! Telegraf: what it finds is sent and nothing is lost meanwhile, and what is wrong with its configuration.

use crate::program::{Program, command, end_of, free_address, until};
use crate::support::{Background, Output};
use crate::verdicts::held_against;
use flate2::read::GzDecoder;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

fn telegraf(folder: &Path, config: &str) -> Command {
    fs::write(folder.join("telegraf.conf"), config).unwrap();
    let mut telegraf = command("telegraf", folder, &[("TEST_TOKEN", "secret")]);
    telegraf.args(["--config", "telegraf.conf"]);
    telegraf
}

fn logged(telegraf: &Background, text: &str) -> String {
    until(|| telegraf.stderr(), |log| log.contains(text))
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
            let (mut body, length) =
                (Vec::new(), |line: &str| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            match head.lines().find_map(length) {
                Some(length) => drop(reader.take(length).read_to_end(&mut body).unwrap()),
                // in pieces, each with its length before it and an end of line behind it
                None => loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let length = u64::from_str_radix(line.trim(), 16).unwrap();
                    reader.by_ref().take(length).read_to_end(&mut body).unwrap();
                    reader.read_line(&mut line).unwrap();
                    if length == 0 {
                        break;
                    }
                },
            }
            let mut text = String::new();
            GzDecoder::new(body.as_slice()).read_to_string(&mut text).unwrap();
            more.lock().unwrap().push((head, text));
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        }
    });
    taken
}

#[test]
fn it_takes_and_refuses_what_the_real_one_does() {
    held_against("telegraf", include_str!("verdicts/telegraf.txt"), |folder| {
        let (file, more) =
            (format!("{folder}/etc/telegraf/telegraf.conf"), format!("{folder}/etc/telegraf/telegraf.d"));
        let words = ["config", "check", "--strict-env-handling", "--config", &file, "--config-directory", &more];
        words.map(str::to_owned).to_vec()
    });
}

#[test]
fn metrics_are_sent_and_nothing_is_lost_while_the_server_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let text = format!(
        "[global_tags]\ndc = \"here\"\n[agent]\ninterval = \"200ms\"\nflush_interval = \"100ms\"\nhostname = \"h1\"\n\
         [[inputs.system]]\nfieldinclude = [\"load1\"]\n[[outputs.influxdb_v2]]\nurls = [\"http://{address}\"]\n\
         token = \"${{TEST_TOKEN}}\"\norganization = \"o 1\"\nbucket = \"b\"\n"
    );
    let telegraf = Background::spawn(telegraf(folder.path(), &text));
    let url = format!("http://{address}/api/v2/write?bucket=b&org=o+1");
    let refused = format!("E! [agent] Error writing to outputs.influxdb_v2: Post \"{url}\": dial tcp {address}: ");
    let log = logged(&telegraf, &refused);
    until(|| telegraf.stderr().matches("Error writing").count(), |failures| *failures > 6);
    assert!(log.contains("I! Loaded inputs: system\n") && log.contains("I! Tags enabled: dc=here host=h1\n"), "{log}");

    let taken = taking(TcpListener::bind(&address).unwrap(), "204 No Content");
    let (head, lines) = until(|| taken.lock().unwrap().first().cloned(), Option::is_some).unwrap();
    assert!(head.starts_with("POST /api/v2/write?bucket=b&org=o+1 HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains("authorization: token secret\r\n") && head.contains("content-encoding: gzip\r\n"), "{head}");
    assert!(lines.lines().count() > 1, "what was found meanwhile: {lines}");
    assert!(lines.lines().all(|line| line.starts_with("system,dc=here,host=h1 load1=")), "{lines}");

    // A new configuration is read without an end.
    fs::write(folder.path().join("telegraf.conf"), text.replace("here", "there")).unwrap();
    telegraf.signal("HUP");
    until(|| taken.lock().unwrap().last().cloned().unwrap().1, |lines| lines.contains("dc=there"));
    telegraf.signal("TERM");
    telegraf
        .wait()
        .assert_status(0)
        .assert_stderr_has("[agent] Hang on, flushing any cached metrics before shutdown\n");
}

#[test]
fn metrics_are_there_for_prometheus() {
    let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
    let text = format!(
        "[agent]\ninterval = \"100ms\"\nflush_interval = \"50ms\"\nomit_hostname = true\n[[inputs.mem]]\n\
         [[inputs.cpu]]\npercpu = false\n[[outputs.prometheus_client]]\nlisten = \"{address}\"\nmetric_version = 2\n\
         collectors_exclude = [\"gocollector\", \"process\"]\nbasic_username = \"u\"\nbasic_password = \"p\"\n"
    );
    let telegraf = Program::start(telegraf(folder.path(), &text), &address);
    let get = |headers: &str| telegraf.asked("GET", "/metrics", headers, b"");
    assert_eq!(get("").0, 401);
    let page =
        until(|| get("Authorization: Basic dTpw\r\n").2, |page| page.contains("cpu_usage_idle{cpu=\"cpu-total\"} "));
    assert!(page.contains("# HELP mem_total Telegraf collected metric\n# TYPE mem_total gauge\nmem_total "), "{page}");
    assert!(!page.contains("go_info"), "{page}");
}

#[test]
fn its_command_line_ends_as_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let run = |arguments: &[&str]| {
        let Output { status, stdout, stderr, .. } = end_of(command("telegraf", folder.path(), &[]), arguments);
        (status, stdout, stderr)
    };
    assert!(run(&["--version"]).1.starts_with("Telegraf "));

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

    write("none.conf", "[[inputs.mem]]\n");
    let (code, _, errors) = run(&["--config", "none.conf"]);
    assert_eq!(code, 1);
    let end = "[telegraf] Error running agent: no outputs found, probably invalid config file provided\n";
    assert!(errors.ends_with(end), "{errors}");

    write("encoding.conf", "[[inputs.mem]]\n[[outputs.influxdb_v2]]\ncontent_encoding = \"br\"\n");
    let (code, _, errors) = run(&["config", "check", "--config", "encoding.conf"]);
    assert_eq!(code, 1);
    let end = "E! could not initialize output outputs.influxdb_v2: invalid content encoding \"br\"\n";
    assert!(errors.ends_with(end), "{errors}");
}
