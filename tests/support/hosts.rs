//! Throwaway hosts: containers that boot as real hosts do, started and removed by `molecule-tests/hosts.sh`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, Once, PoisonError};

use super::process::{Output, run, run_with_input};

/// How many hosts run at once: each takes memory, and about seven of the 128 inotify instances that Linux
/// gives a user unless told otherwise. Who wants more waits until others are done.
const AT_ONCE: usize = 12;

static PLACES: Mutex<usize> = Mutex::new(AT_ONCE);
static PLACE_FREED: Condvar = Condvar::new();
static LEFTOVERS: Once = Once::new();
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Keys and inventories of all hosts of all test runs of one user.
static STATE: LazyLock<PathBuf> = LazyLock::new(|| std::env::temp_dir().join(format!("solti-tests-{}", own_user_id())));

/// The release of Debian that a host runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Debian 13: systemd 257, podman 5 with quadlet.
    Trixie,
    /// Debian 12: systemd 252, podman 4.3 without quadlet.
    Bookworm,
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Trixie => "trixie",
            Self::Bookworm => "bookworm",
        }
    }
}

/// A set of hosts, reached with keys of its own; removed when dropped.
pub struct Hosts {
    prefix: String,
    hosts: Vec<Host>,
    /// Given back last, when the hosts are gone.
    _places: Places,
}

impl Hosts {
    /// Boots hosts, and returns when all of them answer on SSH. Their images are built at first use.
    #[track_caller]
    pub fn up(hosts: &[(&str, Suite)]) -> Self {
        let places = Places::take(hosts.len());
        LEFTOVERS.call_once(|| {
            run(hosts_sh(&["gc"])).assert_status(0);
        });
        let prefix = format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let specs: Vec<_> = hosts.iter().map(|(name, suite)| format!("{name}={}", suite.name())).collect();
        let mut args = vec!["up", &prefix];
        args.extend(specs.iter().map(String::as_str));
        run(hosts_sh(&args)).assert_status(0);
        let folder = STATE.join(&prefix);
        let hosts = hosts
            .iter()
            .map(|(name, _)| Host { name: (*name).into(), prefix: prefix.clone(), folder: folder.clone() })
            .collect();
        Self { prefix, hosts, _places: places }
    }

    /// One host, of any name.
    #[track_caller]
    pub fn one(suite: Suite) -> Self {
        Self::up(&[("host", suite)])
    }

    /// The inventory: `all` with `vars` (root, the key, the known host keys) and `hosts`. Text that a test adds,
    /// such as `"  children:\n    web: {hosts: {app: }}\n"`, continues the group `all`.
    pub fn inventory(&self) -> String {
        fs::read_to_string(STATE.join(&self.prefix).join("inventory.yml")).unwrap()
    }

    /// The host of this name.
    #[track_caller]
    pub fn host(&self, name: &str) -> &Host {
        self.iter().find(|host| host.name == name).unwrap_or_else(|| panic!("no host {name} was started"))
    }

    /// All of them, in the order they were asked for.
    pub fn iter(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter()
    }

    /// The private key that root, ops, opspw and plain are logged in with.
    pub fn key(&self) -> PathBuf {
        STATE.join(&self.prefix).join("id_ed25519")
    }

    /// The keys of the hosts, as ssh reads them.
    pub fn known_hosts(&self) -> PathBuf {
        STATE.join(&self.prefix).join("known_hosts")
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        if keep() {
            eprintln!("kept: {}", self.hosts.iter().map(Host::container).collect::<Vec<_>>().join(" "));
            eprintln!("inventory: {}", STATE.join(&self.prefix).join("inventory.yml").display());
            eprintln!("removed with: SOLTI_TEST_STATE={} {} down {}", STATE.display(), script().display(), self.prefix);
        } else {
            let _ = hosts_sh(&["down", &self.prefix]).stdout(Stdio::null()).status();
        }
    }
}

/// One host.
pub struct Host {
    name: String,
    prefix: String,
    folder: PathBuf,
}

impl Host {
    /// Its name in the inventory, and its own.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The container that it is.
    pub fn container(&self) -> String {
        format!("{}-{}", self.prefix, self.name)
    }

