//! `port`: whether anything listens, on the host or elsewhere.

use super::{Verdict, WITHIN, say_reply};
use crate::host::quote;
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::Node;
use serde::{Deserialize, Serialize};

/// `port`.
pub(super) static SCHEMA: Schema = Schema::new(
    "port",
    &[
        Argument::new("port", Shape::Number { least: 1, most: 65_535 }, "the port").required().identity(),
        Argument::new("host", Shape::Text, "where to; not said: whether anything on the host itself listens"),
        Argument::new(
            "state",
            Shape::Choice(&["open", "closed", "started", "stopped"]),
            "`open` or `closed`; Ansible's `started` and `stopped` are understood",
        )
        .default("open"),
        WITHIN,
    ],
);

/// A port, and whether it should be open.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Port {
    port: u16,
    host: Option<String>,
    open: bool,
}

impl Port {
    pub(super) fn read(fields: &mut Arguments<'_>) -> Option<Self> {
        let port = fields.required("port");
        let port = fields.read(port, port_number);
        let host = fields.string("host");
        let open = fields.get("state");
        let open = fields.read(open, |node| match node.string()?.as_str() {
            "started" | "open" => Ok(true),
            "stopped" | "closed" => Ok(false),
            other => Err(Diagnostic::at(&node.span, format!("`state` is `open` or `closed`, not `{other}`")).into()),
        });
        port.map(|port| Self { port, host, open: open.unwrap_or(true) })
    }

    pub(super) fn name(&self) -> String {
        let Self { port, host, .. } = self;
        host.as_ref().map_or(port.to_string(), |host| format!("{host}:{port}"))
    }

    pub(super) fn program(&self) -> String {
        match self {
            Self { port, host: None, .. } => format!(
                "status=1; reply=; for table in /proc/net/tcp /proc/net/tcp6; do [ -r \"$table\" ] && while read -r _ local _ state _; do \
                 case \"$local $state\" in *:{port:04X}\" 0A\") status=0; break ;; esac; done <\"$table\"; done; {}\n",
                say_reply("0")
            ),
            // how curl ends says less than whether it took time to connect: it also waits in vain for what never answers
            Self { port, host: Some(host), .. } => format!(
                "if command -v curl >/dev/null; then reply=$(curl -s -o /dev/null -w '%{{time_connect}}' --max-time 5 telnet://{} </dev/null 2>/dev/null); \
                 case $reply in *[1-9]*) status=0 ;; *) status=1 ;; esac; {}; else say lacks curl; fi\n",
                quote(&format!("{host}:{port}")),
                say_reply("0")
            ),
        }
    }

    pub(super) fn judge(&self, status: i32) -> Verdict {
        let is_open = status == 0;
        let seen = format!("port {} is {}", self.port, if is_open { "open" } else { "closed" });
        if is_open == self.open { Verdict::yes(seen) } else { Verdict::no(seen) }
    }
}

fn port_number(node: &Node) -> Result<u16, Diagnostics> {
    let number = node.integer()?;
    u16::try_from(number)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| Diagnostic::at(&node.span, "a port is between 1 and 65535").into())
}
