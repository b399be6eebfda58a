//! Several checks in one exchange, and what the host answered to each.

use crate::resource::check::{Check, Reply, Verdict};
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// Says how long the host has been up.
const UP: &str = "read -r up rest </proc/uptime; say up \"$up\"\n";

/// The program that asks each check once. Where an answer has an age, the host says what time it is there: samples are
/// mostly of its own clock, or of one that is kept like it; this machine's need not be. How long each takes is seen on a clock
/// that nobody sets, which the shell reads by itself.
pub fn program(pending: &[&Check]) -> String {
    let mut program = String::new();
    for (number, check) in pending.iter().enumerate() {
        program.push_str(&format!("say check {number}\n{UP}{}{UP}", check.program()));
        if check.signal.is_some() {
            // bash knows the time by itself
            program.push_str("say now ${EPOCHSECONDS:-$(date +%s)}\n");
        }
    }
    program
}

/// How one try came out.
pub enum CheckAnswer {
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
    /// Before it was asked and afterwards.
    up: Vec<f64>,
}

/// One try of a check.
pub struct Try {
    /// How it came out.
    pub answer: CheckAnswer,
    /// How long before the host's last answer it was asked.
    pub asked: Duration,
    /// How long before the host's last answer it was answered.
    pub answered: Duration,
}

/// The answers, in the order asked.
pub fn answers(pending: &[&Check], records: &[(String, String)]) -> Vec<Try> {
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
            "up" => said.up.extend(rest.parse::<f64>()),
            "now" => said.now = rest.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()),
            _ => {}
        }
    }
    let last = said.values().filter_map(|said| said.up.last().copied()).fold(0.0, f64::max);
    let before = |up: Option<&f64>| up.and_then(|up| Duration::try_from_secs_f64(last - up).ok()).unwrap_or_default();
    let answer = |check: &Check, said: Said| match said {
        Said { reply: Some(reply), now, .. } => CheckAnswer::Judged(check.judge(&reply, now)),
        Said { lacks: Some(_), now, .. } if check.request().is_some() => CheckAnswer::FromHere(now),
        Said { lacks: Some(what), .. } => CheckAnswer::Never(format!("the host has no {what} to ask with")),
        Said { .. } => CheckAnswer::Judged(Verdict::no("the host gave no answer")),
    };
    let tries = pending.iter().enumerate().map(|(number, check)| {
        let said = said.remove(&number).unwrap_or_default();
        let (asked, answered) = (before(said.up.first()), before(said.up.last()));
        Try { answer: answer(check, said), asked, answered }
    });
    tries.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::host::shells_here::{SAY, command, shells};
    use crate::resource::check::CheckKind;
    use crate::source::SourceFile;

    fn check(kind: CheckKind, text: &str) -> Check {
        let source = SourceFile::named("role.yml", text);
        let node = crate::yaml::parse(&source).unwrap();
        Check::parse(kind, &node, None).unwrap()
    }

    fn told(tried: Try) -> (bool, String, Option<i64>) {
        match tried.answer {
            CheckAnswer::Judged(Verdict { passed, seen, age, .. }) => (passed, seen, age),
            CheckAnswer::Never(reason) => (false, reason, None),
            CheckAnswer::FromHere(now) => (false, format!("from here at {}", now.unwrap()), None),
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
    fn each_takes_its_own_time() {
        let slow = check(CheckKind::Command, "{ command: sleep 0.3 }");
        let quick = check(CheckKind::Command, "{ command: echo }");
        let pending = [&quick, &slow, &quick];
        for shell in shells() {
            let output = command(shell, &format!("{SAY}{}", program(&pending))).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let records = text.lines().filter_map(|line| line.strip_prefix("mark ")?.split_once(' '));
            let records: Vec<_> = records.map(|(tag, rest)| (tag.to_owned(), rest.to_owned())).collect();
            let tries = answers(&pending, &records);
            let took: Vec<Duration> = tries.iter().map(|tried| tried.asked - tried.answered).collect();
            let slow = took[1];
            assert!(slow >= Duration::from_millis(280) && took[0] < slow && took[2] < slow, "{shell:?}: {took:?}");
            assert!(tries[0].answered >= slow && tries[2].answered.is_zero(), "{shell:?}");
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
