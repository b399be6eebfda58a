//! One file of the journal, in the format that systemd documents as JOURNAL_FILE_FORMAT.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

const SIGNATURE: &[u8] = b"LPKSHHRH";
const COMPACT: u32 = 16;
/// Flags of features that are read here: LZ4, keyed hashes, ZSTD, and the compact form.
const KNOWN: u32 = 2 | 4 | 8 | COMPACT;
const OBJECT_HEADER: u64 = 16;
/// More than any field that journald takes.
const LARGEST: u64 = 1 << 30;

/// An open file, and how far it has been read.
#[derive(Debug)]
pub struct Journal {
    file: File,
    compact: bool,
    series: String,
    /// The array of entries that is read, and the next place in it.
    array: u64,
    index: u64,
    /// The number of the entry that was read last.
    pub last: Option<u64>,
}

/// An entry.
#[derive(Debug)]
pub struct Record {
    /// Its number among all of its series.
    pub seqnum: u64,
    /// Microseconds since 1970.
    pub realtime: u64,
    /// Its fields in their order.
    pub fields: Vec<(String, String)>,
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Journal {
    /// Opens a file.
    ///
    /// # Errors
    /// One that is no journal, or is written in a way that is not known here.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut header = [0; 208];
        file.read_exact_at(&mut header, 0)?;
        let flags = u32::from_le_bytes([header[12], header[13], header[14], header[15]]);
        if &header[..8] != SIGNATURE || flags & !KNOWN != 0 {
            return Err(invalid("no journal that can be read"));
        }
        let series = header[72..88].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { file, compact: flags & COMPACT != 0, series, array: 0, index: 0, last: None })
    }

    /// Whether this is the file that is now under a path.
    pub fn is_still(&self, path: &Path) -> bool {
        let inode = |metadata: io::Result<std::fs::Metadata>| metadata.map(|metadata| metadata.ino()).ok();
        inode(self.file.metadata()) == inode(std::fs::metadata(path))
    }

    /// The series of files that entries are counted across.
    pub fn series(&self) -> &str {
        &self.series
    }

    fn number(&self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The object at a place: its flags and what follows its header.
    fn object(&self, at: u64, kind: u8) -> io::Result<(u8, Vec<u8>)> {
        let mut header = [0; OBJECT_HEADER as usize];
        self.file.read_exact_at(&mut header, at)?;
        let size = u64::from_le_bytes([
            header[8], header[9], header[10], header[11], header[12], header[13], header[14], header[15],
        ]);
        if header[0] != kind || !(OBJECT_HEADER..LARGEST).contains(&size) {
            return Err(invalid("not the object that was expected"));
        }
        let mut body = vec![0; usize::try_from(size - OBJECT_HEADER).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut body, at + OBJECT_HEADER)?;
        Ok((header[1], body))
    }

    /// The entries after those that were read already, so many at most.
    pub fn records(&mut self, most: usize) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        if self.array == 0 {
            self.array = self.number(176)?;
        }
        while self.array != 0 && records.len() < most {
            let (_, body) = self.object(self.array, 6)?;
            let next = u64_at(&body, 0)?;
            let width = if self.compact { 4 } else { 8 };
            let capacity = (body.len() as u64 - 8) / width;
            while self.index < capacity && records.len() < most {
                let place = self.place(&body, 8 + self.index * width)?;
                if place == 0 {
                    return Ok(records);
                }
                match self.record(place) {
                    Ok(record) => records.push(record),
                    // An entry that makes no sense is passed over if others follow it.
                    Err(error) if self.index + 1 == capacity && next == 0 => {
                        return if records.is_empty() { Err(error) } else { Ok(records) };
                    }
                    Err(_) => {}
                }
                self.index += 1;
            }
            if self.index < capacity || next == 0 {
                break;
            }
            self.array = next;
            self.index = 0;
        }
        Ok(records)
    }

    /// The place of an object that is noted at a place of another.
    fn place(&self, body: &[u8], at: u64) -> io::Result<u64> {
        let at = usize::try_from(at).map_err(io::Error::other)?;
        if !self.compact {
            return u64_at(body, at);
        }
        let bytes = body.get(at..at + 4).ok_or_else(|| invalid("cut short"))?;
        Ok(u64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])))
    }

    fn record(&self, at: u64) -> io::Result<Record> {
        let (_, body) = self.object(at, 3)?;
        let mut record = Record { seqnum: u64_at(&body, 0)?, realtime: u64_at(&body, 8)?, fields: Vec::new() };
        let width = if self.compact { 4 } else { 16 };
        let mut item = 48;
        while item + width <= body.len() as u64 {
            let place = self.place(&body, item)?;
            item += width;
            if place == 0 {
                continue;
            }
            let field = self.data(place)?;
            if let Some(sign) = field.iter().position(|byte| *byte == b'=') {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                record.fields.push((text(&field[..sign]), text(&field[sign + 1..])));
            }
        }
        Ok(record)
    }

    /// A field with its name: `MESSAGE=...`.
    fn data(&self, at: u64) -> io::Result<Vec<u8>> {
        let (flags, body) = self.object(at, 1)?;
        let header = if self.compact { 56 } else { 48 };
        let payload = body.get(header..).ok_or_else(|| invalid("cut short"))?;
        match flags & 7 {
            0 => Ok(payload.to_vec()),
            2 => {
                let size = usize::try_from(u64_at(payload, 0)?).map_err(io::Error::other)?;
                if size as u64 > LARGEST {
                    return Err(invalid("too large"));
                }
                lz4_flex::block::decompress(&payload[8..], size).map_err(io::Error::other)
            }
            4 => {
                let mut plain = Vec::new();
                let decoder = ruzstd::decoding::StreamingDecoder::new(payload).map_err(io::Error::other)?;
                decoder.take(LARGEST).read_to_end(&mut plain)?;
                Ok(plain)
            }
            _ => Err(invalid("compressed in a way that is not known here")),
        }
    }
}

fn u64_at(bytes: &[u8], at: usize) -> io::Result<u64> {
    let bytes = bytes.get(at..at + 8).ok_or_else(|| invalid("cut short"))?;
    Ok(u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]))
}
