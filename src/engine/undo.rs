//! What a step's program says: how far it came, what failed, and what was put back.

use super::event::Failure;
use crate::host::excerpt;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// So much of a command's output travels at most, in bytes.
const OUTPUT: usize = 65536;

/// What a step's program says about how it went.
#[derive(Debug, Default)]
pub struct Undo {
    /// Whether it came to its end.
    pub done: bool,
    /// Which of its changes failed, by number.
    pub change: Option<usize>,
    status: Option<i32>,
    command: Option<String>,
    /// What failed, in one sentence.
    pub message: Option<String>,
    output: Vec<String>,
    put_back: Vec<String>,
    left: Vec<String>,
    stays: Vec<String>,
}

impl Undo {
    /// Takes one record.
    pub fn record(&mut self, tag: &str, rest: &str) {
        match tag {
            "step" if rest == "done" => self.done = true,
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
            "back" if rest != "begins" && rest != "ends" => self.put_back.push(rest.to_owned()),
            "stuck" => self.left.push(format!("could not be put back: {rest}")),
            "stays" => self.stays.push(rest.to_owned()),
            _ => {}
        }
    }

    /// What the user is told.
    pub fn failure(self, place: String) -> Failure {
        let message = self.message.unwrap_or_else(|| match &self.command {
            Some(_) => "a command failed".to_owned(),
            None => "the step ended without saying why".to_owned(),
        });
        let left = self.left.into_iter().chain(self.stays).collect();
        let status = self.status.filter(|_| self.command.is_some());
        Failure { place, message, command: self.command, status, output: self.output, put_back: self.put_back, left }
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
        assert!(include_str!("step/functions.sh").contains(&format!("tail -c {OUTPUT} ")));
    }

    #[test]
    fn a_line_without_its_beginning_says_so() {
        let output = format!("{} and the error\nlast\n", "x".repeat(OUTPUT));
        assert_eq!(lines(&output), ["[the beginning of this line is left out …] and the error", "last"]);
        assert_eq!(lines("first\nlast\n"), ["first", "last"]);
    }
}
