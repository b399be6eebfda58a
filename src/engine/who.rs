//! The words of who holds a host's lock, for others who find it taken. One run has one word: by it, its shells know each other.

use jiff::Timestamp;

/// Of this process, which has been at work since `begun`.
pub fn who(project: &str, begun: Timestamp) -> String {
    words(&by(), project, std::process::id(), begun)
}

/// Who has started it, and where.
pub fn by() -> String {
    let user = std::env::var("USER").ok().filter(|user| !user.is_empty()).unwrap_or_else(|| "someone".to_owned());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{user}@{}", host.trim())
}

fn words(by: &str, project: &str, process: u32, begun: Timestamp) -> String {
    let since = begun.strftime("%H:%M:%S UTC");
    format!("solti apply of {by}, project {project}, process {process}, since {since}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_where_and_since_when() {
        let begun = "2026-03-01T14:03:12.5Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
        assert_eq!(
            words("ada@laptop", "home", 123, begun),
            "solti apply of ada@laptop, project home, process 123, since 14:03:12 UTC"
        );
    }
}
