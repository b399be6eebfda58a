//! The errors of all hosts as one: what is wrong for several is said once, and for whom if not for all.

use crate::source::Diagnostics;
use std::collections::HashMap;

/// How many hosts are named; of more only the number is said.
const NAMED: usize = 5;

/// Joins what was wrong for each of `all` hosts.
pub fn gather(of_hosts: Vec<(String, Diagnostics)>, all: usize) -> Diagnostics {
    let mut hosts_of: HashMap<String, Vec<&str>> = HashMap::new();
    let mut order = Vec::new();
    for (host, errors) in &of_hosts {
        for error in errors.iter() {
            let shown = Diagnostics::from(error.clone()).render(false);
            let hosts = hosts_of.entry(shown.clone()).or_default();
            if hosts.is_empty() {
                order.push((shown, error));
            }
            if hosts.last() != Some(&host.as_str()) {
                hosts.push(host);
            }
        }
    }
    let mut gathered = Diagnostics::new();
    for (shown, error) in order {
        let hosts = hosts_of.remove(&shown).unwrap_or_default();
        let whose = match hosts.as_slice() {
            hosts if hosts.len() == all => None,
            // some errors name their host themselves
            [host] if error.message.split(|c: char| c.is_whitespace() || c == ':').any(|word| word == *host) => None,
            [host] => Some(format!("only for host {host}")),
            hosts if hosts.len() > NAMED => Some(format!("for {} of {all} hosts", hosts.len())),
            hosts => Some(format!("only for hosts {}", hosts.join(", "))),
        };
        gathered.push(error.clone().maybe_hint(whose));
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Diagnostic;

    fn hints(of_hosts: &[(&str, &[&str])], all: usize) -> Vec<String> {
        let errors = |messages: &[&str]| {
            let mut errors = Diagnostics::new();
            messages.iter().for_each(|message| errors.push(Diagnostic::new(*message)));
            errors
        };
        let of_hosts = of_hosts.iter().map(|(host, messages)| ((*host).to_owned(), errors(messages))).collect();
        gather(of_hosts, all).iter().map(|error| format!("{}: {}", error.message, error.hints.join(""))).collect()
    }

    #[test]
    fn what_is_wrong_for_some_says_for_whom() {
        let of_hosts: &[(&str, &[&str])] = &[("a", &["x", "x", "y"]), ("b", &["y", "z", "port of host b: z"])];
        assert_eq!(hints(of_hosts, 2), ["x: only for host a", "y: ", "z: only for host b", "port of host b: z: "]);
        assert_eq!(hints(of_hosts, 9)[1], "y: only for hosts a, b");
        let many: Vec<String> = (0..6).map(|number| format!("h{number}")).collect();
        let many: Vec<(&str, &[&str])> = many.iter().map(|host| (host.as_str(), ["x"].as_slice())).collect();
        assert_eq!(hints(&many, 9), ["x: for 6 of 9 hosts"]);
    }
}
