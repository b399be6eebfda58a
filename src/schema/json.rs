//! Declarations as JSON Schema, draft 2020-12.

use super::{Argument, OneOf, Schema, Shape};
use serde_json::{Map, Value, json};

/// What a text has in it that is a template.
const TEMPLATE: &str = r"\{[{%]";

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
    let Value::Object(members) = &mut schema else { return schema };
    if let Some(types) = members.get_mut("type") {
        match types {
            Value::Array(types) => types.push("null".into()),
            one => *one = json!([one.take(), "null"]),
        }
    } else if let Some(Value::Array(several)) = members.get_mut("anyOf") {
        several.push(json!({ "type": "null" }));
    } else {
        schema = json!({ "anyOf": [schema, { "type": "null" }] });
    }
    schema
}

/// What a value may be.
pub fn shape(shape: &Shape, templates: Templates) -> Value {
    let templated = templates == Templates::Anywhere;
    let pattern = |own: &str| if templated { format!("{own}|{TEMPLATE}") } else { own.to_owned() };
    // in place of something that is no text
    let or_template = |schema: Value| match templated {
        true => json!({ "anyOf": [schema, { "type": "string", "pattern": TEMPLATE }] }),
        false => schema,
    };
    match shape {
        Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
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
        Shape::Condition => json!({
            "type": ["string", "boolean", "array"],
            "items": { "type": ["string", "boolean", "array"] },
        }),
        Shape::Any => Value::Bool(true),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::Several(item) => {
            let item = self::shape(item, templates);
            json!({ "anyOf": [item, { "type": "array", "items": item }] })
        }
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
