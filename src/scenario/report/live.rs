//! What is going on right now: one line for each scenario and platform that is being worked on.

use crate::report::terminal::Screen;
use crate::report::text::words::{clean, columns};
use crate::scenario::Step;
use crate::scenario::event::{Cell, TestEvent};
use indexmap::IndexMap;
use std::time::Instant;

/// The lines on standard error that change while a run goes on.
pub struct Live {
    screen: Screen,
    all: usize,
    done: usize,
    cells: IndexMap<Cell, (Step, String, Instant)>,
}

impl Live {
    /// Draws to standard error, a terminal of this many lines and columns.
    pub fn stderr(size: (usize, usize)) -> Self {
        Self::new(Screen::stderr(size))
    }

    fn new(screen: Screen) -> Self {
        Self { screen, all: 0, done: 0, cells: IndexMap::new() }
    }

    /// Takes in one event.
    pub fn event(&mut self, event: &TestEvent) {
        match event {
            TestEvent::Started { cells, .. } => self.all = cells.len(),
            TestEvent::Step { cell, step } => {
                self.cells.insert(cell.clone(), (*step, String::new(), Instant::now()));
            }
            TestEvent::Doing { cell, text } | TestEvent::Note { cell, text } => {
                if let Some(entry) = self.cells.get_mut(cell) {
                    entry.1.clone_from(text);
                }
            }
            TestEvent::CellDone { cell, .. } => {
                self.cells.shift_remove(cell);
                self.done += 1;
            }
            TestEvent::StepDone { .. } | TestEvent::Finished { .. } => {}
        }
        self.draw();
    }

    /// Draws the lines anew.
    pub fn draw(&mut self) {
        self.screen.draw(self.text(Instant::now()));
    }

    /// Where the lines are drawn.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Takes the lines away.
    pub fn finish(self) {
        self.screen.clear();
    }

    fn text(&self, now: Instant) -> String {
        if self.all == 0 {
            return String::new();
        }
        // the other half is for what is being done
        let widest = (self.screen.columns / 2).max(10);
        let name = |cell: &Cell| console::truncate_str(&cell.to_string(), widest, "…").into_owned();
        let width = self.cells.keys().map(|cell| columns(&name(cell))).max().unwrap_or(0);
        let mut lines = vec![format!("{} of {} done", self.done, self.all)];
        for (cell, (step, doing, since)) in self.cells.iter().take(self.screen.lines.saturating_sub(3).max(1)) {
            let what = if doing.is_empty() { step.to_string() } else { format!("{step}: {}", clean(doing)) };
            lines.push(self.screen.line(&name(cell), width, &what, now.duration_since(*since)));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_that_is_under_way() {
        let mut live = Live::new(Screen::hidden((24, 60)));
        let cell = |platform: &str| Cell { scenario: "loki".to_owned(), platform: platform.to_owned(), variant: None };
        live.event(&TestEvent::Started { cells: vec![cell("debian13"), cell("debian12"), cell("own")], jobs: 2 });
        live.event(&TestEvent::Step { cell: cell("debian13"), step: Step::Create });
        live.event(&TestEvent::Step { cell: cell("debian12"), step: Step::Apply });
        live.event(&TestEvent::Doing {
            cell: cell("debian12"),
            text: "loki: waiting for answers/http:is ready".to_owned(),
        });
        let options = Some("loki_backend=package, loki_http_port=3200".to_owned());
        live.event(&TestEvent::Step { cell: Cell { variant: options, ..cell("debian13") }, step: Step::Verify });
        let later = Instant::now() + std::time::Duration::from_secs(9);
        insta::assert_snapshot!(live.text(later), @"
        0 of 3 done
        loki on debian13                create  9 s
        loki on debian12                apply: loki: waiting …  9 s
        loki on debian13, loki_backen…  verify  9 s
        ");
    }
}
