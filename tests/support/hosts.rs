//! Throwaway hosts: containers that boot as real hosts do, started and removed by `testbed/hosts.sh`.

use std::cell::RefCell;
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

thread_local! {
    /// Where this thread's test has failed, and why.
    static FAILURE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Notes each failure, beside what is done with it anyway.
static FAILURES_NOTED: LazyLock<()> = LazyLock::new(|| {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |failure| {
        FAILURE.set(failure.to_string());
        usual(failure);
    }));
});

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
        LEFTOVERS.call_once(collect_garbage);
        LazyLock::force(&FAILURES_NOTED);
        let prefix = format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let specs: Vec<_> = hosts.iter().map(|(name, suite)| format!("{name}={}", suite.name())).collect();
        let mut args = vec!["up", &prefix];
        args.extend(specs.iter().map(String::as_str));
        run(hosts_sh(&args)).assert_status(0);
        let folder = STATE.join(&prefix);
        let hosts = hosts
            .iter()
            .map(|(name, _)| Host {
                name: (*name).into(),
                prefix: prefix.clone(),
                folder: folder.clone(),
                init: Mutex::default(),
            })
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
        let failed = std::thread::panicking();
        if failed {
            self.hosts.iter().for_each(Host::describe);
            // Where only the end of a long output is shown, it is to say what failed.
            eprintln!("--- the test\n{}", FAILURE.take());
        }
        if keep() == Keep::All || keep() == Keep::Failed && failed {
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
    /// The process id of its systemd, once asked for, until it boots again.
    init: Mutex<Option<String>>,
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
        run(self.command(&["sh", "-c", script]))
    }

    /// A program to run as root, beside SSH.
    ///
    /// As `podman exec`, which takes fifty times as long: tests look in on their hosts all the time.
    #[track_caller]
    pub fn command(&self, words: &[&str]) -> Command {
        // systemd and logind want to know each process that asks by its control group.
        const ENTER: &str = "init=$1; shift
            group=$(sed -n s/^0:://p /proc/$init/cgroup)/cgroup.procs
            for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do [ ! -e $root$group ] || echo $$ >$root$group; done
            exec nsenter --all --target $init env -i container=podman HOME=/root \
                PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \"$@\"";
        as_root("sh", &[&["-ec", ENTER, "sh", &self.init()], words].concat())
    }

    /// The process id of its systemd.
    #[track_caller]
    fn init(&self) -> String {
        let mut init = self.init.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = || run(podman(&["inspect", "--format", "{{.State.Pid}}", &self.container()])).assert_status(0);
        init.get_or_insert_with(|| ask().stdout.trim_end().to_owned()).clone()
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
        run_with_input(self.command(&["sh", "-c", script, "sh", path]), contents.as_ref()).assert_status(0);
    }

    /// What a file has in it.
    #[track_caller]
    pub fn read_file(&self, path: &str) -> String {
        run(self.command(&["cat", path])).assert_status(0).stdout
    }

    /// Whether there is something at this path.
    #[track_caller]
    pub fn has(&self, path: &str) -> bool {
        run(self.command(&["test", "-e", path])).status == 0
    }

    /// How many logins over SSH it has seen.
    ///
    /// Told by the program that says so, not by its unit: logind moves sshd's process to a unit of the session, and a
    /// journal that comes late takes what the process had said before for that one's.
    #[track_caller]
    pub fn logins(&self) -> usize {
        const LOGINS: &str = "journalctl --sync
            journalctl -q -t sshd -t sshd-session -o cat | grep -c 'Accepted publickey' || :";
        self.read(LOGINS).parse().unwrap()
    }

    /// Prints how it is, for who reads why a test has failed.
    fn describe(&self) {
        // Containers share the kernel's messages, and sudo and sshd say each thing three times.
        const STATE: &str =
            "date -Is; cat /proc/loadavg; systemctl list-units --failed --plain --no-legend; podman ps -a
            ss -tlnp; nft list ruleset 2>/dev/null | grep -E 'dnat|chain NETAVARK' || iptables-save -t nat
            journalctl -q --no-pager -o short-iso-precise -n 200 | grep -vE ' (kernel: |.*: pam_)' | tail -n 60";
        let init = self.init.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(output) = init.and_then(|_| self.command(&["timeout", "20", "sh", "-c", STATE]).output().ok()) {
            eprintln!("--- {}\n{}", self.container(), String::from_utf8_lossy(&output.stdout));
        }
    }

    /// Pulls the plug: what was not written yet is lost, and nothing answers any more.
    #[track_caller]
    pub fn kill(&self) {
        run(podman(&["kill", "--signal", "KILL", &self.container()])).assert_status(0);
        run(podman(&["wait", &self.container()])).assert_status(0);
        *self.init.lock().unwrap_or_else(PoisonError::into_inner) = None;
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

/// Which hosts stay when their test is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    None,
    Failed,
    All,
}

fn keep() -> Keep {
    match std::env::var("SOLTI_TEST_KEEP").as_deref() {
        Err(_) | Ok("" | "0") => Keep::None,
        Ok("failed") => Keep::Failed,
        Ok(_) => Keep::All,
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testbed/hosts.sh")
}

fn hosts_sh(args: &[&str]) -> Command {
    let mut command = Command::new(script());
    let owner = if keep() == Keep::None { std::process::id().to_string() } else { "keep".to_owned() };
    command.args(args).env("SOLTI_TEST_STATE", &*STATE).env("SOLTI_TEST_OWNER", owner).stdin(Stdio::null());
    command
}

/// Removes what test runs that are gone have left.
#[track_caller]
pub fn collect_garbage() {
    run(hosts_sh(&["gc"])).assert_status(0);
}

/// `podman`, as who may run it.
pub fn podman(args: &[&str]) -> Command {
    as_root("podman", args)
}

/// A program, as root.
pub fn as_root(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(if own_user_id() == 0 { program } else { "sudo" });
    if own_user_id() != 0 {
        command.arg(program);
    }
    command.args(args).stdin(Stdio::null());
    command
}

fn own_user_id() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}
