//! What is a secret by its shape, whoever wrote it: the password of a URL, a private key, what follows `Authorization:`.

use super::{is_reference, tells};
use regex::Regex;
use std::ops::Range;
use std::sync::OnceLock;

/// Each has the secret in its group `secret`.
const SHAPES: &[&str] = &[
    // a reference such as ${PASSWORD} is none
    r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:'\x22]*:(?P<secret>[^\s/?#@'\x22$<{*][^\s/?#@'\x22]*)@",
    // data sources of Go: user:password@tcp(host:port)/name
    r"\b[\w.-]+:(?P<secret>[^\s/?#@:'\x22$<{*][^\s/?#@'\x22]*)@(?:tcp|unix)\(",
    r"(?s)-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\s*(?P<secret>\S.*?)\s*(?:-----END|\z)",
    r"(?i)\b(?:(?:proxy-)?authorization|x-(?:[a-z]+-)*(?:token|key|secret))['\x22]?[ \t]*[:=][ \t]*\[?[ \t]*['\x22]?(?:(?:basic|bearer|token)[ \t]+)?(?P<secret>[^\s'\x22$<{*\[][^\s'\x22]{3,})",
];

/// How many of them, from the first, are URLs.
const URLS: usize = 2;

fn patterns() -> &'static [Regex] {
    static PATTERNS: OnceLock<Vec<Regex>> = OnceLock::new();
    PATTERNS.get_or_init(|| SHAPES.iter().filter_map(|shape| Regex::new(shape).ok()).collect())
}

/// Where such secrets stand in a text.
pub(super) fn places(text: &str) -> impl Iterator<Item = Range<usize>> {
    patterns().iter().flat_map(move |pattern| {
        pattern.captures_iter(text).filter_map(|found| found.name("secret").map(|secret| secret.range()))
    })
}

/// The passwords of the URLs in a text.
pub fn of_urls(text: &str) -> Vec<String> {
    let found = patterns().iter().take(URLS).flat_map(|pattern| pattern.captures_iter(text));
    found.filter_map(|found| found.name("secret").map(|secret| secret.as_str().to_owned())).collect()
}

/// Where a text of configuration gives a value to a name that says that it is secret: `password: …`, `token = "…"`.
pub(super) fn named(text: &str) -> Vec<Range<usize>> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"(?P<name>[A-Za-z_][\w.-]*)["']?[ \t]*[:=][ \t]*(?:"(?P<double>[^"\n]+)"|'(?P<single>[^'\n]+)'|(?P<plain>[^\s"'{\[,;|>&][^\s,;]*))"#;
    let pattern = PATTERN.get_or_init(|| Regex::new(pattern).ok());
    let found = pattern.iter().flat_map(|pattern| pattern.captures_iter(text));
    let told = found.filter(|found| tells(&found["name"]));
    let values = told.filter_map(|found| ["double", "single", "plain"].into_iter().find_map(|name| found.name(name)));
    values
        .filter(|value| !is_reference(value.as_str()) && !is_plain_word(value.as_str()))
        .map(|value| value.range())
        .collect()
}

/// Whether a value is one of those that say yes, no or nothing, or a small number.
pub(super) fn is_plain_word(value: &str) -> bool {
    let word = value.to_lowercase();
    ["true", "false", "yes", "no", "on", "off", "null", "none", "~"].contains(&word.as_str())
        || word.parse::<u32>().is_ok_and(|number| number < 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        places(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn values_of_names_that_tell() {
        let text = "user: a\npassword: b-c # d\ntoken = \"e f\"\n'x-api-key': 'g'\nsecret: true\ntoken_file: /h\npassword: ${I}\n\
                    tokens: [j]\ntoken: 5\n{\"token\":\"k\"}\npassword: |\n";
        let found: Vec<&str> = named(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["b-c", "e f", "g", "k"]);
    }

    #[test]
    fn shapes() {
        assert_eq!(found("postgres://grafana:pw@db/grafana, http://x:${PW}@y, http://h:80/a@b"), ["pw"]);
        assert_eq!(found("me:pw@tcp(127.0.0.1:3306)/"), ["pw"]);
        assert_eq!(
            found("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nab==\n-----END RSA PRIVATE KEY-----\n"),
            ["MIIE\nab=="]
        );
        assert_eq!(found("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n"), [""; 0]);
        assert_eq!(
            found("Authorization: Bearer abcd.e\nX-Vault-Token=\"s.12345\"\n'X-Api-Key': $KEY"),
            ["abcd.e", "s.12345"]
        );
        assert_eq!(found("authorization:\n  credentials_file: /etc/x"), ["credentials_file:"; 0]);
    }
}
