//! As much of [D-Bus](https://dbus.freedesktop.org/doc/dbus-specification.html) as it takes to ask systemd for its units.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// The signature of what `ListUnits` returns.
const UNITS: &str = "a(ssssssouso)";

/// The longest message that D-Bus allows.
const LONGEST: usize = 128 << 20;

/// A connection to a bus.
#[derive(Debug)]
pub struct Bus {
    stream: UnixStream,
    serial: u32,
}

/// A unit, as systemd has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Unit {
    pub name: String,
    pub load: String,
    pub active: String,
    pub sub: String,
}

impl Bus {
    /// Connects and signs on as the user that this process runs as: a bus takes nobody whom its host does not know.
    ///
    /// # Errors
    /// What went wrong with the socket; `BrokenPipe` where the bus does not take this user.
    pub fn connect(path: &str, timeout: Duration) -> io::Result<Self> {
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        let user: String =
            std::fs::metadata("/proc/self")?.uid().to_string().bytes().map(|byte| format!("{byte:x}")).collect();
        stream.write_all(format!("\0AUTH EXTERNAL {user}\r\n").as_bytes())?;
        if !line(&mut stream)?.starts_with(b"OK ") {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        stream.write_all(b"BEGIN\r\n")?;
        let mut bus = Self { stream, serial: 0 };
        bus.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")?;
        Ok(bus)
    }

    /// All units that systemd has loaded.
    ///
    /// # Errors
    /// What went wrong with the socket, or with the answer.
    pub fn units(&mut self) -> io::Result<Vec<Unit>> {
        let manager = "org.freedesktop.systemd1.Manager";
        let (signature, body) =
            self.call("org.freedesktop.systemd1", "/org/freedesktop/systemd1", manager, "ListUnits")?;
        if signature != UNITS {
            return Err(malformed());
        }
        let mut body = Reader { bytes: &body, at: 0 };
        let length = body.number()? as usize;
        body.align(8);
        let end = body.at + length;
        let mut units = Vec::new();
        while body.at < end {
            body.align(8);
            let [name, _description, load, active, sub] =
                [body.text()?, body.text()?, body.text()?, body.text()?, body.text()?];
            let _followed_path = (body.text()?, body.text()?);
            let _job = (body.number()?, body.text()?, body.text()?);
            units.push(Unit { name, load, active, sub });
        }
        Ok(units)
    }

    /// Calls a method without arguments: the signature and the body of its answer.
    fn call(&mut self, destination: &str, path: &str, interface: &str, member: &str) -> io::Result<(String, Vec<u8>)> {
        self.serial += 1;
        let mut fields = Vec::new();
        for (code, kind, text) in [(1, b'o', path), (6, b's', destination), (2, b's', interface), (3, b's', member)] {
            pad(&mut fields, 8);
            fields.extend([code, 1, kind, 0]);
            fields.extend((text.len() as u32).to_le_bytes());
            fields.extend(text.bytes());
            fields.push(0);
        }
        let mut message = vec![b'l', 1, 0, 1, 0, 0, 0, 0];
        message.extend(self.serial.to_le_bytes());
        message.extend((fields.len() as u32).to_le_bytes());
        message.extend(fields);
        pad(&mut message, 8);
        self.stream.write_all(&message)?;
        loop {
            let (kind, fields, body) = self.receive()?;
            if fields.reply_serial == Some(self.serial) {
                return match kind {
                    2 => Ok((fields.signature, body)),
                    _ => Err(io::Error::other(fields.error)),
                };
            }
        }
    }

    /// The next message: its kind, what matters of its header, and its body.
    fn receive(&mut self) -> io::Result<(u8, Fields, Vec<u8>)> {
        let mut start = [0; 16];
        self.stream.read_exact(&mut start)?;
        let number = |at: usize| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]) as usize;
        let (body, fields) = (number(4), number(12));
        if start[0] != b'l' || body > LONGEST || fields > LONGEST {
            return Err(malformed());
        }
        let mut header = vec![0; fields.next_multiple_of(8)];
        self.stream.read_exact(&mut header)?;
        let mut content = vec![0; body];
        self.stream.read_exact(&mut content)?;
        Ok((start[1], Fields::read(&header[..fields])?, content))
    }
}

/// What matters of a message's header.
#[derive(Debug, Default)]
struct Fields {
    error: String,
    reply_serial: Option<u32>,
    signature: String,
}

