//! Hiding secrets in texts, by value.

use super::*;

fn secrets(values: &[&str]) -> Secrets {
    let secrets = Secrets::new();
    values.iter().for_each(|value| secrets.add(value));
    secrets
}

#[test]
fn the_longest_goes_first() {
    let secrets = secrets(&["hunter2", "hunter2-and-more"]);
    assert_eq!(secrets.redact("a hunter2-and-more, hunter2!"), "a ********, ********!");
    assert!(secrets.contains("xhunter2x"));
    assert!(!secrets.contains("hunter"));
}

#[test]
fn many_more_are_found_and_little_is_made_anew_for_one_more() {
    let secrets = Secrets::new();
    let value = |number: usize| format!("secret-of-{number}-x");
    for number in 0..200 {
        secrets.add(&value(number));
        assert_eq!(secrets.redact(&format!("a {} b", value(number / 2))), "a ******** b");
    }
    let searches: Vec<usize> = secrets.known().searches.iter().map(|search| search.forms.len()).collect();
    assert!(searches.is_sorted_by(|one, next| *one >= 2 * next), "{searches:?}");
    // what is known of a form holds from then on, whichever search it is in
    secrets.add_likely("likely-of-nobody");
    assert!(secrets.telling_places("likely-of-nobody").is_empty());
    secrets.add("likely-of-nobody");
    assert_eq!(secrets.telling_places("likely-of-nobody").len(), 1);
}

#[test]
fn short_values_only_as_words() {
    let secrets = secrets(&["no"]);
    assert_eq!(secrets.redact("password: no, nothing known"), "password: ********, nothing known");
    assert!(!secrets.contains("nothing"));
}

#[test]
fn each_line_of_a_key_is_hidden() {
    let secrets = secrets(&["-----BEGIN KEY-----\nMIIEabcd\n-----END KEY-----\n"]);
    assert_eq!(secrets.redact("+MIIEabcd"), "+********");
}

#[test]
fn a_value_is_hidden_however_it_is_written() {
    let secrets = secrets(&["to$k\"e/n"]);
    for text in ["to$k\"e/n", "to$$k\"e/n", "to$k\\\"e/n", "to\\$k\\\"e/n", "to%24k%22e%2Fn"] {
        assert_eq!(secrets.redact(&format!("x={text};")), format!("x={REDACTED};"));
    }
}

#[test]
fn a_value_is_hidden_in_whatever_was_made_of_it() {
    let secrets = secrets(&["it's $1/2 \"x\\y\" é"]);
    for text in [
        r#"it''s $1/2 "x\y" é"#,
        r#"it'\''s $1/2 "x\y" é"#,
        r#"it's $1/2 \"x\\y\" \u00e9"#,
        r#"it\'s $1/2 "x\\y" é"#,
        "it%27s%20%241%2F2%20%22x%5Cy%22%20%C3%A9",
        "it%27s%20%241/2%20%22x%5cy%22%20%c3%a9",
        "it&#x27;s $1&#x2f;2 &quot;x\\y&quot; é",
        "6974277320243132".get(..0).unwrap_or_default(),
        "697427732024312f322022785c792220c3a9",
    ] {
        assert_eq!(
            secrets.redact(&format!("x={text};")),
            format!("x={};", if text.is_empty() { "" } else { REDACTED })
        );
    }
}

#[test]
fn base64_with_a_secret_in_it_is_hidden_whole() {
    let secrets = secrets(&["hunter2hunter2"]);
    for user in ["", "a:", "ab:", "abc:", "admin:"] {
        let encoded =
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{user}hunter2hunter2"));
        assert_eq!(secrets.redact(&format!("Basic {encoded}, and")), "Basic ********, and");
    }
}

#[test]
fn values_that_overlap_are_hidden_both() {
    assert_eq!(secrets(&["abc4ef", "4efghi"]).redact("<abc4efghi>"), "<********>");
}

#[test]
fn likely_secrets_are_looked_for_if_they_are_long() {
    let secrets = Secrets::new();
    secrets.add_likely("info");
    secrets.add_likely("a-long-value");
    assert_eq!(secrets.redact("information: a-long-value"), "information: ********");
    assert!(secrets.is_value("info"));
}

#[test]
fn ordinary_words_are_no_parts_of_others() {
    let secrets = secrets(&["postgres", "grafana"]);
    let others = "postgresql postgres_exporter grafana-server grafana.service grafana.example.org grafanas";
    assert_eq!(secrets.redact(others), others);
    for (text, shown) in [
        ("password postgres.", "password ********."),
        ("'grafana'\n", "'********'\n"),
        ("-pgrafana", "-p********"),
        ("postgres://grafana:postgres@db", "********://********:********@db"),
        ("grafana- grafana\\n", "********- ********\\n"),
        ("cG9zdGdyZXM= 706f737467726573", "******** ********"),
    ] {
        assert_eq!(secrets.redact(text), shown);
    }
    // whatever stands there, it need not be the secret; what is no such word is
    assert!(secrets.telling_places("User=postgres").is_empty());
    assert_eq!(secrets.disguised("postgres"), None);
    let secrets = self::secrets(&["postgres1", "correcthorsebatterystaple"]);
    assert_eq!(secrets.telling_places("xpostgres1x correcthorsebatterystaples"), [1..10, 12..37]);
}

#[test]
fn what_solti_says_keeps_its_words() {
    let secrets = secrets(&["container", "in", "80", "1234", "hunter2", "provisioning"]);
    let own = "a container in 80 s, provisioning";
    assert_eq!(secrets.redact(own), "a ******** ******** ******** s, ********");
    assert_eq!(secrets.redact_own(own), own);
    let said = "`container` is no port in \"provisioning\" of container hunter2, not `in";
    assert_eq!(secrets.redact_own(said), "`********` is no port in \"********\" of container ********, not `********");
}

#[test]
fn half_a_secret_where_a_text_was_cut() {
    let secrets = secrets(&["abcdefghijklmnop"]);
    assert_eq!(secrets.redact("token: abcdefghijk"), "token: ********");
    assert_eq!(secrets.redact("ghijklmnop and more"), "******** and more");
    assert_eq!(secrets.redact("ghijklmno and abcdefghijk more"), "ghijklmno and abcdefghijk more");
}

#[test]
fn columns_stay() {
    assert_eq!(secrets(&["hunter2"]).blank("a hunter2 b"), "a ******* b");
}

#[test]
fn empty_values_hide_nothing() {
    let secrets = secrets(&["", "  "]);
    assert_eq!(secrets.redact("a b"), "a b");
}
