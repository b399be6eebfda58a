//! Whether a service answers throughout.

use crate::support::{Background, Host, wait_until};

/// Asks again and again for a URL, on the host itself, and notes each time that there is no good answer.
pub struct Poller<'h> {
    host: &'h Host,
    asking: Background,
}

impl<'h> Poller<'h> {
    /// Begins, and returns when it has asked once.
    #[track_caller]
    pub fn start(host: &'h Host, url: &str) -> Self {
        host.write_file(
            "/usr/local/bin/poll",
            ": >/run/missed; : >/run/polling\nwhile [ -e /run/polling ]; do curl -fsm 10 \"$1\" >/dev/null || echo missed >>/run/missed; echo >>/run/asked; sleep 0.05; done\n",
        );
        host.read("rm -f /run/asked");
        let asking = Background::spawn(host.command(&["sh", "/usr/local/bin/poll", url]));
        wait_until("the first question", || host.has("/run/asked").then_some(()));
        Self { host, asking }
    }

    /// Ends, and gives what it has noted: nothing, if each question was answered.
    #[track_caller]
    pub fn stop(self) -> String {
        self.host.read("rm /run/polling");
        self.asking.wait();
        self.host.read("cat /run/missed")
    }
}
