//! Lengths of time and amounts of bytes, in units that programs know.

use super::invalid;
use minijinja::Error;
use minijinja::value::{Value, ValueKind};

/// Units of Go's durations, the greatest first, in nanoseconds.
const GO: &[(&str, u128)] = &[
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1000),
    ("µs", 1000),
    ("ns", 1),
];

/// Further ones, which Prometheus and what is made of its parts know.
const DAYS: &[(&str, u128)] = &[("y", 31_536_000_000_000_000), ("w", 604_800_000_000_000), ("d", 86_400_000_000_000)];

/// A number and its unit, both in nanoseconds.
struct Part {
    unit: u128,
    length: u128,
}

/// A length of time taken apart: `1h30m`, `1.5d`, `0`.
fn parts(text: &str) -> Option<Vec<Part>> {
    let mut rest = if text == "0" { "0s" } else { text };
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let end = rest[unit_at..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |end| unit_at + end);
        let unit = unit(&rest[unit_at..end])?;
        parts.push(Part { unit, length: whole(&rest[..unit_at], unit)? });
        rest = &rest[end..];
    }
    Some(parts).filter(|parts| !parts.is_empty())
}

fn unit(name: &str) -> Option<u128> {
    DAYS.iter().chain(GO).find(|(known, _)| *known == name).map(|(_, unit)| *unit)
}

/// Programs of Go count nanoseconds in 63 bits, which are 292 years.
fn total(parts: &[Part]) -> Option<u128> {
    let total = parts.iter().try_fold(0_u128, |sum, part| sum.checked_add(part.length))?;
    (total <= i64::MAX as u128).then_some(total)
}

/// The milliseconds of a length of time with its units, `1h30m` or `1.5d`, if they are whole and programs know so many.
pub fn milliseconds(text: &str) -> Option<u64> {
    let nanoseconds = total(&parts(text)?)?;
    if nanoseconds.is_multiple_of(1_000_000) { u64::try_from(nanoseconds / 1_000_000).ok() } else { None }
}

/// The bytes of an amount: `1.5MB`, `4GiB`, `512k`; programs of Go count them in 63 bits.
pub fn bytes(text: &str) -> Option<u64> {
    human_to_bytes(&Value::from(text)).ok().filter(|bytes| i64::try_from(*bytes).is_ok())
}

/// A length of time as `go` or `prometheus` reads it: as it is, or else a whole number of their greatest unit.
pub(super) fn to_duration(value: &Value, reader: Option<&str>) -> Result<String, Error> {
    let prometheus = match reader.unwrap_or("go") {
        "go" => false,
        "prometheus" => true,
        _ => return Err(invalid("`to_duration` writes for `'go'` or for `'prometheus'`")),
    };
    let text = value.to_string();
    let wrong = || invalid(format!("`{text}` is no length of time: 30s, 15m, 12h, 30d"));
    let parts = parts(&text).ok_or_else(wrong)?;
    let total = total(&parts).ok_or_else(wrong)?;
    let known = if prometheus {
        // whole numbers, each unit once, the greatest first
        !text.contains('.')
            && parts.windows(2).all(|pair| pair[0].unit > pair[1].unit)
            && parts.iter().all(|part| part.unit >= 1_000_000)
    } else {
        parts.iter().all(|part| GO.iter().any(|(_, unit)| *unit == part.unit))
    };
    if total == 0 {
        return Ok("0s".to_owned());
    }
    if known {
        return Ok(text);
    }
    let least = if prometheus { 1_000_000 } else { 1 };
    let unit = GO.iter().find(|(_, factor)| *factor >= least && total.is_multiple_of(*factor));
    let (name, factor) = unit.ok_or_else(|| invalid(format!("`{text}` is not a whole number of milliseconds")))?;
    Ok(format!("{}{name}", total / factor))
}

