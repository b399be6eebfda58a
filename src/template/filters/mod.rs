//! The filters that Ansible has beyond the template engine's.

mod collections;
mod csv;
mod data;
mod environment;
mod ini;
mod paths;
mod pattern;
mod text;
mod toml;
mod yaml;

pub(super) use pattern::compile;

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind};

/// The engine's own that are kept.
const BUILT_IN: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "format",
    "groupby",
    "indent",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "upper",
    "urlencode",
    "zip",
];

/// Ansible's and Jinja's that are not built yet.
pub(super) const UNBUILT: &[&str] = &[
    "center",
    "cidr_merge",
    "commonpath",
    "expanduser",
    "expandvars",
    "fileglob",
    "filesizeformat",
    "forceescape",
    "from_yaml_all",
    "human_readable",
    "human_to_bytes",
    "ipaddr",
    "ipmath",
    "ipsubnet",
    "ipv4",
    "ipv6",
    "ipwrap",
    "json_query",
    "log",
    "md5",
    "network_in_network",
    "nthhost",
    "password_hash",
    "permutations",
    "combinations",
    "pow",
    "random",
    "random_mac",
    "reduce_on_network",
    "rekey_on_member",
    "relpath",
    "realpath",
    "root",
    "shuffle",
    "strftime",
    "striptags",
    "subelements",
    "to_datetime",
    "to_uuid",
    "truncate",
    "unvault",
    "urlize",
    "urlsplit",
    "vault",
    "win_basename",
    "win_dirname",
    "win_splitdrive",
    "wordcount",
    "wordwrap",
    "xmlattr",
    "zip_longest",
];

/// The names of all that can be used.
pub(super) fn names() -> Vec<&'static str> {
    BUILT_IN.iter().copied().chain(ADDED.iter().map(|(name, _)| *name)).collect()
}

type Add = fn(&mut Environment<'static>, String);

macro_rules! filters {
    ($($name:literal => $filter:expr,)*) => {
        &[$(($name, (|environment, name| environment.add_filter(name, $filter)) as Add),)*]
    };
}

const ADDED: &[(&str, Add)] = filters! {
    "b64decode" => text::b64decode,
    "b64encode" => text::b64encode,
    "basename" => paths::basename,
    "bool" => text::bool,
    "checksum" => text::checksum,
    "combine" => collections::combine,
    "comment" => text::comment,
    "dict2items" => collections::dict2items,
    "difference" => collections::difference,
    "dirname" => paths::dirname,
    "extract" => collections::extract,
    "flatten" => collections::flatten,
    "float" => text::float,
    "from_csv" => csv::from_csv,
    "from_json" => data::from_json,
    "from_yaml" => yaml::from_yaml,
    "hash" => text::hash,
    "int" => text::int,
    "intersect" => collections::intersect,
    "items2dict" => collections::items2dict,
    "mandatory" => text::mandatory,
    "normpath" => paths::normpath,
    "path_join" => paths::path_join,
    "product" => collections::product,
    "quote" => text::quote,
    "regex_escape" => pattern::regex_escape,
    "regex_findall" => pattern::regex_findall,
    "regex_replace" => pattern::regex_replace,
    "regex_search" => pattern::regex_search,
    "sha1" => text::checksum,
    "splitext" => paths::splitext,
    "symmetric_difference" => collections::symmetric_difference,
    "ternary" => text::ternary,
    "to_env_file" => environment::to_env_file,
    "to_ini" => ini::to_ini,
    "to_json" => data::to_json,
    "to_nice_json" => data::to_nice_json,
    "to_nice_yaml" => yaml::to_nice_yaml,
    "to_toml" => toml::to_toml,
    "to_yaml" => yaml::to_yaml,
    "type_debug" => text::type_debug,
    "union" => collections::union,
    "unique" => collections::unique,
};

pub(super) fn add(environment: &mut Environment<'static>) {
    for (name, add) in ADDED {
        add(environment, (*name).to_owned());
    }
}

/// An error that a filter gives.
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The items of a list; text is none, though the engine could take it letter by letter.
fn items(value: &Value, filter: &str) -> Result<Vec<Value>, Error> {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => value.try_iter()?.checked().collect(),
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        kind => Err(invalid(format!("`{filter}` needs a list, not {}", super::render::words(kind)))),
    }
}

/// An argument given by name or by position.
fn argument<T>(positional: Option<T>, named: &Kwargs, name: &str) -> Result<Option<T>, Error>
where
    for<'a> T: minijinja::value::ArgType<'a, Output = T>,
{
    match positional {
        Some(value) => Ok(Some(value)),
        None => named.get::<Option<T>>(name),
    }
}
