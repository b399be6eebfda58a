//! Options as declared: the whole interface of a role.

use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics, Span, did_you_mean};
use crate::template;
use crate::yaml::{Entry, Node, Value};

/// What an option's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OptionType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A TCP or UDP port.
    Port,
    /// An absolute path.
    Path,
    /// A length of time: `30s`, `15m`, `30d`, `1h30m`.
    Duration,
    /// An amount of bytes: `512MB`, `4GiB`.
    Size,
    /// A day: `2024-04-01`.
    Date,
    /// An address with a scheme.
    Url,
    /// One of `choices`.
    Choice,
    /// A list.
    List,
    /// A mapping.
    Mapping,
    /// Text that is never shown.
    Secret,
    /// Anything.
    Any,
}

impl OptionType {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::String,
        Self::Integer,
        Self::Number,
        Self::Boolean,
        Self::Port,
        Self::Path,
        Self::Duration,
        Self::Size,
        Self::Date,
        Self::Url,
        Self::Choice,
        Self::List,
        Self::Mapping,
        Self::Secret,
        Self::Any,
    ];

    /// Its name in `role.yml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Port => "port",
            Self::Path => "path",
            Self::Duration => "duration",
            Self::Size => "size",
            Self::Date => "date",
            Self::Url => "url",
            Self::Choice => "choice",
            Self::List => "list",
            Self::Mapping => "mapping",
            Self::Secret => "secret",
            Self::Any => "any",
        }
    }
}

/// What each is called.
const TYPES: [&str; OptionType::ALL.len()] = {
    let mut names = [""; OptionType::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = OptionType::ALL[at].name();
        at += 1;
    }
    names
};

const WHOLE: Shape = Shape::Number { least: i64::MIN, most: i64::MAX };

/// An option of a role.
pub(super) static OPTION: Schema = Schema::new(
    "an option",
    &[
        Argument::new("type", Shape::Choice(&TYPES), "what its value may be").required(),
        Argument::new(
            "default",
            Shape::Any,
            "its value where nobody gives one; may be a template with other options in it",
        ),
        Argument::new("required", Shape::Flag, "whether somebody must give a value").default("false"),
        Argument::new("required_if", Shape::Condition, "an expression: whether somebody must give a value"),
        Argument::new(
            "generated",
            Shape::Flag,
            "for a `secret`: where nobody gives a value, solti makes one, and the host keeps it",
        )
        .default("false"),
        Argument::new(
            "secret_keys",
            Shape::Several(&Shape::Text),
            "keys of mappings in it whose values are never shown",
        ),
        Argument::new("values", Shape::Choice(&["string"]), "`string`: each value in a list or mapping is text"),
        Argument::new("labels", Shape::Flag, "whether its keys are names of labels").default("false"),
        Argument::new(
            "label_keys",
            Shape::Several(&Shape::Text),
            "keys of mappings in it whose own keys are names of labels",
        ),
        Argument::new("secret_values", Shape::Flag, "whether all values in it are never shown").default("false"),
        Argument::new("choices", Shape::List(&Shape::Any), "the values of a `choice`"),
        Argument::new(
            "min",
            Shape::Either(&[WHOLE, Shape::Duration]),
            "the smallest number, or the shortest length of time beside none at all",
        ),
        Argument::new("max", WHOLE, "the greatest number"),
        Argument::new("aliases", Shape::Several(&Shape::Text), "other names that it may be given by"),
        Argument::new("help", Shape::Text, "what it is for"),
        Argument::new("deprecated", Shape::Text, "what to use instead, if it is going away"),
    ],
);

/// One option as declared.
#[derive(Debug, Clone)]
pub struct OptionSpec {
    /// Its name, which is the variable's.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// What its value may be.
    pub kind: OptionType,
    /// Its value where nobody gives one; may be a template that refers to other options.
    pub default: Option<Node>,
    /// Whether somebody must give a value.
    pub required: bool,
    /// An expression: whether somebody must give a value.
    pub required_if: Option<Node>,
    /// Whether solti makes a value where nobody gives one, and keeps it on the host.
    pub generated: bool,
    /// Keys of mappings in its value whose own values are never shown.
    pub secret_keys: Vec<String>,
    /// Whether each value in it is text.
    pub texts: bool,
    /// Whether its keys are names of labels.
    pub labels: bool,
    /// Keys of mappings in its value whose own keys are names of labels.
    pub label_keys: Vec<String>,
    /// Whether all values in it are never shown, as those of an environment.
    pub secret_values: bool,
    /// The values to choose from.
    pub choices: Vec<Node>,
    /// The smallest number.
    pub min: Option<i64>,
    /// The greatest number.
    pub max: Option<i64>,
    /// The shortest length of time beside none at all.
    pub shortest: Option<String>,
    /// Other names it may be given by.
    pub aliases: Vec<String>,
    /// What it is for.
    pub help: Option<String>,
    /// What to use instead, if it is going away.
    pub deprecated: Option<String>,
}

