//! One attempt at a time: several wrong ones lock an account, so until a service has said that it takes who asks, only one
//! check asks it with the same credentials.

use crate::resource::check::{Check, Verdict, Who};
use std::collections::{HashMap, HashSet};

/// What services have said so far of who asks them.
#[derive(Default)]
pub struct Attempts {
    taken: HashSet<String>,
    /// What was last seen where they have not said it, or refuse it.
    seen: HashMap<String, (String, Who)>,
}

impl Attempts {
    /// Which of these checks may be asked now, in their order.
    pub fn may_ask<'c>(&self, checks: impl IntoIterator<Item = &'c Check>) -> Vec<bool> {
        let mut asking = HashSet::new();
        let mut is_first = |check: &Check| check.identity().is_none_or(|identity| asking.insert(identity));
        checks.into_iter().map(|check| self.takes(check) || is_first(check)).collect()
    }

    /// Whether it is known that the service takes who asks.
    pub fn takes(&self, check: &Check) -> bool {
        check.identity().is_none_or(|identity| self.taken.contains(&identity))
    }

    /// Notes what an answer says of who asked.
    pub fn note(&mut self, check: &Check, verdict: &Verdict) {
        let Some(identity) = check.identity() else { return };
        if verdict.who == Who::Taken {
            self.taken.insert(identity);
        } else {
            self.seen.insert(identity, (verdict.seen.clone(), verdict.who));
        }
    }

    /// What becomes of a check that was not asked yet: it has failed if who asks is refused, or if there is no time left to
    /// hear more. Otherwise it is asked later.
    pub fn unasked(&self, check: &Check, late: bool) -> Option<Verdict> {
        if self.takes(check) {
            return None;
        }
        let (seen, who) = self.seen.get(&check.identity()?)?;
        let verdict = || Verdict { who: *who, ..Verdict::no(format!("not asked: {seen}")) };
        (late || *who == Who::Refused).then(verdict)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::resource::check::CheckKind;
    use crate::resource::check::Reply;
    use crate::source::SourceFile;

    fn check(text: &str) -> Check {
        let node = crate::yaml::parse(&SourceFile::named("role.yml", text)).unwrap();
        Check::parse(CheckKind::Http, &node, None).unwrap()
    }

    fn answer(check: &Check, http: u16) -> Verdict {
        check.judge(&Reply { status: 0, http, body: "said".into() }, None)
    }

    #[test]
    fn one_attempt_until_the_service_has_said_that_it_takes_it() {
        let me =
            |path: &str| check(&format!("{{ url: 'http://a:3000{path}', headers: {{ Authorization: Basic x }} }}"));
        let (first, second) = (me("/api/user"), me("/api/ds?x=1"));
        let other = check("{ url: 'http://a:3000/', headers: { Authorization: Basic y } }");
        let elsewhere = check("{ url: 'http://b:3000/', headers: { Authorization: Basic x } }");
        let nobody = check("{ url: 'http://a:3000/api/health', headers: { Accept: text/plain } }");
        let all = [&first, &second, &other, &elsewhere, &nobody, &nobody];
        let mut attempts = Attempts::default();
        assert_eq!(attempts.may_ask(all), [true, false, true, true, true, true]);
        // what has not come up yet, or has no time, has said nothing
        for later in [429, 503] {
            attempts.note(&first, &answer(&first, later));
            assert_eq!(attempts.may_ask(all)[..2], [true, false], "{later}");
        }
        assert_eq!(attempts.unasked(&second, false), None);
        assert_eq!(attempts.unasked(&second, true).unwrap().seen, "not asked: status 503 instead of 200: said");
        attempts.note(&first, &answer(&first, 404));
        assert_eq!(attempts.may_ask(all)[..2], [true, true]);
        assert_eq!(attempts.unasked(&second, true), None);
        attempts.note(&other, &answer(&other, 401));
        let refused = attempts.unasked(&other, false).unwrap();
        assert_eq!(refused.seen, "not asked: status 401 instead of 200: said (refused, and not asked again)");
    }
}
