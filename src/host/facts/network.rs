//! Interfaces and addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

/// What was said about the network.
#[derive(Debug, Default)]
pub(super) struct Network<'a> {
    /// Names.
    pub interfaces: Vec<&'a str>,
    /// `INTERFACE GATEWAY REFERENCES USE METRIC MASK ...` of the default routes, addresses in hexadecimal.
    pub routes: Vec<&'a str>,
    /// The lines of `ip -o addr`.
    pub addresses: Vec<&'a str>,
    /// Without ip: `INTERFACE NETWORK REFERENCES USE METRIC MASK ...`.
    pub networks: Vec<&'a str>,
    /// Without ip: the machine's own IPv4 addresses.
    pub locals: Vec<&'a str>,
    /// Without ip: `INTERFACE ADDRESS PREFIX SCOPE`, in hexadecimal.
    pub addresses6: Vec<&'a str>,
}

/// An address on an interface.
struct Address {
    interface: String,
    address: String,
    prefix: u32,
    scope: String,
    secondary: bool,
}

impl Address {
    fn is_v4(&self) -> bool {
        !self.address.contains(':')
    }

    fn is_loopback(&self) -> bool {
        self.address.starts_with("127.") || self.address == "::1"
    }

    /// What there is to say about an IPv4 address.
    fn v4_facts(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("address".into(), json!(self.address));
        facts.insert("prefix".into(), json!(self.prefix.to_string()));
        if let Ok(address) = self.address.parse::<Ipv4Addr>() {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(self.prefix)).unwrap_or(0);
            facts.insert("netmask".into(), json!(Ipv4Addr::from(mask).to_string()));
            facts.insert("network".into(), json!(Ipv4Addr::from(u32::from(address) & mask).to_string()));
        }
        facts
    }
}

impl Network<'_> {
    /// Adds the facts. `machine` tells in which byte order the kernel writes its routes.
    pub fn add(&self, facts: &mut Map<String, Value>, machine: &str) {
        let word = |text: &str| hexadecimal(text, matches!(machine, "s390x" | "ppc64" | "ppc" | "mips" | "mips64"));
        let mut addresses: Vec<Address> = self.addresses.iter().filter_map(|line| shown_by_ip(line)).collect();
        // the kernel lists them once in each of its tables
        let locals: BTreeSet<&str> = self.locals.iter().copied().collect();
        addresses.extend(locals.iter().filter_map(|local| self.on_an_interface(local, word)));
        addresses.extend(self.addresses6.iter().filter_map(|line| shown_by_kernel(line)));

        let all = |v4: bool| -> Vec<&str> {
            let of_kind = addresses.iter().filter(|found| found.is_v4() == v4 && !found.is_loopback());
            of_kind.map(|found| found.address.as_str()).collect()
        };
        facts.insert("ansible_interfaces".into(), json!(self.interfaces));
        facts.insert("ansible_all_ipv4_addresses".into(), json!(all(true)));
        facts.insert("ansible_all_ipv6_addresses".into(), json!(all(false)));

        let mut by_interface: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
        for found in &addresses {
            by_interface.entry(&found.interface).or_default().push(found);
        }
        for (interface, found) in &by_interface {
            let mut value = Map::new();
            value.insert("device".into(), json!(interface));
            if let Some(first) = primary(found) {
                value.insert("ipv4".into(), first.v4_facts().into());
            }
            let v6 = found.iter().filter(|found| !found.is_v4());
            let v6 = v6.map(|a| json!({"address": a.address, "prefix": a.prefix.to_string(), "scope": a.scope}));
            value.insert("ipv6".into(), v6.collect());
            facts.insert(format!("ansible_{}", interface.replace(['-', '.', ':'], "_")), value.into());
        }

        let mut default = Map::new();
        let routes = self.routes.iter().filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (interface, gateway) = (fields.next()?, word(fields.next()?)?);
            let metric: u32 = fields.nth(2)?.parse().ok()?;
            Some((metric, interface, gateway))
        });
        if let Some((_, interface, gateway)) = routes.min_by_key(|route| route.0) {
            default.insert("interface".into(), json!(interface));
            default.insert("gateway".into(), json!(gateway.to_string()));
            if let Some(first) = by_interface.get(interface).and_then(|found| primary(found)) {
                default.extend(first.v4_facts());
            }
        }
        facts.insert("ansible_default_ipv4".into(), default.into());
    }

    /// The interface whose network holds this address.
    fn on_an_interface(&self, local: &str, word: impl Fn(&str) -> Option<Ipv4Addr>) -> Option<Address> {
        let address: Ipv4Addr = local.parse().ok()?;
        let networks = self.networks.iter().filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (network, mask) = (word(fields.get(1)?)?, word(fields.get(5)?)?);
            Some((*fields.first()?, network, mask))
        });
        let mut holding = networks.filter(|(_, network, mask)| {
            !mask.is_unspecified() && u32::from(address) & u32::from(*mask) == u32::from(*network)
        });
        let (interface, _, mask) =
            holding.next().or(address.is_loopback().then_some(("lo", address, [255, 0, 0, 0].into())))?;
        Some(Address {
            interface: interface.to_owned(),
            address: local.to_owned(),
            prefix: u32::from(mask).leading_ones(),
            scope: "global".into(),
            secondary: false,
        })
    }
}

