//! What is a secret by its shape, whoever wrote it: the password of a URL, a private key, what follows `Authorization:`.

use regex::Regex;
use std::ops::Range;
use std::sync::OnceLock;

/// Each has the secret in its group `secret`.
const SHAPES: &[&str] = &[
    // a reference such as ${PASSWORD} is none
    r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:'\x22]*:(?P<secret>[^\s/?#@'\x22$<{*][^\s/?#@'\x22]*)@",
    r"(?s)-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\s*(?P<secret>\S.*?)\s*(?:-----END|\z)",
    r"(?i)\b(?:(?:proxy-)?authorization|x-(?:[a-z]+-)*(?:token|key|secret))['\x22]?[ \t]*[:=][ \t]*\[?[ \t]*['\x22]?(?:(?:basic|bearer|token)[ \t]+)?(?P<secret>[^\s'\x22$<{*\[][^\s'\x22]{3,})",
];

/// Where such secrets stand in a text.
pub(super) fn places(text: &str) -> impl Iterator<Item = Range<usize>> {
    static PATTERNS: OnceLock<Vec<Regex>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| SHAPES.iter().filter_map(|shape| Regex::new(shape).ok()).collect());
    patterns.iter().flat_map(move |pattern| {
        pattern.captures_iter(text).filter_map(|found| found.name("secret").map(|secret| secret.range()))
    })
}

/// The passwords of the URLs in a text.
pub fn of_urls(text: &str) -> Vec<String> {
    let pattern = Regex::new(SHAPES[0]).ok();
    let found = pattern.iter().flat_map(|pattern| pattern.captures_iter(text));
    found.filter_map(|found| found.name("secret").map(|secret| secret.as_str().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        places(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn shapes() {
        assert_eq!(found("postgres://grafana:pw@db/grafana, http://x:${PW}@y, http://h:80/a@b"), ["pw"]);
        assert_eq!(found("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nab==\n-----END RSA PRIVATE KEY-----\n"), ["MIIE\nab=="]);
        assert_eq!(found("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n"), [""; 0]);
        assert_eq!(found("Authorization: Bearer abcd.e\nX-Vault-Token=\"s.12345\"\n'X-Api-Key': $KEY"), ["abcd.e", "s.12345"]);
        assert_eq!(found("authorization:\n  credentials_file: /etc/x"), ["credentials_file:"; 0]);
    }
}
