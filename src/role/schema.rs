//! `role.yml` as JSON Schema.

use super::read::{ACTION, ROLE};
use crate::resource;
use crate::schema::json::{Templates, document, mapping};
use serde_json::Value;

/// What a `role.yml` may say.
pub fn schema() -> Value {
    let mut definitions = resource::definitions();
    definitions.insert("action".to_owned(), mapping(&ACTION, Templates::Anywhere));
    document("a role of solti", mapping(&ROLE, Templates::Nowhere), definitions)
}
