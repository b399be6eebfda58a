//! Deletes.

use super::api::{State, gone, object, organization, parameter, text};
use super::error::{Refused, forbidden, internal, invalid, unknown};
use super::meta::{Authorization, identifier};
use super::permission::Permission;
use super::points::Series;
use super::write;
use crate::web::{Answer, Request};
use jiff::Timestamp;

/// `POST /api/v2/delete`
pub fn delete(state: &mut State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    let asked = object(request, &["start", "stop", "predicate"])?;
    let moment = |name: &str| {
        let time = text(&asked, name)?.and_then(|text| text.parse::<Timestamp>().ok());
        let time = time.and_then(|time| i64::try_from(time.as_nanosecond()).ok());
        time.ok_or_else(|| {
            invalid(format!(
                "error decoding json body: invalid RFC3339Nano for field {name}, please format your time with \
                 RFC3339Nano format, example: 2009-01-02T23:00:00Z"
            ))
        })
    };
    let span = (moment("start")?, moment("stop")?);
    let conditions = predicate(text(&asked, "predicate")?.unwrap_or_default())?;
    let org = organization(&state.meta, request)?;
    let bucket = match (parameter(request, "bucketID"), parameter(request, "bucket")) {
        (Some(id), _) => state.meta.bucket(&identifier(id)?)?,
        (None, Some(told)) => write::bucket(&state.meta, &org.id, told)?,
        (None, None) => return Err(invalid("Please provide either bucketID or bucket")),
    };
    own.may(&Permission::write("buckets", Some(&bucket.id), Some(&org.id)))
        .map_err(|_| forbidden("insufficient permissions to delete"))?;
    let id = bucket.id.clone();
    let which = |series: &Series| {
        conditions.iter().all(|(name, wanted)| match name.as_str() {
            "_measurement" => series.measurement == *wanted,
            tag => series.tags.get(tag) == Some(wanted),
        })
    };
    state.points.delete(&id, span, which).map_err(|error| internal(format!("unable to delete: {error}")))?;
    Ok(gone())
}

/// `a="b" AND c="d"`
fn predicate(text: &str) -> Result<Vec<(String, String)>, Refused> {
    let mut conditions = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let wrong = || unknown(format!("the predicate {text:?}"));
        let (name, after) = rest.split_once('=').ok_or_else(wrong)?;
        let name = name.trim().trim_matches('"');
        let value = after.trim_start().strip_prefix('"').ok_or_else(wrong)?;
        let (value, after) = value.split_once('"').ok_or_else(wrong)?;
        if name.is_empty() || name.contains([' ', '!', '"']) || value.contains('\\') {
            return Err(wrong());
        }
        if name == "_field" {
            return Err(Refused { code: "not implemented", message: "delete by field is not supported".to_owned() });
        }
        conditions.push((name.to_owned(), value.to_owned()));
        let after = after.trim_start();
        rest = match after.get(..4) {
            Some(and) if and.eq_ignore_ascii_case("and ") => after[4..].trim_start(),
            _ if after.is_empty() => after,
            _ => return Err(wrong()),
        };
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_are_equalities() {
        let found = predicate("_measurement=\"m\" AND host = \"a b\"").unwrap();
        assert_eq!(found, [("_measurement".into(), "m".into()), ("host".into(), "a b".into())]);
        assert_eq!(predicate("").unwrap(), []);
        assert!(predicate("a=\"b\" OR c=\"d\"").unwrap_err().message.contains("the stand-in does not know"));
        assert_eq!(predicate("_field=\"v\"").unwrap_err().message, "delete by field is not supported");
    }
}
