//! A project for a host of each suite, and the round that every kind of resource goes through: what `diff` says,
//! `apply` makes, and a second look finds as declared.

use crate::support::{Host, Hosts, Output, Project, Suite};

/// Two hosts, `new` and `old`, and a project that declares the same for both.
pub struct Both {
    pub hosts: Hosts,
    pub project: Project,
}

impl Both {
    #[track_caller]
    pub fn up() -> Self {
        let hosts = Hosts::up(&[("new", Suite::Trixie), ("old", Suite::Bookworm)]);
        let project = Project::new(&hosts);
        Self { hosts, project }
    }

    /// Declares resources of a play: the list under `resources`, without the indentation.
    #[track_caller]
    pub fn declare(&self, resources: &str) -> &Self {
        let lines: Vec<String> = resources.lines().map(|line| format!("    {line}\n")).collect();
        self.playbook(&format!("- name: test\n  hosts: all\n  resources:\n{}", lines.concat()))
    }

    /// Writes the playbook.
    #[track_caller]
    pub fn playbook(&self, text: &str) -> &Self {
        self.project.file("playbooks/site.yml", text);
        self
    }

    #[track_caller]
    pub fn solti(&self, args: &[&str]) -> Output {
        let (command, options) = args.split_first().unwrap();
        self.project.solti(&[&[*command, "inventory.yml"], options].concat())
    }

    /// What `diff` says of the changes that there are, the same for both hosts.
    #[track_caller]
    pub fn diff(&self) -> String {
        plan(&self.solti(&["diff"]).assert_status(2))
    }

    /// Makes the changes that there are; afterwards there are none.
    #[track_caller]
    pub fn apply(&self) -> Output {
        let output = self.solti(&["apply", "-y"]).assert_status(0).assert_stdout_has(" made on 2 hosts");
        self.unchanged();
        output
    }

    /// Nothing differs.
    #[track_caller]
    pub fn unchanged(&self) {
        self.solti(&["diff"]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
    }

    /// A second `apply` changes nothing, says so, and leaves the hosts as they are to the last byte.
    #[track_caller]
    pub fn apply_changes_nothing(&self) {
        let state = "find /etc /var/lib/solti /opt /srv -newer /run/mark 2>/dev/null; true";
        self.each(|host| drop(host.read("touch /run/mark")));
        self.solti(&["apply", "-y"]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
        self.each(|host| assert_eq!(host.read(state), "", "written on {}", host.name()));
    }

    /// Changes something by hand on both, sees it named by `diff`, repairs it, and finds nothing more to do.
    #[track_caller]
    pub fn repairs(&self, by_hand: &str, named: &[&str]) {
        self.each(|host| drop(host.read(by_hand)));
        let diff = self.diff();
        for text in named {
            assert!(diff.contains(text), "after {by_hand}, expected {text:?} in\n{diff}");
        }
        self.apply();
    }

    pub fn each(&self, look: impl Fn(&Host)) {
        self.hosts.iter().for_each(look);
    }

    /// What shell text prints on each, which must be the same.
    #[track_caller]
    pub fn read(&self, script: &str) -> String {
        let mut answers: Vec<String> = self.hosts.iter().map(|host| host.read(script)).collect();
        answers.dedup();
        assert_eq!(answers.len(), 1, "{script} differs: {answers:#?}");
        answers.remove(0)
    }
}

/// The plan in an output, without what differs from run to run.
#[track_caller]
pub fn plan(output: &Output) -> String {
    let text = output.stdout.trim_matches('\n');
    assert_eq!(output.stderr, "", "{output}");
    text.to_owned()
}
