//! How far each source has been read: what was handed over is not read again, whether it was sent by then or not.

use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Positions of all sources, kept in a file.
#[derive(Debug)]
pub struct Positions {
    path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    reached: Map<String, Value>,
    changed: bool,
}

impl Positions {
    /// Those of a storage folder.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("positions.json");
        let reached = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Ok(Self { path, inner: Mutex::new(Inner { reached, changed: false }) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far a source was read.
    pub fn of(&self, key: &str) -> Option<Value> {
        self.inner().reached.get(key).cloned()
    }

    /// Notes how far a source is read.
    pub fn reached(&self, key: &str, position: Value) {
        let mut inner = self.inner();
        inner.reached.insert(key.to_owned(), position);
        inner.changed = true;
    }

    /// Writes down what has changed.
    pub fn keep(&self) {
        let mut inner = self.inner();
        if inner.changed {
            let text = Value::Object(inner.reached.clone()).to_string();
            let new = self.path.with_extension("new");
            // Positions that cannot be written are read from again: nothing is lost.
            inner.changed = !(std::fs::write(&new, text).is_ok() && std::fs::rename(&new, &self.path).is_ok());
        }
    }
}
