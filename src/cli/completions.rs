//! `solti completions`

use super::{Arguments, Error, out};
use clap::CommandFactory;
use clap_complete::Shell;

/// Print what completes solti's commands and options in a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where shells look for it:
  solti completions bash > ~/.local/share/bash-completion/completions/solti
  solti completions fish > ~/.config/fish/completions/solti.fish
  solti completions zsh > ~/.zfunc/_solti
    (in ~/.zshrc, before `compinit`: fpath+=~/.zfunc)")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(&self) -> Result<u8, Error> {
        let all = Arguments::command();
        // scripts would offer hidden commands, too
        let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
        let mut command = clap::Command::new("solti").version("").disable_help_subcommand(true).subcommands(shown);
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, "solti", &mut text);
        out::print(&String::from_utf8_lossy(&text))?;
        Ok(0)
    }
}
