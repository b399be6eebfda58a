//! What commands have answered.

use super::{Answer, Commands};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Takes in the records about commands.
#[derive(Debug, Default)]
pub struct Answers(Commands);

impl Answers {
    /// Takes one record; says whether it is one of these.
    pub fn record(&mut self, tag: &str, rest: &str) -> bool {
        if tag == "answer" {
            self.answer(rest);
        }
        tag == "answer"
    }

    /// All that was answered.
    pub fn finish(self) -> Commands {
        self.0
    }

    fn answer(&mut self, rest: &str) {
        let words: Vec<&str> = rest.splitn(3, ' ').collect();
        let [key, status, body] = words[..] else { return };
        let Ok(key) = STANDARD.decode(key) else { return };
        let output = match (body.strip_prefix('+'), body.strip_prefix('=')) {
            (Some(plain), _) => plain.to_owned(),
            (None, Some(encoded)) => match STANDARD.decode(encoded) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(_) => return,
            },
            _ => return,
        };
        let answer = Answer { status: status.parse().unwrap_or(-1), output };
        self.0.insert(String::from_utf8_lossy(&key).into_owned(), answer);
    }
}
