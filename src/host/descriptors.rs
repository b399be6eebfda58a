//! How many connections can be open at once: each takes file descriptors, of which a process may have only so many.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::OnceLock;

/// What a shell takes: the three pipes of its ssh, and what tells that this has ended.
const OF_A_SHELL: usize = 4;

/// For all else: the terminal, the runtime, signals, ssh's questions, and both ends of pipes while a process is started.
const OTHERS: usize = 56;

/// What children are to have for a limit: what was in force before it was raised.
static FORMER: OnceLock<u64> = OnceLock::new();

/// Raises what this process may have to what it is allowed to raise it to. Programs that it starts get back what was in
/// force, for some of them know no more.
pub fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(former) = current.filter(|_| current != maximum) else { return };
    if setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok() {
        let _ = FORMER.set(former);
    }
}

/// So many shells can be open at once.
pub fn room_for_shells() -> usize {
    let most =
        getrlimit(Resource::Nofile).current.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    most.saturating_sub(OTHERS) / OF_A_SHELL
}

/// What a program is started with, so that it has the limit that was in force: a line for `sh`.
pub(super) fn given_back() -> String {
    FORMER.get().map_or(String::new(), |former| format!("ulimit -S -n {former}; "))
}
