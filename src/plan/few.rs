//! Of many names a few, where a sentence has no room for all.

/// The first of them, at most so many, and how many more there are: `a, b and 2 more`.
pub fn few<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let named: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(most) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_counted() {
        assert_eq!(few::<&str>(&[], 2), "");
        assert_eq!(few(&["a", "b"], 2), "a, b");
        assert_eq!(few(&["a", "b", "c", "d"], 2), "a, b and 2 more");
    }
}
