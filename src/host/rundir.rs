//! The run's private folder: the ssh configuration that is ours, a file for each host, and the control sockets.

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::Askpass;

/// The longest folder in which a control socket's name, with what ssh appends while it makes it, still fits
/// the system's 104 bytes.
const LONGEST_FOLDER: usize = 104 - "/0123-".len() - 40 - ".0123456789abcdef".len() - 1;

/// What the names of such folders begin with.
const PREFIX: &str = "solti-";

/// The file in it that is locked as long as the run goes on.
const LOCK: &str = "lock";

/// How long a run may take to have that file, once it has the folder.
const BEGINNING: Duration = Duration::from_secs(10);

/// The run's private folder. It is removed when dropped, so it has to outlive the shells.
#[derive(Debug)]
pub struct RunDir {
    folder: TempDir,
    _lock: File,
    /// Who asks the user for its ssh.
    pub(super) askpass: Option<Askpass>,
}

impl RunDir {
    /// Makes the folder, open to nobody else, and removes those that killed runs have left.
    pub fn new() -> io::Result<Self> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Self::in_first([runtime, Some(std::env::temp_dir()), Some(PathBuf::from("/tmp"))].into_iter().flatten())
    }

    /// Makes it in the first of these folders that will do. What is empty or relative names none: ssh looks for its
    /// sockets from elsewhere. With a longer one the sockets would have no room for their names.
    fn in_first(parents: impl Iterator<Item = PathBuf>) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "no folder for temporary files");
        let fits = |parent: &PathBuf| parent.as_os_str().len() + "/solti-123456".len() <= LONGEST_FOLDER;
        for parent in parents.filter(|parent| parent.is_absolute() && fits(parent)) {
            match Self::inside(&parent) {
                Ok(run) => return Ok(run),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn inside(parent: &Path) -> io::Result<Self> {
        let private = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(parent)?;
        let lock = lock(folder.path())?;
        // what cannot be removed is in nobody's way
        let _ = remove_left(folder.path());
        Ok(Self { folder, _lock: lock, askpass: None })
    }

    /// With somebody who asks the user for ssh.
    #[must_use]
    pub fn with_askpass(self, askpass: Option<Askpass>) -> Self {
        Self { askpass, ..self }
    }

    /// The ssh configuration file for the host `name` at `address`.
    pub(super) fn ssh_config(&self, name: &str, address: &str) -> io::Result<PathBuf> {
        let mut hasher = DefaultHasher::new();
        (name, address).hash(&mut hasher);
        let number = hasher.finish();
        let file = self.folder.path().join(format!("{number:016x}.config"));
        if !file.exists() {
            let mut draft = tempfile::NamedTempFile::new_in(self.folder.path())?;
            draft.write_all(self.configuration(address, number as u16).as_bytes())?;
            draft.persist(&file).map_err(|error| error.error)?;
        }
        Ok(file)
    }

    /// Includes come first, because ssh takes the first value that it meets: what the user says wins.
    fn configuration(&self, address: &str, number: u16) -> String {
        let mut text = String::new();
        match std::env::home_dir().filter(|home| home.is_absolute()) {
            Some(home) => include(&mut text, &home.join(".ssh/config")),
            // ssh knows the home from the system's list of users, and minds no file that is not there
            None => text.push_str("Include ~/.ssh/config\n"),
        }
        include(&mut text, Path::new("/etc/ssh/ssh_config"));
        text.push_str("Host *\n  ConnectTimeout 10\n  ServerAliveInterval 15\n  ServerAliveCountMax 3\n");
        // Only for this host: ssh reads the same file for a jump host, whose connection would then be shared by all
        // hosts behind it and end with the first of them. For the same reason two names of one host share nothing.
        if !address.contains(|c: char| "*?!,#\"'".contains(c)) {
            let sockets = percent_escaped(self.folder.path());
            let _ = writeln!(text, "Host {address}\n  ControlMaster auto\n  ControlPersist no");
            let _ = writeln!(text, "  ControlPath \"{sockets}/{number:04x}-%C\"");
        }
        text
    }
}

fn include(text: &mut String, file: &Path) {
    if file.is_file() {
        let _ = writeln!(text, "Include \"{}\"", file.display());
    }
}

/// Locks a new folder. The file has its name only once it is locked: without it nobody takes the folder for one that was
/// left.
fn lock(folder: &Path) -> io::Result<File> {
    let draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.as_file().lock()?;
    draft.persist(folder.join(LOCK)).map_err(|error| error.error)
}

fn is_past(moment: SystemTime, by: Duration) -> bool {
    moment.elapsed().is_ok_and(|since| since > by)
}

/// Removes the folders beside this one that belong to runs that were killed.
fn remove_left(own: &Path) -> io::Result<()> {
    let user = fs::symlink_metadata(own)?.uid();
    for entry in fs::read_dir(own.parent().unwrap_or(own))?.flatten() {
        let ours = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        if !ours || !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        match File::options().write(true).open(entry.path().join(LOCK)) {
            // an ssh that has yet to notice may still put its socket there; the next run comes by, too
            Ok(lock) if lock.try_lock().is_ok() => drop(fs::remove_dir_all(entry.path())),
            // killed before it had one, which a run that is just beginning has in no time. What has anything in it may be somebody's.
            Err(_) if entry.metadata().and_then(|it| it.modified()).is_ok_and(|made| is_past(made, BEGINNING)) => {
                drop(fs::remove_dir(entry.path()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A path in which ssh finds no `%` tokens of its own.
fn percent_escaped(path: &Path) -> String {
    path.display().to_string().replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_has_left_goes() {
        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = parent.path().join(name);
            fs::create_dir(&folder).unwrap();
            folder
        };
        let (own, left, being_made, other) = (folder("solti-1"), folder("solti-2"), folder("solti-3"), folder("other"));
        let _held = lock(&own).unwrap();
        drop(lock(&left).unwrap());
        drop(lock(&other).unwrap());
        let (never_locked, of_somebody) = (folder("solti-4"), folder("solti-5"));
        fs::write(of_somebody.join("file"), "").unwrap();
        for folder in [&never_locked, &of_somebody] {
            let hour = Duration::from_secs(3600);
            File::open(folder).unwrap().set_modified(SystemTime::now() - hour).unwrap();
        }
        remove_left(&own).unwrap();
        let all = [&own, &left, &being_made, &other, &never_locked, &of_somebody];
        assert_eq!(all.map(|folder| folder.exists()), [true, false, true, true, false, true]);
    }

    #[test]
    fn the_first_folder_that_will_do_is_taken() {
        let good = tempfile::tempdir_in("/tmp").unwrap();
        let path = |name: &str| good.path().join(name);
        let long = path(&"x".repeat(60));
        fs::create_dir(&long).unwrap();
        fs::write(path("file"), "").unwrap();
        let here = PathBuf::from(".");
        for bad in [PathBuf::new(), here, path("missing"), path("file"), long, PathBuf::from("/proc")] {
            let run = RunDir::in_first([bad.clone(), good.path().to_owned()].into_iter()).unwrap();
            assert_eq!(run.folder.path().parent(), Some(good.path()), "{bad:?}");
        }
        let error = RunDir::in_first([path("missing")].into_iter()).unwrap_err().to_string();
        assert!(error.contains("missing"), "{error}");
    }

    #[test]
    fn the_folder_is_private_and_goes_with_the_run() -> io::Result<()> {
        let run = RunDir::new()?;
        let folder = run.folder.path().to_owned();
        assert_eq!(std::fs::metadata(&folder)?.permissions().mode() & 0o777, 0o700);
        assert!(folder.as_os_str().len() <= LONGEST_FOLDER);
        let config = std::fs::read_to_string(run.ssh_config("web1", "10.0.0.7")?)?;
        assert!(config.contains("Host 10.0.0.7\n"), "{config}");
        assert_eq!(run.ssh_config("web1", "10.0.0.7")?, run.ssh_config("web1", "10.0.0.7")?);
        assert_ne!(run.ssh_config("web1", "10.0.0.7")?, run.ssh_config("alias", "10.0.0.7")?);
        assert!(config.contains("ControlPersist no") && !config.contains("StrictHostKeyChecking"), "{config}");
        drop(run);
        assert!(!folder.exists());
        Ok(())
    }
}
