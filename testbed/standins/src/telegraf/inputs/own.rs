//! `inputs.internal`

use crate::release;
use crate::telegraf::config::tree::Node;
use crate::telegraf::metric::{Kind, Metric, Value};
use std::sync::atomic::{AtomicU64, Ordering};

/// What all inputs have gathered.
pub static GATHERED: AtomicU64 = AtomicU64::new(0);
/// How often they have failed.
pub static GATHER_ERRORS: AtomicU64 = AtomicU64::new(0);
/// What all outputs have written.
pub static WRITTEN: AtomicU64 = AtomicU64::new(0);
/// What they have given up.
pub static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Its options.
#[derive(Debug)]
pub struct Own {
    memory: bool,
}

impl Own {
    /// With the options of a table.
    pub fn new(table: &Node) -> Self {
        Self { memory: table.flag_of("collect_memstats").unwrap_or(true) }
    }

    /// What Telegraf says of itself.
    pub fn gather(&self, now: u64) -> Result<Vec<Metric>, String> {
        let count = |counter: &AtomicU64| Value::Uint(counter.load(Ordering::Relaxed));
        let fields = [
            ("metrics_gathered", count(&GATHERED)),
            ("gather_errors", count(&GATHER_ERRORS)),
            ("metrics_written", count(&WRITTEN)),
            ("metrics_dropped", count(&DROPPED)),
        ];
        let agent = Metric::new("internal_agent", Kind::Untyped, now, fields);
        let mut metrics = vec![agent.tag("version", release::of("telegraf"))];
        if self.memory {
            let statm = super::read("/proc/self/statm")?;
            let pages = |at: usize| {
                let pages = statm.split_whitespace().nth(at).and_then(|word| word.parse::<u64>().ok());
                Value::Uint(pages.unwrap_or(0) * 4096)
            };
            let fields = [("sys_bytes", pages(0)), ("heap_sys_bytes", pages(5)), ("alloc_bytes", pages(1))];
            metrics.push(Metric::new("internal_memstats", Kind::Untyped, now, fields));
        }
        Ok(metrics)
    }
}
