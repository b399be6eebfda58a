//! Sizes as the library `units` of Go's programs reads them: `1MiB`, `64KB`, `1KiB512B`.

use regex::Regex;

/// A number of bytes, where a thousand of them are `thousand` where that is not said with an `i`.
pub fn bytes(text: &str, thousand: f64) -> Option<usize> {
    if text == "0" {
        return Some(0);
    }
    [("iB", 1024.0), ("B", thousand)].into_iter().find_map(|(suffix, thousand)| {
        // where a thousand are that, its letter may be small, too
        let letters = if thousand == 1000.0 { "kKMGTPE" } else { "KMGTPE" };
        let part = format!(r"(\d+\.?\d*|\.\d+)(?:([{letters}]){suffix}|B)");
        Regex::new(&format!("^[-+]?(?:{part})+$")).ok().filter(|whole| whole.is_match(text))?;
        let sizes = Regex::new(&part).ok()?;
        let total: Option<f64> = sizes
            .captures_iter(text)
            .map(|found| {
                let power = found
                    .get(2)
                    .and_then(|letter| "KMGTPE".find(&letter.as_str().to_ascii_uppercase()))
                    .map_or(0, |at| at + 1);
                Some(format!("0{}", &found[1]).parse::<f64>().ok()? * thousand.powi(i32::try_from(power).ok()?))
            })
            .sum();
        total.map(|total| total as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_of_one_kind() {
        assert_eq!(bytes("1MiB", 1024.0), Some(1024 * 1024));
        assert_eq!(bytes("64KB", 1024.0), Some(64 * 1024));
        assert_eq!((bytes("1.5MB", 1000.0), bytes("10kB", 1000.0)), (Some(1_500_000), Some(10_000)));
        assert_eq!(bytes("1KiB512B", 1024.0), Some(1536));
        for wrong in ["", "5", "1kB", "1K", "1 MB", "MB", "1KiB1KB"] {
            assert_eq!(bytes(wrong, 1024.0), None, "{wrong}");
        }
    }
}
