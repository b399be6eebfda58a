//! `inputs.net`

use super::read;
use crate::telegraf::config::tree::Node;
use crate::telegraf::filter::glob;
use crate::telegraf::metric::{Kind, Metric, Value};
use regex::Regex;

const UP: u32 = 1;
const LOOPBACK: u32 = 8;

/// Its options.
#[derive(Debug)]
pub struct Network {
    interfaces: Vec<String>,
}

impl Network {
    /// With the options of a table.
    pub fn new(table: &Node) -> Self {
        Self { interfaces: table.texts_of("interfaces") }
    }

    /// What was sent and received; without a choice, by all interfaces that are up and lead somewhere else. As in Telegraf,
    /// by all that there are where another host's files are read.
    pub fn gather(&self, now: u64) -> Result<Vec<Metric>, String> {
        let text = read("/proc/net/dev").map_err(|why| format!("error getting net io info: {why}"))?;
        // A pattern that is none is noticed here and not before.
        let patterns: Result<Vec<Regex>, String> = self.interfaces.iter().map(|pattern| glob(pattern)).collect();
        let patterns = patterns.map_err(|why| format!("error compiling filter: {why}"))?;
        let mut metrics = Vec::new();
        let elsewhere = std::env::var_os("HOST_PROC").is_some_and(|path| !path.is_empty());
        for (name, rest) in text.lines().filter_map(|line| line.rsplit_once(':')) {
            let name = name.trim();
            let wanted = if patterns.is_empty() {
                let flags = read(&format!("/sys/class/net/{name}/flags")).unwrap_or_default();
                let flags = u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).unwrap_or(UP);
                elsewhere || flags & UP != 0 && flags & LOOPBACK == 0
            } else {
                patterns.iter().any(|interface| interface.is_match(name))
            };
            if !wanted {
                continue;
            }
            let columns: Vec<u64> = rest.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            let column = |at: usize| Value::Uint(columns.get(at).copied().unwrap_or(0));
            let speed = read(&format!("/sys/class/net/{name}/speed")).ok();
            let fields = [
                ("bytes_sent", column(8)),
                ("bytes_recv", column(0)),
                ("packets_sent", column(9)),
                ("packets_recv", column(1)),
                ("err_in", column(2)),
                ("err_out", column(10)),
                ("drop_in", column(3)),
                ("drop_out", column(11)),
                ("speed", Value::Int(speed.and_then(|speed| speed.trim().parse().ok()).unwrap_or(-1))),
            ];
            metrics.push(Metric::new("net", Kind::Counter, now, fields).tag("interface", name));
        }
        Ok(metrics)
    }
}
