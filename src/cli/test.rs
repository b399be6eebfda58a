//! `solti test`

use super::error::FAILED;
use super::output::{Format, Output};
use super::signals::{Signals, Wish};
use super::{Error, out};
use clap::Args;
use solti::engine::STACK;
use solti::engine::request::Interrupt;
use solti::scenario::event::TestEvent;
use solti::scenario::report::Consumer;
use solti::scenario::report::junit::Junit;
use solti::scenario::report::markdown::Markdown;
use solti::scenario::{self, Choice, Collection, Destroyed, Driver, Step};
use solti::source::{Diagnostic, did_you_mean};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Run scenarios on throwaway hosts
#[derive(Debug, Args)]
#[command(
    after_help = "A scenario is a folder molecule-tests/NAME with a scenario.yml. Each goes through these steps on each of its \
                  platforms: create, prepare, diff, apply, converged, verify, removed, destroy."
)]
pub struct Test {
    /// Scenarios by their names; all if none is named
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// List the scenarios there are
    #[arg(long, conflicts_with_all = ["init", "shell", "destroy"])]
    list: bool,
    /// Write a scenario for a role
    #[arg(long, value_name = "ROLE", conflicts_with_all = ["scenarios", "shell", "destroy"])]
    init: Option<String>,
    /// Only these platforms
    #[arg(short, long, value_name = "NAME,...", value_delimiter = ',')]
    platform: Vec<String>,
    /// Only with this value of an option of the scenarios' matrix; several of one option may be given
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = option)]
    options: Vec<(String, String)>,
    /// The last step that is made; hosts go all the same
    #[arg(long, value_name = "STEP")]
    until: Option<Step>,
    /// Let the hosts stay after the step verify; the next run with --keep goes on with them
    #[arg(short, long)]
    keep: bool,
    /// Open a shell on a host that was kept
    #[arg(long, value_name = "HOST", conflicts_with_all = ["destroy", "keep"])]
    shell: Option<String>,
    /// Remove hosts that were kept, and what killed runs have left
    #[arg(long, conflicts_with_all = ["keep", "scenarios"])]
    destroy: bool,
    /// Runs at once; without it, by this machine's cores and memory
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// What boots hosts: podman or docker; without it, podman if it is there, else docker
    #[arg(long, value_name = "DRIVER")]
    driver: Option<Driver>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// How often the lines that show what is going on are drawn anew.
const TICK: Duration = Duration::from_millis(250);

impl Test {
    pub fn run(&self) -> Result<u8, Error> {
        let root = super::role::project().unwrap_or_else(|| PathBuf::from("."));
        if let Some(role) = &self.init {
            let path = scenario::init(&root, role)?;
            out::print(&format!("{} is written; `solti test {role}` runs it\n", path.display()))?;
            return Ok(0);
        }
        if self.destroy {
            return destroy(&root, self.driver);
        }
        let collection = Collection::open(root)?;
        if self.list {
            return list(&collection, &self.scenarios);
        }
        if let Some(host) = &self.shell {
            return self.open_shell(&collection, host);
        }
        if self.keep && self.until.is_some_and(|step| step > Step::Verify) {
            return Err(
                Diagnostic::new("--keep ends with the step verify: what comes after it takes the roles away").into()
            );
        }
        let told = |text: &str| {
            // images come all the same where that cannot be read
            let _ = writeln!(io::stderr(), "{text}");
        };
        let plan = scenario::plan(&collection, &self.choice(), told)?;
        let mut engine = tokio::runtime::Builder::new_multi_thread();
        let engine = engine.enable_all().thread_stack_size(STACK).build().map_err(Error::Start)?;
        let (events, incoming) = mpsc::unbounded_channel();
        let (stopping, interrupt) = watch::channel(Interrupt::None);
        let mut consumers = vec![self.output.scenarios()?];
        consumers.extend(self.junit.iter().map(|path| Box::new(Junit::new(path.clone())) as Box<dyn Consumer>));
        let markdown = Markdown::new(collection.root.join("molecule-tests/output"));
        let report = markdown.path();
        consumers.push(Box::new(markdown));
        let signals = {
            let _inside = engine.enter();
            Signals::new().map_err(Error::Start)?
        };
        let shown = engine.spawn(show(consumers, incoming, Wish(stopping), signals));
        let exit = engine.block_on(scenario::run(plan, events, interrupt));
        let shown = engine.block_on(shown);
        let exit = match exit {
            Ok(exit) => exit,
            Err(trouble) => {
                let lines: String = trouble.output.iter().map(|line| format!("\n{line}")).collect();
                return Err(Error::Start(io::Error::other(format!("{}{lines}", trouble.message))));
            }
        };
        if !self.output.quiet && report.is_file() {
            // the report is there, whoever hears of it
            let _ = writeln!(io::stderr(), "The report is {}", report.display());
        }
        match shown {
            Ok(Err(error)) if exit == 0 => Err(Error::Output(error)),
            Ok(_) => Ok(exit),
            Err(_) => Err(Error::Fault),
        }
    }

    fn choice(&self) -> Choice {
        let last = if self.keep { Step::Verify } else { Step::Destroy };
        Choice {
            scenarios: self.scenarios.clone(),
            platforms: self.platform.clone(),
            options: self.options.clone(),
            until: self.until.unwrap_or(last),
            keep: self.keep,
            jobs: self.jobs.map(usize::from),
            driver: self.driver,
        }
    }

