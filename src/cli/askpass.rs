//! What ssh wants to know of the user while a run draws on the terminal: a passphrase, a password, whether a host is the right
//! one. ssh starts solti in place of asking by itself, that hands the question over to the run, and the run puts its own lines
//! away before it asks.

use solti::host::{ASKPASS_SOCKET, Askpass};
use solti::report::text::words::clean;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use tokio::sync::mpsc;

/// So much of a question is read at most, in bytes.
const LONGEST: u64 = 65536;

/// How the question begins that is the same for all hosts. What else ssh asks may be in a host's own words.
const OF_A_KEY: &str = "Enter passphrase for key ";

/// What stands between the parts of a question on its way.
const BETWEEN: char = '\0';

/// Started by ssh: hands a question to the run that listens at `socket`, and its answer to ssh.
pub fn hand_over(socket: &OsStr) -> ExitCode {
    let question = std::env::args_os().nth(1).unwrap_or_default();
    let question = question.to_string_lossy();
    // ssh(1): what only needs to be shown, until ssh ends it
    let kind = std::env::var("SSH_ASKPASS_PROMPT").unwrap_or_default();
    let asker = std::os::unix::process::parent_id();
    let asked = || -> io::Result<String> {
        let mut run = UnixStream::connect(socket)?;
        write!(run, "{asker}{BETWEEN}{kind}{BETWEEN}{question}")?;
        run.shutdown(std::net::Shutdown::Write)?;
        let mut answer = String::new();
        run.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = match asked() {
        Ok(answer) => answer,
        Err(error) => {
            let _ = writeln!(io::stderr(), "solti: the run that is to ask for ssh cannot be reached: {error}");
            return ExitCode::FAILURE;
        }
    };
    // what is not answered is none
    match answer.strip_prefix('=') {
        Some(answer) if writeln!(io::stdout(), "{answer}").is_ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// A question that ssh has.
pub struct Question {
    /// The ssh, by its process.
    asker: u32,
    /// `none` for what is only shown.
    kind: String,
    text: String,
    run: tokio::net::UnixStream,
    _waiting: Waiting,
}

/// Counts as long as it is there.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The run's side.
pub struct Prompts {
    questions: mpsc::UnboundedReceiver<Question>,
    /// What was answered, and which ssh has had it: one that asks again was not content with it.
    answered: HashMap<String, (String, HashSet<u32>)>,
    how: Askpass,
    _folder: TempDir,
}

impl Prompts {
    /// Listens for questions, where there is a terminal to ask them on, and nobody else is to be asked.
    pub fn open() -> Option<Self> {
        let asks_otherwise = ["SSH_ASKPASS", "SSH_ASKPASS_REQUIRE"].iter().any(|name| std::env::var_os(name).is_some());
        if asks_otherwise || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        let program = std::env::current_exe().ok().filter(|program| program.is_file())?;
        let folder = tempfile::Builder::new().prefix("solti-ask-").tempdir().ok()?;
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).ok()?;
        let waiting = Arc::new(AtomicUsize::new(0));
        let (sender, questions) = mpsc::unbounded_channel();
        tokio::spawn(listen(listener, Arc::clone(&waiting), sender));
        let how = Askpass { program, socket, waiting };
        Some(Self { questions, answered: HashMap::new(), how, _folder: folder })
    }

    /// What ssh is told.
    pub fn how(&self) -> Askpass {
        self.how.clone()
    }

    /// The next question.
    pub async fn next(&mut self) -> Option<Question> {
        self.questions.recv().await
    }

    /// What the user has said to the same question of another ssh.
    pub fn known(&mut self, question: &Question) -> Option<String> {
        let (answer, askers) = self.answered.get_mut(&question.text)?;
        if askers.insert(question.asker) {
            return Some(answer.clone());
        }
        self.answered.remove(&question.text);
        None
    }

    /// Notes what the user has said.
    pub fn note(&mut self, question: &Question, answer: &str) {
        if question.text.starts_with(OF_A_KEY) {
            self.answered.insert(question.text.clone(), (answer.to_owned(), HashSet::from([question.asker])));
        }
    }
}

async fn listen(listener: UnixListener, waiting: Arc<AtomicUsize>, questions: mpsc::UnboundedSender<Question>) {
    while let Ok((mut run, _)) = listener.accept().await {
        let (waiting, questions) = (Waiting::new(&waiting), questions.clone());
        tokio::spawn(async move {
            let mut text = String::new();
            if (&mut run).take(LONGEST).read_to_string(&mut text).await.is_err() {
                return;
            }
            let mut parts = text.splitn(3, BETWEEN);
            let (Some(asker), Some(kind), Some(text)) = (parts.next(), parts.next(), parts.next()) else { return };
            let Ok(asker) = asker.parse() else { return };
            let (kind, text) = (kind.to_owned(), text.to_owned());
            let _ = questions.send(Question { asker, kind, text, run, _waiting: waiting });
        });
    }
}

impl Question {
    /// Whether nobody is to see the answer; ssh says of no question which it is.
    pub fn is_hidden(&self) -> bool {
        !self.text.contains("(yes/no")
    }

    /// Whether it is only to be shown.
    pub fn is_notice(&self) -> bool {
        self.kind == "none"
    }

    /// As it is shown: some of it may come from a host.
    pub fn shown(&self) -> String {
        let lines: Vec<String> = self.text.split('\n').map(|line| clean(line).into_owned()).collect();
        let shown = lines.join("\n");
        if self.is_notice() { format!("{}\n", shown.trim_end()) } else { shown }
    }

    /// Asks the user, who has seen it. Blocks.
    pub fn ask(hidden: bool) -> io::Result<String> {
        if hidden {
            return rpassword::read_password();
        }
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        Ok(line.trim_end_matches('\n').to_owned())
    }

    /// Hands the answer to ssh; without one, it goes on as if there were none.
    pub async fn answer(mut self, answer: Option<String>) {
        if let Some(answer) = answer {
            // an ssh that is gone needs none
            let _ = self.run.write_all(format!("={answer}").as_bytes()).await;
        }
    }
}

/// Lets typed characters be seen again, after nobody has waited for the end of a hidden answer.
pub fn show_typing() {
    if let Ok(terminal) = std::fs::File::open("/dev/tty") {
        let mut stty = Command::new("stty");
        let _ = stty.arg("echo").stdin(terminal).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Where ssh has started this to ask: the run that listens.
pub fn asked_by_ssh() -> Option<std::ffi::OsString> {
    let program = std::env::current_exe().ok()?;
    let is_askpass = std::env::var_os("SSH_ASKPASS").is_some_and(|askpass| askpass == program);
    std::env::var_os(ASKPASS_SOCKET).filter(|_| is_askpass && std::env::args_os().len() == 2)
}
