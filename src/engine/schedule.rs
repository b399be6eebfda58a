//! Who is carried out when, as pure data.
//!
//! A node is what is carried out on a host as one: a role's transaction, or the checks that follow those of a play. It
//! waits for the one before it on its host, for all earlier batches, and for the secrets that it needs. What fails takes
//! with it what is left on its host, and in a batch that fails as a whole (`any_errors_fatal`) all that has not begun.

use std::collections::{BTreeSet, VecDeque};

/// What is carried out on a host as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Its next transaction.
    Transaction,
    /// The checks of what did not change in a batch.
    Checks,
}

/// Something that is to be carried out on a host, behind what is before it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<S> {
    /// What it belongs to: a play. A later batch begins when all earlier ones are over.
    pub batch: usize,
    /// What is to be done.
    pub work: Work,
    /// The secrets that have to be known first.
    pub awaits: BTreeSet<S>,
}

#[derive(Debug)]
struct Line<S> {
    nodes: VecDeque<Node<S>>,
    /// Whether the first of them is being carried out.
    at_work: bool,
}

/// What is left to do on all hosts, which are known by their numbers.
#[derive(Debug)]
pub struct Schedule<S> {
    lines: Vec<Line<S>>,
    /// Batches that fail as a whole.
    fatal: BTreeSet<usize>,
    halted: bool,
}

impl<S: Ord + Clone> Schedule<S> {
    /// Nothing is to be done yet, on so many hosts.
    pub fn new(hosts: usize, fatal: BTreeSet<usize>) -> Self {
        let lines = (0..hosts).map(|_| Line { nodes: VecDeque::new(), at_work: false }).collect();
        Self { lines, fatal, halted: false }
    }

    /// What is left to do on a host, in order, instead of what was; not while something is being carried out there.
    pub fn set(&mut self, host: usize, nodes: Vec<Node<S>>) {
        if let Some(line) = self.lines.get_mut(host) {
            line.nodes = nodes.into();
        }
    }

    /// The batch whose turn it is.
    fn batch(&self) -> Option<usize> {
        self.lines.iter().filter_map(|line| Some(line.nodes.front()?.batch)).min()
    }

    /// The next thing that can be carried out, which is at work from then on: the first host's whose turn it is.
    pub fn begin(&mut self) -> Option<(usize, Node<S>)> {
        let batch = self.batch().filter(|_| !self.halted)?;
        self.lines.iter_mut().enumerate().find_map(|(host, line)| {
            let node = line.nodes.front().filter(|node| node.batch == batch && node.awaits.is_empty())?;
            let node = node.clone();
            (!std::mem::replace(&mut line.at_work, true)).then_some((host, node))
        })
    }

    /// What was at work on a host is done.
    pub fn done(&mut self, host: usize) {
        if let Some(line) = self.lines.get_mut(host) {
            line.nodes.pop_front();
            line.at_work = false;
        }
    }

    /// The host has failed, at what was at work or before it.
    pub fn failed(&mut self, host: usize) {
        let Some(line) = self.lines.get_mut(host) else { return };
        let batch = line.nodes.front().map(|node| node.batch);
        line.nodes.clear();
        line.at_work = false;
        self.halted |= batch.is_some_and(|batch| self.fatal.contains(&batch));
    }

    /// Whether a failure keeps everything from going on.
    pub fn is_halted(&self) -> bool {
        self.halted
    }