impl Fields {
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let mut fields = Self::default();
        while reader.at < bytes.len() {
            reader.align(8);
            let code = reader.byte()?;
            match (code, reader.signature()?.as_str()) {
                (5, "u") => fields.reply_serial = Some(reader.number()?),
                (4, "s") => fields.error = reader.text()?,
                (8, "g") => fields.signature = reader.signature()?,
                (_, "u") => drop(reader.number()?),
                (_, "s" | "o") => drop(reader.text()?),
                (_, "g") => drop(reader.signature()?),
                _ => return Err(malformed()),
            }
        }
        Ok(fields)
    }
}

/// Reads values, each at its place.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, length: usize) -> io::Result<&[u8]> {
        let taken = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end)).ok_or_else(malformed)?;
        self.at += length;
        Ok(taken)
    }

    fn byte(&mut self) -> io::Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> io::Result<u32> {
        self.align(4);
        self.take(4)?.try_into().map(u32::from_le_bytes).map_err(|_| malformed())
    }

    fn text(&mut self) -> io::Result<String> {
        let length = self.number()? as usize;
        self.ended(length)
    }

    fn signature(&mut self) -> io::Result<String> {
        let length = self.byte()?;
        self.ended(length.into())
    }

    /// Text of this length, and the zero after it.
    fn ended(&mut self, length: usize) -> io::Result<String> {
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.byte()?;
        Ok(text)
    }
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

/// A line of the conversation that comes before messages.
fn line(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        line.extend(byte);
    }
    Ok(line)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::thread;

    fn text(bytes: &mut Vec<u8>, text: &str) {
        pad(bytes, 4);
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.bytes());
        bytes.push(0);
    }

    /// The answer to a call, with a signal before it that nobody waits for.
    fn answer(serial: u32, signature: &str, body: &[u8]) -> Vec<u8> {
        let mut message = vec![b'l', 4, 0, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0];
        let mut fields = vec![5, 1, b'u', 0];
        fields.extend(serial.to_le_bytes());
        fields.extend([8, 1, b'g', 0, signature.len() as u8]);
        fields.extend(signature.bytes());
        fields.push(0);
        message.extend([b'l', 2, 0, 1]);
        message.extend((body.len() as u32).to_le_bytes());
        message.extend(10_u32.to_le_bytes());
        message.extend((fields.len() as u32).to_le_bytes());
        message.extend(&fields);
        pad(&mut message, 8);
        message.extend(body);
        message
    }

    /// The length of the message that a client has sent, which has no body.
    fn call(stream: &mut UnixStream) {
        let mut start = [0; 16];
        stream.read_exact(&mut start).unwrap();
        let length = u32::from_le_bytes(start[12..].try_into().unwrap()) as usize;
        stream.read_exact(&mut vec![0; length.next_multiple_of(8)]).unwrap();
    }

    #[test]
    fn units_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bus");
        let listener = UnixListener::bind(&path).unwrap();
        let bus = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(line(&mut stream).unwrap().starts_with(b"\0AUTH EXTERNAL 3"));
            stream.write_all(b"OK 1234deadbeef\r\n").unwrap();
            assert_eq!(line(&mut stream).unwrap(), b"BEGIN\r\n");
            call(&mut stream);
            let mut name = Vec::new();
            text(&mut name, ":1.42");
            stream.write_all(&answer(1, "s", &name)).unwrap();
            call(&mut stream);
            let mut body = vec![0; 8];
            for (unit, sub) in [("ssh.service", "running"), ("x.service", "dead")] {
                pad(&mut body, 8);
                for word in [unit, "what it is", "loaded", "active", sub, "", "/org/x"] {
                    text(&mut body, word);
                }
                pad(&mut body, 4);
                body.extend([0; 4]);
                text(&mut body, "");
                text(&mut body, "/");
            }
            let length = (body.len() - 8) as u32;
            body[..4].copy_from_slice(&length.to_le_bytes());
            stream.write_all(&answer(2, UNITS, &body)).unwrap();
        });
        let units = Bus::connect(path.to_str().unwrap(), Duration::from_secs(30)).unwrap().units().unwrap();
        let states: Vec<_> = units.iter().map(|unit| (unit.name.as_str(), unit.sub.as_str())).collect();
        assert_eq!(states, [("ssh.service", "running"), ("x.service", "dead")]);
        bus.join().unwrap();
    }

    #[test]
    fn one_that_is_not_taken_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bus");
        let listener = UnixListener::bind(&path).unwrap();
        let bus = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            line(&mut stream).unwrap();
            stream.write_all(b"REJECTED EXTERNAL\r\n").unwrap();
        });
        let error = Bus::connect(path.to_str().unwrap(), Duration::from_secs(30)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        bus.join().unwrap();
    }
}