/// Reads one entry of `options`.
pub(super) fn read_option(entry: &Entry) -> Result<OptionSpec, Diagnostics> {
    let mut fields = Arguments::called(&entry.value, &OPTION, &format!("option `{}`", entry.key))?;
    let type_node = fields.required("type");
    let kind = fields.read(type_node, read_type).unwrap_or(OptionType::Any);
    // `default: null` (or `default:`) is a default too, which `get` would not tell from none
    fields.get("default");
    let default = match &entry.value.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == "default").map(|entry| &entry.value),
        _ => None,
    };
    let required = fields.boolean("required").unwrap_or(false);
    let required_if = fields.get("required_if").cloned();
    let generated = fields.boolean("generated").unwrap_or(false);
    let secret_keys = fields.strings("secret_keys").unwrap_or_default();
    let values = fields.get("values");
    let texts = fields.read(values, read_values).is_some();
    let labels = fields.boolean("labels").unwrap_or(false);
    let label_keys = fields.strings("label_keys").unwrap_or_default();
    let secret_values = fields.boolean("secret_values").unwrap_or(false);
    let choices_node = fields.get("choices");
    let choices = fields.read(choices_node, |node| node.sequence().map(<[Node]>::to_vec)).unwrap_or_default();
    let (min, shortest) = match kind {
        OptionType::Duration => {
            let shortest = fields.get("min");
            (None, fields.read(shortest, read_shortest))
        }
        _ => (fields.integer("min"), None),
    };
    let max = fields.integer("max");
    let aliases = fields.strings("aliases").unwrap_or_default();
    let help = fields.string("help");
    let deprecated = fields.string("deprecated");
    if kind == OptionType::Choice && choices.is_empty() && choices_node.is_none() {
        fields.error(Diagnostic::at(&entry.key_span, format!("option `{}` is a choice without `choices`", entry.key)));
    }
    if let (Some(default), true) = (default, required) {
        fields.error(
            Diagnostic::at(&default.span, format!("option `{}` is required, so its default is never used", entry.key))
                .hint("remove `required` or `default`"),
        );
    }
    if generated && (kind != OptionType::Secret || default.is_some() || required || required_if.is_some()) {
        let message = format!("option `{}` is generated, so it is a secret that nobody has to give", entry.key);
        let error = Diagnostic::at(&entry.key_span, message);
        fields.error(error.hint("`type: secret`, without `default`, `required` and `required_if`"));
    }
    if !matches!(kind, OptionType::List | OptionType::Mapping | OptionType::Any) {
        let keys = [
            ("secret_keys", !secret_keys.is_empty()),
            ("secret_values", secret_values),
            ("labels", labels),
            ("label_keys", !label_keys.is_empty()),
        ];
        if let Some((key, _)) = keys.into_iter().find(|(_, is_there)| *is_there) {
            let message = format!("option `{}` has no mappings that `{key}` could be in", entry.key);
            let error = Diagnostic::at(&entry.key_span, message);
            fields.error(error.hint(format!("`{key}` is for a list, a mapping or any")));
        }
    }
    if let Some(values) = values.filter(|_| !matches!(kind, OptionType::List | OptionType::Mapping)) {
        let message = format!("option `{}` has no values in it", entry.key);
        fields.error(Diagnostic::at(&values.span, message).hint("`values` is for a list or a mapping"));
    }
    let option = OptionSpec {
        name: entry.key.clone(),
        span: entry.key_span.clone(),
        kind,
        default: default.cloned(),
        required,
        required_if,
        generated,
        secret_keys,
        texts,
        labels,
        label_keys,
        secret_values,
        choices,
        min,
        max,
        shortest,
        aliases,
        help,
        deprecated,
    };
    fields.finish()?;
    Ok(option)
}

fn read_values(node: &Node) -> Result<(), Diagnostics> {
    match node.string()?.as_str() {
        "string" => Ok(()),
        other => Err(Diagnostic::at(&node.span, format!("`values` is `string`, not `{other}`")).into()),
    }
}

fn read_shortest(node: &Node) -> Result<String, Diagnostics> {
    let text = node.string()?;
    let known = template::milliseconds(&text).is_some();
    let wrong = || Diagnostic::at(&node.span, "`min` of a duration is one: `1h`").into();
    if known { Ok(text) } else { Err(wrong()) }
}

fn read_type(node: &Node) -> Result<OptionType, Diagnostics> {
    let name = node.string()?;
    let names = OptionType::ALL.map(OptionType::name);
    OptionType::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
        let near = ANSIBLE_TYPES
            .iter()
            .find(|(theirs, _)| *theirs == name)
            .map(|(_, ours)| *ours)
            .or_else(|| did_you_mean(&name, names));
        let near = near.map(|near| format!("did you mean `{near}`?"));
        Diagnostic::at(&node.span, format!("unknown type `{name}`"))
            .hint(near.unwrap_or_else(|| format!("known: {}", names.join(", "))))
            .into()
    })
}

/// What Ansible's argument specifications call them.
const ANSIBLE_TYPES: &[(&str, &str)] = &[
    ("str", "string"),
    ("int", "integer"),
    ("float", "number"),
    ("bool", "boolean"),
    ("dict", "mapping"),
    ("raw", "any"),
];
