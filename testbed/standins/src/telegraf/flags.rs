//! Telegraf's command line.

use std::path::PathBuf;

/// What the command line asks for.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Flags {
    /// Files and folders of `--config`.
    pub config: Vec<PathBuf>,
    /// Folders of `--config-directory`.
    pub folders: Vec<PathBuf>,
    /// What is done.
    pub task: Task,
    /// How long `--test` and `--once` wait between gathering and ending, in seconds.
    pub wait: u64,
    /// The inputs that are used; none: all.
    pub inputs: Vec<String>,
    /// The outputs that are used; none: all.
    pub outputs: Vec<String>,
    /// Whether less is logged.
    pub quiet: bool,
    /// Whether more is logged.
    pub debug: bool,
    /// Whether variables are replaced outside of strings, too; unset: as this release does by default.
    pub loose: Option<bool>,
    /// Where the process writes its number.
    pub pidfile: Option<PathBuf>,
}

/// What Telegraf is started for.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub enum Task {
    /// To collect until it is told to end.
    #[default]
    Run,
    /// To collect once and print.
    Test,
    /// To collect once and send.
    Once,
    /// To read the configuration only.
    Check,
    /// To say its version.
    Version,
}

/// Why the program ends before it has begun: its exit code and words.
pub type Refused = (u8, String);

/// Reads the command line.
pub fn parse(words: &[String]) -> Result<Flags, Refused> {
    let mut flags = Flags::default();
    let mut words = words.iter();
    let mut commands: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|flag| !flag.is_empty())
        else {
            // the commands below it have flags of their own, and do not look at those before it
            if word == "config" {
                (flags.config, flags.folders) = (Vec::new(), Vec::new());
            }
            commands.push(word);
            continue;
        };
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
        let mut text = || {
            let next = value.clone().or_else(|| words.next().cloned());
            next.ok_or_else(|| (1, format!("flag needs an argument: -{name}")))
        };
        let truth = || match value.as_deref().unwrap_or("true") {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            other => Err((1, format!("invalid boolean value {other:?} for -{name}: parse error"))),
        };
        let names = |text: String| text.split(':').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match name {
            "config" => flags.config.push(text()?.into()),
            "config-directory" => flags.folders.push(text()?.into()),
            "input-filter" => flags.inputs = names(text()?),
            "output-filter" => flags.outputs = names(text()?),
            "pidfile" => flags.pidfile = Some(text()?.into()),
            "test-wait" => {
                let seconds = text()?;
                let why = || (1, format!("invalid value {seconds:?} for flag -test-wait: parse error"));
                flags.wait = seconds.parse().map_err(|_| why())?;
                if flags.wait > 0 && flags.task == Task::Run {
                    flags.task = Task::Test;
                }
            }
            "test" if truth()? => flags.task = if flags.task == Task::Once { Task::Once } else { Task::Test },
            "once" if truth()? => flags.task = Task::Once,
            "version" if truth()? => flags.task = Task::Version,
            "quiet" => flags.quiet = truth()?,
            "debug" => flags.debug = truth()?,
            "strict-env-handling" if truth()? => flags.loose = exclusive(flags.loose, false)?,
            "non-strict-env-handling" if truth()? => flags.loose = exclusive(flags.loose, true)?,
            "test" | "once" | "version" | "strict-env-handling" | "non-strict-env-handling" | "unprotected" => {
                truth()?;
            }
            "section-filter"
            | "aggregator-filter"
            | "processor-filter"
            | "secretstore-filter"
            | "config-url-retry-attempts"
            | "usage"
            | "pprof-addr"
            | "watch-config"
            | "watch-interval"
            | "watch-debounce-interval"
            | "config-url-watch-interval"
            | "password"
            | "old-env-behavior"
            | "print-plugin-config-source"
            | "select"
            | "deprecation-list"
            | "input-list"
            | "output-list"
            | "sample-config"
            | "plugin-directory" => return Err((3, format!("the stand-in does not know --{name}"))),
            name => return Err((1, format!("flag provided but not defined: -{name}"))),
        }
    }
    match commands.as_slice() {
        [] => {}
        ["version"] => flags.task = Task::Version,
        ["config", "check"] => flags.task = Task::Check,
        ["config" | "plugins" | "secrets" | "secretstore", ..] => {
            return Err((3, format!("the stand-in does not know the command {}", commands.join(" "))));
        }
        [other, ..] => return Err((1, format!("unknown command {other:?}"))),
    }
    Ok(flags)
}

fn exclusive(already: Option<bool>, now: bool) -> Result<Option<bool>, Refused> {
    if already.is_some_and(|already| already != now) {
        let why = "flags --strict-env-handling and --non-strict-env-handling cannot be used together";
        return Err((1, why.to_owned()));
    }
    Ok(Some(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Flags, Refused> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn files_are_taken_after_a_command() {
        let flags = parsed("config check -config /a.conf --config-directory=/b --quiet").unwrap();
        assert_eq!((flags.config, flags.folders), (vec!["/a.conf".into()], vec!["/b".into()]));
        assert_eq!((flags.task, flags.quiet), (Task::Check, true));
        assert_eq!(parsed("-config /a.conf config check").unwrap().config, Vec::<PathBuf>::new());
        assert_eq!(parsed("--test --input-filter cpu:mem").unwrap().inputs, ["cpu", "mem"]);
        assert_eq!(parsed("--test --once").unwrap().task, Task::Once);
        assert_eq!(parsed("tset").unwrap_err(), (1, "unknown command \"tset\"".to_owned()));
        assert_eq!(parsed("--foo").unwrap_err(), (1, "flag provided but not defined: -foo".to_owned()));
        assert_eq!(parsed("--watch-config poll").unwrap_err().0, 3);
    }
}
