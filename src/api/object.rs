//! An object behind an API, as it is declared: plain data, of which the call of a plan is made.

use super::conversation::{Asked, Unfinished};
use crate::ability::call::{Call, Secret};
use crate::ability::http::{Reply, Request};
use crate::plan::change::Detail;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Something that is brought to its declared state by a conversation.
pub trait Object: Serialize + DeserializeOwned {
    /// What the registry has it by.
    const KIND: &'static str;

    /// Asks for what is there, and changes what differs; what is as declared already is left alone.
    ///
    /// # Errors
    /// [`Unfinished::Ask`] when it needs one more answer, and [`Unfinished::Failed`] when the service refuses.
    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished>;

    /// See [`Call::makes`].
    fn makes(&self) -> Vec<String> {
        Vec::new()
    }

    /// See [`Call::afterwards`].
    fn afterwards(&self) -> Option<Call> {
        None
    }

    /// See [`Call::within`].
    fn within(&self) -> Duration;

    /// See [`Call::stays`].
    fn stays(&self) -> String;

    /// The call that brings it to its declared state.
    fn call(&self) -> Call {
        Call {
            kind: Self::KIND.to_owned(),
            // what cannot be written cannot be read, which the registry says
            object: serde_json::to_value(self).unwrap_or_default(),
            within: self.within(),
            makes: self.makes(),
            stays: self.stays(),
            afterwards: self.afterwards().map(Box::new),
        }
    }
}

/// An object that one request finds, and that has fields.
pub trait Entry: Object {
    /// The request that finds it.
    fn look(&self) -> Request;

    /// The object as the service tells it; none if it is not there.
    ///
    /// # Errors
    /// When the service does not say it.
    fn found(&self, reply: &Reply) -> Result<Option<Value>, String>;

    /// Its fields as they are in what was found, and as they are declared.
    fn fields(&self, found: &Value) -> Vec<Field>;

    /// Makes it.
    ///
    /// # Errors
    /// As of [`Object::converse`].
    fn create(&self, asked: &mut Asked<'_>) -> Result<(), Unfinished>;

    /// Changes what was found.
    ///
    /// # Errors
    /// As of [`Object::converse`].
    fn update(&self, found: &Value, asked: &mut Asked<'_>) -> Result<(), Unfinished>;

    /// How what a service has differs from what is declared.
    ///
    /// # Errors
    /// When the service does not say what it has.
    fn compare(&self, reply: &Reply) -> Result<Comparison, String> {
        let Some(found) = self.found(reply)? else { return Ok(Comparison::Missing) };
        let details: Vec<Detail> = self.fields(&found).into_iter().filter_map(Field::difference).collect();
        Ok(if details.is_empty() { Comparison::Same } else { Comparison::Differs { found, details } })
    }

    /// The conversation of such an object.
    ///
    /// # Errors
    /// As of [`Object::converse`].
    fn bring_about(&self, asked: &mut Asked<'_>) -> Result<(), Unfinished> {
        match self.compare(asked.ask(self.look())?)? {
            Comparison::Missing => self.create(asked),
            Comparison::Same => Ok(()),
            Comparison::Differs { found, .. } => self.update(&found, asked),
        }
    }
}

/// How an object differs from what is declared.
pub enum Comparison {
    /// It is not there.
    Missing,
    /// It does not.
    Same,
    /// In these fields.
    Differs {
        /// The object as the service tells it.
        found: Value,
        /// In words.
        details: Vec<Detail>,
    },
}

/// A field of an object, in words.
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// What it is now; none if it is not set.
    pub now: Option<String>,
    /// What it is to be; none leaves it as it is.
    pub declared: Option<String>,
}

impl Field {
    fn difference(self) -> Option<Detail> {
        let declared = self.declared?;
        Detail::value(self.name, self.now.as_deref(), Some(&declared))
    }
}
