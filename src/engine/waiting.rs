//! Hosts that wait: for their turn, for other hosts, for a yes. Each hears now and then that it is not forgotten, because it
//! keeps its lock for a silent controller only so long.

use super::run::Member;
use super::session::SIGN_OF_LIFE;
use tokio::sync::watch;
use tokio::task::JoinSet;

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

/// Hosts that wait for the same thing.
pub struct Waiting {
    tasks: JoinSet<Member>,
    over: watch::Sender<bool>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { tasks: JoinSet::new(), over: watch::Sender::new(false) }
    }
}

impl Waiting {
    /// One host more.
    pub fn add(&mut self, mut member: Member) {
        let mut over = self.over.subscribe();
        self.tasks.spawn(async move {
            member.while_waiting(async move { drop(over.wait_for(|over| *over).await) }).await;
            member
        });
    }

    /// What they waited for has come.
    pub async fn end(mut self) -> Vec<Member> {
        self.over.send_replace(true);
        let mut members = Vec::new();
        while let Some(joined) = self.tasks.join_next().await {
            members.extend(joined);
        }
        members
    }
}
