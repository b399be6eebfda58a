//! Several checks in one exchange, and what the host answered to each.

use crate::resource::check::{Check, Reply, Verdict};
use jiff::Timestamp;
use std::collections::HashMap;

/// The program that asks each check once. Where an answer has an age, the host says what time it is there: samples are
/// mostly of its own clock, or of one that is kept like it; this machine's need not be.
pub fn program(pending: &[&Check]) -> String {
    let mut program = String::new();
    for (number, check) in pending.iter().enumerate() {
        program.push_str(&format!("say check {number}\n{}", check.program()));
        if check.signal.is_some() {
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
pub fn answers(pending: &[&Check], records: &[(String, String)]) -> Vec<Answer> {
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
    let answer = |(number, check): (usize, &&Check)| match said.remove(&number).unwrap_or_default() {
        Said { reply: Some(reply), now, .. } => Answer::Judged(check.judge(&reply, now)),
        Said { lacks: Some(_), now, .. } if check.request().is_some() => Answer::FromHere(now),
        Said { lacks: Some(what), .. } => Answer::Never(format!("the host has no {what} to ask with")),
        Said { .. } => Answer::Judged(Verdict::no("the host gave no answer")),
    };
    pending.iter().enumerate().map(answer).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::host::shells_here::{SAY, command, shells};
    use crate::role::CheckKind;
    use crate::source::SourceFile;

    fn check(kind: CheckKind, text: &str) -> Check {
        let source = SourceFile::named("role.yml", text);
        let node = crate::yaml::parse(&source).unwrap();
        Check::parse(kind, &node, None).unwrap()
    }

    fn told(answer: Answer) -> (bool, String, Option<i64>) {
        match answer {
            Answer::Judged(Verdict { passed, seen, age, .. }) => (passed, seen, age),
            Answer::Never(reason) => (false, reason, None),
            Answer::FromHere(now) => (false, format!("from here at {}", now.unwrap()), None),
        }
    }

    /// `date` is put in front of the host's own: its clock is not ours.
    #[test]
    fn the_host_says_what_time_it_is_there() {
        let sample = |seconds: i64| {
            let text = format!("{{ command: date +%s, signal: logs, newest: 'body | int - {seconds}', max_age: 60s }}");
            check(CheckKind::Command, &text)
        };
        let (new, old) = (sample(0), sample(100));
        let pending = [&new, &check(CheckKind::Command, "{ command: echo }"), &old];
        for shell in shells() {
            let clock = "unset EPOCHSECONDS; date() { echo 1000000000; }\n";
            let records = |before: &str| -> Vec<(String, String)> {
                let output = command(shell, &format!("{SAY}{before}{}", program(&pending))).output().unwrap();
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let records = text.lines().filter_map(|line| line.strip_prefix("mark ")?.split_once(' '));
                records.map(|(tag, rest)| (tag.to_owned(), rest.to_owned())).collect()
            };
            let found: Vec<_> = answers(&pending, &records("")).into_iter().map(told).collect();
            assert!(found[0].0 && found[0].2.is_some_and(|age| age < 10), "{shell:?}: {found:?}");
            assert_eq!((found[1].0, found[1].2), (true, None), "{shell:?}");
            assert!(!found[2].0 && found[2].2.is_some_and(|age| (100..110).contains(&age)), "{shell:?}: {found:?}");
            let found: Vec<_> = answers(&pending, &records(clock)).into_iter().map(told).collect();
            assert!(!found[0].0 && found[0].1.contains("in the future: clocks differ"), "{shell:?}: {found:?}");
        }
    }

    #[test]
    fn answers_without_a_time_or_without_curl() {
        let new = check(CheckKind::Http, "{ url: \"http://a/\", signal: logs, newest: body, max_age: 60s }");
        let command = check(CheckKind::Command, "{ command: x }");
        let pending = [&new, &new, &command, &command];
        let records = [
            ("check", "0"),
            ("reply", "0 200 =MTAw"),
            ("check", "1"),
            ("lacks", "curl"),
            ("now", "100"),
            ("check", "2"),
            ("lacks", "x"),
        ];
        let records = records.map(|(tag, rest)| (tag.to_owned(), rest.to_owned()));
        let found: Vec<_> = answers(&pending, &records).into_iter().map(|answer| told(answer).1).collect();
        assert_eq!(
            found,
            [
                "the host does not say what time it is there",
                "from here at 1970-01-01T00:01:40Z",
                "the host has no x to ask with",
                "the host gave no answer"
            ]
        );
    }
}
