//! How far each source has been read, and that only of what has been sent.

use serde_json::{Map, Value};
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Goes with every line of one reading; when the last of them is gone, they are all sent, or dropped on purpose.
pub type Receipt = Arc<()>;

/// Positions of all sources, kept in a file.
#[derive(Debug)]
pub struct Positions {
    path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    done: Map<String, Value>,
    under_way: HashMap<String, VecDeque<(Weak<()>, Value)>>,
}

impl Positions {
    /// Those of a storage folder.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("positions.json");
        let done = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Ok(Self { path, inner: Mutex::new(Inner { done, ..Inner::default() }) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far a source was read.
    pub fn of(&self, key: &str) -> Option<Value> {
        self.inner().done.get(key).cloned()
    }

    /// Notes how far a source will have been read when the lines with this receipt are gone.
    pub fn reached(&self, key: &str, receipt: &Receipt, position: Value) {
        let mut inner = self.inner();
        inner.under_way.entry(key.to_owned()).or_default().push_back((Arc::downgrade(receipt), position));
    }

    /// Forgets what is under way: it will be read again.
    pub fn forget(&self) {
        self.inner().under_way.clear();
    }

    /// Writes down what is done by now.
    pub fn keep(&self) {
        let mut inner = self.inner();
        let Inner { done, under_way } = &mut *inner;
        let mut changed = false;
        for (key, waiting) in under_way.iter_mut() {
            while let Some((_, position)) = taken(waiting) {
                done.insert(key.clone(), position);
                changed = true;
            }
        }
        if changed {
            let text = Value::Object(done.clone()).to_string();
            let new = self.path.with_extension("new");
            // Positions that cannot be written are read from again: nothing is lost.
            if std::fs::write(&new, text).is_ok() {
                let _ = std::fs::rename(&new, &self.path);
            }
        }
    }
}

/// The oldest reading, if all of it is gone.
fn taken(waiting: &mut VecDeque<(Weak<()>, Value)>) -> Option<(Weak<()>, Value)> {
    if waiting.front()?.0.strong_count() == 0 { waiting.pop_front() } else { None }
}