    /// Where it is reached.
    #[track_caller]
    pub fn address(&self) -> String {
        let inventory = fs::read_to_string(self.folder.join("inventory.yml")).unwrap();
        let start = format!("    {}: {{ansible_host: ", self.name);
        let line = inventory.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('}'));
        line.unwrap_or_else(|| panic!("no {} in\n{inventory}", self.name)).to_owned()
    }

    /// Runs shell text as root, beside SSH.
    #[track_caller]
    pub fn exec(&self, script: &str) -> Output {
        run(podman(&["exec", &self.container(), "sh", "-c", script]))
    }

    /// Runs shell text as root that must succeed, and returns what it printed, without the last line's end.
    #[track_caller]
    pub fn read(&self, script: &str) -> String {
        self.exec(script).assert_status(0).stdout.trim_end_matches('\n').to_owned()
    }

    /// Runs shell text over SSH, as one of root, ops, opspw and plain.
    #[track_caller]
    pub fn ssh(&self, user: &str, script: &str) -> Output {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes"]);
        ssh.arg("-o").arg(format!("UserKnownHostsFile={}", self.folder.join("known_hosts").display()));
        ssh.arg("-i").arg(self.folder.join("id_ed25519"));
        ssh.arg(format!("{user}@{}", self.address())).arg(script).stdin(Stdio::null());
        run(ssh)
    }

    /// Writes a file, and the folders it is in, as root with the usual permissions.
    #[track_caller]
    pub fn write_file(&self, path: &str, contents: impl AsRef<[u8]>) {
        let script = r#"mkdir -p "$(dirname "$1")" && cat >"$1""#;
        let podman = podman(&["exec", "-i", &self.container(), "sh", "-c", script, "sh", path]);
        run_with_input(podman, contents.as_ref()).assert_status(0);
    }

    /// What a file has in it.
    #[track_caller]
    pub fn read_file(&self, path: &str) -> String {
        run(podman(&["exec", &self.container(), "cat", path])).assert_status(0).stdout
    }

    /// Whether there is something at this path.
    #[track_caller]
    pub fn has(&self, path: &str) -> bool {
        run(podman(&["exec", &self.container(), "test", "-e", path])).status == 0
    }

    /// Pulls the plug: what was not written yet is lost, and nothing answers any more.
    #[track_caller]
    pub fn kill(&self) {
        run(podman(&["kill", "--signal", "KILL", &self.container()])).assert_status(0);
        run(podman(&["wait", &self.container()])).assert_status(0);
    }

    /// Boots it again after [`Self::kill`]. It may have another address then: see [`super::Project::refresh`].
    #[track_caller]
    pub fn start(&self) {
        run(hosts_sh(&["start", &self.prefix, &self.name])).assert_status(0);
    }

    /// Stops every process on it, as a host that hangs: connections stay open, and nothing answers.
    #[track_caller]
    pub fn pause(&self) {
        run(podman(&["pause", &self.container()])).assert_status(0);
    }

    /// Ends [`Self::pause`].
    #[track_caller]
    pub fn unpause(&self) {
        run(podman(&["unpause", &self.container()])).assert_status(0);
    }
}

/// Places among the hosts that may run at once, given back when dropped.
struct Places(usize);

impl Places {
    fn take(count: usize) -> Self {
        assert!(count <= AT_ONCE, "no more than {AT_ONCE} hosts can run at once");
        let free = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = PLACE_FREED.wait_while(free, |free| *free < count).unwrap_or_else(PoisonError::into_inner);
        *free -= count;
        Self(count)
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        *PLACES.lock().unwrap_or_else(PoisonError::into_inner) += self.0;
        PLACE_FREED.notify_all();
    }
}

fn keep() -> bool {
    std::env::var_os("SOLTI_TEST_KEEP").is_some_and(|value| !value.is_empty() && value != "0")
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("molecule-tests/hosts.sh")
}

fn hosts_sh(args: &[&str]) -> Command {
    let mut command = Command::new(script());
    let owner = if keep() { "keep".to_owned() } else { std::process::id().to_string() };
    command.args(args).env("SOLTI_TEST_STATE", &*STATE).env("SOLTI_TEST_OWNER", owner).stdin(Stdio::null());
    command
}

/// `podman`, as who may run it.
pub fn podman(args: &[&str]) -> Command {
    let mut command = if own_user_id() == 0 { Command::new("podman") } else { Command::new("sudo") };
    if own_user_id() != 0 {
        command.arg("podman");
    }
    command.args(args).stdin(Stdio::null());
    command
}

fn own_user_id() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}
