//! Whether secrets turn up where they must not: in arguments of processes, journals, units, and files that others read.

use crate::support::{Host, Hosts};
use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Looks at what all processes of this machine are started with, again and again, and with them at those of the throwaway
/// hosts, which are processes of it.
pub struct Watch {
    over: Arc<AtomicBool>,
    watcher: JoinHandle<Seen>,
}

/// What processes were started with.
#[derive(Default)]
pub struct Seen {
    arguments: HashSet<Vec<u8>>,
    environments: HashSet<Vec<u8>>,
}

impl Watch {
    /// Begins.
    pub fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        let watcher = thread::spawn(move || {
            let mut seen = Seen::default();
            while !flag.load(Ordering::Relaxed) {
                for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
                    seen.arguments.extend(fs::read(process.path().join("cmdline")));
                    seen.environments.extend(fs::read(process.path().join("environ")));
                }
                // the shortest of processes that are looked for live longer
                thread::sleep(Duration::from_millis(2));
            }
            seen
        });
        Self { over, watcher }
    }

    /// Ends.
    pub fn stop(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        self.watcher.join().unwrap()
    }
}

impl Seen {
    /// The arguments in which any of the secrets stands.
    pub fn arguments(&self, secrets: &[String]) -> Vec<String> {
        let texts = self.arguments.iter().map(|arguments| String::from_utf8_lossy(arguments).replace('\0', " "));
        texts.filter(|text| secrets.iter().any(|secret| text.contains(secret))).collect()
    }

    /// Whether a text stands in arguments or in an environment.
    pub fn has(&self, text: &str) -> bool {
        self.arguments.iter().chain(&self.environments).any(|other| String::from_utf8_lossy(other).contains(text))
    }
}

/// The secrets that a host keeps.
pub fn kept(host: &Host) -> Vec<String> {
    let all = host.read("cat /etc/solti/secrets/* 2>/dev/null; true");
    all.lines().map(str::to_owned).filter(|secret| secret.len() > 8).collect()
}

/// Where on the hosts any of the secrets can be read by somebody who is not root.
pub fn readable(hosts: &Hosts, secrets: &[String]) -> String {
    let mut found = String::new();
    for host in hosts.iter() {
        host.write_file("/root/patterns", secrets.join("\n") + "\n");
        let here = host.read(
            "chmod 600 /root/patterns; journalctl --sync
             journalctl -q -o export | grep -aF -f /root/patterns | sed 's/^/journal: /'
             systemctl show '*' 2>/dev/null | grep -aF -f /root/patterns | sed 's/^/unit: /'
             grep -rlaF -f /root/patterns /run/systemd /etc/systemd /etc/containers /usr/lib/systemd 2>/dev/null | sed 's/^/unit: /'
             runuser -u nobody -- grep -rlasF -f - /etc /var /run /home /root /opt /srv /usr/local /tmp </root/patterns | sed 's/^/file: /'
             rm /root/patterns",
        );
        if !here.is_empty() {
            found.push_str(&format!("{}\n{here}\n", host.name()));
        }
    }
    found
}