    fn open_shell(&self, collection: &Collection, host: &str) -> Result<u8, Error> {
        let scenarios = collection.read(&self.scenarios)?;
        let kept = scenario::kept(&collection.root, &scenarios).map_err(Error::Start)?;
        let choice = self.choice();
        let kept: Vec<_> = kept.iter().filter(|kept| choice.takes(kept)).collect();
        let having: Vec<_> = kept.iter().filter(|kept| kept.hosts().any(|name| name == host)).collect();
        let error = match having.as_slice() {
            [one] => {
                let Some(words) = one.shell(host) else { return Ok(FAILED) };
                // the shell takes this process's place
                return Err(Error::Start(std::process::Command::new(&words[0]).args(&words[1..]).exec()));
            }
            [] if kept.is_empty() => {
                Diagnostic::new("no hosts were kept").hint("`solti test SCENARIO --keep` keeps them")
            }
            [] => {
                let names: Vec<&str> = kept.iter().flat_map(|kept| kept.hosts()).collect();
                let near = did_you_mean(host, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                let all = format!("hosts that were kept: {}", names.join(", "));
                Diagnostic::new(format!("no host `{host}` was kept")).hint(near.unwrap_or(all))
            }
            several => {
                let names: Vec<String> = several.iter().map(|kept| kept.arguments()).collect();
                Diagnostic::new(format!("there are several hosts `{host}`"))
                    .hint(format!("say of which scenario and platform: {}", names.join("; ")))
            }
        };
        Err(error.into())
    }
}

/// `NAME=VALUE`
fn option(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Shows what happens until the run is over.
async fn show(
    mut consumers: Vec<Box<dyn Consumer>>,
    mut events: mpsc::UnboundedReceiver<TestEvent>,
    stopping: Wish,
    mut signals: Signals,
) -> io::Result<()> {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut result = Ok(());
    loop {
        let next = tokio::select! {
            biased;
            _ = signals.next() => {
                let first = *stopping.borrow() == Interrupt::None;
                stopping.send_replace(Interrupt::Finish);
                let told = |consumer: &mut Box<dyn Consumer>| consumer.interrupted("stopping: hosts are removed");
                if first { all(&mut consumers, told) } else { Ok(()) }
            }
            event = events.recv() => match event {
                Some(event) => {
                    let last = matches!(event, TestEvent::Finished { .. });
                    let shown = all(&mut consumers, |consumer| consumer.event(&event));
                    if last {
                        return result.and(shown);
                    }
                    shown
                }
                None => return result,
            },
            _ = ticks.tick() => {
                all(&mut consumers, |consumer| {
                    consumer.tick();
                    Ok(())
                })
            }
        };
        // the run goes on, with nobody to see it
        result = result.and(next);
    }
}

/// Every one is told; the first that could not take it says why.
fn all(
    consumers: &mut [Box<dyn Consumer>],
    tell: impl FnMut(&mut Box<dyn Consumer>) -> io::Result<()>,
) -> io::Result<()> {
    consumers.iter_mut().map(tell).fold(Ok(()), Result::and)
}

fn destroy(root: &std::path::Path, driver: Option<Driver>) -> Result<u8, Error> {
    let engine = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    match engine.block_on(scenario::destroy(root, driver)) {
        Ok(Destroyed { removed, in_use }) => {
            let mut text = match removed {
                0 if in_use.is_empty() => "No hosts were kept.\n".to_owned(),
                0 => String::new(),
                1 => "The hosts of 1 scenario run are removed.\n".to_owned(),
                count => format!("The hosts of {count} scenario runs are removed.\n"),
            };
            for run in &in_use {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "In use, and not removed: the hosts of {run}");
            }
            out::print(&text)?;
            Ok(if in_use.is_empty() { 0 } else { FAILED })
        }
        Err(trouble) => Err(Error::Start(io::Error::other(trouble.message))),
    }
}

fn list(collection: &Collection, wanted: &[String]) -> Result<u8, Error> {
    let scenarios = collection.read(wanted)?;
    let kept = scenario::kept(&collection.root, &scenarios).map_err(Error::Start)?;
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for scenario in &scenarios {
        let platforms: Vec<&str> = scenario.platforms.iter().map(|platform| platform.name.as_str()).collect();
        let summary = scenario.summary.as_ref().map(|summary| format!("  {summary}")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:width$}  {}{summary}", scenario.name, platforms.join(", "));
        for option in scenario.matrix.summary() {
            let _ = writeln!(text, "{:width$}  {option}", "");
        }
        for kept in kept.iter().filter(|kept| kept.cell.scenario == scenario.name) {
            let hosts: Vec<&str> = kept.hosts().collect();
            let variant = kept.cell.variant.iter().map(|variant| format!(", {variant}")).collect::<String>();
            let _ = writeln!(text, "{:width$}  kept on {}{variant}: {}", "", kept.cell.platform, hosts.join(", "));
        }
    }
    out::print(&text)?;
    Ok(0)
}

impl Output {
    /// The report of a run of scenarios.
    fn scenarios(&self) -> Result<Box<dyn Consumer>, Error> {
        use solti::scenario::report::{Live, github, json, text};
        let out = Box::new(out::Out::new());
        let (out_look, err_look, live) = self.looks();
        Ok(match self.output {
            Format::Json => Box::new(json::Document::new(out)),
            Format::Jsonl => Box::new(json::Lines::new(out)),
            Format::Text => {
                let err = (Box::new(io::stderr()) as Box<_>, err_look);
                Box::new(text::Text::new((out, out_look), err, live.map(Live::stderr)))
            }
            Format::Github => {
                let summary = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from);
                let token = github::token().map_err(Error::Start)?;
                Box::new(github::Github::new(out::Out::new, out_look, token, summary))
            }
        })
    }
}
