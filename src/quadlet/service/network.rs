//! The service that makes a network.

use super::command::Command;
use super::translation::Translation;

impl Translation<'_> {
    pub fn network(&mut self) {
        self.needs_storage();
        let name = self.quadlet.object_name();
        let base = self.podman();
        if self.flag("NetworkDeleteOnStop") == Some(true) {
            let mut remove = base.clone();
            remove.add(["network", "rm", &name]);
            self.service.section_mut("Service").add("ExecStopPost", remove.to_string());
        }
        let mut options = Command::new(Vec::new());
        let flags = [("DisableDNS", "--disable-dns"), ("Internal", "--internal"), ("IPv6", "--ipv6")];
        self.flags(&mut options, &flags);
        let texts = [("Driver", "--driver"), ("IPAMDriver", "--ipam-driver"), ("InterfaceName", "--interface-name")];
        self.texts(&mut options, &texts);
        self.lists(&mut options, &[("DNS", "--dns")]);
        self.subnets(&mut options);
        self.assignments(&mut options, &[("Options", "--opt"), ("Label", "--label")]);
        self.podman_args(&mut options);
        self.create("network", &base, options, &name);
        self.oneshot();
    }

    /// The first gateway and range belong to the first subnet, and so on.
    fn subnets(&mut self, command: &mut Command) {
        let (subnets, gateways, ranges) = (self.all("Subnet"), self.all("Gateway"), self.all("IPRange"));
        for extra in gateways.iter().skip(subnets.len()).chain(ranges.iter().skip(subnets.len())) {
            self.problem(extra, "there is no Subnet= for it");
        }
        for (index, subnet) in subnets.iter().enumerate() {
            command.add(["--subnet", &subnet.value]);
            if let Some(gateway) = gateways.get(index) {
                command.add(["--gateway", &gateway.value]);
            }
            if let Some(range) = ranges.get(index) {
                command.add(["--ip-range", &range.value]);
            }
        }
    }
}
