//! Source files from disk.

use super::{Diagnostic, Diagnostics, SourceFile, Span};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

/// More than anyone writes by hand.
const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// The folder that a file is in: the current one, if the path is a bare name.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl SourceFile {
    /// Reads a file, which must be UTF-8 text of at most 16 MiB.
    ///
    /// # Errors
    /// When it cannot be read, is a folder, too large, or no text.
    pub fn read(path: &Path) -> Result<Arc<SourceFile>, Diagnostics> {
        if path.as_os_str().is_empty() {
            return Err(Diagnostic::new("no file is named: its name is empty").into());
        }
        let shown = path.display();
        let failed = |why: std::io::Error| match why.kind() {
            ErrorKind::NotFound => Diagnostic::new(format!("{shown}: no such file")),
            ErrorKind::PermissionDenied => Diagnostic::new(format!("{shown}: no permission to read it")),
            _ => Diagnostic::new(format!("{shown}: cannot be read: {why}")),
        };
        let too_large = || Diagnostic::new(format!("{shown}: larger than 16 MiB"));
        let metadata = fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err(Diagnostic::new(format!("{shown}: a folder, not a file")).into());
        }
        if metadata.len() > SIZE_LIMIT {
            return Err(too_large().into());
        }
        let mut bytes = Vec::new();
        // The limit holds for what does not tell its size beforehand, such as a pipe, too.
        File::open(path).and_then(|file| file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)).map_err(failed)?;
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(too_large().into());
        }
        String::from_utf8(bytes).map(|text| SourceFile::from_path(path, text)).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let file = SourceFile::from_path(path, String::from_utf8_lossy(error.as_bytes()).into_owned());
            // Up to the bad byte the replaced text is the same as the file.
            let span = Span::new(&file, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
            Diagnostic::at(&span, "not UTF-8 text").label("this byte is no text").into()
        })
    }
}
