//! One run at a time works with hosts that stay: a file beside their folder, locked while it does.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Held by whoever works with the hosts; given back when dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes it, and says there who has it; or tells who has it now.
    pub fn take(path: &Path, who: &str) -> io::Result<Result<Self, String>> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        loop {
            let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    file.read_to_string(&mut holder)?;
                    let unnamed = holder.trim().is_empty();
                    return Ok(Err(if unnamed { "another run".to_owned() } else { holder.trim().to_owned() }));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // one that was removed since it was opened locks nothing
            let there = fs::metadata(path).is_ok_and(|found| {
                file.metadata().is_ok_and(|held| (found.dev(), found.ino()) == (held.dev(), held.ino()))
            });
            if there {
                file.set_len(0)?;
                writeln!(file, "{who} (process {})", std::process::id())?;
                return Ok(Ok(Self { path: path.to_owned(), file }));
            }
        }
    }

    /// Gives it back, and leaves no file.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)?;
        drop(self.file);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_and_others_hear_who() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/k1.lock");
        let first = Lock::take(&path, "loki on debian13").unwrap().unwrap();
        let told = Lock::take(&path, "other").unwrap().unwrap_err();
        assert_eq!(told, format!("loki on debian13 (process {})", std::process::id()));
        drop(first);
        let second = Lock::take(&path, "other").unwrap().unwrap();
        second.remove().unwrap();
        assert!(!path.exists());
        assert!(Lock::take(&path, "third").unwrap().is_ok());
    }
}
