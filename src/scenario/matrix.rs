//! All scenarios on all platforms, side by side as far as the machine bears it.

use super::cell::Job;
use super::event::{Cell, TestEvent, Verdict};
use super::hosts::{Prefix, Scripts, Trouble};
use super::{Collection, Driver, Image, Kept, Machine, Origin, Platform, Scenario, Step, Variant, check};
use crate::engine::request::Interrupt;
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// The exit codes of the contract.
const INTERRUPTED: u8 = 130;
const FAILED: u8 = 1;

/// What the user chose.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Scenarios by their names; none for all.
    pub scenarios: Vec<String>,
    /// Platforms by their names; none for all.
    pub platforms: Vec<String>,
    /// Options of matrices with the values that are tried; none for all.
    pub options: Vec<(String, String)>,
    /// Where each ends.
    pub until: Step,
    /// Whether hosts stay.
    pub keep: bool,
    /// How many run at once.
    pub jobs: Option<usize>,
    /// What boots the hosts.
    pub driver: Option<Driver>,
}

impl Choice {
    /// Whether hosts that were kept are of what was chosen.
    pub fn takes(&self, kept: &Kept) -> bool {
        let platform = &kept.cell.platform;
        (self.platforms.is_empty() || self.platforms.contains(platform)) && self.is_tried(&kept.variant)
    }

    /// Whether a combination has one of the values that were chosen, of each option that was.
    fn is_tried(&self, variant: &Variant) -> bool {
        let chosen =
            |wanted: &String| self.options.iter().any(|(option, value)| option == wanted && variant.has(option, value));
        self.options.iter().all(|(option, _)| chosen(option))
    }
}

/// What is run, checked as far as it can be before there are hosts.
#[derive(Debug)]
pub struct Plan {
    root: std::path::PathBuf,
    cells: Vec<(Arc<Scenario>, Platform)>,
    until: Step,
    keep: bool,
    jobs: usize,
    machine: Machine,
    scripts: Scripts,
}

/// Reads the chosen scenarios with all that they are about, looks at the machine, and has all images there; what takes long is told.
///
/// # Errors
/// Everything that is wrong in them, platforms that none of them has, and what the machine lacks.
pub fn plan(collection: &Collection, choice: &Choice, told: impl FnMut(&str)) -> Result<Plan, Diagnostics> {
    let scenarios = collection.read(&choice.scenarios)?;
    let mut errors = Diagnostics::new();
    let mut cells = Vec::new();
    let names: Vec<&str> =
        scenarios.iter().flat_map(|scenario| &scenario.platforms).map(|platform| platform.name.as_str()).collect();
    for wanted in &choice.platforms {
        if !names.contains(&wanted.as_str()) {
            let near = did_you_mean(wanted, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            let error = Diagnostic::new(format!("none of the scenarios has a platform `{wanted}`"));
            errors.push(error.maybe_hint(near));
        }
    }
    let variants: Vec<Scenario> = scenarios.iter().flat_map(Scenario::variants).collect();
    for (option, value) in &choice.options {
        if !variants.iter().any(|scenario| scenario.variant.has(option, value)) {
            errors.push(Diagnostic::new(format!("none of the scenarios is tried with {option}={value}")));
        }
    }
    for scenario in variants {
        errors.collect(check(&collection.root, &scenario));
        if !choice.is_tried(&scenario.variant) {
            continue;
        }
        let scenario = Arc::new(scenario);
        let chosen = |platform: &&Platform| choice.platforms.is_empty() || choice.platforms.contains(&platform.name);
        let platforms = scenario.platforms.iter().filter(chosen).cloned().collect::<Vec<_>>();
        cells.extend(platforms.into_iter().map(|platform| (Arc::clone(&scenario), platform)));
    }
    if cells.is_empty() && errors.is_empty() {
        errors.push(Diagnostic::new("none of the scenarios is tried with all of these platforms and options"));
    }
    errors.or(())?;
    let booted = cells.iter().filter(|(_, platform)| platform.existing().is_none());
    let machine = Machine::look(&booted.map(|(scenario, _)| scenario.as_ref()).collect::<Vec<_>>(), choice.driver)?;
    let scripts = Scripts::unpack(machine.driver)
        .map_err(|error| Diagnostic::new(format!("cannot write what boots hosts: {error}")))?;
    images(&mut cells, &scripts, told)?;
    let jobs = choice.jobs.unwrap_or_else(|| machine.jobs()).clamp(1, cells.len().max(1));
    Ok(Plan { root: collection.root.clone(), cells, until: choice.until, keep: choice.keep, jobs, machine, scripts })
}

/// All images must be there, or come, or be built; those that are built have a name from then on.
fn images(
    cells: &mut [(Arc<Scenario>, Platform)],
    scripts: &Scripts,
    mut told: impl FnMut(&str),
) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut had: Vec<(Image, Option<String>)> = Vec::new();
    for (scenario, platform) in cells {
        let own = Arc::make_mut(scenario).hosts.iter_mut().filter_map(|host| host.platform.as_mut());
        for platform in own.chain([platform]) {
            let Origin::Image(image) = &platform.origin else { continue };
            let known = had.iter().find(|(other, _)| other == image).map(|(_, name)| name.clone());
            let name = known.unwrap_or_else(|| {
                let name = scripts.image(image, |line| told(&format!("{}: {line}", platform.name)));
                let name = name.map_err(|trouble| errors.push(not_had(platform, image, trouble))).ok();
                had.push((image.clone(), name.clone()));
                name
            });
            if let (Image::Built(_), Some(name)) = (image, name) {
                platform.origin = Origin::Image(Image::Named(name));
            }
        }
    }
    errors.or(())
}

