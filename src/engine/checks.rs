//! Several checks in one exchange, and what the host answered to each.

use super::resolve::ResolvedCheck;
use crate::resource::check::{Check, Verdict};
use std::collections::HashMap;

/// The program that asks each check once.
pub fn program(pending: &[&ResolvedCheck]) -> String {
    let mut program = String::new();
    for (number, check) in pending.iter().enumerate() {
        program.push_str(&format!("say check {number}\n{}", check.check.program()));
    }
    program
}

/// How one try came out.
pub enum Answer {
    /// Yes, and what was seen.
    Yes(String),
    /// Not now, and why.
    No(String),
    /// It cannot be asked here.
    Never(String),
    /// The host has no curl: it is to be asked from here, through the connection.
    FromHere,
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Yes(seen) => Self::Yes(seen),
            Verdict::No(seen) => Self::No(seen),
            Verdict::Impossible(reason) => Self::Never(reason),
        }
    }
}

/// The answers, in the order asked.
pub fn answers(pending: &[&ResolvedCheck], records: &[(String, String)]) -> Vec<Answer> {
    let mut found: HashMap<usize, Answer> = HashMap::new();
    let mut current = None;
    for (tag, rest) in records {
        match (tag.as_str(), current) {
            ("check", _) => current = rest.parse::<usize>().ok(),
            ("reply", Some(number)) => {
                if let (Some(check), Some(reply)) = (pending.get(number), Check::reply(rest)) {
                    found.insert(number, check.check.judge(&reply).into());
                }
            }
            ("lacks", Some(number)) => {
                let from_here = pending.get(number).is_some_and(|check| check.check.request().is_some());
                let lacking = || Answer::Never(format!("the host has no {rest} to ask with"));
                found.insert(number, if from_here { Answer::FromHere } else { lacking() });
            }
            _ => {}
        }
    }
    let unanswered = || Answer::No("the host gave no answer".to_owned());
    (0..pending.len()).map(|number| found.remove(&number).unwrap_or_else(unanswered)).collect()
}
