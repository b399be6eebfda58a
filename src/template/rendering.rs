//! One rendering of a host's values: who asks for secrets in it, and what was rendered on the way.

use super::convert::is_plain;
use crate::secret::{Asker, NoSecret, SecretName, SecretStore};
use minijinja::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Variables that were rendered already. Nothing that needed facts can be in it before they are known, so it stays
/// right when they arrive.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<HashMap<String, Kept>>);

#[derive(Debug, Clone)]
struct Kept {
    value: Value,
    /// Whether secrets were asked for on the way to it.
    asked: bool,
}

impl Cache {
    fn known(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One rendering of a host's values. Several hosts are rendered side by side, and what one is given of secrets is not
/// noted for another: so what was made of secrets, or may come to them later, is kept for the rendering alone. Anything
/// else that inventories say of a host is rendered once for all.
#[derive(Debug, Default)]
pub struct Rendering {
    asker: Asker,
    /// How often something was asked for, or used that was made of it.
    asked: AtomicUsize,
    /// What the hosts of the inventory have here.
    own: Mutex<HashMap<String, Arc<Cache>>>,
}

impl Rendering {
    /// One in which secrets of lost hosts have another placeholder.
    pub fn with_other_placeholders() -> Self {
        Self { asker: Asker::with_other_placeholders(), ..Self::default() }
    }

    /// Who asks for secrets in it.
    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    pub(super) fn look_up(&self, store: &SecretStore, secret: SecretName) -> Result<String, NoSecret> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        store.look_up(&self.asker, secret)
    }

    pub(super) fn generated(&self, store: &SecretStore, secret: SecretName) -> Result<String, NoSecret> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        store.generated(&self.asker, secret)
    }

    /// What is rendered of a host's own variables.
    pub(super) fn cache(&self, host: &str) -> Arc<Cache> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(own.entry(host.to_owned()).or_default())
    }

    /// A variable, as it was rendered before, or else by `render`; `shared` is what all renderings have of a host.
    pub(super) fn once<E>(
        &self,
        cache: &Cache,
        shared: Option<&Cache>,
        name: &str,
        render: impl FnOnce() -> Result<Value, E>,
    ) -> Result<Value, E> {
        if let Some(kept) = shared.and_then(|shared| shared.known().get(name).cloned()) {
            return Ok(kept.value);
        }
        if let Some(Kept { value, asked }) = cache.known().get(name).cloned() {
            self.asked.fetch_add(usize::from(asked), Ordering::Relaxed);
            return Ok(value);
        }
        let before = self.asked.load(Ordering::Relaxed);
        let value = render()?;
        let asked = self.asked.load(Ordering::Relaxed) != before;
        let cache = shared.filter(|_| !asked && is_plain(&value)).unwrap_or(cache);
        cache.known().insert(name.to_owned(), Kept { value: value.clone(), asked });
        Ok(value)
    }
}
