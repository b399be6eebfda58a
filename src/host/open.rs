//! Opening a shell: from a started process to the shell's ready record.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::channel::{Channel, Said, Words};
use super::classify::{Reached, classify};
use super::command::Opening;
use super::shell::{OnRecord, Shell};
use super::{Askpass, ConnectError, Identity, Method, Password, RunDir, Target};
use crate::secret::hexadecimal;

/// What the shell is told before the first program; `$1` says whether it has its own session. A lost controller must
/// not kill it, so SIGPIPE has a handler, which children do not inherit.
const PRELUDE: &str = r#"trap : PIPE
umask 022
LC_ALL=C
for d in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
case ":$PATH:" in *":$d:"*) ;; *) PATH=${PATH:+$PATH:}$d ;; esac
done
export LC_ALL PATH
say() { local IFS=' '; printf '%s %s\n' "$S" "$*"; }
say .ready "$1" "${BASH_VERSION:+bash}"
"#;

impl Shell {
    /// Opens a shell on `target` as `identity`. Whatever the host does, it takes no longer than `deadline`, in which
    /// a passphrase that ssh asks for on the terminal has to be typed too.
    pub async fn open(
        run: &RunDir,
        target: &Target,
        identity: &Identity,
        deadline: Duration,
    ) -> Result<Self, ConnectError> {
        let start = Start::new(run, target, identity, deadline)?;
        start.finish(None).await.map(|(shell, _)| shell)
    }

    /// Opens a shell and runs a first program in it, which costs no round trip more than opening alone. The deadline
    /// covers the program too.
    pub async fn open_and_run(
        run: &RunDir,
        target: &Target,
        identity: &Identity,
        deadline: Duration,
        program: &str,
        on_record: OnRecord<'_>,
    ) -> Result<(Self, i32), ConnectError> {
        let start = Start::new(run, target, identity, deadline)?;
        start.finish(Some((program, on_record))).await
    }
}

/// A shell that is being opened.
pub(super) struct Start {
    shell: Shell,
    nonce: String,
    /// Which program becomes whom; nobody, where there is no need to.
    program: String,
    user: String,
    /// What sudo will ask for; nothing else may be in its input before it has.
    password: Option<Password>,
    deadline: Duration,
    askpass: Option<Askpass>,
}

impl Start {
    /// Starts the process.
    pub fn new(run: &RunDir, target: &Target, identity: &Identity, deadline: Duration) -> Result<Self, ConnectError> {
        let opening = Opening::new(target, identity, random_word()?)?;
        let process = opening.process(run, target)?;
        let over_ssh = matches!(target.method, Method::Ssh { .. });
        let start = Self::with(process, &opening, identity, over_ssh, deadline)?;
        Ok(Self { askpass: run.askpass.clone(), ..start })
    }

    /// Starts `process`, which runs the command of `opening`.
    pub fn with(
        mut process: Command,
        opening: &Opening,
        identity: &Identity,
        over_ssh: bool,
        deadline: Duration,
    ) -> Result<Self, ConnectError> {
        let nonce = random_word()?;
        let words =
            Words { nonce: nonce.clone(), login: opening.login(), begin: opening.begin(), prompt: opening.prompt() };
        let channel = Channel::start(&mut process, words).map_err(|error| ConnectError::Start(error.to_string()))?;
        let (program, user, password) = match (identity, &opening.sudo) {
            (Identity::Become { user, password }, Some(sudo)) => (sudo.program.clone(), user.clone(), password.clone()),
            _ => (String::new(), String::new(), None),
        };
        Ok(Self { shell: Shell::new(channel, over_ssh), nonce, program, user, password, deadline, askpass: None })
    }

    /// Waits for the shell, and for the answer to the first program.
    pub async fn finish(mut self, first: Option<(&str, OnRecord<'_>)>) -> Result<(Shell, i32), ConnectError> {
        let (deadline, askpass) = (self.deadline, self.askpass.clone());
        let is_waiting = || askpass.as_ref().is_some_and(Askpass::is_waiting);
        match patiently(deadline, is_waiting, self.converse(first)).await {
            Ok(Ok(status)) => Ok((self.shell, status)),
            Ok(Err(error)) => {
                self.shell.channel.kill().await;
                Err(error)
            }
            Err(_) => {
                let words = self.shell.noise().pop().unwrap_or_default();
                self.shell.channel.kill().await;
                Err(ConnectError::NoAnswer { seconds: deadline.as_secs(), words })
            }
        }
    }

    async fn converse(&mut self, first: Option<(&str, OnRecord<'_>)>) -> Result<i32, ConnectError> {
        let program = first.as_ref().map(|(program, _)| *program);
        let (mut reached, mut asked) = (Reached::Nothing, false);
        if self.password.is_none() {
            self.send(program);
        }
        loop {
            match self.shell.channel.next().await {
                Said::Login => reached = Reached::Login,
                Said::Begin => {
                    reached = Reached::Shell;
                    if self.password.is_some() {
                        self.send(program);
                    }
                }
                Said::Prompt if asked => return Err(ConnectError::PasswordRefused),
                Said::Prompt => {
                    asked = true;
                    let Some(password) = &self.password else { return Err(ConnectError::PasswordNeeded) };
                    self.shell.channel.send(password.reveal());
                    self.shell.channel.send("\n");
                }
                Said::Record(tag, rest) if tag == ".ready" => {
                    let (session, kind) = rest.split_once(' ').unwrap_or((&rest, ""));
                    self.shell.own_session = session == "own";
                    self.shell.is_bash = kind == "bash";
                    break;
                }
                Said::Record(..) => {}
                Said::Ended => return Err(self.failure(reached)),
            }
        }
        match first {
            None => Ok(0),
            Some((_, on_record)) => match self.shell.answer(on_record).await {
                Ok(status) => Ok(status),
                Err(_) => Err(self.failure(Reached::Shell)),
            },
        }
    }

    fn send(&mut self, program: Option<&str>) {
        self.shell.channel.send(&format!("S={}\n{PRELUDE}", self.nonce));
        if let Some(program) = program {
            self.shell.send(program);
        }
    }

    fn failure(&self, reached: Reached) -> ConnectError {
        let status = self.shell.channel.status().and_then(|status| status.code());
        classify(&self.shell.noise(), status, reached, self.shell.over_ssh, (&self.program, &self.user))
    }
}

/// Waits for something as long as that may take, and as long as a user is thinking about what ssh wants to know.
async fn patiently<T>(
    deadline: Duration,
    is_waiting: impl Fn() -> bool,
    work: impl Future<Output = T>,
) -> Result<T, Elapsed> {
    tokio::pin!(work);
    loop {
        match timeout(deadline, &mut work).await {
            Err(_) if is_waiting() => {}
            ended => return ended,
        }
    }
}

/// A word that nobody can guess.
fn random_word() -> Result<String, ConnectError> {
    hexadecimal::<16>().map_err(|error| ConnectError::Start(format!("this machine has no random numbers: {error}")))
}
