//! The stand-in for Telegraf: an agent that reads a host's `/proc` and sends what it finds.
//!
//! It ends with 0 when it was told to end, 1 for what Telegraf would refuse, and 3 for what only Telegraf knows.

mod agent;
mod config;
mod filter;
mod flags;
mod inputs;
mod metric;
mod outputs;

use crate::signals::End;
use crate::{notify, release};
use agent::Running;
use config::{Config, Refusal};
use flags::{Flags, Task};
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt as _;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Where the log goes, and how much of it.
static LOG: Mutex<Log> = Mutex::new(Log { file: None, debug: false, quiet: false });

struct Log {
    file: Option<PathBuf>,
    debug: bool,
    quiet: bool,
}

/// What the image's script does, which started as root becomes the image's own user. It returns why it could not: the script also
/// gives Telegraf the right to raw sockets, and Linux then runs it only where it may have that right.
pub fn started_by_image(mut words: Vec<String>) -> String {
    if words.first().is_none_or(|word| word.starts_with('-')) {
        words.insert(0, "telegraf".to_owned());
    }
    let mut command = Command::new(words.remove(0));
    command.args(words);
    if fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let line = users.lines().find_map(|line| line.strip_prefix("telegraf:"));
        let ids = line.and_then(|line| {
            let mut fields = line.split(':').skip(1);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        });
        let Some((user, group)) = ids else { return "the image has no user telegraf".to_owned() };
        const RAW_SOCKETS: u64 = 1 << 13;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let bound = status.lines().find_map(|line| line.strip_prefix("CapBnd:"));
        let bound = bound.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(RAW_SOCKETS);
        if bound & RAW_SOCKETS == 0 {
            return "setpriv: failed to execute telegraf: Operation not permitted".to_owned();
        }
        command.uid(user).gid(group);
    }
    command.exec().to_string()
}

/// Runs it.
pub fn main(words: &[String]) -> ExitCode {
    let result = flags::parse(words).and_then(|flags| {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| (1, error.to_string()))?;
        runtime.block_on(run(&flags))
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err((3, why)) => {
            eprintln!("{why}");
            ExitCode::from(3)
        }
        Err((code, why)) => {
            log('E', &why);
            ExitCode::from(code)
        }
    }
}

async fn run(flags: &Flags) -> Result<(), (u8, String)> {
    if flags.task == Task::Version {
        println!("Telegraf {} (git: stand-in@stand-in)", release::of("telegraf"));
        return Ok(());
    }
    if flags.loose.is_none() {
        log(
            'W',
            "Strict environment variable handling is the new default starting with v1.38.0! If your configuration does \
             not work with strict handling please explicitly add the --non-strict-env-handling flag to switch to the \
             previous behavior!",
        );
    }
    if flags.task == Task::Check {
        // The real one checks without strictness unless it is told otherwise.
        let config = loaded(flags, flags.loose != Some(false))?;
        return match Running::new(config) {
            Err((outputs::UNDONE, _)) => Ok(()),
            made => made.map(drop),
        };
    }
    let failed = |why: String| (1, format!("[telegraf] Error running agent: {why}"));
    let mut end = End::caught().map_err(|error| (1, error.to_string()))?;
    let mut hung_up = signal(SignalKind::hangup()).map_err(|error| (1, error.to_string()))?;
    loop {
        let config = loaded(flags, flags.loose == Some(true))?;
        let names = |plugins: &[config::Plugin]| {
            let mut counts = std::collections::BTreeMap::<&str, usize>::new();
            plugins.iter().for_each(|plugin| *counts.entry(&plugin.name).or_default() += 1);
            let names = counts.into_iter().map(|(name, count)| match count {
                1 => name.to_owned(),
                count => format!("{name} ({count}x)"),
            });
            names.collect::<Vec<_>>().join(" ")
        };
        if let Some(what) = config.undone.first() {
            return Err((3, format!("the stand-in does not know {what}")));
        }
        if flags.task != Task::Test && config.outputs.is_empty() {
            return Err(failed("no outputs found, probably invalid config file provided".to_owned()));
        }
        if config.inputs.is_empty() {
            return Err(failed("no inputs found, probably invalid config file provided".to_owned()));
        }
        for (key, value) in [("interval", config.agent.interval), ("flush_interval", config.agent.flush)] {
            if value.is_zero() {
                return Err(failed(format!("agent {key} must be positive, found 0s")));
            }
        }
        {
            let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
            log.file.clone_from(&config.agent.logfile);
            (log.debug, log.quiet) = (config.agent.debug, config.agent.quiet);
        }
        let version = release::of("telegraf");
        log('I', &format!("Starting Telegraf {version} brought to you by InfluxData the makers of InfluxDB"));
        log('I', &format!("Loaded inputs: {}", names(&config.inputs)));
        if flags.task == Task::Test {
            log('W', "Outputs are not used in testing mode!");
        } else {
            log('I', &format!("Loaded outputs: {}", names(&config.outputs)));
        }
        let tags: Vec<String> = config.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
        log('I', &format!("Tags enabled: {}", tags.join(" ")));
        notify::ready();
        let wait = Duration::from_secs(flags.wait);
        let agent = config.agent.clone();
        let running = Running::new(config).map_err(|(code, why)| match code {
            1 => failed(why),
            outputs::UNDONE => (3, format!("the stand-in does not know {why}")),
            code => (code, why),
        })?;
        match flags.task {
            Task::Test => {
                running.test(wait).await;
                return Ok(());
            }
            Task::Once => {
                running.connect().await.map_err(failed)?;
                return running.send_once(wait).await.map_err(failed);
            }
            _ => {}
        }
        log(
            'I',
            &format!(
                "[agent] Config: Interval:{:?}, Quiet:{}, Hostname:{:?}, Flush Interval:{:?}",
                agent.interval, agent.quiet, agent.hostname, agent.flush
            ),
        );
        if !agent.skip_told {
            log(
                'W',
                "[agent] The default value of 'skip_processors_after_aggregators' will change to 'true' with Telegraf \
                 v1.40.0! If you need the current default behavior, please explicitly set the option to 'false'!",
            );
        }
        if let Some(path) = &flags.pidfile {
            let _ = std::fs::write(path, format!("{}\n", std::process::id()));
        }
        running.connect().await.map_err(failed)?;
        let mut again = false;
        running
            .run(async {
                tokio::select! {
                    _ = end.signal() => {}
                    _ = hung_up.recv() => {
                        log('I', "Reloading Telegraf config");
                        again = true;
                    }
                }
            })
            .await;
        if let Some(path) = &flags.pidfile {
            let _ = std::fs::remove_file(path);
        }
        if !again {
            return Ok(());
        }
    }
}

fn loaded(flags: &Flags, loose: bool) -> Result<Config, (u8, String)> {
    let files = config::files(flags).map_err(|why| (1, why))?;
    if !flags.quiet {
        files.iter().for_each(|file| log('I', &format!("Loading config: {}", file.display())));
    }
    config::load(&files, flags, loose).map_err(|refusal| match refusal {
        Refusal::Invalid(why) => (1, why),
        Refusal::Unknown(whys) => (3, whys.join("\n")),
    })
}

/// Writes a line of the log.
fn log(level: char, message: &str) {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    if level == 'D' && !log.debug || log.quiet && level != 'E' {
        return;
    }
    let line = format!("{} {level}! {message}\n", jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ"));
    let file = log.file.as_ref().and_then(|path| std::fs::OpenOptions::new().create(true).append(true).open(path).ok());
    match file {
        Some(mut file) => drop(file.write_all(line.as_bytes())),
        None => eprint!("{line}"),
    }
}
