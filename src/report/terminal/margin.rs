//! A terminal with a margin on the right, in which the `^C` that a terminal echoes finds room: without it the echo
//! begins a new line, and the lines that are drawn anew leave one of the old ones behind.

use console::Term;
use indicatif::TermLike;
use std::io;
use std::sync::{Mutex, PoisonError};

/// The columns that stay free behind the last line.
pub const MARGIN: usize = 2;

/// Standard error as a terminal. Each line that is drawn is filled up with spaces, so that the next one begins where the
/// terminal wraps; after the last one, the margin of them is left out.
#[derive(Debug)]
pub struct Margin {
    term: Term,
    /// Spaces that are not written yet, because they may be those after the last line.
    held: Mutex<usize>,
}

impl Margin {
    /// Standard error.
    pub fn stderr() -> Self {
        Self { term: Term::buffered_stderr(), held: Mutex::default() }
    }

    /// Writes the spaces held back, but for `without` of them.
    fn release(&self, without: usize) -> io::Result<()> {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        self.term.write_str(&" ".repeat(held.saturating_sub(without)))
    }
}

impl TermLike for Margin {
    fn width(&self) -> u16 {
        self.term.size().1
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.release(MARGIN)?;
        self.term.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.release(MARGIN)?;
        self.term.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.release(MARGIN)?;
        self.term.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.release(MARGIN)?;
        self.term.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.release(0)?;
        self.term.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if !text.is_empty() && text.bytes().all(|byte| byte == b' ') {
            *self.held.lock().unwrap_or_else(PoisonError::into_inner) += text.len();
            return Ok(());
        }
        self.release(0)?;
        self.term.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.release(MARGIN)?;
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.release(MARGIN)?;
        self.term.flush()
    }
}