/// Why there is no image for a platform.
fn not_had(platform: &Platform, image: &Image, trouble: Trouble) -> Diagnostic {
    let (name, reason) = (&platform.name, trouble.message);
    let message = match image {
        Image::Named(image) => format!("the image `{image}` of platform `{name}` cannot be had: {reason}"),
        Image::Suite(_) | Image::Built(_) => format!("the image of platform `{name}` cannot be built: {reason}"),
    };
    let error = match &platform.span {
        Some(span) => Diagnostic::at(span, message),
        None => Diagnostic::new(message),
    };
    let output = (trouble.output.len() > 1).then(|| format!("what was said last:\n{}", trouble.output.join("\n")));
    error.maybe_hint(output)
}

/// Runs a plan to its end; the exit code.
///
/// # Errors
/// When hosts cannot be had at all.
pub async fn run(
    plan: Plan,
    events: mpsc::UnboundedSender<TestEvent>,
    interrupt: watch::Receiver<Interrupt>,
) -> Result<u8, Trouble> {
    let begun = Instant::now();
    let scripts = plan.scripts;
    let booting = Arc::new(Mutex::new(()));
    let jobs: Vec<Job> = plan
        .cells
        .iter()
        .enumerate()
        .map(|(number, (scenario, platform))| Job {
            root: plan.root.clone(),
            scenario: Arc::clone(scenario),
            platform: platform.clone(),
            until: match platform.existing() {
                // whatever was there before would go, too
                Some(existing) if !existing.disposable => plan.until.min(Step::Verify),
                _ => plan.until,
            },
            keep: plan.keep && platform.existing().is_none(),
            prefix: match platform.existing() {
                Some(existing) => Prefix::existing(&existing.inventory),
                None if plan.keep => Prefix::kept(&plan.root, &Cell::of(scenario, platform)),
                None => Prefix::passing(number),
            },
            scripts: scripts.clone(),
            events: events.clone(),
            interrupt: interrupt.clone(),
            booting: Arc::clone(&booting),
        })
        .collect();
    let _ = events.send(TestEvent::Started { cells: jobs.iter().map(Job::cell).collect(), jobs: plan.jobs });
    let boots = |job: &Job| job.platform.existing().is_none();
    if jobs.iter().any(boots) {
        scripts.collect_garbage().await?;
    }
    let (turns, room) = (Arc::new(Semaphore::new(plan.jobs)), Arc::new(Semaphore::new(plan.machine.hosts)));
    let mut running = JoinSet::new();
    let mut cells = HashMap::new();
    for job in jobs {
        // in order
        let turn = Arc::clone(&turns).acquire_owned().await;
        let room = Arc::clone(&room);
        let hosts = if boots(&job) { u32::try_from(job.scenario.hosts.len()).unwrap_or(u32::MAX) } else { 0 };
        let cell = job.cell();
        let task = running.spawn(async move {
            let _turn = turn;
            let _room = room.acquire_many_owned(hosts).await;
            job.run().await
        });
        cells.insert(task.id(), (cell, Instant::now()));
    }
    let mut verdicts = Vec::new();
    while let Some(ended) = running.join_next().await {
        verdicts.push(ended.unwrap_or_else(|error| {
            if let Some((cell, begun)) = cells.remove(&error.id()) {
                broke_off(cell, begun, &events);
            }
            Verdict::Failed
        }));
    }
    let exit = if *interrupt.borrow() != Interrupt::None {
        INTERRUPTED
    } else if verdicts.iter().any(|verdict| *verdict != Verdict::Passed) {
        FAILED
    } else {
        0
    };
    let _ = events.send(TestEvent::Finished { exit, millis: millis(begun) });
    Ok(exit)
}

/// Says of a cell that a fault of solti's own ended it. What it was about may have secrets in it, and stays unsaid.
fn broke_off(cell: Cell, begun: Instant, events: &mpsc::UnboundedSender<TestEvent>) {
    let text =
        "solti broke off here by a fault of its own, which is worth a report; the next `solti test` removes the hosts";
    let _ = events.send(TestEvent::Note { cell: cell.clone(), text: text.to_owned() });
    let (verdict, failed, kept, millis) = (Verdict::Failed, None, Vec::new(), millis(begun));
    let _ = events.send(TestEvent::CellDone { cell, verdict, failed, kept, millis });
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
