//! Secrets that hosts keep, as far as a run knows them: what is made on one host may be needed on another.
//!
//! A secret that is not known (yet) is a placeholder, so that everything that has it can be rendered and checked. What was
//! given out is noted by who [asks](Asker), once for each time that a host's values are rendered, so that hosts can be
//! rendered side by side. Whoever was given a placeholder for what is known by now is [stale](SecretStore::is_stale), and to
//! be rendered again.

use super::Secrets;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many random bytes a generated secret is made of; it is twice as many hexadecimal digits.
const GENERATED: usize = 32;

/// A secret by the host that keeps it and its name there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecretName {
    /// The host.
    pub host: String,
    /// The secret's name.
    pub name: String,
}

impl SecretName {
    /// What stands for it in texts while it is not known.
    pub fn placeholder(&self) -> String {
        format!("known-after-apply-{}-{}", self.name, self.host)
    }
}

impl std::fmt::Display for SecretName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.name, self.host)
    }
}

/// Why a secret cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// It is not kept, and nothing makes it.
    #[error("{host} keeps no secret {name}, and no role there makes it", host = .0.host, name = .0.name)]
    NotMade(SecretName),
    /// The operating system gives no random bytes to make it of.
    #[error("no secret can be generated: {0}")]
    NoRandomness(String),
}

/// What a run knows of the secrets that hosts keep.
#[derive(Debug, Default)]
pub struct SecretStore {
    hidden: Secrets,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// What hosts have said of what they keep.
    kept: BTreeMap<String, Kept>,
    /// Hosts that have said all that they keep.
    told: BTreeSet<String>,
    /// Hosts that cannot be asked what they keep, and why.
    lost: BTreeMap<String, String>,
    /// What nothing makes.
    not_made: BTreeSet<SecretName>,
    /// Hosts whose secrets somebody has asked for.
    wanted: BTreeSet<String>,
    /// What each host's values were rendered with.
    given: BTreeMap<String, Given>,
}

/// Secrets, and what was given for each.
type Given = BTreeMap<SecretName, String>;

/// Who asks for secrets, and what was given to them.
#[derive(Debug, Default)]
pub struct Asker {
    /// Whether what lost hosts keep has another placeholder: what comes out differently with it has them in it.
    another: bool,
    given: Mutex<Given>,
}

