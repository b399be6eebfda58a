//! Faults of solti's own in the work on one host: that host has failed, and the others go on.

use super::reach::project;
use crate::engine::event::{Event, Outcome};
use crate::engine::member::Member;
use crate::engine::request::{Approval, Command, Interrupt, Outside};
use crate::engine::resolve::resolve;
use crate::engine::room::Room;
use crate::engine::run::Dispatcher;
use crate::engine::session::Session;
use crate::host::RunDir;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// A run about the hosts `one` and `two`, both of which are there, and what it says.
fn run(apply: bool) -> (Dispatcher, Vec<Member>, UnboundedReceiver<Event>) {
    let (_folder, project) = project("x: 1", &[""]);
    let (events, incoming) = mpsc::unbounded_channel();
    // whoever would say that the user wants to stop is gone
    let (_, interrupt) = watch::channel(Interrupt::None);
    let outside = Outside { events, interrupt, approve: Arc::new(|| Approval::Yes), askpass: None };
    let run_dir = Arc::new(RunDir::new().unwrap());
    let member = |name: &str| {
        let work = resolve(&project, "one").unwrap();
        let session = Session::new(name, work.target.clone(), outside.clone(), Arc::clone(&run_dir), None, None);
        Member::new(session, work)
    };
    let members = vec![member("one"), member("two")];
    let dispatcher = Dispatcher {
        command: if apply { Command::Apply { verify: false, prune: false } } else { Command::Diff { prune: false } },
        name: "run".into(),
        project: Arc::new(project),
        password: None,
        outside,
        run_dir,
        room: Room { at_once: 2, crowded: false },
        forks: Arc::new(Semaphore::new(2)),
        outcomes: HashMap::new(),
        interrupted: false,
        who: None,
        invalid: None,
        waited: Duration::ZERO,
        unasked: Vec::new(),
        about: Vec::new(),
        consulted: Default::default(),
    };
    (dispatcher, members, incoming)
}

/// Runs `work` for both hosts: what came of it, who is left, and the words that were said.
async fn each(apply: bool, work: fn(&str)) -> (Dispatcher, Vec<String>, Vec<String>) {
    let (mut dispatcher, members, mut incoming) = run(apply);
    let members = dispatcher
        .each(members, false, move |member| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            work(member.session.name());
            Ok(member)
        })
        .await;
    let left = members.iter().map(|member| member.session.name().to_owned()).collect();
    let mut said = Vec::new();
    while let Ok(event) = incoming.try_recv() {
        match event {
            Event::Failed { host, failure } => {
                said.push(format!("{host}: {}", failure.message));
                said.extend(failure.left);
            }
            Event::HostDone { host, outcome, .. } => said.push(format!("{host}: {outcome:?}")),
            _ => {}
        }
    }
    (dispatcher, left, said)
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_host_alone() {
    let (dispatcher, left, said) = each(true, |name| assert_ne!(name, "one", "what is this?")).await;
    assert_eq!(left, ["two"]);
    assert!(!dispatcher.interrupted);
    assert!(matches!(dispatcher.outcomes["one"], Outcome::Failed { changes: 0 }), "{:?}", dispatcher.outcomes);
    assert_eq!(dispatcher.outcomes.len(), 1);
    let first = "one: solti broke off here by a fault of its own, which is worth a report: assertion `left != right` failed: what is this?";
    assert!(said[0].starts_with(first), "{said:?}");
    assert_eq!(
        said[1..],
        [
            "what was under way, unless the host has put it back: `solti diff` shows what is there",
            "one: Failed { changes: 0 }"
        ]
    );
}

#[tokio::test]
async fn a_panic_while_a_host_is_only_asked_is_the_reason_why_it_could_not_be() {
    let (mut dispatcher, _, mut incoming) = run(false);
    let mut tasks = JoinSet::new();
    let broken = tasks.spawn(async { panic!("what is this?") });
    let failed = dispatcher.hear(tasks, HashMap::from([(broken.id(), "keeper".to_owned())])).await;
    let why = "solti broke off there by a fault of its own: what is this?";
    assert_eq!(failed, [("keeper".to_owned(), why.to_owned())]);
    assert!(matches!(dispatcher.outcomes["keeper"], Outcome::Failed { changes: 0 }), "{:?}", dispatcher.outcomes);
    assert!(!dispatcher.interrupted);
    assert!(incoming.try_recv().is_err(), "nobody was asked");
}

#[tokio::test]
async fn nobody_left_to_interrupt_is_no_interrupt() {
    let (dispatcher, left, said) = each(false, |_| {}).await;
    assert_eq!((left.len(), dispatcher.interrupted, said.len()), (2, false, 0));
}
