//! Values of fields and of the columns of a query's answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// `true`
    Boolean(bool),
    /// `1i`
    Integer(i64),
    /// `1u`
    Unsigned(u64),
    /// `1.0`
    Float(f64),
    /// `"text"`
    String(String),
    /// Nanoseconds since 1970; never a field's.
    Time(i64),
}

impl Value {
    /// What the type is called where fields of different types collide.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Unsigned(_) => "unsigned",
            Self::Float(_) => "float",
            Self::String(_) => "string",
            Self::Time(_) => "time",
        }
    }

    /// What the type is called in annotated CSV.
    pub fn datatype(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "long",
            Self::Unsigned(_) => "unsignedLong",
            Self::Float(_) => "double",
            Self::String(_) => "string",
            Self::Time(_) => "dateTime:RFC3339",
        }
    }

    /// It as a number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Unsigned(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// How it compares to another, if they can be compared.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Boolean(one), Self::Boolean(two)) => Some(one.cmp(two)),
            (Self::Integer(one), Self::Integer(two)) | (Self::Time(one), Self::Time(two)) => Some(one.cmp(two)),
            (Self::Unsigned(one), Self::Unsigned(two)) => Some(one.cmp(two)),
            (Self::String(one), Self::String(two)) => Some(one.cmp(two)),
            (one, two) => one.number()?.partial_cmp(&two.number()?),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(to, "{value}"),
            Self::Integer(value) => write!(to, "{value}"),
            Self::Unsigned(value) => write!(to, "{value}"),
            Self::Float(value) => write!(to, "{value}"),
            Self::String(value) => to.write_str(value),
            Self::Time(time) => {
                Timestamp::from_nanosecond(i128::from(*time)).map_err(|_| fmt::Error).and_then(|at| write!(to, "{at}"))
            }
        }
    }
}
