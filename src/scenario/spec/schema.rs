//! `scenario.yml` as JSON Schema.

use super::read::SCENARIO;
use crate::schema::json::{Templates, document, mapping};
use crate::{playbook, resource};
use serde_json::Value;

/// What a `scenario.yml` may say.
pub fn schema() -> Value {
    let mut definitions = resource::definitions();
    definitions.retain(|name, _| name.starts_with("check"));
    definitions.insert("role_use".to_owned(), playbook::role_use_schema());
    document("a scenario of solti", mapping(&SCENARIO, Templates::Nowhere), definitions)
}
