//! The pipes to one child: everything is read and written at the same time, so that neither side waits for the other.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::noise::Noise;

/// The longest line that is still taken for a record; a host that sends a longer one is not waited for.
const LONGEST_RECORD: usize = 64 << 20;

/// From this size on, a line without a word of ours is kept in part only: it is no record, and may never end.
const LONGEST_NOISE: usize = 64 << 10;

/// How much of its beginning is kept.
const BEGINNING_OF_NOISE: usize = 8 << 10;

/// How long a child that has closed its output may take to end, and one that has ended to have its last words read.
/// Nothing waits for the end of its error stream: a master process that ssh left behind may hold it open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a child said.
#[derive(Debug)]
pub(super) enum Said {
    /// A line that begins with the nonce: its tag, and the rest.
    Record(String, String),
    /// The line by which the opening command says that it runs.
    Begin,
    /// The line by which the login shell says that sudo comes next.
    Login,
    /// sudo asks for the password.
    Prompt,
    /// Nothing more will come.
    Ended,
}

/// The words that tell our lines from a host's own.
#[derive(Debug)]
pub(super) struct Words {
    pub nonce: String,
    pub login: String,
    pub begin: String,
    pub prompt: String,
}

/// A child and its three pipes.
#[derive(Debug)]
pub(super) struct Channel {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    words: Words,
    pub noise: Noise,
    partial: Vec<u8>,
    events: VecDeque<Said>,
    outbox: Vec<u8>,
    sent: usize,
    status: Option<ExitStatus>,
    overlong: bool,
}

/// A step of [`Channel::pump`].
enum Moved {
    Output(usize),
    Errors(usize),
    Sent(usize),
    InputClosed,
    Exited(Option<ExitStatus>),
}

impl Channel {
    /// Starts `command`, whose three streams are pipes.
    pub fn start(command: &mut Command, words: Words) -> std::io::Result<Self> {
        let mut child = command.spawn()?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        Ok(Self {
            child,
            input,
            output,
            errors,
            words,
            noise: Noise::default(),
            partial: Vec::new(),
            events: VecDeque::new(),
            outbox: Vec::new(),
            sent: 0,
            status: None,
            overlong: false,
        })
    }

    /// How the child ended, once it has.
    pub fn status(&self) -> Option<ExitStatus> {
        self.status
    }

    /// Whether the child said a line that was too long to wait for its end.
    pub fn overlong(&self) -> bool {
        self.overlong
    }

    /// Puts text on its way; it is written while [`Channel::next`] is awaited.
    pub fn send(&mut self, text: &str) {
        self.outbox.extend_from_slice(text.as_bytes());
    }

