//! `inputs.disk` and `inputs.diskio`

use super::{host, read};
use crate::telegraf::config::tree::Node;
use crate::telegraf::filter::glob;
use crate::telegraf::metric::{Kind, Metric, Value};
use regex::Regex;
use std::collections::HashMap;
use std::path::Path;

/// The options of `inputs.disk`.
#[derive(Debug)]
pub struct Disk {
    mounts: Vec<String>,
    ignored_types: Vec<String>,
    ignored_options: Vec<String>,
}

impl Disk {
    /// With the options of a table.
    pub fn new(table: &Node) -> Self {
        Self {
            mounts: table.texts_of("mount_points"),
            ignored_types: table.texts_of("ignore_fs"),
            ignored_options: table.texts_of("ignore_mount_opts"),
        }
    }

    /// The space of all filesystems that have any.
    pub fn gather(&self, now: u64) -> Result<Vec<Metric>, String> {
        // In a container, the first process of the host sees the host's mounts.
        let text = read("/proc/1/mountinfo")
            .or_else(|_| read("/proc/self/mountinfo"))
            .map_err(|why| format!("error getting disk usage info: {why}"))?;
        let prefix = std::env::var("HOST_MOUNT_PREFIX").unwrap_or_default();
        let mut metrics = Vec::new();
        for mount in text.lines().filter_map(mount) {
            let ignored = |option: &str| self.ignored_options.iter().any(|ignored| ignored == option);
            if mount.kind == "autofs"
                || self.ignored_types.contains(&mount.kind)
                || mount.options.split(',').any(ignored)
                || !self.mounts.is_empty() && !self.mounts.contains(&mount.path)
            {
                continue;
            }
            let place = if mount.path.starts_with(&prefix) { mount.path.clone() } else { prefix.clone() + &mount.path };
            let Ok(usage) = rustix::fs::statvfs(Path::new(&place)) else { continue };
            let size = usage.f_frsize;
            let (total, free) = (usage.f_blocks * size, usage.f_bavail * size);
            if total == 0 {
                continue;
            }
            let used = total.saturating_sub(usage.f_bfree * size);
            let inodes_used = usage.f_files.saturating_sub(usage.f_ffree);
            let percent = |used: u64, free: u64| {
                Value::Float(if used + free == 0 { 0.0 } else { 100.0 * used as f64 / (used + free) as f64 })
            };
            let fields = [
                ("total", Value::Uint(total)),
                ("free", Value::Uint(free)),
                ("used", Value::Uint(used)),
                ("used_percent", percent(used, free)),
                ("inodes_total", Value::Uint(usage.f_files)),
                ("inodes_free", Value::Uint(usage.f_ffree)),
                ("inodes_used", Value::Uint(inodes_used)),
                ("inodes_used_percent", percent(inodes_used, usage.f_ffree)),
            ];
            let device = if ["none", ""].contains(&mount.device.as_str()) { &mount.kind } else { &mount.device };
            let mode = mount.options.split(',').find(|option| ["rw", "ro"].contains(option)).unwrap_or("unknown");
            let shown = mount.path.strip_prefix(&prefix).unwrap_or(&mount.path);
            metrics.push(
                Metric::new("disk", Kind::Gauge, now, fields)
                    .tag("path", if shown.is_empty() { "/" } else { shown })
                    .tag("device", device.replace("/dev/", ""))
                    .tag("fstype", &mount.kind)
                    .tag("mode", mode),
            );
        }
        Ok(metrics)
    }
}

/// A mounted filesystem.
#[derive(Debug, PartialEq)]
struct Mount {
    path: String,
    options: String,
    kind: String,
    device: String,
}

/// `36 35 98:0 /root /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw`
fn mount(line: &str) -> Option<Mount> {
    let (own, filesystem) = line.split_once(" - ")?;
    let own: Vec<&str> = own.split(' ').collect();
    let mut filesystem = filesystem.split(' ');
    let (kind, device) = (filesystem.next()?, filesystem.next()?);
    let plain = |text: &str| text.replace("\\040", " ");
    let mut options = (*own.get(5)?).to_owned();
    // A part of a filesystem that is mounted elsewhere, too.
    if *own.get(3)? != "/" {
        options.push_str(",bind");
    }
    Some(Mount { path: plain(own.get(4)?), options, kind: kind.to_owned(), device: plain(device) })
}

