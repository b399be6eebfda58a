//! What a status says of asking again: one rule for what a plan looks at, for calls and for checks.

use crate::ability::http::REFUSED;

/// How one stands with a service after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has answered; the same question gets the same answer.
    Answered,
    /// It refuses who asks, and that is final: to ask again is one more attempt, of which few lock an account for everybody.
    Refused,
    /// It does not answer yet, or says that it cannot now: worth another try.
    Later,
}

impl Standing {
    /// After an answer with this status; 0 where there was none.
    pub fn of(status: u16) -> Self {
        match status {
            refused if REFUSED.contains(&refused) => Self::Refused,
            // those in front of a service say most of these while it is not there
            0 | 429 | 502..=504 => Self::Later,
            _ => Self::Answered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_final_and_what_is_worth_another_try() {
        let all = |standing| -> Vec<u16> { (0..600).filter(|status| Standing::of(*status) == standing).collect() };
        assert_eq!(all(Standing::Refused), [401, 403]);
        assert_eq!(all(Standing::Later), [0, 429, 502, 503, 504]);
    }
}
