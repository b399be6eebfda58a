//! `solti`: arguments in, exit code out.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(run) = cli::asked_by_ssh() {
        return cli::hand_over(&run);
    }
    ExitCode::from(cli::main())
}