/// How many bytes an amount has: `1.5MB`, `4GiB`, `512k`. As Ansible, systemd, Loki and Prometheus have it, a kilobyte is 1024.
pub(super) fn human_to_bytes(value: &Value) -> Result<u64, Error> {
    let text =
        if matches!(value.kind(), ValueKind::Number | ValueKind::String) { value.to_string() } else { String::new() };
    let lower = text.to_ascii_lowercase();
    let unit_at = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let (number, unit) = lower.split_at(unit_at);
    let unit = unit.trim_start();
    let unit = unit.strip_suffix('b').unwrap_or(unit);
    let power = match unit.strip_suffix('i').unwrap_or(unit) {
        "" => Some(0),
        letter => ["k", "m", "g", "t", "p"].iter().position(|one| *one == letter).map(|at| at + 1),
    };
    let bytes = power.and_then(|power| whole(number, 1 << (10 * power))).and_then(|bytes| u64::try_from(bytes).ok());
    bytes.ok_or_else(|| invalid(format!("`{text}` is no amount of bytes: 512MB, 4GiB")))
}

/// An amount of bytes as a whole number with one of systemd's suffixes, which many programs know: `1536K`.
pub(super) fn to_size(value: &Value) -> Result<String, Error> {
    let bytes = human_to_bytes(value)?;
    let suffixes = ["P", "T", "G", "M", "K"].iter().zip([50, 40, 30, 20, 10]);
    let suffix = suffixes
        .map(|(suffix, bits)| (*suffix, 1_u64 << bits))
        .find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit));
    Ok(suffix.map_or_else(|| bytes.to_string(), |(suffix, unit)| format!("{}{suffix}", bytes / unit)))
}

/// A decimal number of something, in whole parts of it.
fn whole(number: &str, factor: u128) -> Option<u128> {
    let (before, after) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u128>().ok() };
    if before.is_empty() {
        return None;
    }
    let scale = 10_u128.checked_pow(u32::try_from(after.len()).ok()?)?;
    let fraction = digits(after)?.checked_mul(factor)? / scale;
    digits(before)?.checked_mul(factor)?.checked_add(fraction)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_in_units_that_are_known() {
        let go = |text: &str| to_duration(&Value::from(text), None).unwrap();
        let prometheus = |text: &str| to_duration(&Value::from(text), Some("prometheus")).unwrap();
        for (text, in_go, in_prometheus) in [
            ("10s", "10s", "10s"),
            ("1h30m", "1h30m", "1h30m"),
            ("1.5h", "1.5h", "90m"),
            ("30m1h", "30m1h", "90m"),
            ("7d", "168h", "7d"),
            ("1.5d", "36h", "36h"),
            ("1w", "168h", "1w"),
            ("1w1d", "192h", "1w1d"),
            ("0.5s", "0.5s", "500ms"),
            ("100us", "100us", "100us"),
            ("0", "0s", "0s"),
            ("0d", "0s", "0s"),
        ] {
            assert_eq!(go(text), in_go);
            if text != "100us" {
                assert_eq!(prometheus(text), in_prometheus);
            }
        }
        assert!(to_duration(&Value::from("100us"), Some("prometheus")).is_err());
        for wrong in
            ["", "5", "d", "1x", "1..5s", ".5s", "1mo", "293y", "200y200y", "99999999999999999999999999999999999999y"]
        {
            assert!(to_duration(&Value::from(wrong), None).is_err(), "{wrong}");
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
        assert_eq!(milliseconds("1.5d"), Some(129_600_000));
        assert_eq!(milliseconds("0.0005s"), None);
    }

    #[test]
    fn amounts_of_bytes_in_whole_numbers() {
        let size = |value: Value| to_size(&value).unwrap();
        for (text, written) in [
            ("1GiB", "1G"),
            ("512MB", "512M"),
            ("1.5MB", "1536K"),
            ("1.5 gib", "1536M"),
            ("1000", "1000"),
            ("4096", "4K"),
            ("0", "0"),
            ("0B", "0"),
            ("0.5K", "512"),
        ] {
            assert_eq!(size(Value::from(text)), written);
        }
        assert_eq!((size(Value::from(0)), size(Value::from(3 << 20))), ("0".to_owned(), "3M".to_owned()));
        assert_eq!(human_to_bytes(&Value::from("1.5KB")).unwrap(), 1536);
        for wrong in ["", "MB", "1XB", "1.5.1M", "-1"] {
            assert!(to_size(&Value::from(wrong)).is_err(), "{wrong}");
        }
        assert!(to_size(&Value::from(true)).is_err());
    }
}