    /// Where nothing is at work and nothing can begin: the hosts that wait in this batch for secrets that nobody makes any
    /// more, each with the first of these. What later batches wait for may still be made.
    pub fn stuck(&self) -> Vec<(usize, S)> {
        if self.halted || self.lines.iter().any(|line| line.at_work) {
            return Vec::new();
        }
        let Some(batch) = self.batch() else { return Vec::new() };
        let here = self.lines.iter().enumerate().filter_map(|(host, line)| {
            let first = line.nodes.front().filter(|node| node.batch == batch)?;
            Some((host, first.awaits.first().cloned()))
        });
        let here: Vec<(usize, Option<S>)> = here.collect();
        match here.iter().all(|(_, awaited)| awaited.is_some()) {
            true => here.into_iter().filter_map(|(host, awaited)| Some((host, awaited?))).collect(),
            false => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node(batch: usize, awaits: &[&'static str]) -> Node<&'static str> {
        Node { batch, work: Work::Transaction, awaits: awaits.iter().copied().collect() }
    }

    fn schedule(fatal: &[usize], hosts: &[&[Node<&'static str>]]) -> Schedule<&'static str> {
        let mut schedule = Schedule::new(hosts.len(), fatal.iter().copied().collect());
        hosts.iter().enumerate().for_each(|(host, nodes)| schedule.set(host, nodes.to_vec()));
        schedule
    }

    /// The hosts on which something can begin.
    fn begin(schedule: &mut Schedule<&'static str>) -> Vec<usize> {
        std::iter::from_fn(|| schedule.begin()).map(|(host, _)| host).collect()
    }

    #[test]
    fn a_hosts_own_go_one_after_the_other_and_batch_after_batch() {
        let mut schedule =
            schedule(&[], &[&[node(0, &[]), node(0, &[]), node(1, &[])], &[node(1, &[])], &[node(0, &[])]]);
        assert_eq!(begin(&mut schedule), [0, 2]);
        schedule.done(2);
        assert!(begin(&mut schedule).is_empty());
        schedule.done(0);
        assert_eq!(begin(&mut schedule), [0]);
        schedule.done(0);
        assert_eq!(begin(&mut schedule), [0, 1]);
    }

    #[test]
    fn who_needs_a_secret_waits_until_it_is_planned_anew() {
        let mut schedule = schedule(&[], &[&[node(0, &["token"])], &[node(0, &[])], &[node(1, &[])]]);
        assert_eq!(begin(&mut schedule), [1]);
        assert!(schedule.stuck().is_empty());
        schedule.done(1);
        assert_eq!((begin(&mut schedule), schedule.stuck()), (vec![], vec![(0, "token")]));
        schedule.set(0, vec![node(0, &[])]);
        assert_eq!((schedule.stuck(), begin(&mut schedule)), (vec![], vec![0]));
        // who has failed is waited for no longer
        schedule.failed(0);
        assert_eq!(begin(&mut schedule), [2]);
    }

    #[test]
    fn a_failure_stops_its_host_and_all_where_the_batch_says_so() {
        let hosts: &[&[Node<&'static str>]] = &[&[node(0, &[]), node(1, &[])], &[node(0, &[]), node(0, &[])]];
        let mut one = schedule(&[1], hosts);
        assert_eq!(begin(&mut one), [0, 1]);
        one.failed(0);
        one.done(1);
        assert_eq!((begin(&mut one), one.is_halted()), (vec![1], false));
        let mut all = schedule(&[0], hosts);
        assert_eq!(begin(&mut all), [0, 1]);
        all.failed(0);
        all.done(1);
        assert_eq!((begin(&mut all), all.is_halted(), all.stuck()), (vec![], true, vec![]));
    }

    /// Of each host: nodes by how many batches they come after the one before, what they make, and what they need.
    type Hosts = Vec<Vec<(usize, Option<u8>, Vec<u8>)>>;

    fn hosts() -> impl Strategy<Value = Hosts> {
        let node = (0..2usize, proptest::option::of(0..6u8), proptest::collection::vec(0..6u8, 0..2));
        proptest::collection::vec(proptest::collection::vec(node, 0..5), 1..6)
    }

    proptest! {
        /// Nothing is carried out before what it needs, and everything ends, whatever fails and in whatever order the hosts
        /// come to an end.
        #[test]
        fn nothing_before_what_it_needs_and_everything_ends(
            hosts in hosts(),
            fatal in proptest::collection::btree_set(0..4usize, 0..2),
            luck in proptest::collection::vec((0..64usize, 0..8u8), 64),
            forks in 1..4usize,
        ) {
            let mut known: BTreeSet<u8> = BTreeSet::new();
            let batches: Vec<Vec<usize>> = hosts.iter().map(|nodes| nodes.iter().scan(0, |batch, (more, ..)| {
                *batch += more;
                Some(*batch)
            }).collect()).collect();
            let left = |host: usize, done: usize, known: &BTreeSet<u8>| -> Vec<Node<u8>> {
                hosts[host].iter().zip(&batches[host]).skip(done).map(|((_, _, needs), batch)| Node {
                    batch: *batch,
                    work: Work::Transaction,
                    awaits: needs.iter().filter(|secret| !known.contains(secret)).copied().collect(),
                }).collect()
            };
            let mut schedule = Schedule::new(hosts.len(), fatal.clone());
            for host in 0..hosts.len() {
                schedule.set(host, left(host, 0, &known));
            }
            let (mut done, mut over, mut at_work) = (vec![0; hosts.len()], vec![false; hosts.len()], Vec::new());
            let mut luck = luck.into_iter();
            loop {
                while at_work.len() < forks {
                    let Some((host, _)) = schedule.begin() else { break };
                    prop_assert!(!over[host] && !at_work.contains(&host) && !schedule.is_halted());
                    let (batch, needs) = (batches[host][done[host]], &hosts[host][done[host]].2);
                    prop_assert!(needs.iter().all(|secret| known.contains(secret)));
                    for other in 0..hosts.len() {
                        let next = batches[other].get(done[other]);
                        prop_assert!(over[other] || next.is_none_or(|next| *next >= batch), "{other} is not there yet");
                    }
                    at_work.push(host);
                }
                if at_work.is_empty() {
                    let stuck = schedule.stuck();
                    for (host, secret) in &stuck {
                        prop_assert!(!known.contains(secret));
                        over[*host] = true;
                        schedule.failed(*host);
                    }
                    if stuck.is_empty() { break } else { continue }
                }
                let (which, fate) = luck.next().unwrap_or_default();
                let host = at_work.remove(which % at_work.len());
                if fate == 7 {
                    over[host] = true;
                    schedule.failed(host);
                    prop_assert_eq!(schedule.is_halted(), schedule.is_halted() || fatal.contains(&batches[host][done[host]]));
                    continue;
                }
                known.extend(hosts[host][done[host]].1);
                done[host] += 1;
                schedule.done(host);
                for waiting in (0..hosts.len()).filter(|host| !over[*host] && !at_work.contains(host)) {
                    schedule.set(waiting, left(waiting, done[waiting], &known));
                }
            }
            for host in 0..hosts.len() {
                prop_assert!(schedule.is_halted() || over[host] || done[host] == hosts[host].len(), "{host} hangs");
            }
        }
    }
}
