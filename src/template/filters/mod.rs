//! The filters: some are the template engine's own, others Ansible has beyond them.

mod collections;
mod csv;
mod data;
mod environment;
mod ini;
mod paths;
mod pattern;
mod text;
mod toml;
mod units;
mod yaml;

pub(super) use pattern::compile;
pub(super) use text::Mandatory;
pub use units::{bytes, milliseconds};

use super::gaps::Reach;
use super::undefined;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, filters as engine};

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
    FILTERS.iter().map(|(name, _)| *name).collect()
}

type Add = fn(&mut Environment<'static>, &'static str);

macro_rules! filters {
    ($($name:literal => $filter:expr,)*) => {
        &[$(($name, |environment, name| {
            environment.add_filter(name, undefined::filter(name, reach(name), Value::from_function($filter)));
        }),)*]
    };
}

/// How far a filter looks into its arguments. What is not here writes them or compares them, to the last.
fn reach(filter: &str) -> Reach {
    match filter {
        "d" | "default" | "mandatory" | "ternary" | "type_debug" => Reach::Nowhere,
        "attr" | "count" | "extract" | "first" | "last" | "length" | "map" | "reject" | "rejectattr" | "select"
        | "selectattr" => Reach::Values,
        "batch" | "chain" | "flatten" | "groupby" | "list" | "max" | "min" | "product" | "reverse" | "slice"
        | "sort" | "sum" | "zip" => Reach::Items,
        "combine" | "dict2items" | "dictsort" | "items" => Reach::Members,
        _ => Reach::Everything,
    }
}

const FILTERS: &[(&str, Add)] = filters! {
    "abs" => engine::abs,
    "attr" => engine::attr,
    "b64decode" => text::b64decode,
    "b64encode" => text::b64encode,
    "basename" => paths::basename,
    "batch" => engine::batch,
    "bool" => text::bool,
    "capitalize" => engine::capitalize,
    "chain" => engine::chain,
    "checksum" => text::checksum,
    "combine" => collections::combine,
    "comment" => text::comment,
    "count" => collections::length,
    "d" => engine::default,
    "default" => engine::default,
    "dict2items" => collections::dict2items,
    "dictsort" => engine::dictsort,
    "difference" => collections::difference,
    "dirname" => paths::dirname,
    "e" => engine::escape,
    "escape" => engine::escape,
    "extract" => collections::extract,
    "first" => engine::first,
    "flatten" => collections::flatten,
    "float" => text::float,
    "format" => engine::format,
    "from_csv" => csv::from_csv,
    "from_json" => data::from_json,
    "from_yaml" => yaml::from_yaml,
    "groupby" => engine::groupby,
    "hash" => text::hash,
    "human_to_bytes" => units::human_to_bytes,
    "indent" => engine::indent,
    "int" => text::int,
    "intersect" => collections::intersect,
    "items" => engine::items,
    "items2dict" => collections::items2dict,
    "join" => engine::join,
    "last" => engine::last,
    "length" => collections::length,
    "lines" => engine::lines,
    "list" => engine::list,
    "lower" => engine::lower,
    "mandatory" => text::mandatory,
    "map" => engine::map,
    "max" => engine::max,
    "min" => engine::min,
    "normpath" => paths::normpath,
    "path_join" => paths::path_join,
    "pprint" => engine::pprint,
    "product" => collections::product,
    "quote" => text::quote,
    "regex_escape" => pattern::regex_escape,
    "regex_findall" => pattern::regex_findall,
    "regex_replace" => pattern::regex_replace,
    "regex_search" => pattern::regex_search,
    "reject" => engine::reject,
    "rejectattr" => engine::rejectattr,
    "replace" => engine::replace,
    "reverse" => engine::reverse,
    "round" => engine::round,
    "safe" => engine::safe,
    "select" => engine::select,
    "selectattr" => engine::selectattr,
    "sha1" => text::checksum,
    "slice" => engine::slice,
    "sort" => engine::sort,
    "split" => engine::split,
    "splitext" => paths::splitext,
    "string" => engine::string,
    "sum" => engine::sum,
    "symmetric_difference" => collections::symmetric_difference,
    "ternary" => text::ternary,
    "title" => engine::title,
    "to_duration" => units::to_duration,
    "to_env_file" => environment::to_env_file,
    "to_ini" => ini::to_ini,
    "to_json" => data::to_json,
    "to_nice_json" => data::to_nice_json,
    "to_nice_yaml" => yaml::to_nice_yaml,
    "to_size" => units::to_size,
    "to_toml" => toml::to_toml,
    "to_yaml" => yaml::to_yaml,
    "tojson" => engine::tojson,
    "trim" => engine::trim,
    "type_debug" => text::type_debug,
    "union" => collections::union,
    "unique" => collections::unique,
    "upper" => engine::upper,
    "urlencode" => engine::urlencode,
    "zip" => engine::zip,
};

pub(super) fn add(environment: &mut Environment<'static>) {
    for (name, add) in FILTERS {
        add(environment, name);
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
        kind => Err(invalid(format!("`{filter}` needs a list, not {}", super::kinds::words(kind)))),
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
