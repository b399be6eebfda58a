//! A program on a terminal, typed at and read as a person would: tmux is the terminal.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::process::{run, wait_until};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A terminal of 120 columns and 50 lines; gone, with what runs on it, when dropped.
pub struct Terminal {
    /// The socket of a tmux server of its own.
    server: String,
}

impl Terminal {
    /// Starts a command on a new terminal.
    #[track_caller]
    pub fn start(command: &Command) -> Self {
        let server = format!("solti-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let terminal = Self { server };
        let mut tmux = terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "50"]);
        tmux.args([";", "set-option", "-g", "remain-on-exit", "on"]);
        if let Some(folder) = command.get_current_dir() {
            tmux.current_dir(folder);
        }
        run(tmux).assert_status(0);
        // The shell that is there first gives way to the command: by now its end is not the terminal's.
        let mut tmux = terminal.tmux(&["respawn-pane", "-k", "env"]);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => tmux.arg(format!("{}={}", name.to_string_lossy(), value.to_string_lossy())),
                None => tmux.arg("-u").arg(name),
            };
        }
        // The exit code goes to a file: tmux loses it now and then. Ctrl-C is for the program, not for this shell.
        tmux.args(["sh", "-c", "trap : INT; \"$@\"; printf %s $? >\"$0\""]).arg(terminal.status());
        tmux.arg(command.get_program()).args(command.get_args());
        run(tmux).assert_status(0);
        terminal
    }

    /// Sends a signal to the program.
    #[track_caller]
    pub fn signal(&self, signal: &str) {
        let shell = run(self.tmux(&["display-message", "-p", "#{pane_pid}"])).assert_status(0).stdout;
        let mut kill = Command::new("pkill");
        kill.args([&format!("-{signal}"), "-P", shell.trim()]);
        run(kill).assert_status(0);
    }

    /// What the screen shows, with what has scrolled off it.
    #[track_caller]
    pub fn screen(&self) -> String {
        run(self.tmux(&["capture-pane", "-p", "-J", "-S", "-"])).assert_status(0).stdout.trim_end().to_owned()
    }

    /// Waits until the screen shows this text, and returns the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        let mut last = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_until("", || {
                last = self.screen();
                last.contains(text).then_some(())
            });
        }));
        assert!(found.is_ok(), "{text:?} never came to be shown on the screen:\n{last}");
        last
    }

    /// Presses keys, by tmux's names: `y`, `Enter`, `C-c`.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        run(self.tmux(&["send-keys", "--"].iter().chain(keys).copied().collect::<Vec<_>>())).assert_status(0);
    }

    /// Waits for the program's end, and returns its exit code.
    #[track_caller]
    pub fn wait(&self) -> i32 {
        wait_until("the program on the terminal to end", || std::fs::read_to_string(self.status()).ok()?.parse().ok())
    }

    fn status(&self) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("{}.status", self.server))
    }

    fn tmux(&self, args: &[&str]) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.args(["-L", &self.server]).args(args).env_remove("TMUX");
        tmux
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]).status();
        let _ = std::fs::remove_file(self.status());
    }
}
