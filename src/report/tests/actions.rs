use super::*;
use crate::engine::event::ActionResult;

fn acted(host: &str, status: Option<i32>, output: &str) -> Event {
    let result = ActionResult { action: "loki/flush".to_owned(), status, output: output.to_owned(), millis: 300 };
    Event::Acted { host: host.to_owned(), result }
}

#[test]
fn what_actions_said_is_shown_once_for_hosts_that_agree() {
    let hosts = ["mon", "web1", "web2", "web3", "web4"];
    let well = || Outcome::Acted { actions: 1 };
    let silent = [started("run", &["mon"]), acted("mon", Some(0), "\n"), done("mon", well()), finished(0)];
    insta::assert_snapshot!(show(&silent, LOOK, false).0, @"loki/flush is done on mon (0.8 s)");
    let mut events = vec![started("run", &hosts)];
    events.extend([acted("mon", Some(7), "no route\u{1b}[31m\n"), done("mon", Outcome::Failed { changes: 0 })]);
    for host in &hosts[1..3] {
        events.extend([
            acted(host, Some(0), "one: 1\n  two: a long line that goes on and on, and is not cut at the right\n"),
            done(host, well()),
        ]);
    }
    events.extend([acted("web3", None, "begins\n"), done("web3", Outcome::Failed { changes: 0 })]);
    events.extend([done("web4", Outcome::Unreachable { reason: "Connection timed out".to_owned() }), finished(1)]);
    insta::assert_snapshot!(show(&events, LOOK, false).0, @r"
    loki/flush failed on 2 of 5 hosts; 1 unreachable (0.8 s)

    web1, web2 (2 hosts)
      one: 1
        two: a long line that goes on and on, and is not cut at the right

    mon
      failed loki/flush: exit status 7
      no route\u{1b}[31m

    web3
      failed loki/flush: it did not come to an end in time
      begins

    web4  unreachable  Connection timed out
    ");
    insta::assert_snapshot!(show(&events, Look { quiet: true, ..LOOK }, false).0, @r"
    loki/flush failed on 2 of 5 hosts; 1 unreachable (0.8 s)

    mon
      failed loki/flush: exit status 7
      no route\u{1b}[31m

    web3
      failed loki/flush: it did not come to an end in time
      begins

    web4  unreachable  Connection timed out
    ");
    let none = [
        started("run", &["mon"]),
        done("mon", Outcome::Skipped { changes: 0, reason: "interrupted".to_owned() }),
        finished(130),
    ];
    insta::assert_snapshot!(show(&none, LOOK, false).0, @"Nothing was done; 1 skipped (0.8 s)");
}
