//! Several checks in one exchange, and what the host answered to each.

use super::resolve::ResolvedCheck;
use crate::resource::check::{Check, Reply, Verdict};
use jiff::Timestamp;
use std::collections::HashMap;

/// The program that asks each check once. Where an answer has an age, the host says what time it is there: samples are
/// mostly of its own clock, or of one that is kept like it; this machine's need not be.
pub fn program(pending: &[&ResolvedCheck]) -> String {
    let mut program = String::new();
    for (number, check) in pending.iter().enumerate() {
        program.push_str(&format!("say check {number}\n{}", check.check.program()));
        if check.check.signal.is_some() {
            // bash knows the time by itself
            program.push_str("say now ${EPOCHSECONDS:-$(date +%s)}\n");
        }
    }
    program
}

/// How one try came out.
pub enum Answer {
    /// It was answered.
    Judged(Verdict),
    /// It cannot be asked here, and never will be.
    Never(String),
    /// The host has no curl: it is to be asked from here, through the connection. What time it is there.
    FromHere(Option<Timestamp>),
}

/// What a host said of one check.
#[derive(Default)]
struct Said {
    reply: Option<Reply>,
    lacks: Option<String>,
    now: Option<Timestamp>,
}

/// The answers, in the order asked.
pub fn answers(pending: &[&ResolvedCheck], records: &[(String, String)]) -> Vec<Answer> {
    let mut said: HashMap<usize, Said> = HashMap::new();
    let mut current = None;
    for (tag, rest) in records {
        if tag == "check" {
            current = rest.parse::<usize>().ok();
            continue;
        }
        let Some(said) = current.map(|number| said.entry(number).or_default()) else { continue };
        match tag.as_str() {
            "reply" => said.reply = Check::reply(rest),
            "lacks" => said.lacks = Some(rest.clone()),
            "now" => said.now = rest.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()),
            _ => {}
        }
    }
    let answer = |(number, check): (usize, &&ResolvedCheck)| match said.remove(&number).unwrap_or_default() {
        Said { reply: Some(reply), now, .. } => Answer::Judged(check.check.judge(&reply, now)),
        Said { lacks: Some(_), now, .. } if check.check.request().is_some() => Answer::FromHere(now),
        Said { lacks: Some(what), .. } => Answer::Never(format!("the host has no {what} to ask with")),
        Said { .. } => Answer::Judged(Verdict::no("the host gave no answer")),
    };
    pending.iter().enumerate().map(answer).collect()
}