/// The IPv4 address by which an interface is known.
fn primary<'a>(found: &[&'a Address]) -> Option<&'a Address> {
    let v4 = || found.iter().copied().filter(|found| found.is_v4());
    v4().find(|found| !found.secondary && found.scope == "global").or_else(|| v4().next())
}

/// `2: eth0    inet 10.0.0.7/24 brd 10.0.0.255 scope global eth0\ ...`
fn shown_by_ip(line: &str) -> Option<Address> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let kind = words.iter().position(|word| matches!(*word, "inet" | "inet6"))?;
    let (address, prefix) = words.get(kind + 1)?.split_once('/').unwrap_or((words.get(kind + 1)?, "32"));
    let after = |key: &str| words.iter().position(|word| *word == key).and_then(|at| words.get(at + 1));
    Some(Address {
        interface: words.get(1)?.split(['@', ':']).next()?.to_owned(),
        address: address.to_owned(),
        prefix: prefix.parse().ok()?,
        scope: (*after("scope")?).to_owned(),
        secondary: words.contains(&"secondary"),
    })
}

/// `eth0 fe80000000000000d46936fffe3901f6 40 20`
fn shown_by_kernel(line: &str) -> Option<Address> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [interface, address, prefix, scope] = fields[..] else { return None };
    Some(Address {
        interface: interface.to_owned(),
        address: Ipv6Addr::from(u128::from_str_radix(address, 16).ok()?).to_string(),
        prefix: u32::from_str_radix(prefix, 16).ok()?,
        scope: match scope {
            "10" => "host".into(),
            "20" => "link".into(),
            "40" => "site".into(),
            _ => "global".into(),
        },
        secondary: false,
    })
}

/// An address as /proc/net/route writes it: the bytes as the processor reads them as a number.
fn hexadecimal(text: &str, big_endian: bool) -> Option<Ipv4Addr> {
    let number = u32::from_str_radix(text, 16).ok()?;
    Some(Ipv4Addr::from(if big_endian { number } else { number.swap_bytes() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_from_ip() {
        let network = Network {
            interfaces: vec!["eth0", "lo"],
            routes: vec!["eth1 010010AC 0 0 600 00000000 0 0 0", "eth0 0100580A 0 0 100 00000000 0 0 0"],
            addresses: vec![
                "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever",
                "1: lo    inet6 ::1/128 scope host proto kernel_lo \\       valid_lft forever",
                "2: eth0    inet 10.88.0.99/16 scope global secondary eth0\\ x",
                "2: eth0    inet 10.88.0.23/16 brd 10.88.255.255 scope global eth0\\ x",
                "2: eth0    inet6 fe80::d469:36ff:fe39:1f6/64 scope link \\  x",
                "7: br-1.5@if3    inet 10.9.0.1/24 scope global br-1.5",
            ],
            ..Network::default()
        };
        let mut facts = Map::new();
        network.add(&mut facts, "x86_64");
        assert_eq!(
            facts["ansible_default_ipv4"],
            json!({
                "interface": "eth0", "gateway": "10.88.0.1", "address": "10.88.0.23", "prefix": "16",
                "netmask": "255.255.0.0", "network": "10.88.0.0",
            })
        );
        assert_eq!(facts["ansible_all_ipv4_addresses"], json!(["10.88.0.99", "10.88.0.23", "10.9.0.1"]));
        assert_eq!(facts["ansible_all_ipv6_addresses"], json!(["fe80::d469:36ff:fe39:1f6"]));
        assert_eq!(facts["ansible_br_1_5"]["ipv4"]["address"], "10.9.0.1");
        assert_eq!(facts["ansible_eth0"]["ipv6"][0]["scope"], "link");
    }

    #[test]
    fn without_ip_the_kernel_tells() {
        let network = Network {
            routes: vec!["eth0 0100580A 0 0 100 00000000 0 0 0"],
            networks: vec!["eth0 00000000 0 0 100 00000000 0 0 0", "eth0 0000580A 0 0 0 0000FFFF 0 0 0"],
            locals: vec!["10.88.0.23", "127.0.0.1", "10.88.0.23"],
            addresses6: vec!["eth0 fe80000000000000d46936fffe3901f6 40 20"],
            ..Network::default()
        };
        let mut facts = Map::new();
        network.add(&mut facts, "x86_64");
        assert_eq!(facts["ansible_default_ipv4"]["address"], "10.88.0.23");
        assert_eq!(facts["ansible_default_ipv4"]["prefix"], "16");
        assert_eq!(facts["ansible_lo"]["ipv4"]["address"], "127.0.0.1");
        assert_eq!(facts["ansible_all_ipv4_addresses"], json!(["10.88.0.23"]));
        assert_eq!(facts["ansible_all_ipv6_addresses"], json!(["fe80::d469:36ff:fe39:1f6"]));
    }

    #[test]
    fn lines_without_sense_are_passed_over() {
        let odd = vec!["", "x", "2: eth0 inet", "eth0 zz zz zz"];
        let network = Network {
            routes: odd.clone(),
            addresses: odd.clone(),
            networks: odd.clone(),
            locals: odd.clone(),
            addresses6: odd,
            interfaces: vec![],
        };
        let mut facts = Map::new();
        network.add(&mut facts, "s390x");
        assert_eq!(facts["ansible_default_ipv4"], json!({}));
    }
}
