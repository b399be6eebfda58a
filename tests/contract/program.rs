//! The programs that are asked: the stand-ins, or those that `SOLTI_CONTRACT` names, each by its path or its image:
//! `SOLTI_CONTRACT="loki=/usr/bin/loki telegraf=docker.io/telegraf:1.39.3" cargo test --test contract -- loki:: telegraf::`.
//! What `podman run` is told beyond that is in `SOLTI_CONTRACT_RUN`; `testbed/real.sh` sets both.

use crate::support::{Background, Output, run, wait_until};
use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// Variables of a program's environment.
pub type Environment<'e> = &'e [(&'e str, &'e str)];

/// The command that runs the program that is asked.
pub fn command(name: &str, folder: &Path, environment: Environment) -> Command {
    let named = std::env::var("SOLTI_CONTRACT").ok();
    let real = named.as_deref().map(|all| {
        let place = all.split_whitespace().find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
        place.unwrap_or_else(|| panic!("SOLTI_CONTRACT names no {name}"))
    });
    let mut command = match real {
        None => return stand_in(name, folder, environment),
        Some(path) if path.starts_with('/') => Command::new(path),
        Some(image) => {
            let mut podman = Command::new("podman");
            let shared = format!("{0}:{0}", folder.display());
            podman.args([
                "run",
                "-i",
                "--rm",
                "--network=host",
                "--user=0:0",
                "--security-opt=label=disable",
                "-v",
                &shared,
            ]);
            podman.args(std::env::var("SOLTI_CONTRACT_RUN").unwrap_or_default().split_whitespace());
            podman.arg("-w").arg(folder);
            podman.args(environment.iter().flat_map(|(name, value)| ["-e".to_owned(), format!("{name}={value}")]));
            let entry = match name {
                "loki" => "/usr/bin/loki",
                "alloy" => "/bin/alloy",
                _ => name,
            };
            podman.args(["--entrypoint", entry, image]);
            podman
        }
    };
    command.current_dir(folder).envs(environment.iter().copied());
    command
}

/// The command that runs a stand-in, whoever is asked.
pub fn stand_in(name: &str, folder: &Path, environment: Environment) -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(Command::new(root.join("testbed/standins/build.sh")).status().unwrap().success());
        root.join("target/standins/solti-standins")
    });
    let mut command = Command::new(program);
    command.arg(name).current_dir(folder).envs(environment.iter().copied());
    command
}

/// Whether a real program is asked.
pub fn is_real() -> bool {
    std::env::var_os("SOLTI_CONTRACT").is_some()
}

/// Runs the program with these words to its end.
pub fn end_of(mut command: Command, words: &[&str]) -> Output {
    command.args(words);
    run(command)
}

/// An address of this machine at which nobody listens.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The port of an address.
pub fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap()
}

/// A program that runs and answers at an address.
pub struct Program {
    pub process: Background,
    pub address: String,
}

impl Program {
    /// Starts it, and waits until it listens.
    #[track_caller]
    pub fn start(command: Command, address: &str) -> Self {
        let mut process = Background::spawn(command);
        wait_until(&format!("something listens at {address}"), || {
            let said = format!("{}{}", process.stdout(), process.stderr());
            assert!(process.is_running(), "it has ended: {said}");
            TcpStream::connect(address).ok()
        });
        Self { process, address: address.to_owned() }
    }

    /// Asks it, and gives back the status, the head and the body.
    #[track_caller]
    pub fn asked(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        // the older version, in which an answer is not cut into pieces
        let head = format!("{method} {path} HTTP/1.0\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
    }

    /// Asks it for a page.
    #[track_caller]
    pub fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.asked("GET", path, "", b"");
        (status, body)
    }

    /// All that it has said so far.
    pub fn log(&self) -> String {
        format!("{}{}", self.process.stdout(), self.process.stderr())
    }

    /// Sends a signal, and waits for its end.
    #[track_caller]
    pub fn end(self, signal: &str) -> Output {
        self.process.signal(signal);
        self.process.wait()
    }
}

/// Asks again and again until the answer is the one that is waited for.
#[track_caller]
pub fn until<T: Debug>(mut ask: impl FnMut() -> T, right: impl Fn(&T) -> bool) -> T {
    let mut last = None;
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while std::time::Instant::now() < deadline {
        let answer = ask();
        if right(&answer) {
            return answer;
        }
        last = Some(answer);
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("still {last:?}");
}
