//! Declarations as JSON Schema, draft 2020-12.

use super::{Argument, OneOf, Schema, Shape};
use serde_json::{Map, Value, json};

/// What a text has in it that is a template.
const TEMPLATE: &str = r"\{[{%#]";

/// Whether values may be templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Templates {
    /// A text with a template in it stands for any value.
    Anywhere,
    /// What is written is what is meant.
    Nowhere,
}

/// A schema for one kind of file: what it is called, what it says, and what that refers to.
pub fn document(title: &str, root: Value, definitions: Map<String, Value>) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
    });
    if let (Value::Object(schema), Value::Object(root)) = (&mut schema, root) {
        schema.extend(root);
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
    }
    schema
}

/// A reference to one of the definitions.
pub fn defined(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A mapping whose keys are known.
pub fn mapping(schema: &Schema, templates: Templates) -> Value {
    object(schema.arguments.iter(), schema.one_of.as_ref(), templates)
}

/// A mapping with these keys.
pub fn object<'a>(
    arguments: impl Iterator<Item = &'a Argument> + Clone,
    one_of: Option<&OneOf>,
    templates: Templates,
) -> Value {
    let properties: Map<String, Value> =
        arguments.clone().map(|argument| (argument.name.to_owned(), property(argument, templates))).collect();
    let required: Vec<&str> = arguments.filter(|argument| argument.required).map(|argument| argument.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if let Some(OneOf { names, exactly, .. }) = one_of {
        let keys: Vec<Value> = names.iter().map(|name| json!({ "required": [name] })).collect();
        schema[if *exactly { "oneOf" } else { "anyOf" }] = json!(keys);
    }
    schema
}

/// A key's value with what is said of it; what may be left out may be said with nothing behind it, too.
pub fn property(argument: &Argument, templates: Templates) -> Value {
    let mut schema = shape(&argument.shape, templates);
    if !argument.required {
        schema = or_nothing(schema);
    }
    let default = argument.default.map(|default| format!(" (default: {default})")).unwrap_or_default();
    describe(schema, &format!("{}{default}", argument.help))
}

/// A schema with words for whoever writes the file.
pub fn describe(schema: Value, text: &str) -> Value {
    match schema {
        Value::Object(mut members) => {
            members.insert("description".to_owned(), text.into());
            Value::Object(members)
        }
        // anything at all
        _ => json!({ "description": text }),
    }
}

/// A schema that takes nothing, too.
pub fn or_nothing(mut schema: Value) -> Value {
    if schema == true || add_type(&mut schema, "null") {
        return schema;
    }
    if let Some(Value::Array(several)) = schema.get_mut("anyOf") {
        several.push(json!({ "type": "null" }));
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// Adds a type to those that a schema takes, if it says them, and nothing beside that would refuse it.
fn add_type(schema: &mut Value, name: &str) -> bool {
    if schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
        return false;
    }
    match schema.get_mut("type") {
        Some(Value::Array(types)) => types.push(name.into()),
        Some(one) => *one = json!([one.take(), name]),
        None => return false,
    }
    true
}

/// A schema that takes a template in place of something that is no text. Words for lists and mappings mean nothing for
/// texts, so they can stand side by side, and an error in a list is one of its item.
fn or_template(mut schema: Value) -> Value {
    if schema["type"] == "object"
        && let Some((word, keys)) =
            ["oneOf", "anyOf"].into_iter().find_map(|word| Some((word, schema.get_mut(word)?.take())))
    {
        // of a text no key can be asked
        schema.as_object_mut().and_then(|members| members.remove(word));
        schema["if"] = json!({ "type": "object" });
        schema["then"] = json!({ word: keys });
    }
    if add_type(&mut schema, "string") {
        schema["pattern"] = TEMPLATE.into();
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "string", "pattern": TEMPLATE }] })
}

/// A schema that takes a list, too.
fn or_list(item: Value) -> Value {
    let mut schema = item.clone();
    if schema.get("items").is_none() && add_type(&mut schema, "array") {
        schema["items"] = item;
        return schema;
    }
    json!({ "anyOf": [item, { "type": "array", "items": item }] })
}

/// What a value may be.
pub fn shape(shape: &Shape, templates: Templates) -> Value {
    let templated = templates == Templates::Anywhere;
    let pattern = |own: &str| if templated { format!("{own}|{TEMPLATE}") } else { own.to_owned() };
    let or_template = |schema: Value| if templated { or_template(schema) } else { schema };
    match shape {
        Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
        Shape::String => json!({ "type": "string", "pattern": r"\S" }),
        Shape::Path => json!({ "type": "string", "pattern": pattern("^/") }),
        Shape::Mode => json!({
            "type": ["string", "integer"], "pattern": pattern("^(0o)?[0-7]{1,5}$"), "minimum": 0, "maximum": 7777,
        }),
        Shape::Duration => {
            json!({ "type": ["string", "integer"], "pattern": pattern(r"^\s*[0-9]"), "minimum": 0 })
        }
        Shape::Number { least, most } => {
            let mut schema = json!({ "type": ["integer", "string"], "pattern": pattern(r"^\s*[+-]?[0-9]+\s*$") });
            if *least > i64::MIN {
                schema["minimum"] = json!(least);
            }
            if *most < i64::MAX {
                schema["maximum"] = json!(most);
            }
            schema
        }
        Shape::Flag => json!({
            "type": ["boolean", "string", "integer"], "pattern": pattern(&truth()), "minimum": 0, "maximum": 1,
        }),
        Shape::Choice(words) => or_template(json!({ "enum": words })),
        Shape::Command => {
            let word = self::shape(&Shape::Text, templates);
            json!({ "type": ["string", "number", "boolean", "array"], "items": word, "minItems": 1 })
        }
        Shape::Expression => json!({ "type": ["string", "boolean", "number"] }),
        Shape::Condition => {
            // it is an expression already
            let plain = format!(r"^(?![\s\S]*{TEMPLATE})");
            let one = json!({ "type": ["string", "boolean", "array"], "pattern": plain });
            json!({ "type": ["string", "boolean", "array"], "pattern": plain, "items": one })
        }
        Shape::Any => Value::Bool(true),
        Shape::Several(item) => or_list(self::shape(item, templates)),
        Shape::List(item) => or_template(json!({ "type": "array", "items": self::shape(item, templates) })),
        Shape::Map(value) => or_template(json!({
            "type": "object", "additionalProperties": or_nothing(self::shape(value, templates)),
        })),
        Shape::Mapping(schema) => or_template(mapping(schema, templates)),
        Shape::Either(several) => {
            json!({ "anyOf": several.iter().map(|one| self::shape(one, templates)).collect::<Vec<_>>() })
        }
        Shape::Defined(name) => defined(name),
    }
}

/// The words for true and false, whatever their letters' size, as far as a pattern can say that.
fn truth() -> String {
    let any_size = |word: &str| {
        word.chars()
            .map(|c| format!("[{c}{}]", c.to_ascii_uppercase()))
            .collect::<String>()
            .replace("[00]", "0")
            .replace("[11]", "1")
    };
    let words = ["true", "yes", "on", "y", "t", "1", "false", "no", "off", "n", "f", "0"].map(any_size);
    format!(r"^\s*({})\s*$", words.join("|"))
}
