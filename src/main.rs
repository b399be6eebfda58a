//! `solti`: arguments in, exit code out.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(run) = cli::asked_by_ssh() {
        return cli::hand_over(&run);
    }
    match cli::main() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = error.exit_code();
            cli::complain(&anyhow::Error::new(error));
            ExitCode::from(code)
        }
    }
}
