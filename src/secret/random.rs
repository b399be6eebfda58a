//! Words that nobody can guess.

/// So many random bytes as hexadecimal digits.
///
/// # Errors
/// When the operating system has none.
pub fn hexadecimal<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
