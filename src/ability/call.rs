//! A call to the API of a service, as a plan has it: plain data. What it is to bring about and how, the registry of objects
//! behind APIs knows.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// What something behind an API is to be. It is no report's business: the object has passwords and tokens in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Under what the registry has those who carry it out.
    pub kind: String,
    /// The object as it is declared, as those understand it.
    pub object: Value,
    /// How long the service may take until it answers.
    pub within: Duration,
    /// The names of the secrets that it gives; for those who need them, these are known only afterwards.
    pub makes: Vec<String>,
    /// What it changes, in words; said when the rest of the role is put back, because this stays.
    pub stays: String,
    /// What is left to do once nobody needs any more what it has replaced: when all hosts have had their turn, and none
    /// of them has failed.
    pub afterwards: Option<Box<Call>>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the object has secrets in it
        write!(f, "{}, {}", self.kind, self.stays)
    }
}

/// A secret that the host is to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Itself.
    pub value: String,
    /// The file in which it is kept.
    pub path: String,
}
