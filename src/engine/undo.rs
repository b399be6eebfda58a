//! What a step's program says: how far it came, what failed, and what was put back.

use super::event::Failure;
use crate::host::excerpt;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;

/// So much of a command's output travels at most, in bytes.
const OUTPUT: usize = 65536;

/// What a step's program says about how it went.
#[derive(Debug, Default)]
pub struct Undo {
    /// Whether it came to its end.
    pub done: bool,
    /// Whether the role is done, whatever else fails.
    pub committed: bool,
    /// Which of the role's steps it is.
    pub step: usize,
    /// Which of its changes failed, by number.
    pub change: Option<usize>,
    status: Option<i32>,
    command: Option<String>,
    /// What failed, in one sentence.
    pub message: Option<String>,
    output: Vec<String>,
    restored: Vec<String>,
    left: Vec<String>,
    stays: Vec<String>,
    /// The steps and numbers of changes that stay.
    kept: BTreeSet<(usize, usize)>,
    /// Whether something that was to be put back is not.
    half: bool,
    /// The journal with what is still to be put back.
    open: Option<String>,
}

impl Undo {
    /// Takes one record.
    pub fn record(&mut self, tag: &str, rest: &str) {
        match tag {
            "step" if rest == "done" => self.done = true,
            "step" if rest == "committed" => self.committed = true,
            "failed" => {
                let words: Vec<&str> = rest.split(' ').collect();
                let text = |word: &str| {
                    STANDARD
                        .decode(word.strip_prefix('=').unwrap_or(word))
                        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                        .unwrap_or_default()
                };
                if let [at, status, command, message, output] = words[..] {
                    self.change = at.parse().ok();
                    self.status = status.parse().ok();
                    self.command = Some(text(command)).filter(|command| !command.is_empty());
                    self.message = Some(text(message)).filter(|message| !message.is_empty());
                    self.output = lines(&text(output));
                }
            }
            "back" if rest != "begins" && rest != "ends" => self.restored.push(rest.to_owned()),
            "stuck" => {
                self.half = true;
                self.left.push(format!("could not be put back: {rest}"));
            }
            "open" => self.open = Some(rest.to_owned()),
            "untold" if self.command.is_none() => drop(self.message.get_or_insert_with(|| rest.to_owned())),
            "unclosed" => self.left.push(format!(
                "all was put back, but the journal {rest} cannot be removed: the next apply puts back once more"
            )),
            "remains" => {
                let line = format!("could not be removed: {rest}; it is tried again in the next run");
                if !self.left.contains(&line) {
                    self.left.push(line);
                }
            }
            "stays" => self.stays.push(rest.to_owned()),
            "did" => {
                let (change, what) = rest.split_once(' ').unwrap_or(("", rest));
                self.keeps(change.parse().unwrap_or_default(), what);
            }
            _ => {}
        }
    }

    /// A change of the step in hand has done something that is not undone.
    pub fn keeps(&mut self, change: usize, what: &str) {
        self.kept.insert((self.step, change));
        self.stays.push(what.to_owned());
    }

    /// What the user is told.
    pub fn failure(self, place: String) -> Failure {
        let message = self.message.unwrap_or_else(|| match &self.command {
            Some(_) => "a command failed".to_owned(),
            None => "the step ended without saying why".to_owned(),
        });
        let open = self.half;
        let to_do = self.open.map(|journal| {
            format!(
                "apply tries that again before it begins anything; to go on with what is there now, remove {journal}"
            )
        });
        let left = self.left.into_iter().chain(to_do).chain(self.stays).collect();
        let status = self.status.filter(|_| self.command.is_some());
        // what is done is counted with the role
        let stays = if self.committed { 0 } else { self.kept.len() };
        let (command, output, restored) = (self.command, self.output, self.restored);
        Failure { place, message, command, status, output, restored, left, stays, open }
    }
}

/// The lines of an output; of the first the beginning may be missing.
fn lines(output: &str) -> Vec<String> {
    let mut lines: Vec<String> = output.lines().map(str::to_owned).collect();
    if let Some(first) = lines.first_mut().filter(|_| output.len() >= OUTPUT) {
        *first = excerpt::ending(first);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_expected_as_is_sent() {
        assert!(include_str!("step/told.sh").contains(&format!("tail -c {OUTPUT} ")));
    }

    #[test]
    fn a_line_without_its_beginning_says_so() {
        let output = format!("{} and the error\nlast\n", "x".repeat(OUTPUT));
        assert_eq!(lines(&output), ["[the beginning of this line is left out …] and the error", "last"]);
        assert_eq!(lines("first\nlast\n"), ["first", "last"]);
    }

    fn told(steps: &[&[&str]]) -> String {
        let mut undo = Undo::default();
        for (number, records) in steps.iter().enumerate() {
            undo.step = number;
            for record in *records {
                let (tag, rest) = record.split_once(' ').unwrap_or((record, ""));
                undo.record(tag, rest);
            }
        }
        let Failure { restored, left, stays, open, .. } = undo.failure("role".to_owned());
        format!("{restored:?}\n{left:?}\nstays {stays}, open {open}")
    }

    #[test]
    fn what_stays_is_counted_by_change() {
        let first = ["did 0 groupadd grpx", "did 0 usermod -aG grpx app", "stays image a:1", "step done"];
        let second = ["did 0 package x", "back begins", "back /etc/a", "stays /srv, which is not empty", "back ends"];
        insta::assert_snapshot!(told(&[&first, &second]), @r#"
        ["/etc/a"]
        ["groupadd grpx", "usermod -aG grpx app", "image a:1", "package x", "/srv, which is not empty"]
        stays 2, open false
        "#);
        insta::assert_snapshot!(told(&[&["did 0 package x", "step committed"]]), @r#"
        []
        ["package x"]
        stays 0, open false
        "#);
    }

    #[test]
    fn what_could_not_be_put_back() {
        let ro = "stuck /etc/a: the filesystem /etc is mounted read-only";
        let left = "remains /etc/.solti-1: the filesystem /etc is mounted read-only";
        insta::assert_snapshot!(told(&[&[ro, left, left, "open /var/lib/solti/journal/1-0"]]), @r#"
        []
        ["could not be put back: /etc/a: the filesystem /etc is mounted read-only", "could not be removed: /etc/.solti-1: the filesystem /etc is mounted read-only; it is tried again in the next run", "apply tries that again before it begins anything; to go on with what is there now, remove /var/lib/solti/journal/1-0"]
        stays 0, open true
        "#);
        insta::assert_snapshot!(told(&[&["stuck app.service does not run", "unclosed /var/lib/solti/journal/1-0"]]), @r#"
        []
        ["could not be put back: app.service does not run", "all was put back, but the journal /var/lib/solti/journal/1-0 cannot be removed: the next apply puts back once more"]
        stays 0, open true
        "#);
    }
}
