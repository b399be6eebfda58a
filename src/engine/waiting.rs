//! Hosts that wait: for their turn, for other hosts, for a yes. Each hears now and then that it is not forgotten, because it
//! keeps its lock for a silent controller only so long.

use super::faults::{Left, said_last};
use super::member::Member;
use super::session::SIGN_OF_LIFE;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

impl Member {
    /// Waits for something that is not the host's.
    pub async fn while_waiting<T>(&mut self, what: impl Future<Output = T>) -> T {
        tokio::pin!(what);
        loop {
            tokio::select! {
                what = &mut what => return what,
                () = tokio::time::sleep(SIGN_OF_LIFE) => self.session.sign_of_life().await,
            }
        }
    }
}

/// A host that waits, until it is told that this is over.
struct One {
    left: Left,
    over: oneshot::Sender<()>,
    task: JoinHandle<Member>,
}

impl One {
    async fn end(self) -> Result<Member, (Left, String)> {
        // who does not wait any more has broken off, which shows next
        let _ = self.over.send(());
        self.task.await.map_err(|error| (self.left, said_last(error)))
    }
}

/// Hosts that wait side by side.
#[derive(Default)]
pub struct Waiting {
    hosts: Vec<One>,
}

impl Waiting {
    /// One host more.
    pub fn add(&mut self, mut member: Member) {
        let (over, told) = oneshot::channel();
        let left = Left::of(&member.session);
        let task = tokio::spawn(async move {
            member.while_waiting(async move { drop(told.await) }).await;
            member
        });
        self.hosts.push(One { left, over, task });
    }

    /// What a host waited for has come: the host, or what is left of it after a fault of solti's own.
    pub async fn take(&mut self, host: &str) -> Option<Result<Member, (Left, String)>> {
        let at = self.hosts.iter().position(|one| one.left.host == host)?;
        Some(self.hosts.swap_remove(at).end().await)
    }

    /// What all of them waited for has come.
    pub async fn end(self) -> Vec<Result<Member, (Left, String)>> {
        let mut members = Vec::new();
        for one in self.hosts {
            members.push(one.end().await);
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::{Left, One, Waiting};
    use tokio::sync::oneshot;

    /// Hosts that come to a fault while they wait.
    fn broken(hosts: &[&str]) -> Waiting {
        let one = |host: &&str| {
            let words = format!("what is {host}?");
            One {
                left: Left::untouched(host),
                over: oneshot::channel().0,
                task: tokio::spawn(async move { panic!("{words}") }),
            }
        };
        Waiting { hosts: hosts.iter().map(one).collect() }
    }

    #[tokio::test]
    async fn a_panic_while_a_host_waits_is_its_own_with_its_words() {
        let mut waiting = broken(&["one", "two", "three"]);
        let Some(Err((left, said))) = waiting.take("two").await else { panic!("nothing is left of it") };
        assert_eq!((left.host.as_str(), said.as_str()), ("two", "what is two?"));
        assert!(waiting.take("two").await.is_none());
        let rest = waiting.end().await.into_iter().map(|host| host.err().map(|(left, said)| (left.host, said)));
        let mut rest: Vec<(String, String)> = rest.flatten().collect();
        rest.sort();
        let of = |host: &str| (host.to_owned(), format!("what is {host}?"));
        assert_eq!(rest, [of("one"), of("three")]);
    }
}
