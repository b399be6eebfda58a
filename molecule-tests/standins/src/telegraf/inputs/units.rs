//! `inputs.systemd_units`, by way of `systemctl`.

use crate::telegraf::config::options::lasting_of;
use crate::telegraf::config::tree::Node;
use crate::telegraf::config::words;
use crate::telegraf::filter::glob;
use crate::telegraf::metric::{Kind, Metric, Value};
use regex::Regex;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

const LOAD: &[&str] = &["loaded", "stub", "not-found", "bad-setting", "error", "merged", "masked"];
const ACTIVE: &[&str] = &["active", "reloading", "inactive", "failed", "activating", "deactivating"];
/// The states of services, and those of other units with their codes.
const SERVICE: &[&str] = &[
    "running",
    "dead",
    "start-pre",
    "start",
    "exited",
    "reload",
    "stop",
    "stop-watchdog",
    "stop-sigterm",
    "stop-sigkill",
    "stop-post",
    "final-sigterm",
    "failed",
    "auto-restart",
    "condition",
    "cleaning",
    "waiting",
    "reload-signal",
    "reload-notify",
    "final-watchdog",
    "dead-before-auto-restart",
    "failed-before-auto-restart",
    "dead-resources-pinned",
    "auto-restart-queued",
];
const OTHERS: &[(&str, i64)] = &[
    ("tentative", 0x20),
    ("plugged", 0x21),
    ("mounting", 0x30),
    ("mounted", 0x32),
    ("unmounting", 0x34),
    ("abandoned", 0x50),
    ("active", 0x60),
    ("start-post", 0x71),
    ("listening", 0x72),
    ("stop-pre", 0x73),
    ("activating", 0x80),
    ("deactivating", 0x82),
    ("elapsed", 0xa0),
];

/// Its options.
#[derive(Debug)]
pub struct Units {
    patterns: Vec<Regex>,
    kind: String,
    user: bool,
    all: bool,
    timeout: Duration,
}

impl Units {
    /// With the options of a table.
    ///
    /// # Errors
    /// An option that Telegraf would refuse.
    pub fn new(table: &Node) -> Result<Self, String> {
        let kinds = "service socket target device mount automount swap timer path slice scope";
        let kind = table.text_of("unittype").filter(|kind| !kind.is_empty()).unwrap_or("service");
        if !kinds.split(' ').any(|known| known == kind) {
            return Err(format!("invalid 'unittype' {kind:?}"));
        }
        let user = match table.text_of("scope").unwrap_or_default() {
            "" | "system" => false,
            "user" => true,
            other => return Err(format!("invalid 'scope' {other:?}")),
        };
        let pattern = table.text_of("pattern").filter(|pattern| !pattern.is_empty()).unwrap_or("*");
        let patterns = pattern.split(' ').map(glob).collect::<Result<_, _>>();
        Ok(Self {
            patterns: patterns.map_err(|why| format!("compiling filter failed: {why}"))?,
            kind: kind.to_owned(),
            user,
            all: table.flag_of("collect_disabled_units").unwrap_or(false),
            timeout: lasting_of(table, "timeout").unwrap_or(Duration::from_secs(5)),
        })
    }

    /// Calls D-Bus, as the real one does; what it would ask there is asked of `systemctl`.
    ///
    /// # Errors
    /// That there is none, in Go's words.
    pub fn start(&self) -> Result<(), String> {
        if self.user {
            return Ok(());
        }
        let told = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok();
        let path = told.as_deref().unwrap_or("unix:path=/var/run/dbus/system_bus_socket");
        let path =
            path.strip_prefix("unix:path=").ok_or_else(|| format!("the stand-in does not know the bus {path}"))?;
        match UnixStream::connect(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("dial unix {path}: connect: {}", words(&error))),
        }
    }

    /// The states of all units that are meant.
    pub fn gather(&self, now: u64) -> Result<Vec<Metric>, String> {
        let mut command = Command::new("timeout");
        command.arg(format!("{}", self.timeout.as_secs_f64()));
        command.args(["systemctl", "list-units", "--all", "--plain", "--full", "--no-legend", "--no-pager"]);
        command.arg(format!("--type={}", self.kind));
        if self.user {
            command.arg("--user");
        }
        let output = command.output().map_err(|error| format!("listing loaded units failed: {error}"))?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(format!("listing loaded units failed: {}", why.trim()));
        }
        Ok(self.read(&String::from_utf8_lossy(&output.stdout), now))
    }

    fn read(&self, text: &str, now: u64) -> Vec<Metric> {
        let position =
            |states: &[&str], state: &str| states.iter().position(|known| *known == state).map(|at| at as i64);
        let lines = text.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, load, active, sub) = (words.next()?, words.next()?, words.next()?, words.next()?);
            if !self.patterns.iter().any(|pattern| pattern.is_match(name)) || !self.all && load == "stub" {
                return None;
            }
            let other = || OTHERS.iter().find(|(known, _)| *known == sub).map(|(_, code)| *code);
            let fields = [
                ("load_code", Value::Int(position(LOAD, load)?)),
                ("active_code", Value::Int(position(ACTIVE, active)?)),
                ("sub_code", Value::Int(position(SERVICE, sub).or_else(other)?)),
            ];
            let metric = Metric::new("systemd_units", Kind::Untyped, now, fields);
            Some(metric.tag("name", name).tag("load", load).tag("active", active).tag("sub", sub))
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegraf::config::tree;
    use crate::telegraf::metric::Form;

    #[test]
    fn states_have_codes() {
        let table = tree::read("pattern = \"ss* cron*\"", false, &|_| None).unwrap();
        let text = "ssh.service loaded active running Shell\ncron.service not-found failed failed x\nx.service loaded active running\n";
        let metrics = Units::new(&table).unwrap().read(text, 1);
        let lines: Vec<String> = metrics.iter().filter_map(|metric| metric.line(Form::default())).collect();
        assert_eq!(
            lines,
            [
                "systemd_units,active=active,load=loaded,name=ssh.service,sub=running active_code=0i,load_code=0i,sub_code=0i 1\n",
                "systemd_units,active=failed,load=not-found,name=cron.service,sub=failed active_code=3i,load_code=2i,sub_code=12i 1\n",
            ]
        );
        let table = tree::read("unittype = \"x\"", false, &|_| None).unwrap();
        assert_eq!(Units::new(&table).unwrap_err(), "invalid 'unittype' \"x\"");
    }
}
