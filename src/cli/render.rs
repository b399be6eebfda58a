//! `solti render`

use super::selection::Inputs;
use super::{Error, connect, out};
use solti::source::Diagnostic;

/// Show the files that a role makes for a host
#[derive(Debug, clap::Args)]
#[command(after_help = "Secrets are shown as ****.")]
pub struct Render {
    #[command(flatten)]
    inputs: Inputs,
    /// The host, by its name in the inventory
    host: String,
    /// The role
    role: String,
    /// Only this file, by its path on the host or the end of it
    file: Option<String>,
}

impl Render {
    pub fn run(&self) -> Result<u8, Error> {
        let project = connect::load(&self.inputs.selection())?;
        let files = connect::files(&project, &self.host, &self.role)?;
        let text = match &self.file {
            Some(file) => the_one(&files, file)?.to_owned(),
            None => files.iter().map(headed).collect::<Vec<_>>().join("\n"),
        };
        out::print(&project.secrets.redact(&text))?;
        Ok(0)
    }
}

/// A file under its path, as head(1) and tail(1) show several.
fn headed((path, text): &(String, String)) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("==> {path} <==\n{text}{end}")
}

/// The text of the file with this path, or with a path that ends like this.
fn the_one<'a>(files: &'a [(String, String)], wanted: &str) -> Result<&'a str, Error> {
    let ends = |path: &str| path.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let exact = files.iter().filter(|(path, _)| path == wanted);
    let found: Vec<_> = exact.chain(files.iter().filter(|(path, _)| path != wanted && ends(path))).collect();
    match found.as_slice() {
        [(path, text), rest @ ..] if rest.is_empty() || path == wanted => Ok(text),
        [] => {
            let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
            let error = Diagnostic::new(format!("the role makes no file `{wanted}` for this host"));
            Err(match paths.as_slice() {
                [] => error.hint("it makes no files there at all"),
                paths => error.hint(format!("it makes {}", paths.join(", "))),
            }
            .into())
        }
        several => {
            let paths: Vec<&str> = several.iter().map(|(path, _)| path.as_str()).collect();
            Err(Diagnostic::new(format!("several files end like `{wanted}`")).hint(paths.join(", ")).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_by_its_path_or_the_end_of_it() {
        let files = ["/etc/a/x.yml", "/etc/b/x.yml", "/etc/a/y.yml"].map(|path| (path.to_owned(), path.to_owned()));
        let found = |wanted| the_one(&files, wanted).map_err(|error| error.to_string());
        assert_eq!(found("y.yml"), Ok("/etc/a/y.yml"));
        assert_eq!(found("b/x.yml"), Ok("/etc/b/x.yml"));
        assert_eq!(found("/etc/a/x.yml"), Ok("/etc/a/x.yml"));
        assert!(found("x.yml").is_err_and(|error| error.contains("several")));
        assert!(found("ml").is_err_and(|error| error.contains("no file")));
    }
}
