//! The matrix of a scenario: options with several values, each combination of which is tried by itself.

use crate::scenario::Scenario;
use crate::schema::Arguments;
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use crate::yaml::{Entry, Node, Value};
use std::fmt;

/// The key of an exclusion that is about the platform, and so is no option.
const PLATFORM: &str = "platform";

/// Options with their values.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    options: Vec<Dimension>,
    exclusions: Vec<Vec<(String, String)>>,
}

/// An option, and what it is set to in turn.
#[derive(Debug, Clone)]
struct Dimension {
    name: Entry,
    values: Vec<(String, Node)>,
}

/// A value for each option of a matrix.
#[derive(Debug, Clone, Default)]
pub struct Variant(Vec<Chosen>);

#[derive(Debug, Clone)]
struct Chosen {
    /// What the value is called.
    label: String,
    var: Entry,
}

impl Variant {
    /// Its values as variables.
    pub fn vars(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().map(|chosen| &chosen.var)
    }

    /// Its options with the names of their values.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|chosen| (chosen.var.key.as_str(), chosen.label.as_str()))
    }

    /// Whether an option has this value.
    pub fn has(&self, option: &str, value: &str) -> bool {
        self.options().any(|chosen| chosen == (option, value))
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.options().map(|(option, value)| format!("{option}={value}")).collect();
        f.write_str(&words.join(", "))
    }
}

impl Matrix {
    /// Reads `matrix`: options, each with a list of values, or with values by the names that they have in reports.
    pub fn read(node: &Node) -> Result<Self, Diagnostics> {
        let mut errors = Diagnostics::new();
        let options = node.mapping()?.iter().filter_map(|entry| errors.collect(dimension(entry))).collect();
        errors.or(Self { options, exclusions: Vec::new() })
    }

    /// Reads `exclude`: combinations that are not tried, as a list of options (and `platform`) with the values they have there.
    pub fn exclude(&mut self, node: &Node, platforms: &[&str]) -> Result<(), Diagnostics> {
        let mut errors = Diagnostics::new();
        for item in node.sequence()? {
            let exclusion = item.mapping().and_then(|entries| {
                let mut errors = Diagnostics::new();
                let one = |entry| errors.collect(self.excluded(entry, platforms));
                let pairs: Vec<_> = entries.iter().filter_map(one).collect();
                if entries.is_empty() {
                    errors.push(Diagnostic::at(&item.span, "an exclusion without options would exclude everything"));
                }
                errors.or(pairs)
            });
            self.exclusions.extend(errors.collect(exclusion));
        }
        errors.or(())
    }

