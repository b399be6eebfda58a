//! Standard output, for which a reader that has gone away is no error: `solti diff ... | head` ends quietly.

use super::Error;
use std::io::{self, Write};

/// Writes to standard output until nobody reads it any more.
pub struct Out {
    inner: io::Stdout,
    closed: bool,
}

impl Out {
    /// Standard output.
    pub fn new() -> Self {
        Self { inner: io::stdout(), closed: false }
    }

    fn unless_closed<T>(&mut self, result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            result => result,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = if self.closed { Ok(bytes.len()) } else { self.inner.write(bytes) };
        self.unless_closed(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = if self.closed { Ok(()) } else { self.inner.flush() };
        self.unless_closed(result, ())
    }
}

/// Writes the whole of a command's result.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = Out::new();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
}
