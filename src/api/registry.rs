//! The registry: who carries out which call of a plan.

use super::conversation::{Asked, Next, Unfinished};
use super::object::Object;
use crate::ability::call::{Call, Secret};
use crate::ability::http::Reply;
use serde_json::Value;

/// What one kind of object is known by, and how it is brought to its declared state.
pub struct Registered {
    kind: &'static str,
    converse: fn(&Value, &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished>,
}

impl Registered {
    /// An object of this type.
    pub const fn of<O: Object>() -> Self {
        Self { kind: O::KIND, converse: converse::<O> }
    }
}

fn converse<O: Object>(object: &Value, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished> {
    let object: O = serde_json::from_value(object.clone())
        .map_err(|error| format!("the plan's {} cannot be read: {error}", O::KIND))?;
    object.converse(asked)
}

/// All that is known.
pub struct Registry(pub &'static [Registered]);

impl Registry {
    /// What a call asks next, after these answers.
    pub fn next(&self, call: &Call, replies: &[Reply]) -> Next {
        match self.0.iter().find(|registered| registered.kind == call.kind) {
            Some(registered) => (registered.converse)(&call.object, &mut Asked::new(replies)).into(),
            None => Next::Failed(format!("this solti knows no object {}", call.kind)),
        }
    }
}
