//! Programs that a test runs: their exit code, what they printed, and an end to waiting for them.

use std::fmt::Debug;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take before the test fails; generous, as the machine may be compiling meanwhile.
const WITHIN: Duration = Duration::from_secs(180);

/// How long a program may run: some do the work of thirty.
const ENDS_WITHIN: Duration = Duration::from_secs(900);

/// How often a condition is looked at that is being waited for.
const POLL: Duration = Duration::from_millis(10);

/// How a program ended, and what it printed.
#[derive(Debug, Clone)]
pub struct Output {
    /// The command line, for messages.
    pub command: String,
    /// The exit code; 128 and the signal for one that a signal ended.
    pub status: i32,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
}

impl Output {
    /// Fails, with all that the program printed, unless it ended with this exit code.
    #[track_caller]
    pub fn assert_status(self, expected: i32) -> Self {
        assert!(self.status == expected, "expected exit code {expected}\n{self}");
        self
    }

    /// Fails unless standard output has this text in it.
    #[track_caller]
    pub fn assert_stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "expected in stdout: {text:?}\n{self}");
        self
    }

    /// Fails unless standard error has this text in it.
    #[track_caller]
    pub fn assert_stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "expected in stderr: {text:?}\n{self}");
        self
    }

    /// Fails if this text stands anywhere in what was printed.
    #[track_caller]
    pub fn assert_lacks(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "not expected: {text:?}\n{self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "$ {}", self.command)?;
        writeln!(f, "exit code {}", self.status)?;
        writeln!(f, "--- stdout\n{}", self.stdout.trim_end())?;
        write!(f, "--- stderr\n{}\n---", self.stderr.trim_end())
    }
}

/// A program that runs beside the test, in a process group of its own; killed when dropped.
///
/// Its output goes to files, not pipes: what it leaves running cannot keep the test waiting.
pub struct Background {
    command: String,
    child: Child,
    stdout: File,
    stderr: File,
}

impl Background {
    /// Starts it.
    #[track_caller]
    pub fn spawn(mut command: Command) -> Self {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line = shell_words::join(words.map(|word| word.to_string_lossy().into_owned()));
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap()).process_group(0);
        let child = command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
        Self { command: line, child, stdout, stderr }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// What it has printed so far to standard output.
    pub fn stdout(&self) -> String {
        contents(&self.stdout)
    }

    /// What it has printed so far to standard error.
    pub fn stderr(&self) -> String {
        contents(&self.stderr)
    }

    /// Sends a signal, such as `TERM`, to the process alone.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        kill(name, &self.id().to_string());
    }

    /// Does what Ctrl-C on a terminal does: the process and all its children get the signal.
    #[track_caller]
    pub fn interrupt(&self) {
        kill("INT", &format!("-{}", self.id()));
    }

    /// Kills the process and all its children that have made no group of their own.
    #[track_caller]
    pub fn kill_group(&self) {
        kill("KILL", &format!("-{}", self.id()));
    }

    /// Waits until its output has this text in it.
    #[track_caller]
    pub fn wait_for_output(&mut self, text: &str) {
        let deadline = Instant::now() + WITHIN;
        loop {
            let ended = !self.is_running();
            let (stdout, stderr) = (self.stdout(), self.stderr());
            if stdout.contains(text) || stderr.contains(text) {
                return;
            }
            assert!(
                !ended && Instant::now() < deadline,
                "{text:?} was never printed by {}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
                self.command
            );
            sleep(POLL);
        }
    }

    /// Waits for its end. One that does not end in time is killed, and fails the test.
    #[track_caller]
    pub fn wait(mut self) -> Output {
        let deadline = Instant::now() + ENDS_WITHIN;
        let (status, late) = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break (status, false),
                None if Instant::now() < deadline => sleep(POLL),
                None => {
                    kill("KILL", &format!("-{}", self.id()));
                    break (self.child.wait().unwrap(), true);
                }
            }
        };
        let output = Output {
            command: self.command.clone(),
            status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            stdout: self.stdout(),
            stderr: self.stderr(),
        };
        assert!(!late, "not done after {} s\n{output}", ENDS_WITHIN.as_secs());
        output
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            kill("KILL", &format!("-{}", self.id()));
            let _ = self.child.wait();
        }
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn run(command: Command) -> Output {
    Background::spawn(command).wait()
}

/// Runs a command with this text on its standard input.
#[track_caller]
pub fn run_with_input(mut command: Command, input: &[u8]) -> Output {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    command.stdin(Stdio::from(file));
    run(command)
}

/// Looks again and again until this is seen, or fails saying what was seen last.
#[track_caller]
pub fn eventually<T: PartialEq + Debug>(expected: &T, mut look: impl FnMut() -> T) {
    let deadline = Instant::now() + WITHIN;
    loop {
        let seen = look();
        if seen == *expected {
            return;
        }
        assert!(Instant::now() < deadline, "waited {} s for {expected:#?}\nand saw {seen:#?}", WITHIN.as_secs());
        sleep(POLL * 5);
    }
}

/// Looks again and again until there is something to return, or fails saying what was waited for.
#[track_caller]
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WITHIN;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {} s in vain: {what}", WITHIN.as_secs());
        sleep(POLL * 5);
    }
}

/// All that is in a file so far, read at places rather than from a position: that one is the writer's too.
fn contents(file: &File) -> String {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    let length = file.read_at(&mut bytes, 0).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[track_caller]
fn kill(signal: &str, target: &str) {
    // Its failure is none: the process has just ended by itself.
    let _ = Command::new("kill").args(["-s", signal, "--", target]).stderr(Stdio::null()).status().unwrap();
}
