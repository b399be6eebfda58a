//! Durations as Go and Prometheus write them.

use regex::Regex;
use std::time::Duration;

/// Units of Go's durations, in nanoseconds.
const GO: &[(&str, f64)] =
    &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];
/// Further units that Prometheus has and Go does not.
const DAYS: &[(&str, f64)] = &[("d", 86_400e9), ("w", 604_800e9), ("y", 31_536_000e9)];

/// A duration in Go's words: `1h30m`, `0`, `1.5s`.
pub fn go(text: &str) -> Option<Duration> {
    parse(text, &[GO])
}

/// A duration in Prometheus' words: whole numbers, each unit once, from years down to milliseconds.
pub fn prometheus(text: &str) -> Option<Duration> {
    let whole = "^(?:[0-9]+y)?(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?$";
    let right = text == "0" || Regex::new(whole).is_ok_and(|whole| whole.is_match(text));
    parse(text, &[GO, DAYS]).filter(|_| right)
}

fn parse(text: &str, units: &[&[(&str, f64)]]) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = units.iter().copied().flatten().find(|(name, _)| *name == &rest[..end])?;
        total += number * unit.1;
        rest = &rest[end..];
    }
    Some(Duration::from_nanos(total as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_known_to_prometheus_only() {
        assert_eq!(go("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(go("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(go("7d"), None);
        assert_eq!(prometheus("7d"), Some(Duration::from_secs(7 * 86_400)));
        assert_eq!(prometheus("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!((prometheus("1.5h"), prometheus("30m1h"), prometheus("100us")), (None, None, None));
        assert_eq!(go("5"), None);
        assert_eq!(go(""), None);
    }
}
