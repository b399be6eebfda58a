//! A run from the command line: the engine on one side, the report, the question and the signals on the other.

use super::askpass::{self, Prompts};
use super::at_work::AtWork;
use super::output::{Format, Output};
use super::selection::{Choice, Connection, Inputs};
use super::signals::{self, Reaction, Signals, Wish};
use super::{Error, connect, password};
use clap::Args;
use solti::engine::STACK;
use solti::engine::event::{Event, Phase};
use solti::engine::request::{Approval, Command, Interrupt, Outside, Selection, WantedAction};
use solti::host::descriptors;
use solti::report::{Consumer, redact};
use solti::secret::Secrets;
use solti::source::Diagnostic;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, mpsc as blocking};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The options of every command that talks to hosts.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
    /// Not an option of solti, but one that users of Ansible try.
    #[arg(short = 'C', long, hide = true)]
    check: bool,
}

/// How often the lines that show what is going on are drawn anew.
const TICK: Duration = Duration::from_millis(250);

/// The exit code of an interrupted run.
const INTERRUPTED: u8 = 130;

/// Runs a command to its end; `action` is what `solti run` carries out, `yes` answers the question before changes.
pub fn run(command: Command, options: &Options, action: Option<WantedAction>, yes: bool) -> Result<u8, Error> {
    if options.check {
        return Err(Diagnostic::new("solti has no check mode")
            .hint("`solti diff` shows what `solti apply` would change: the same plan, made by the same code")
            .into());
    }
    options.output.check()?;
    let asks = matches!(command, Command::Apply { .. }) && !yes;
    let selection = options.connection.add(options.choice.narrow(options.inputs.selection()));
    let selection = Selection { action, ..selection };
    let project = connect::load(&selection)?;
    let password = password::get(&options.connection)?;

    let (events, incoming) = mpsc::unbounded_channel();
    let (stopping, interrupt) = watch::channel(Interrupt::None);
    let (questions, asked) = mpsc::unbounded_channel::<Question>();
    let approve = move || {
        let (answer, answered) = blocking::sync_channel(1);
        let sent = questions.send(answer).is_ok();
        if sent { answered.recv().unwrap_or(Approval::No) } else { Approval::No }
    };
    // On a thread of its own: whatever the engine does, the screen, the question and Ctrl-C go on.
    let reports = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    let (signals, prompts) = {
        let _inside = reports.enter();
        (Signals::new().map_err(Error::Start)?, Prompts::open())
    };
    let askpass = prompts.as_ref().map(Prompts::how);
    let desk = Desk {
        command,
        consumer: options.output.consumer(),
        secrets: project.secrets.clone(),
        asks,
        format: options.output.output,
        changing: false,
        at_work: AtWork::default(),
        stopping: Wish(stopping),
        prompts,
        broken: None,
    };
    let desk = std::thread::spawn(move || {
        let broken = reports.block_on(desk.serve(incoming, asked, signals));
        // The question may still be waiting for its answer.
        reports.shutdown_background();
        broken
    });
    let outside = Outside { events, interrupt, approve: Arc::new(approve), askpass };
    descriptors::raise();
    let mut engine = tokio::runtime::Builder::new_multi_thread();
    let engine = engine.enable_all().thread_stack_size(STACK).build().map_err(Error::Start)?;
    let exit = engine.block_on(connect::run(command, project, password, outside));
    engine.shutdown_background();
    let desk = desk.join();
    let exit = exit?;
    match desk {
        Ok(Some(error)) if exit == 0 || exit == 2 => Err(Error::Output(error)),
        Ok(_) => Ok(exit),
        Err(_) => Err(Error::Fault),
    }
}

/// Without somebody to ask, a yes must be given in advance.
fn can_ask(format: Format) -> Result<(), Diagnostic> {
    let problem = match format {
        Format::Text | Format::Github if io::stdin().is_terminal() && io::stderr().is_terminal() => return Ok(()),
        Format::Text | Format::Github => "there is no terminal to ask on before anything is changed",
        Format::Json | Format::Jsonl => "with JSON output there is no question before anything is changed",
    };
    Err(Diagnostic::new(problem).hint("-y applies without asking; `solti diff` shows what would change"))
}

/// The next question of ssh, where it asks none by itself.
async fn next(prompts: &mut Option<Prompts>) -> Option<askpass::Question> {
    match prompts {
        Some(prompts) => prompts.next().await,
        None => std::future::pending().await,
    }
}

/// Where the answer to the question goes.
type Question = blocking::SyncSender<Approval>;

