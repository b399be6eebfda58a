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

/// Last words of names that are about a secret, in the singular, and of which the value is none: where it is kept, what it is
/// called, who may use it and for how long.
pub const ABOUT: &[&str] = &[
    "address",
    "age",
    "algorithm",
    "audience",
    "backend",
    "bucket",
    "comment",
    "count",
    "day",
    "description",
    "dir",
    "directory",
    "domain",
    "duration",
    "enabled",
    "encryption",
    "endpoint",
    "engine",
    "expiration",
    "expiry",
    "file",
    "fingerprint",
    "folder",
    "format",
    "group",
    "header",
    "host",
    "hour",
    "interval",
    "issuer",
    "label",
    "length",
    "lifetime",
    "location",
    "manager",
    "method",
    "minute",
    "mode",
    "mount",
    "name",
    "namespace",
    "owner",
    "path",
    "policy",
    "port",
    "prefix",
    "provider",
    "realm",
    "ref",
    "region",
    "required",
    "role",
    "rotation",
    "samesite",
    "scope",
    "second",
    "server",
    "service",
    "site",
    "size",
    "source",
    "store",
    "template",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "version",
    "zone",
];

/// Two last words that do so together: `access_key_id` names a key, `secret_id` lets in.
const ABOUT_PAIRS: &[(&str, &str)] = &[("key", "id"), ("key", "ids")];

/// Folders that paths begin in. What merely begins with a slash may be base64.
const ROOTS: &[&str] = &[
    "/bin/", "/boot/", "/data/", "/dev/", "/etc/", "/home/", "/lib/", "/media/", "/mnt/", "/opt/", "/proc/", "/root/",
    "/run/", "/sbin/", "/srv/", "/sys/", "/tmp/", "/usr/", "/var/", "~/",
];

/// Whether a name says that its value is secret.
pub fn tells(name: &str) -> bool {
    let words = words(name);
    let one_of = |pairs: &[(&str, &str)], pair: &[String]| {
        pairs.iter().any(|(first, second)| pair[0] == *first && pair[1] == *second)
    };
    let told =
        words.iter().any(|word| WORDS.contains(&word.as_str())) || words.windows(2).any(|pair| one_of(PAIRS, pair));
    // connection variables of Ansible, of which the short names have no other meaning
    let ansible =
        words.first().is_some_and(|word| word == "ansible") && words.last().is_some_and(|word| word == "pass");
    // `password_for_host` is that host's password
    let owned = words.iter().rev().nth(1).is_some_and(|word| ["by", "for", "of", "per"].contains(&word.as_str()));
    let about = !owned && words.last().is_some_and(|last| is_about(last))
        || words.windows(2).next_back().is_some_and(|pair| one_of(ABOUT_PAIRS, pair));
    ansible || told && !about
}

/// Whether a last word says that the value is about a secret; of several, as `hosts` and `addresses`, too.
fn is_about(word: &str) -> bool {
    let singular = [Some(word), word.strip_suffix('s'), word.strip_suffix("es")];
    singular.into_iter().flatten().any(|word| ABOUT.contains(&word))
}

/// Whether a value only says where the secret is: `$NAME`, `${NAME}`, `$__file{...}`, `%(name)s`, `/etc/ssl/private/a.key`.
pub fn is_reference(value: &str) -> bool {
    let value = value.trim();
    let begins = |starts: &[&str]| starts.iter().any(|start| value.starts_with(start));
    begins(&["$", "%(", "<", "{{"]) || begins(ROOTS) && !value.contains(char::is_whitespace)
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
    fn names_about_a_secret() {
        let about = "cookie_domain secret_store_address k8s_secret_namespace tls_secret_name admin_password_file token_ttl \
                     password_policy secret_path aws_access_key_id API_KEY_IDS cookie_path cookieSameSite secrets_backend \
                     password_min_length secret_store_port token_scopes secret_addresses vault_token_role secret_group \
                     private_key_fingerprint token_max_age secrets_manager_region password_encryption";
        for name in about.split_whitespace() {
            assert!(!tells(name), "{name}");
        }
        // the last word is a secret's own, or says nothing of what is there
        let secret = "secret_id domain_password namespace_secret path_token token_value secret_key password_hash cookie \
                      session_cookie_secret user_password host_key_passphrase token_id credentials_json pass_password \
                      password_for_host tokens_by_user";
        for name in secret.split_whitespace() {
            assert!(tells(name), "{name}");
        }
    }

    #[test]
    fn what_says_where_it_is() {
        let references = ["$TOKEN", "${TOKEN}", "$__file{/etc/x}", "%(name)s", "/etc/ssl/private/x.key", "~/.ssh/id"];
        assert!(references.into_iter().all(is_reference));
        assert!(["pa$$word", "/q3c+F/zz9=", "/etcetera", "/etc/x and more"].iter().all(|value| !is_reference(value)));
    }
}
