//! What this machine must have for throwaway hosts, and how many of them it bears.

use super::Driver;
use crate::scenario::{Image, Origin, Scenario};
use crate::source::{Diagnostic, Diagnostics};
use std::path::Path;
use std::time::{Duration, Instant};

/// Programs that hosts need whatever boots them, and the packages of Debian and Ubuntu that have them.
const PROGRAMS: [(&str, &str); 5] = [
    ("bash", "bash"),
    ("tar", "tar"),
    ("flock", "util-linux"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
];

/// Programs that build the images of built-in platforms.
const BUILDERS: [(&str, &str); 5] = [
    ("mmdebstrap", "mmdebstrap"),
    ("apt-ftparchive", "apt-utils"),
    ("dpkg-deb", "dpkg"),
    ("gpg", "gnupg"),
    ("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"),
];

/// What a host takes with the services of a monitoring stack on it, in kilobytes.
const MEMORY_OF_A_HOST: u64 = 200 * 1024;

/// Hosts that run at once at most.
const HOSTS: usize = 12;

/// inotify instances that a host takes; where there are none left, systemd does not boot.
const INSTANCES_OF_A_HOST: usize = 8;

/// How long hosts wait for those of others to end.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// This machine.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// Processors.
    pub cores: usize,
    /// Hosts that run at once.
    pub hosts: usize,
    /// What boots them; none where nothing has to be booted.
    pub driver: Option<Driver>,
}

impl Machine {
    /// Looks at this machine, which is to boot the hosts of these scenarios, and at the driver that is wanted, if one is.
    ///
    /// # Errors
    /// When something is missing that these scenarios need, with the command that installs it.
    pub fn look(scenarios: &[&Scenario], wanted: Option<Driver>) -> Result<Self, Diagnostics> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if scenarios.is_empty() {
            return Ok(Self { cores, hosts: HOSTS, driver: None });
        }
        let driver = Driver::choose(wanted)?;
        let suites = scenarios
            .iter()
            .flat_map(|scenario| {
                let own = scenario.hosts.iter().filter_map(|host| host.platform.as_ref());
                scenario.platforms.iter().chain(own)
            })
            .any(|platform| match &platform.origin {
                Origin::Image(Image::Suite(_)) => true,
                Origin::Image(Image::Built(build)) => build.has_built_in_base(),
                Origin::Image(Image::Named(_)) | Origin::Existing(_) => false,
            });
        let mut programs = [PROGRAMS.as_slice(), driver.programs()].concat();
        if suites {
            programs.extend(BUILDERS);
        }
        // runc starts hosts only where cgroup v1 is mounted; elsewhere podman's own runtime does
        if Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
            programs.retain(|(program, _)| *program != "runc");
        }
        let missing: Vec<_> = programs.into_iter().filter(|(program, _)| !is_there(program)).collect();
        if !missing.is_empty() {
            let mut packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
            packages.dedup();
            let names = missing.iter().map(|(program, _)| match *program {
                "podman" if wanted.is_none() => "podman or docker",
                program => program.rsplit('/').next().unwrap_or(program),
            });
            let message =
                format!("this machine has no {}, which throwaway hosts need", names.collect::<Vec<_>>().join(", "));
            let install = format!("sudo apt-get install --no-install-recommends {}", packages.join(" "));
            return Err(Diagnostic::new(message).hint(install).into());
        }
        cgroups(&read("/proc/filesystems"), &read("/proc/self/mounts"))?;
        driver.ask()?;
        let available = available_memory();
        let hosts = available
            .map_or(HOSTS, |kilobytes| usize::try_from(kilobytes / MEMORY_OF_A_HOST).unwrap_or(HOSTS).min(HOSTS));
        let most = scenarios.iter().map(|scenario| (scenario.hosts.len(), scenario)).max_by_key(|(count, _)| *count);
        if let Some((count, scenario)) = most.filter(|(count, _)| *count > hosts) {
            let message = format!(
                "scenario `{}` has {count} hosts, and this machine has memory for {hosts} ({} MB are free, a host takes {} MB)",
                scenario.name,
                available.unwrap_or_default() / 1024,
                MEMORY_OF_A_HOST / 1024
            );
            return Err(Diagnostic::new(message).into());
        }
        Ok(Self { cores, hosts, driver: Some(driver) })
    }

    /// How many scenarios run at once, if nobody says: they mostly wait.
    pub fn jobs(&self) -> usize {
        (2 * self.cores).max(2)
    }
}

