//! Files that are written where nothing is.

use solti::source::Diagnostic;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files to be written into one folder, by their paths there.
pub struct NewFiles<'f> {
    folder: &'f Path,
    files: Vec<(PathBuf, String)>,
}

impl<'f> NewFiles<'f> {
    /// None yet.
    pub fn of(folder: &'f Path) -> Self {
        Self { folder, files: Vec::new() }
    }

    /// One more.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) {
        self.files.push((path.into(), text));
    }

    /// Those whose place is taken, whatever is there.
    pub fn taken(&self) -> Vec<&Path> {
        let taken = |path: &&Path| self.folder.join(path).symlink_metadata().is_ok();
        self.files.iter().map(|(path, _)| path.as_path()).filter(taken).collect()
    }

    /// Writes those whose place is free, and gives their paths; the others stay what they are.
    ///
    /// # Errors
    /// Where one cannot be written; those before it are there.
    pub fn write(&self) -> Result<Vec<&Path>, Diagnostic> {
        let mut written = Vec::new();
        for (path, text) in &self.files {
            let place = self.folder.join(path);
            let made = place.parent().map_or(Ok(()), fs::create_dir_all);
            // never through a link, and never over what somebody has just put there
            let file = made.and_then(|()| OpenOptions::new().write(true).create_new(true).open(&place));
            match file.and_then(|mut file| file.write_all(text.as_bytes())) {
                Ok(()) => written.push(path.as_path()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && place.symlink_metadata().is_ok() => {}
                Err(error) => return Err(Diagnostic::new(format!("cannot write {}: {error}", place.display()))),
            }
        }
        Ok(written)
    }
}