    fn excluded(&self, entry: &Entry, platforms: &[&str]) -> Result<(String, String), Diagnostics> {
        let label = entry.value.string()?;
        let known: Vec<&str> = if entry.key == PLATFORM {
            platforms.to_vec()
        } else {
            let names = self.options.iter().map(|option| option.name.key.as_str());
            let Some(option) = self.options.iter().find(|option| option.name.key == entry.key) else {
                let near = did_you_mean(&entry.key, names.chain([PLATFORM]));
                let error = Diagnostic::at(&entry.key_span, format!("the matrix has no option `{}`", entry.key));
                return Err(error.maybe_hint(near.map(|near| format!("did you mean `{near}`?"))).into());
            };
            option.values.iter().map(|(label, _)| label.as_str()).collect()
        };
        if known.contains(&label.as_str()) {
            return Ok((entry.key.clone(), label));
        }
        let near = did_you_mean(&label, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let error = Diagnostic::at(&entry.value.span, format!("`{}` is never `{label}` here", entry.key));
        Err(error.hint(near.unwrap_or_else(|| format!("it is {}", known.join(", ")))).into())
    }

    fn is_excluded(&self, variant: &Variant, platform: &str) -> bool {
        let holds = |(option, value): &(String, String)| match option.as_str() {
            PLATFORM => value == platform,
            option => variant.has(option, value),
        };
        self.exclusions.iter().any(|exclusion| exclusion.iter().all(holds))
    }

    fn variants(&self) -> Vec<Variant> {
        let mut all = vec![Variant::default()];
        for option in &self.options {
            let with = |variant: &Variant, (label, value): &(String, Node)| {
                let Entry { key, key_span, .. } = option.name.clone();
                let mut chosen = variant.0.clone();
                chosen.push(Chosen { label: label.clone(), var: Entry { key, key_span, value: value.clone() } });
                Variant(chosen)
            };
            all = all.iter().flat_map(|variant| option.values.iter().map(|value| with(variant, value))).collect();
        }
        all
    }

    /// Its options, each with its values, as `--list` shows them.
    pub fn summary(&self) -> impl Iterator<Item = String> {
        self.options.iter().map(|option| {
            let labels: Vec<&str> = option.values.iter().map(|(label, _)| label.as_str()).collect();
            format!("{}: {}", option.name.key, labels.join(", "))
        })
    }
}

fn dimension(entry: &Entry) -> Result<Dimension, Diagnostics> {
    if entry.key == PLATFORM {
        let error = Diagnostic::at(&entry.key_span, "`platform` is no option");
        return Err(error.hint("`platforms` says what the hosts run").into());
    }
    let mut errors = Diagnostics::new();
    let mut values: Vec<(String, Node)> = Vec::new();
    let mut add = |label: String, value: &Node, at: &crate::source::Span| {
        if values.iter().any(|(other, _)| *other == label) {
            return Err(Diagnostics::from(Diagnostic::at(at, format!("`{label}` is there twice"))));
        }
        values.push((label, value.clone()));
        Ok(())
    };
    match &entry.value.value {
        Value::Mapping(named) => {
            for Entry { key, key_span, value } in named {
                errors.collect(add(key.clone(), value, key_span));
            }
        }
        Value::Sequence(listed) => {
            for value in listed {
                let added = match value.string() {
                    Ok(label) => add(label, value, &value.span),
                    Err(found) if value.printed().is_some() => Err(found),
                    Err(_) => {
                        let message = format!("{} needs a name here", value.describe());
                        let hint = format!("`{}: {{ NAME: VALUE, ... }}` in place of a list", entry.key);
                        Err(Diagnostic::at(&value.span, message).hint(hint).into())
                    }
                };
                errors.collect(added);
            }
        }
        _ => {
            let error = Diagnostic::at(&entry.value.span, format!("`{}` needs several values", entry.key));
            errors.push(error.hint(format!("`{}: [one, two]`; what is always the same goes to `vars`", entry.key)));
        }
    }
    if values.is_empty() && errors.is_empty() {
        errors.push(Diagnostic::at(&entry.value.span, format!("`{}` has no values", entry.key)));
    }
    errors.or(Dimension { name: entry.clone(), values })
}

impl Scenario {
    /// The scenario once for each combination of its matrix, on the platforms on which that is tried.
    pub fn variants(&self) -> Vec<Self> {
        let of = |variant: Variant| {
            let mut scenario = self.clone();
            scenario.platforms.retain(|platform| !self.matrix.is_excluded(&variant, &platform.name));
            scenario.variant = variant;
            scenario
        };
        self.matrix.variants().into_iter().map(of).filter(|scenario| !scenario.platforms.is_empty()).collect()
    }
}

/// Reads `matrix` and `exclude` of a scenario.
pub fn read(fields: &mut Arguments<'_>, platforms: &[&str]) -> Matrix {
    let written = fields.get("matrix");
    let mut matrix = fields.read(written, Matrix::read).unwrap_or_default();
    let excluded = fields.entry("exclude");
    match (written, excluded) {
        (None, Some(excluded)) => {
            let error = Diagnostic::at(&excluded.key_span, "`exclude` leaves out combinations of a `matrix`");
            fields.error(error.hint("there is none here"));
        }
        (_, excluded) => {
            fields.read(excluded.map(|entry| &entry.value), |node| matrix.exclude(node, platforms));
        }
    }
    matrix
}
