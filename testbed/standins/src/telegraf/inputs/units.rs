//! `inputs.systemd_units`.

use super::bus::{Bus, Unit};
use crate::telegraf::config::options::lasting_of;
use crate::telegraf::config::tree::Node;
use crate::telegraf::config::words;
use crate::telegraf::filter::glob;
use crate::telegraf::metric::{Kind, Metric, Value};
use regex::Regex;
use std::io;
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

    /// Signs on to D-Bus.
    ///
    /// # Errors
    /// That there is none, or that it does not take this user, in Go's words.
    pub fn start(&self) -> Result<(), String> {
        self.bus().map(drop)
    }

    /// The states of all units that are meant.
    ///
    /// # Errors
    /// That D-Bus does not answer.
    pub fn gather(&self, now: u64) -> Result<Vec<Metric>, String> {
        let units = self.bus()?.units().map_err(|error| format!("listing loaded units failed: {error}"))?;
        Ok(self.read(&units, now))
    }

    fn bus(&self) -> Result<Bus, String> {
        let (variable, usual) = match self.user {
            true => ("DBUS_SESSION_BUS_ADDRESS", None),
            false => ("DBUS_SYSTEM_BUS_ADDRESS", Some("unix:path=/var/run/dbus/system_bus_socket".to_owned())),
        };
        let address =
            std::env::var(variable).ok().or(usual).ok_or("dbus: couldn't determine address of session bus")?;
        let path = address
            .strip_prefix("unix:path=")
            .ok_or_else(|| format!("the stand-in does not know the bus {address}"))?;
        Bus::connect(path, self.timeout).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                format!("write unix @->{path}: write: broken pipe")
            }
            _ => format!("dial unix {path}: connect: {}", words(&error).trim_start_matches("connect: ")),
        })
    }

    fn read(&self, units: &[Unit], now: u64) -> Vec<Metric> {
        let position =
            |states: &[&str], state: &str| states.iter().position(|known| *known == state).map(|at| at as i64);
        let metrics = units.iter().filter_map(|Unit { name, load, active, sub }| {
            let of_kind = name.rsplit_once('.').is_some_and(|(_, kind)| kind == self.kind);
            let meant = of_kind && self.patterns.iter().any(|pattern| pattern.is_match(name));
            if !meant || !self.all && load == "stub" {
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
        metrics.collect()
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
        let units = [
            ("ssh.service", "loaded", "active", "running"),
            ("cron.service", "not-found", "failed", "failed"),
            ("ssh.socket", "loaded", "active", "listening"),
            ("x.service", "loaded", "active", "running"),
        ];
        let units = units.map(|(name, load, active, sub)| Unit {
            name: name.to_owned(),
            load: load.to_owned(),
            active: active.to_owned(),
            sub: sub.to_owned(),
        });
        let metrics = Units::new(&table).unwrap().read(&units, 1);
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
