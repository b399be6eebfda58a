//! What Grafana keeps from one start to the next: `grafana.db`, here a file of JSON.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const ROUNDS: u32 = 10_000;

/// Which writing of the file it is: its inode, and when it was.
type Version = (u64, i64, i64);

fn version(path: &Path) -> Option<Version> {
    std::fs::metadata(path).ok().map(|file| (file.ino(), file.mtime(), file.mtime_nsec()))
}

/// Users, data sources and dashboards.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    version: Option<Version>,
    /// `login`, `salt` and `hash` of each.
    pub users: Vec<Value>,
    /// As the API shows them, and what is secret in `secureJsonData`.
    pub sources: Vec<Value>,
    /// `uid`, `title`, `folder`, `provider` and `dashboard` of each.
    pub dashboards: Vec<Value>,
    last: u64,
}

impl State {
    /// Reads what there is, if there is anything.
    ///
    /// # Errors
    /// A folder that cannot be made, or a file that cannot be read.
    pub fn open(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| format!("mkdir {}: {error}", folder.display()))?;
        Self::read(folder.join("grafana.db"))
    }

    fn read(path: PathBuf) -> Result<Self, String> {
        let version = version(&path);
        let kept: Value = match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => json!({}),
            Err(error) => return Err(format!("unable to open database file {}: {error}", path.display())),
        };
        let list = |key: &str| kept[key].as_array().cloned().unwrap_or_default();
        let last = kept["last"].as_u64().unwrap_or(0);
        let (users, sources, dashboards) = (list("users"), list("sources"), list("dashboards"));
        Ok(Self { path, version, users, sources, dashboards, last })
    }

    /// Takes what another process has written: the command line sets passwords while the server runs.
    pub fn refresh(&mut self) {
        if version(&self.path) != self.version
            && let Ok(new) = Self::read(self.path.clone())
        {
            *self = new;
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Why that could not be done.
    pub fn keep(&mut self) -> Result<(), String> {
        let text =
            json!({"users": self.users, "sources": self.sources, "dashboards": self.dashboards, "last": self.last});
        let new = self.path.with_extension("new");
        let opened = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o640).open(&new);
        let written = opened.and_then(|mut file| file.write_all(text.to_string().as_bytes()));
        let renamed = written.and_then(|()| std::fs::rename(&new, &self.path));
        self.version = version(&self.path);
        renamed.map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// A number that nothing has had.
    pub fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Sets a user's password, and makes the user if there is none.
    pub fn set_password(&mut self, login: &str, password: &str) {
        let salt = random();
        let hash = hashed(password, &salt);
        match self.users.iter_mut().find(|user| user["login"] == login) {
            Some(user) => (user["salt"], user["hash"]) = (salt.into(), hash.into()),
            None => self.users.push(json!({"login": login, "salt": salt, "hash": hash})),
        }
    }

    /// Whether there is a user with this password.
    pub fn knows(&self, login: &str, password: &str) -> bool {
        let user = self.users.iter().find(|user| user["login"] == login);
        user.is_some_and(|user| user["hash"] == hashed(password, user["salt"].as_str().unwrap_or_default()))
    }
}

/// Letters and digits that nobody can guess.
pub fn random() -> String {
    let mut bytes = [0; 16];
    // Without that file there is no other source, and nothing of worth to guess either.
    let _ = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    hex(&bytes)
}

/// Bytes as pairs of digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hashed(password: &str, salt: &str) -> String {
    let mut digest = Sha256::digest(format!("{salt}{password}"));
    for _ in 1..ROUNDS {
        digest = Sha256::digest(digest);
    }
    hex(&digest)
}
