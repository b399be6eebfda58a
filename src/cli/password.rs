//! The password for sudo: asked for on the terminal, or read from a file; never an argument or in the environment.

use super::Error;
use super::selection::Connection;
use solti::host::Password;
use solti::source::Diagnostic;
use std::path::Path;

/// The password that the options ask for, if they do.
pub fn get(options: &Connection) -> Result<Option<Password>, Error> {
    match &options.become_password_file {
        Some(path) => read(path).map(Some),
        None if options.ask_become_pass => ask().map(Some),
        None => Ok(None),
    }
}

fn read(path: &Path) -> Result<Password, Error> {
    let shown = path.display();
    if path == Path::new("-") {
        return Err(Diagnostic::new("`--become-password-file` does not read standard input")
            .hint("name a file that only you can read, or use -K on a terminal")
            .into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            _ => error.to_string(),
        };
        Diagnostic::new(format!("cannot read the password file {shown}: {why}"))
    })?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Password::new(line)),
        _ => Err(Diagnostic::new(format!("the first line of the password file {shown} is empty")).into()),
    }
}

fn ask() -> Result<Password, Error> {
    match rpassword::prompt_password("Password for sudo: ") {
        Ok(password) => Ok(Password::new(password)),
        Err(error) => Err(Diagnostic::new(format!("cannot ask for a password without a terminal: {error}"))
            .hint("use --become-password-file")
            .into()),
    }
}