/// Waits until this many hosts find inotify instances, of which Linux gives a user 128 unless told otherwise: hosts of other runs
/// take them, too.
pub async fn wait_for_instances(hosts: usize, told: impl Fn(String)) {
    let begun = Instant::now();
    let needed = hosts * INSTANCES_OF_A_HOST;
    while begun.elapsed() < PATIENCE {
        let free = tokio::task::spawn_blocking(free_instances).await.ok().flatten();
        // where that cannot be known, or will never do, booting says so
        if free.is_none_or(|(free, all)| free >= needed || all < needed) {
            return;
        }
        told("waiting for the hosts of others to end: no inotify instances are left".to_owned());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// How many of its inotify instances this user has left, and how many there are; only root sees those of all processes.
fn free_instances() -> Option<(usize, usize)> {
    let all = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_instances").ok()?.trim().parse().ok()?;
    if !super::is_root() {
        return None;
    }
    let processes = std::fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path().join("fd"));
    let open = processes.flat_map(|fds| std::fs::read_dir(fds).into_iter().flatten().flatten());
    let used =
        open.filter(|fd| std::fs::read_link(fd.path()).is_ok_and(|target| target.as_os_str() == "anon_inode:inotify"));
    Some((usize::saturating_sub(all, used.count()), all))
}

/// Whether a program is on PATH, or where the system has its own, or the file is there.
pub fn is_there(program: &str) -> bool {
    if program.starts_with('/') {
        // other distributions have them elsewhere
        let also = program.replace("/usr/lib/podman/", "/usr/libexec/podman/");
        return Path::new(program).exists() || Path::new(&also).exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(std::path::PathBuf::from);
    std::env::split_paths(&path).chain(system).any(|folder| folder.join(program).is_file())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// systemd on hosts wants cgroup v2, which hosts mount themselves where this machine has v1; what starts them wants either of them
/// writable.
fn cgroups(filesystems: &str, mounts: &str) -> Result<(), Diagnostic> {
    if !filesystems.lines().any(|line| line.split_whitespace().last() == Some("cgroup2")) {
        return Err(Diagnostic::new(
            "the kernel of this machine has no cgroup v2, which systemd on throwaway hosts needs",
        ));
    }
    let mut found = false;
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(place), Some(kind), Some(options)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let mut options = options.split(',');
        let systemd = kind == "cgroup2" || kind == "cgroup" && options.clone().any(|option| option == "name=systemd");
        if systemd && place.starts_with("/sys/fs/cgroup") {
            found = true;
            if options.next() == Some("rw") {
                return Ok(());
            }
        }
    }
    Err(match found {
        true => Diagnostic::new("cgroups are mounted read-only, and throwaway hosts need them writable")
            .hint("sudo mount -o remount,rw /sys/fs/cgroup; a container that solti runs in must be privileged"),
        false => Diagnostic::new("cgroups are not mounted, which throwaway hosts need")
            .hint("sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup"),
    })
}

/// `MemAvailable`, in kilobytes.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::cgroups;

    const KERNEL: &str = "nodev\tsysfs\nnodev\tcgroup\nnodev\tcgroup2\n\text4\n";

    fn said(filesystems: &str, mounts: &str) -> String {
        cgroups(filesystems, mounts).map_or_else(|error| error.message, |()| "fine".to_owned())
    }

    #[test]
    fn one_writable_hierarchy_that_systemd_knows_is_enough() {
        let v2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev 0 0\n";
        let v1 = "tmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0\n\
                  cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0\n\
                  cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0\n";
        assert_eq!((said(KERNEL, v2), said(KERNEL, v1)), ("fine".to_owned(), "fine".to_owned()));
        insta::assert_snapshot!(said("nodev\tcgroup\n", v1), @"the kernel of this machine has no cgroup v2, which systemd on throwaway hosts needs");
        insta::assert_snapshot!(said(KERNEL, &v2.replace(" rw,", " ro,")), @"cgroups are mounted read-only, and throwaway hosts need them writable");
        insta::assert_snapshot!(said(KERNEL, &v1.replace("name=", "x=")), @"cgroups are not mounted, which throwaway hosts need");
        insta::assert_snapshot!(said(KERNEL, ""), @"cgroups are not mounted, which throwaway hosts need");
    }
}
