//! Shell text that is run on a host of a scenario, as root, by the same connections as all else.

use super::Trouble;
use crate::host::{Identity, RunDir, Shell, Target, quote};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::Duration;

/// How long a host may take to answer.
const CONNECT: Duration = Duration::from_secs(60);

/// Runs shell text on a host; what it printed.
pub async fn run(run_dir: &RunDir, target: &Target, script: &str) -> Result<String, Trouble> {
    let name = &target.name;
    // in a function, so that a script cut short does not begin, and its commands do not read the rest of it
    let whole = format!("whole() {{\n{script}\n}}\nwhole </dev/null\n");
    let program = format!(
        "if [ \"$(id -u)\" = 0 ]; then as_root() {{ \"$@\"; }}; else as_root() {{ sudo -n \"$@\"; }}; fi\n\
         said=$(printf '%s' {} | as_root sh -s); status=$?\n\
         say said $status \"=$(printf '%s' \"$said\" | base64 | tr -d '\\n')\"\n",
        quote(&whole)
    );
    let mut said = None;
    let mut take = |tag: &str, rest: &str| {
        if let Some((status, text)) = rest.split_once(" =").filter(|_| tag == "said") {
            let text = STANDARD.decode(text).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            said = status.parse::<i32>().ok().zip(text);
        }
    };
    let opened = Shell::open(run_dir, target, &Identity::Login, CONNECT).await;
    let mut shell = opened.map_err(|error| Trouble::new(format!("{name}: {error}")))?;
    let ended = shell.run(&program, &mut take).await;
    let noise = match ended {
        Ok(_) => shell.noise(),
        Err(lost) => lost.lines,
    };
    let noise = noise.join("\n");
    shell.close().await;
    match said {
        Some((0, printed)) => Ok(printed),
        Some((status, printed)) => {
            let message = format!("shell text on {name} ended with status {status}");
            Err(Trouble::with(message, &format!("{printed}\n{noise}")))
        }
        None => Err(Trouble::with(format!("shell text on {name} did not come to its end"), &noise)),
    }
}