/// The options of `inputs.diskio`.
#[derive(Debug)]
pub struct DiskIo {
    devices: Vec<Regex>,
    serial: bool,
    last: HashMap<String, (u64, [u64; 11])>,
}

/// The columns of `/proc/diskstats` from the fourth on, as fields.
const COLUMNS: [&str; 11] = [
    "reads",
    "merged_reads",
    "read_bytes",
    "read_time",
    "writes",
    "merged_writes",
    "write_bytes",
    "write_time",
    "iops_in_progress",
    "io_time",
    "weighted_io_time",
];
const SECTOR: u64 = 512;

impl DiskIo {
    /// With the options of a table.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn new(table: &Node) -> Result<Self, String> {
        let devices = table.texts_of("devices");
        let patterns = devices.iter().any(|device| device.contains(['*', '?', '[']));
        let devices = devices.iter().map(|device| {
            let name = device.trim_start_matches("/dev/");
            if patterns { glob(name) } else { glob(&name.replace(['{', '}'], "?")) }
        });
        Ok(Self {
            devices: devices
                .collect::<Result<_, _>>()
                .map_err(|why| format!("error compiling device pattern: {why}"))?,
            serial: !table.flag_of("skip_serial_number").unwrap_or(true),
            last: HashMap::new(),
        })
    }

    /// What was read and written.
    pub fn gather(&mut self, now: u64) -> Result<Vec<Metric>, String> {
        let text = read("/proc/diskstats").map_err(|why| format!("error getting disk io info: {why}"))?;
        let mut metrics = Vec::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some(name) = words.get(2) else { continue };
            if !self.devices.is_empty() && !self.devices.iter().any(|device| device.is_match(name)) {
                continue;
            }
            let mut columns = [0; 11];
            for (slot, word) in columns.iter_mut().zip(&words[3..]) {
                *slot = word.parse().unwrap_or(0);
            }
            let mut fields: Vec<(&str, Value)> = COLUMNS
                .iter()
                .zip(columns)
                .map(|(name, value)| (*name, Value::Uint(if name.ends_with("bytes") { value * SECTOR } else { value })))
                .collect();
            if let Some((then, last)) = self.last.insert((*name).to_owned(), (now, columns)) {
                let since = |at: usize| columns[at].saturating_sub(last[at]) as f64;
                let requests = since(0) + since(4);
                if requests > 0.0 {
                    fields.push(("io_await", Value::Float((since(3) + since(7)) / requests)));
                    fields.push(("io_svctm", Value::Float(since(9) / requests)));
                }
                let elapsed = now.saturating_sub(then) / 1_000_000;
                if elapsed > 0 {
                    fields.push(("io_util", Value::Float(100.0 * since(9) / elapsed as f64)));
                }
            }
            let mut metric = Metric::new("diskio", Kind::Counter, now, fields).tag("name", *name);
            if let Ok(wwid) = std::fs::read_to_string(host(&format!("/sys/block/{name}/wwid"))) {
                metric = metric.tag("wwid", wwid.trim_end());
            }
            metrics.push(if self.serial { metric.tag("serial", "unknown") } else { metric });
        }
        Ok(metrics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read() {
        let found = mount("36 35 98:0 / /my\\040disk rw,noatime shared:1 - ext4 /dev/sda1 rw,x").unwrap();
        assert_eq!((found.path.as_str(), found.options.as_str()), ("/my disk", "rw,noatime"));
        assert_eq!((found.kind.as_str(), found.device.as_str()), ("ext4", "/dev/sda1"));
        assert!(mount("36 35 98:0 /part /x ro - ext4 /dev/sda1 rw").unwrap().options.ends_with(",bind"));
    }
}
