//! One run of the engine for a scenario: what came out of it, as values and as the text that a user would read.

use super::place::Roles;
use crate::engine::event::{Event, HostPlan, Phase};
use crate::engine::request::{Approval, Command, Interrupt, Outside};
use crate::engine::{self, Project};
use crate::report::Consumer as _;
use crate::report::redact;
use crate::report::terminal::{Terminal, doing};
use crate::report::text::Look;
use crate::report::text::words::counted;
use crate::scenario::event::{Asked, FilePlace, Took};
use crate::source::Diagnostics;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

/// What came of a run.
#[derive(Debug, Default)]
pub struct Ran {
    /// The exit code that the command would have had.
    pub exit: u8,
    /// What the command would have printed.
    pub text: String,
    /// What was planned on each host.
    pub plans: Vec<(String, HostPlan)>,
    /// The checks that were asked.
    pub checks: Vec<Asked>,
    /// The first that went wrong, in one line.
    pub problem: Option<String>,
    /// Where that is declared.
    pub at: Option<FilePlace>,
    /// How long steps of roles and images took.
    pub took: Vec<Took>,
}

impl Ran {
    /// How many changes were planned.
    pub fn changes(&self) -> usize {
        self.plans.iter().map(|(_, plan)| plan.count()).sum()
    }

    /// The same in words.
    pub fn said(&self) -> String {
        counted(self.changes(), "change")
    }

    /// The names of planned resources of a kind: ids are `role/step/kind:name`.
    pub fn names(&self, kind: &str) -> impl Iterator<Item = String> {
        let changes = self.plans.iter().flat_map(|(_, plan)| &plan.roles).flat_map(|role| &role.steps);
        let changes = changes.flat_map(|step| &step.changes);
        let names = changes.filter_map(move |change| {
            let (start, name) = change.resource.split_once(':')?;
            start.rsplit('/').next().filter(|found| *found == kind).map(|_| name)
        });
        names
            .flat_map(|name| name.split([',', ' ']))
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// Runs the engine; `told` hears what is being done.
pub async fn run(
    command: Command,
    project: Project,
    interrupt: watch::Receiver<Interrupt>,
    told: impl Fn(String),
) -> Result<Ran, Diagnostics> {
    let (events, mut incoming) = mpsc::unbounded_channel();
    let (secrets, roles) = (project.secrets.clone(), Roles::of(&project));
    let outside = Outside { events, interrupt, approve: Arc::new(|| Approval::Yes), askpass: None };
    let several = project.selected().len() > 1;
    let written = Written::default();
    let out = || (Box::new(written.clone()) as Box<dyn Write + Send>, Look::default());
    let silent = (Box::new(io::sink()) as Box<dyn Write + Send>, Look::default());
    let mut terminal = Terminal::new(out(), silent, None);
    let mut ran = Ran::default();
    let collect = async {
        while let Some(event) = incoming.recv().await {
            let event = redact::event(event, &secrets);
            // writing to memory cannot fail
            let _ = terminal.event(&event);
            match event {
                Event::Finished { .. } => break,
                Event::Planned { host, plan } => ran.plans.push((host, plan)),
                Event::Checked { host, result } => {
                    if !result.passed && ran.at.is_none() {
                        ran.at = roles.find(&result.check);
                    }
                    ran.checks.push(Asked { host, result });
                }
                Event::StepDone { host, role, step, millis, .. } => {
                    ran.took.push(Took { host, what: format!("{role}/{step}"), millis });
                }
                Event::Pulled { host, image, millis, .. } => {
                    ran.took.push(Took { host, what: format!("pulling {image}"), millis });
                }
                Event::Failed { host, failure } => {
                    if ran.at.is_none() {
                        ran.at = roles.find(&failure.place);
                    }
                    ran.problem.get_or_insert_with(|| format!("{host}: {}: {}", failure.place, failure.message));
                }
                Event::HostDone { host, outcome, .. } => {
                    use crate::engine::event::Outcome::{Skipped, Unreachable};
                    if let Unreachable { reason } | Skipped { reason, .. } = outcome {
                        ran.problem.get_or_insert_with(|| format!("{host}: {reason}"));
                    }
                }
                Event::Phase { host, phase } if !matches!(phase, Phase::Done | Phase::Waiting | Phase::Planned) => {
                    let doing = doing(&phase);
                    told(if several { format!("{host}: {doing}") } else { doing });
                }
                _ => {}
            }
        }
    };
    let (result, ()) = tokio::join!(engine::run(command, project, None, outside), collect);
    ran.exit = result?;
    ran.text = written.text();
    Ok(ran)
}

/// What was written, shared by who writes and who reads.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).trim_matches('\n').to_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