/// The side of a run that faces the user.
struct Desk {
    command: Command,
    consumer: Box<dyn Consumer>,
    secrets: Secrets,
    asks: bool,
    format: Format,
    /// Whether changes have been approved.
    changing: bool,
    at_work: AtWork,
    stopping: Wish,
    /// What ssh wants to know.
    prompts: Option<Prompts>,
    /// Why the result could not be written.
    broken: Option<io::Error>,
}

impl Desk {
    /// Serves until the engine is done; what went wrong with the output.
    async fn serve(
        mut self,
        mut events: mpsc::UnboundedReceiver<Event>,
        mut questions: mpsc::UnboundedReceiver<Question>,
        mut signals: Signals,
    ) -> Option<io::Error> {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                ctrl_c = signals.next() => self.stop(ctrl_c),
                event = events.recv() => match event {
                    Some(event) => if self.take(event) { break },
                    None => break,
                },
                Some(question) = questions.recv() => {
                    // All that was said before the question is on its way already.
                    while let Ok(event) = events.try_recv() {
                        self.take(event);
                    }
                    let answer = self.question(&mut signals).await;
                    self.changing = matches!(answer, Approval::Yes);
                    // The engine may have given up waiting.
                    let _ = question.send(answer);
                }
                Some(question) = next(&mut self.prompts) => self.prompt(question, &mut signals).await,
                _ = ticks.tick() => self.consumer.tick(),
            }
        }
        self.broken
    }

    /// Takes one event; whether it was the last.
    fn take(&mut self, event: Event) -> bool {
        let last = matches!(event, Event::Finished { .. });
        self.changing |= matches!(event, Event::Phase { phase: Phase::Applying { .. }, .. });
        self.at_work.take(&event);
        let event = redact::event(event, &self.secrets);
        let result = self.consumer.event(&event);
        self.keep(result);
        last
    }

    /// Keeps the first error: the run goes on, with nobody to see it.
    fn keep<T>(&mut self, result: io::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.broken.get_or_insert(error);
                None
            }
        }
    }

    fn stop(&mut self, ctrl_c: bool) {
        let before = *self.stopping.borrow();
        match signals::stop(before, ctrl_c, self.command, self.changing, &self.at_work.words()) {
            Reaction::Tell(interrupt, text) => {
                let result = self.consumer.interrupted(&text, false);
                self.keep(result);
                self.stopping.send_replace(interrupt);
            }
            Reaction::Leave(text) => {
                let _ = self.consumer.interrupted(&text, true);
                std::process::exit(INTERRUPTED.into());
            }
            Reaction::Known => {}
        }
    }

    /// Asks for ssh.
    async fn prompt(&mut self, question: askpass::Question, signals: &mut Signals) {
        // nobody waits any more for what was on its way
        if *self.stopping.borrow() != Interrupt::None {
            return question.answer(None).await;
        }
        let Some(prompts) = &mut self.prompts else { return };
        if let Some(known) = prompts.known(&question) {
            return question.answer(Some(known)).await;
        }
        self.consumer.pause();
        let shown = write!(io::stderr(), "{}", question.shown()).and_then(|()| io::stderr().flush());
        if self.keep(shown).is_none() || question.is_notice() {
            return;
        }
        let hidden = question.is_hidden();
        let answer = tokio::task::spawn_blocking(move || askpass::Question::ask(hidden));
        let answer = tokio::select! {
            answer = answer => answer.ok().and_then(Result::ok),
            ctrl_c = signals.next() => {
                askpass::show_typing();
                let _ = writeln!(io::stderr());
                self.stop(ctrl_c);
                None
            }
        };
        if let (Some(prompts), Some(answer)) = (&mut self.prompts, &answer) {
            prompts.note(&question, answer);
        }
        question.answer(answer).await;
    }

    /// Shows the plans, and asks where there is somebody to ask.
    async fn question(&mut self, signals: &mut Signals) -> Approval {
        let shown = self.consumer.before_changes();
        // What could not be shown is not agreed to.
        let Some(question) = self.keep(shown) else { return Approval::No };
        if !self.asks {
            return Approval::Yes;
        }
        if let Err(why) = can_ask(self.format) {
            return Approval::Nobody(why);
        }
        let asked = write!(io::stderr(), "{question}").and_then(|()| io::stderr().flush());
        if self.keep(asked).is_none() {
            return Approval::No;
        }
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|_| line)
        });
        tokio::select! {
            line = answer => {
                let line = line.ok().and_then(Result::ok).unwrap_or_default();
                if !line.ends_with('\n') {
                    // Ctrl-D leaves the cursor behind the question.
                    let _ = writeln!(io::stderr());
                }
                if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") { Approval::Yes } else { Approval::No }
            }
            ctrl_c = signals.next() => {
                let _ = writeln!(io::stderr());
                self.stop(ctrl_c);
                Approval::No
            }
        }
    }
}
