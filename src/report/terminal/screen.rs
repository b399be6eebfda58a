//! Lines on standard error that change while a run goes on.

use super::margin::{MARGIN, Margin};
use crate::report::text::words::{columns, padded, seconds};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Write};
use std::time::Duration;

/// Where they are drawn.
pub struct Screen {
    bar: ProgressBar,
    /// Lines of the terminal.
    pub lines: usize,
    /// Columns that one may take.
    pub columns: usize,
}

impl Screen {
    /// Standard error, a terminal of this many lines and columns.
    pub fn stderr((lines, columns): (usize, usize)) -> Self {
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Margin::stderr()), 20);
        Self::new(target, (lines, columns.saturating_sub(MARGIN)))
    }

    /// Nowhere.
    #[cfg(test)]
    pub fn hidden(size: (usize, usize)) -> Self {
        Self::new(ProgressDrawTarget::hidden(), size)
    }

    fn new(target: ProgressDrawTarget, (lines, columns): (usize, usize)) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self { bar, lines, columns }
    }

    /// One of them: a name, filled up to this width, what is being done there, and for how long.
    pub fn line(&self, name: &str, width: usize, doing: &str, elapsed: Duration) -> String {
        // a time that jumps between nothing and a second would only flicker
        let time = match elapsed.as_secs() {
            0..2 => String::new(),
            long => format!("  {}", seconds(long)),
        };
        let room = self.columns.saturating_sub(width + 2 + columns(&time) + 1).max(10);
        format!("{}  {}{time}", padded(name, width), console::truncate_str(doing, room, "…"))
    }

    /// Draws them anew.
    pub fn draw(&self, text: String) {
        self.bar.set_message(text);
    }

    /// Takes them away until they are drawn anew.
    pub fn pause(&self) {
        self.bar.set_message("");
        self.bar.suspend(|| {});
    }

    /// Takes them away.
    pub fn clear(self) {
        self.bar.finish_and_clear();
    }
}

/// Writes something while the lines, if there are any, are out of the way.
pub fn write(out: &mut dyn Write, text: &str, screen: Option<&Screen>) -> io::Result<()> {
    let mut write = || out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match screen {
        Some(screen) => screen.bar.suspend(write),
        None => write(),
    }
}
