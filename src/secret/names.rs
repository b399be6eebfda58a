//! Names that say of what they name that it is secret: `vault-token`, `X-Api-Key`, `clientSecret`, `DB_PASSWORD`.

/// Words of which one makes a name tell.
const WORDS: &[&str] = &[
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
];

/// Two words that do so together.
const PAIRS: &[(&str, &str)] =
    &[("access", "key"), ("account", "key"), ("api", "key"), ("auth", "key"), ("private", "key")];

/// Last words of names that are about a secret, and of which the value is none.
const ABOUT: &[&str] = &[
    "algorithm",
    "dir",
    "directory",
    "duration",
    "enabled",
    "endpoint",
    "expiry",
    "file",
    "files",
    "folder",
    "format",
    "header",
    "length",
    "name",
    "path",
    "policy",
    "prefix",
    "ref",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
];

/// Whether a name says that its value is secret.
pub fn tells(name: &str) -> bool {
    let words = words(name);
    let pair = |pair: &[String]| PAIRS.iter().any(|(first, second)| pair[0] == *first && pair[1] == *second);
    let told = words.iter().any(|word| WORDS.contains(&word.as_str())) || words.windows(2).any(pair);
    // connection variables of Ansible, of which the short names have no other meaning
    let ansible =
        words.first().is_some_and(|word| word == "ansible") && words.last().is_some_and(|word| word == "pass");
    ansible || told && !words.last().is_some_and(|last| ABOUT.contains(&last.as_str()))
}

/// Whether a value only says where the secret is: `$NAME`, `${NAME}`, `$__file{...}`, `%(name)s`.
pub fn is_reference(value: &str) -> bool {
    let value = value.trim();
    ["$", "%(", "<", "{{"].iter().any(|start| value.starts_with(start))
}

/// The words of a name, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for char in name.chars() {
        if !char.is_alphanumeric() || small && char.is_uppercase() {
            words.push(String::new());
        }
        small = char.is_lowercase();
        if let (Some(word), true) = (words.last_mut(), char.is_alphanumeric()) {
            word.extend(char.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell() {
        let all = "password vault-token X-Auth-Token X-Api-Key Authorization clientSecret secretAccessKey DB_PASSWORD \
                   accessKey bearer_token ansible_become_pass grafana_secret_key secret_id private_key admin_pwd";
        for name in all.split_whitespace() {
            assert!(tells(name), "{name}");
        }
        let none = "user token_file passwordFile token-url secret_name keyboard key tokenizer passwordless token_ttl \
                    use_passwords_enabled secrets_dir public_key";
        for name in none.split_whitespace() {
            assert!(!tells(name), "{name}");
        }
    }

    #[test]
    fn what_says_where_it_is() {
        assert!(["$TOKEN", "${TOKEN}", "$__file{/etc/x}", "%(name)s"].into_iter().all(is_reference));
        assert!(!is_reference("pa$$word"));
    }
}
