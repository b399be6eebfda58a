//! `inputs.cpu`

use super::read;
use crate::telegraf::config::tree::Node;
use crate::telegraf::metric::{Kind, Metric, Value};
use std::collections::HashMap;

/// The columns of `/proc/stat`.
const NAMES: [&str; 10] =
    ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];
const IDLE: usize = 3;
const TICKS: f64 = 100.0;

type Times = [f64; 10];

/// Its options, and what was read the last time.
#[derive(Debug)]
pub struct Cpu {
    each: bool,
    total: bool,
    times: bool,
    active: bool,
    last: HashMap<String, Times>,
}

impl Cpu {
    /// With the options of a table.
    pub fn new(table: &Node) -> Self {
        let flag = |key: &str, default: bool| table.flag_of(key).unwrap_or(default);
        Self {
            each: flag("percpu", true),
            total: flag("totalcpu", true),
            times: flag("collect_cpu_time", false),
            active: flag("report_active", false),
            last: HashMap::new(),
        }
    }

    /// The times and, since the last time, the shares of them.
    pub fn gather(&mut self, now: u64) -> Result<Vec<Metric>, String> {
        let stat = read("/proc/stat").map_err(|why| format!("error getting CPU info: {why}"))?;
        let mut metrics = Vec::new();
        for (cpu, times) in parsed(&stat) {
            if if cpu == "cpu-total" { !self.total } else { !self.each } {
                continue;
            }
            let busy = |times: &Times| sum(times) - times[IDLE];
            if self.times {
                let mut fields: Vec<(String, Value)> =
                    NAMES.iter().zip(times).map(|(name, time)| (format!("time_{name}"), Value::Float(time))).collect();
                if self.active {
                    fields.push(("time_active".to_owned(), Value::Float(busy(&times))));
                }
                metrics.push(Metric::new("cpu", Kind::Counter, now, fields).tag("cpu", &cpu));
            }
            let Some(last) = self.last.insert(cpu.clone(), times) else { continue };
            let elapsed = sum(&times) - sum(&last);
            if elapsed < 0.0 {
                return Err("current total CPU time is less than previous total CPU time".to_owned());
            }
            if elapsed == 0.0 {
                continue;
            }
            let share = |time: f64| Value::Float(100.0 * time / elapsed);
            let since: Vec<f64> = times.iter().zip(last).map(|(now, then)| now - then).collect();
            let mut fields: Vec<(String, Value)> = Vec::new();
            for (at, name) in NAMES.iter().enumerate() {
                // A guest's time is counted as its host's, too.
                let guest = match at {
                    0 => since[8],
                    1 => since[9],
                    _ => 0.0,
                };
                fields.push((format!("usage_{name}"), share(since[at] - guest)));
            }
            if self.active {
                fields.push(("usage_active".to_owned(), share(busy(&times) - busy(&last))));
            }
            metrics.push(Metric::new("cpu", Kind::Gauge, now, fields).tag("cpu", &cpu));
        }
        Ok(metrics)
    }
}

fn sum(times: &Times) -> f64 {
    times[..8].iter().sum()
}

fn parsed(stat: &str) -> Vec<(String, Times)> {
    let lines = stat.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next().filter(|name| name.starts_with("cpu"))?;
        let mut times = Times::default();
        for (slot, word) in times.iter_mut().zip(words) {
            *slot = word.parse::<f64>().ok()? / TICKS;
        }
        Some((if name == "cpu" { "cpu-total" } else { name }.to_owned(), times))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_total() {
        let times = parsed("cpu  200 0 100 700 0 0 0 0 0 0\ncpu0 100 0 0 0 0 0 0 0 0 0\nintr 5\n");
        assert_eq!(times.len(), 2);
        assert_eq!((times[0].0.as_str(), sum(&times[0].1)), ("cpu-total", 10.0));
        assert_eq!((times[1].0.as_str(), times[1].1[0]), ("cpu0", 1.0));
    }
}