    /// The next thing that the child says. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Said {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            if self.output.is_none() || self.status.is_some() {
                return Said::Ended;
            }
            if !self.pump().await {
                self.last_words().await;
            }
        }
    }

    /// Moves some bytes, in whatever direction; false when the child has ended or closed its output.
    async fn pump(&mut self) -> bool {
        let (mut from_output, mut from_errors) = ([0; 16384], [0; 4096]);
        let Self { child, input, output, errors, outbox, sent, .. } = self;
        let moved = tokio::select! {
            read = read_some(output, &mut from_output) => Moved::Output(read),
            read = read_some(errors, &mut from_errors), if errors.is_some() => Moved::Errors(read),
            written = write_some(input, &outbox[*sent..]), if input.is_some() && *sent < outbox.len() => {
                written.map_or(Moved::InputClosed, Moved::Sent)
            }
            status = child.wait() => Moved::Exited(status.ok()),
        };
        match moved {
            Moved::Output(0) => {
                self.output = None;
                return false;
            }
            Moved::Output(read) => return self.take_output(&from_output[..read]),
            Moved::Errors(0) => self.errors = None,
            Moved::Errors(read) => self.take_errors(&from_errors[..read]),
            Moved::Sent(written) => {
                self.sent += written;
                if self.sent == self.outbox.len() {
                    self.outbox = Vec::new();
                    self.sent = 0;
                }
            }
            Moved::InputClosed => self.input = None,
            Moved::Exited(status) => {
                self.status = status;
                return false;
            }
        }
        true
    }

    /// Reads what is left in the pipes, without waiting for their end.
    async fn last_words(&mut self) {
        let _ = timeout(LAST_WORDS, async {
            let (mut from_output, mut from_errors) = ([0; 16384], [0; 4096]);
            if self.status.is_none() {
                self.status = self.child.wait().await.ok();
            }
            let quiet = LAST_WORDS / 5;
            while let Ok(read @ 1..) = timeout(quiet, read_some(&mut self.output, &mut from_output)).await {
                self.take_output(&from_output[..read]);
            }
            while let Ok(read @ 1..) = timeout(quiet, read_some(&mut self.errors, &mut from_errors)).await {
                self.take_errors(&from_errors[..read]);
            }
        })
        .await;
        let rest = std::mem::take(&mut self.partial);
        // a record that was cut off says nothing to people, and may have a secret in it that nobody recognizes
        let nonce = self.words.nonce.as_bytes();
        let record = rest.windows(nonce.len()).position(|window| window == nonce);
        self.noise.line(&rest[..record.unwrap_or(rest.len())]);
        self.output = None;
    }

    /// Splits output into lines; false when a line is too long to go on.
    fn take_output(&mut self, mut bytes: &[u8]) -> bool {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.partial.extend_from_slice(&bytes[..end]);
            let line = std::mem::take(&mut self.partial);
            self.take_line(&line);
            bytes = &bytes[end + 1..];
        }
        self.partial.extend_from_slice(bytes);
        self.shorten_noise();
        self.overlong = self.partial.len() > LONGEST_RECORD;
        !self.overlong
    }

    /// Leaves out the middle of an unfinished line that is noise; one of our words may have begun at its end.
    fn shorten_noise(&mut self) {
        let Words { nonce, login, begin, .. } = &self.words;
        let has = |word: &String| self.partial.windows(word.len()).any(|window| window == word.as_bytes());
        let longest = [nonce, login, begin].map(String::len).into_iter().max().unwrap_or(0);
        if self.partial.len() > LONGEST_NOISE && ![nonce, begin, login].into_iter().any(has) {
            self.partial.drain(BEGINNING_OF_NOISE..self.partial.len() - longest);
        }
    }

    /// A record may follow a child's words that had no newline, so the nonce is looked for in the whole line.
    fn take_line(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        for (words, event) in [(&self.words.begin, Said::Begin), (&self.words.login, Said::Login)] {
            if let Some(at) = line.find(words) {
                self.noise.line(&line.as_bytes()[..at]);
                self.events.push_back(event);
                return;
            }
        }
        let Some(at) = line.find(&self.words.nonce) else { return self.noise.line(line.as_bytes()) };
        self.noise.line(&line.as_bytes()[..at]);
        let record = &line[at + self.words.nonce.len()..];
        let record = record.strip_prefix(' ').unwrap_or(record);
        let (tag, rest) = record.split_once(' ').unwrap_or((record, ""));
        self.events.push_back(Said::Record(tag.to_owned(), rest.to_owned()));
    }

    fn take_errors(&mut self, bytes: &[u8]) {
        self.noise.bytes(bytes);
        if self.noise.take_prompt(&self.words.prompt) {
            self.events.push_back(Said::Prompt);
        }
    }

    /// Closes the child's input, gives it `patience` to end, and ends it otherwise.
    pub async fn close(mut self, patience: Duration) {
        self.input = None;
        self.outbox.clear();
        let ended = timeout(patience, async { while !matches!(self.next().await, Said::Ended) {} }).await;
        if ended.is_err() || self.status.is_none() {
            let _ = self.child.kill().await;
        }
    }

    /// Ends the child at once.
    pub async fn kill(mut self) {
        let _ = self.child.kill().await;
    }
}

/// Reads what is there; an error counts as the end, 0. A stream that is gone has ended.
async fn read_some(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    match stream {
        Some(stream) => stream.read(buffer).await.unwrap_or(0),
        None => 0,
    }
}

/// Writes what fits.
async fn write_some(stream: &mut Option<ChildStdin>, bytes: &[u8]) -> std::io::Result<usize> {
    match stream {
        Some(stream) => stream.write(bytes).await,
        None => Ok(0),
    }
}