impl Asker {
    /// One for whom secrets of lost hosts have another placeholder.
    pub fn with_other_placeholders() -> Self {
        Self { another: true, ..Self::default() }
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Kept {
    folder: String,
    values: BTreeMap<String, String>,
}

impl Known {
    fn text(&self, secret: &SecretName, another: bool) -> String {
        let kept = self.kept.get(&secret.host).and_then(|kept| kept.values.get(&secret.name));
        kept.cloned().unwrap_or_else(|| match another && self.lost.contains_key(&secret.host) {
            true => format!("{}-in-another-run", secret.placeholder()),
            false => secret.placeholder(),
        })
    }

    /// Those among what was given for which one still waits.
    fn awaited(&self, given: &Given) -> BTreeSet<SecretName> {
        let waits =
            |secret: &SecretName, text: &str| secret.placeholder() == text && !self.lost.contains_key(&secret.host);
        given.iter().filter(|(secret, text)| waits(secret, text)).map(|(secret, _)| secret.clone()).collect()
    }
}

impl SecretStore {
    /// Nothing is known yet; values that become known are hidden by `hidden`.
    pub fn new(hidden: Secrets) -> Self {
        Self { hidden, known: Mutex::default() }
    }

    /// All that is kept out of what is shown, these secrets too.
    pub fn hidden(&self) -> &Secrets {
        &self.hidden
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hosts whose secrets somebody needs to know, who have not said them yet and are not lost.
    pub fn to_ask(&self) -> BTreeSet<String> {
        let known = self.known();
        let open = |host: &&String| !known.told.contains(*host) && !known.lost.contains_key(*host);
        known.wanted.iter().filter(open).cloned().collect()
    }

    /// Whether somebody needs to know what a host keeps.
    pub fn is_wanted(&self, host: &str) -> bool {
        self.known().wanted.contains(host)
    }

    /// Whether a host has said what it keeps.
    pub fn is_told(&self, host: &str) -> bool {
        self.known().told.contains(host)
    }

    /// Notes that a host cannot be asked what it keeps, with the reason.
    pub fn lose(&self, host: &str, reason: &str) {
        self.known().lost.insert(host.to_owned(), reason.to_owned());
    }

    /// The secrets that a host's values were given placeholders for, because their hosts cannot be asked; with the reasons.
    pub fn lost(&self, host: &str) -> BTreeMap<SecretName, String> {
        let known = self.known();
        let given = known.given.get(host).into_iter().flat_map(Given::keys);
        given.filter_map(|secret| Some((secret.clone(), known.lost.get(&secret.host)?.clone()))).collect()
    }

    /// Notes in which folder a host keeps secrets, and which it keeps, if it was asked for them.
    pub fn learn(&self, host: &str, folder: &str, values: Option<BTreeMap<String, String>>) {
        let mut known = self.known();
        if values.is_some() {
            known.told.insert(host.to_owned());
        }
        let values = values.unwrap_or_default();
        values.values().for_each(|value| self.hidden.add(value));
        known.kept.insert(host.to_owned(), Kept { folder: folder.to_owned(), values });
    }

    /// Where a host keeps its secrets, once it has said so.
    pub fn folder(&self, host: &str) -> Option<String> {
        self.known().kept.get(host).map(|kept| kept.folder.clone())
    }

    /// Notes that a host's values are those for which `asker` has asked.
    pub fn rendered(&self, host: &str, asker: &Asker) {
        let given = asker.given().clone();
        self.known().given.insert(host.to_owned(), given);
    }

    /// A secret: itself, or what stands for it.
    ///
    /// # Errors
    /// When it is certain that it will not be known.
    pub fn look_up(&self, asker: &Asker, secret: SecretName) -> Result<String, NoSecret> {
        let mut known = self.known();
        if known.not_made.contains(&secret) {
            return Err(NoSecret::NotMade(secret));
        }
        // the same as before, whatever others have learned meanwhile
        let before = asker.given().get(&secret).cloned();
        Ok(before.unwrap_or_else(|| self.give(&mut known, asker, secret)))
    }

    /// A secret that is generated where its host does not keep it yet.
    ///
    /// # Errors
    /// When there is nothing to make it of.
    pub fn generated(&self, asker: &Asker, secret: SecretName) -> Result<String, NoSecret> {
        let mut known = self.known();
        if let Some(kept) = known.kept.get_mut(&secret.host)
            && !kept.values.contains_key(&secret.name)
        {
            kept.values.insert(secret.name.clone(), generate()?);
        }
        Ok(self.give(&mut known, asker, secret))
    }

    fn give(&self, known: &mut Known, asker: &Asker, secret: SecretName) -> String {
        let text = known.text(&secret, asker.another);
        self.hidden.add(&text);
        known.wanted.insert(secret.host.clone());
        // who got something else before is stale
        asker.given().entry(secret).or_insert_with(|| text.clone());
        text
    }

    /// Notes a secret that a host keeps from now on.
    pub fn keep(&self, secret: &SecretName, value: &str) {
        self.hidden.add(value);
        let mut known = self.known();
        known.kept.entry(secret.host.clone()).or_default().values.insert(secret.name.clone(), value.to_owned());
    }

    /// Notes that a secret is to be made, so that what is kept now will not be it.
    pub fn expect(&self, secret: &SecretName) {
        if let Some(kept) = self.known().kept.get_mut(&secret.host) {
            kept.values.remove(&secret.name);
        }
    }

    /// Notes that nothing makes a secret: who looks it up from now on gets an error.
    pub fn never(&self, secret: SecretName) {
        self.known().not_made.insert(secret);
    }

    /// Whether a host's values were rendered with what has turned out to be something else.
    pub fn is_stale(&self, host: &str) -> bool {
        let known = self.known();
        let given = known.given.get(host).into_iter().flatten();
        given.into_iter().any(|(secret, text)| known.not_made.contains(secret) || known.text(secret, false) != *text)
    }

    /// The secrets that a host's values are still waiting for.
    pub fn awaited(&self, host: &str) -> BTreeSet<SecretName> {
        let known = self.known();
        known.given.get(host).map(|given| known.awaited(given)).unwrap_or_default()
    }

    /// Whether all hosts whose secrets a host's values were given have said what they keep.
    pub fn is_settled(&self, host: &str) -> bool {
        let known = self.known();
        let mut of = known.given.get(host).into_iter().flat_map(Given::keys);
        of.all(|secret| known.told.contains(&secret.host))
    }

    /// The secrets that who asks has got placeholders for so far, and waits for.
    pub fn awaited_by(&self, asker: &Asker) -> BTreeSet<SecretName> {
        self.known().awaited(&asker.given())
    }
}

/// A new secret of 256 random bits; a bcrypt password may have 72 characters, so it is not longer.
fn generate() -> Result<String, NoSecret> {
    super::hexadecimal::<GENERATED>().map_err(|error| NoSecret::NoRandomness(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(host: &str, name: &str) -> SecretName {
        SecretName { host: host.to_owned(), name: name.to_owned() }
    }

    fn looked_up(store: &SecretStore, host: &str, secret: &SecretName) -> Result<String, NoSecret> {
        let asker = Asker::default();
        let text = store.look_up(&asker, secret.clone());
        store.rendered(host, &asker);
        text
    }

    #[test]
    fn who_was_given_a_stand_in_is_stale_once_the_secret_is_known() {
        let hidden = Secrets::new();
        let store = SecretStore::new(hidden.clone());
        let token = secret("mon", "token");
        let text = looked_up(&store, "app", &token).unwrap();
        assert!(store.is_wanted("mon") && !store.is_wanted("app"));
        assert!(!store.is_stale("app"));
        assert_eq!(store.awaited("app"), BTreeSet::from([token.clone()]));
        assert_eq!(hidden.redact(&format!("a {text} b")), "a ******** b");

        assert_eq!(store.to_ask(), BTreeSet::from(["mon".to_owned()]));
        store.learn("mon", "/etc/solti/secrets", None);
        assert!(!store.is_told("mon"));
        store.learn("mon", "/etc/solti/secrets", Some(BTreeMap::new()));
        assert!(store.is_told("mon") && store.to_ask().is_empty());
        assert!(!store.is_stale("app"));
        store.keep(&token, "made-on-mon");
        assert!(store.is_stale("app") && !store.is_stale("mon"));
        assert_eq!(looked_up(&store, "app", &token).as_deref(), Ok("made-on-mon"));
        assert!(!store.is_stale("app") && store.awaited("app").is_empty());
        assert_eq!(hidden.redact("made-on-mon"), "********");

        // to be made anew: what was rendered with the old one waits for the new one
        store.expect(&token);
        assert!(store.is_stale("app"));
        store.never(token.clone());
        assert_eq!(looked_up(&store, "app", &token), Err(NoSecret::NotMade(token)));
    }

    #[test]
    fn what_a_host_keeps_that_cannot_be_asked_is_not_waited_for() {
        let store = SecretStore::default();
        let token = secret("mon", "token");
        let text = looked_up(&store, "app", &token).unwrap();
        store.lose("mon", "no route");
        assert!(store.awaited("app").is_empty() && store.to_ask().is_empty());
        assert_eq!(store.lost("app"), BTreeMap::from([(token.clone(), "no route".to_owned())]));
        assert!(store.lost("mon").is_empty());
        assert_ne!(store.look_up(&Asker::with_other_placeholders(), token.clone()).unwrap(), text);
        assert_eq!(store.look_up(&Asker::default(), token).unwrap(), text);
    }

    #[test]
    fn who_asks_is_told_the_same_throughout_and_nobody_is_mistaken_for_another() {
        let store = SecretStore::default();
        let token = secret("mon", "token");
        let (app, web) = (Asker::default(), Asker::default());
        let text = store.look_up(&app, token.clone()).unwrap();
        assert_eq!(store.awaited_by(&app), BTreeSet::from([token.clone()]));
        assert!(store.awaited_by(&web).is_empty());
        store.learn("mon", "/v", Some(BTreeMap::from([("token".to_owned(), "kept".to_owned())])));
        assert_eq!(store.look_up(&app, token.clone()).unwrap(), text);
        assert_eq!(store.look_up(&web, token).unwrap(), "kept");
        store.rendered("app", &app);
        store.rendered("web", &web);
        assert!(store.is_stale("app") && !store.is_stale("web"));
    }

    #[test]
    fn what_is_generated_is_generated_once() {
        let store = SecretStore::default();
        let asker = Asker::default();
        let before = store.generated(&asker, secret("mon", "password")).unwrap();
        assert_eq!(store.folder("mon"), None);
        store.learn("mon", "/v", Some(BTreeMap::from([("kept".to_owned(), "old-one".to_owned())])));
        let asker = Asker::default();
        let password = store.generated(&asker, secret("mon", "password")).unwrap();
        assert_ne!(password, before);
        assert_eq!(password.len(), 64);
        assert_eq!(store.generated(&asker, secret("mon", "password")).unwrap(), password);
        assert_eq!(store.generated(&asker, secret("mon", "kept")).unwrap(), "old-one");
        assert_ne!(SecretStore::default().generated(&asker, secret("mon", "password")).unwrap(), password);
        store.rendered("mon", &asker);
        assert!(store.awaited("mon").is_empty());
    }
}
