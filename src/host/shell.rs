//! A running shell on a host, which is fed programs on its standard input.
//!
//! A program is one quoted word for `eval`, inside a brace group that ends after it: one that arrives cut short is a
//! syntax error and never starts, and one with a syntax error of its own fails alone. It runs in the shell itself, so
//! functions, variables and traps stay for the next one; `exit` therefore ends the conversation. Its standard input,
//! and that of all it starts, is /dev/null: what it would ask for is sent as the next program, and an `EXIT` trap runs
//! when that never comes. Its error output goes where its output goes, so that both are there when it ends.

use std::process::ExitStatus;
use std::time::Duration;

use super::channel::{Channel, Said};
use super::quote::quote;
use super::{Lost, LostReason};

/// Takes a record: its tag and the rest of its line.
pub type OnRecord<'a> = &'a mut (dyn FnMut(&str, &str) + Send);

/// How long a shell may take to end after its input was closed.
const FAREWELL: Duration = Duration::from_secs(3);

/// From this size on, bash is handed a program as a block: it reads its own input byte by byte.
const BLOCK: usize = 8 << 10;

/// A running shell.
#[derive(Debug)]
pub struct Shell {
    pub(super) channel: Channel,
    pub(super) over_ssh: bool,
    pub(super) own_session: bool,
    pub(super) is_bash: bool,
    exchanges: usize,
    answered: usize,
}

impl Shell {
    /// A shell at the other end of `channel`, which has not said anything yet.
    pub(super) fn new(channel: Channel, over_ssh: bool) -> Self {
        Self { channel, over_ssh, own_session: false, is_bash: false, exchanges: 0, answered: 0 }
    }

    /// Whether the shell leads its own session, so that nothing that happens to the connection reaches it.
    pub fn own_session(&self) -> bool {
        self.own_session
    }

    /// How many programs were sent.
    pub fn exchanges(&self) -> usize {
        self.exchanges
    }

    /// What the host said lately beside its records: the last lines of what programs wrote to their outputs.
    pub fn noise(&self) -> Vec<String> {
        self.channel.noise.lines()
    }

    /// Runs a program, hands over each record that it says (`say TAG REST`; tags that begin with a dot are ours), and
    /// returns its exit status. A future that is dropped before it is ready leaves the shell unusable.
    pub async fn run(&mut self, program: &str, on_record: OnRecord<'_>) -> Result<i32, Lost> {
        if self.answered < self.exchanges {
            return Err(self.lost(LostReason::GivenUp));
        }
        self.channel.noise.clear();
        self.send(program);
        self.answer(on_record).await
    }

    /// Closes the shell's input, gives it a moment to end, and ends the connection otherwise. The shell that was opened
    /// first on a host carries the connection for the others: close it last, or all at the same time.
    pub async fn close(self) {
        self.channel.close(FAREWELL).await;
    }

    pub(super) fn send(&mut self, program: &str) {
        self.exchanges += 1;
        let text = framed(program, self.exchanges, self.is_bash);
        self.channel.send(&text);
    }

    /// Waits for the end of the program that was sent last.
    pub(super) async fn answer(&mut self, on_record: OnRecord<'_>) -> Result<i32, Lost> {
        loop {
            match self.channel.next().await {
                Said::Record(tag, rest) if tag == ".end" => {
                    let status = rest.split_once(' ').and_then(|(number, status)| {
                        (number.parse() == Ok(self.exchanges)).then(|| status.parse().ok())?
                    });
                    let Some(status) = status else { return Err(self.lost(LostReason::Garbled)) };
                    self.answered = self.exchanges;
                    return Ok(status);
                }
                Said::Record(tag, _) if tag.starts_with('.') => {}
                Said::Record(tag, rest) => on_record(&tag, &rest),
                Said::Login | Said::Begin | Said::Prompt => {}
                Said::Ended => {
                    // 255 is what ssh itself fails with; a signal ended it from here
                    let ssh_failed = |status: ExitStatus| matches!(status.code(), None | Some(255));
                    let reason = if self.channel.overlong() {
                        LostReason::Garbled
                    } else if self.over_ssh && self.channel.status().is_none_or(ssh_failed) {
                        LostReason::Connection
                    } else {
                        LostReason::ShellEnded
                    };
                    return Err(self.lost(reason));
                }
            }
        }
    }

    fn lost(&self, reason: LostReason) -> Lost {
        Lost { reason, lines: self.noise() }
    }
}

/// `program` as the shell is sent it.
pub(crate) fn framed(program: &str, number: usize, is_bash: bool) -> String {
    let end = format!(r#"printf '%s .end %s %s\n' "$S" {number} "$?""#);
    if is_bash && program.len() > BLOCK {
        // nothing may follow the block, which a `head` is then free to read beyond; `$()` would drop a last newline
        let program = program.trim_end_matches('\n').replace('\0', "");
        let length = program.len();
        return format!(
            "{{ B=$(head -c {length}) && [ \"${{#B}}\" -eq {length} ] && command eval \"$B\" </dev/null 2>&1; {end}; B=; }}\n{program}"
        );
    }
    // `command` takes away from `eval` that a syntax error ends the shell
    format!("{{ command eval {} </dev/null 2>&1; {end}; }}\n", quote(&format!(":\n{program}\n")))
}
