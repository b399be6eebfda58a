//! Points as they come in.

use super::api::{State, gone, organization, parameter};
use super::error::{Refused, forbidden, internal, invalid, missing, unprocessable};
use super::line;
use super::meta::{Authorization, Bucket, Meta, identifier};
use super::permission::Permission;
use crate::web::{Answer, Request};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use std::io::Read;

const SECOND: i64 = 1_000_000_000;

/// Nanoseconds since 1970, now.
pub fn now() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// The bucket of an organization that goes by this id or name.
///
/// # Errors
/// There is none.
pub fn bucket<'m>(meta: &'m Meta, org: &str, told: &str) -> Result<&'m Bucket, Refused> {
    let by_id = identifier(told).ok().and_then(|id| meta.bucket(&id).ok()).filter(|bucket| bucket.org == org);
    by_id.map_or_else(|| meta.bucket_named(org, told), Ok)
}

/// `POST /api/v2/write`
pub fn write(state: &mut State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    let unit = line::precision(parameter(request, "precision").unwrap_or("ns"));
    let unit = unit.ok_or_else(|| invalid("invalid precision; valid precision units are ns, us, ms, and s"))?;
    let told = parameter(request, "bucket").ok_or_else(|| missing("bucket not found"))?;
    let org = organization(&state.meta, request)?;
    let bucket = bucket(&state.meta, &org.id, told)?;
    own.may(&Permission::write("buckets", Some(&bucket.id), Some(&org.id))).map_err(|refused| {
        forbidden(match own.status.as_str() {
            "active" => "insufficient permissions for write".to_owned(),
            _ => format!("insufficient permissions for write: {}", refused.message),
        })
    })?;
    let text = body(request)?;
    let now = now();
    let points = line::parse(&text, now, unit).map_err(invalid)?;
    let oldest = (bucket.retention > 0).then(|| now.saturating_sub(bucket.retention.saturating_mul(SECOND)));
    let id = bucket.id.clone();
    let dropped = state
        .points
        .write(&id, points, oldest)
        .map_err(|error| internal(format!("unexpected error writing points to database: {error}")))?;
    match dropped {
        Some(why) => Err(unprocessable(format!("failure writing points to database: {why}"))),
        None => Ok(gone()),
    }
}

fn body(request: &Request) -> Result<String, Refused> {
    let gzipped = match request.header("Content-Encoding").unwrap_or_default() {
        "" | "identity" => false,
        "gzip" | "x-gzip" => true,
        other => return Err(super::error::unknown(format!("the encoding {other}"))),
    };
    let mut bytes = Vec::new();
    if gzipped {
        let mut decoder = MultiGzDecoder::new(request.body.as_ref());
        decoder.read_to_end(&mut bytes).map_err(|_| invalid("unable to read data: gzip: invalid header"))?;
    } else {
        bytes = request.body.to_vec();
    }
    String::from_utf8(bytes).map_err(|_| super::error::unknown("line protocol that is not UTF-8"))
}
