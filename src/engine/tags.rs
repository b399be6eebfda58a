//! What `--tags` and `--skip-tags` select.

/// The user's choice of tags.
#[derive(Debug)]
pub struct Tags<'a> {
    /// `--tags`
    pub only: &'a [String],
    /// `--skip-tags`
    pub skip: &'a [String],
}

impl Tags<'_> {
    /// As with Ansible: `always` is in unless skipped, `never` is out unless named.
    pub fn select(&self, tags: &[&[String]]) -> bool {
        let has = |name: &str| tags.iter().any(|tags| tags.iter().any(|tag| tag == name));
        let named = |list: &[String]| list.iter().any(|tag| has(tag));
        if named(self.skip) {
            return false;
        }
        if self.only.is_empty() || self.only.iter().any(|tag| tag == "all") {
            return !has("never");
        }
        named(self.only) || has("always")
    }
}
