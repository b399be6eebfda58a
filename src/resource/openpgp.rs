//! The public keys of an OpenPGP key file, armored or not, by their fingerprints (RFC 4880, 12.2; RFC 9580, 5.5.4). apt
//! trusts every key of such a file, so all of it is read, and what is not understood is refused.
//! Nothing else of OpenPGP is needed: apt itself checks the signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// How a public key begins, in the forms that apt takes for a key file's beginning.
const FIRST: [u8; 3] = [0x98, 0x99, 0xc6];

/// A key file as apt gets to see it.
#[derive(Debug)]
pub struct KeyFile {
    /// What the file holds: the text as it was, if all versions of apt read it alike, else its packets.
    pub bytes: Vec<u8>,
    /// Whether that is text; apt tells by the file's name.
    pub armored: bool,
    /// The upper-case hex fingerprints of all its primary keys.
    pub fingerprints: BTreeSet<String>,
}

impl KeyFile {
    /// Reads all of a key file.
    ///
    /// # Errors
    /// One sentence, when it is anything but public keys and what belongs to them.
    pub fn read(bytes: Vec<u8>) -> Result<Self, String> {
        // no text begins like a packet
        if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
            let fingerprints = primary_keys(&bytes)?;
            return Ok(Self { bytes, armored: false, fingerprints });
        }
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) if text.contains("-----BEGIN PGP") => text,
            _ => return Err("this is no OpenPGP public key".to_owned()),
        };
        let blocks = blocks(text)?;
        let packets = blocks.concat();
        let fingerprints = primary_keys(&packets)?;
        // apt 2.6 knows no second block and no other line ends, and tells text by its first line
        let plain = blocks.len() == 1
            && text.starts_with(BEGIN)
            && text.trim_end().ends_with(END)
            && !text.contains('\r')
            && text.lines().all(|line| line.trim_end() == line);
        Ok(Self { armored: plain, bytes: if plain { bytes } else { packets }, fingerprints })
    }
}

/// The bytes of all armored blocks in a text; what stands around them is a comment.
fn blocks(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let damaged = || "the armored key is damaged".to_owned();
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match line.trim_end() {
            BEGIN => {}
            line if line.contains("-----BEGIN PGP PRIVATE KEY BLOCK") => return Err(secret()),
            line if line.contains("-----BEGIN PGP") => return Err("this is no armored OpenPGP public key".to_owned()),
            _ => continue,
        }
        let mut header = true;
        let mut body = String::new();
        let mut summed = false;
        loop {
            match lines.next().map(str::trim_end) {
                // without the line that ends it, the rest may be missing
                None => return Err(damaged()),
                Some(END) => break,
                Some(line) if header => match line {
                    "" => header = false,
                    line if line.contains(": ") || line.ends_with(':') => {}
                    _ => return Err(damaged()),
                },
                Some(line) if line.starts_with('=') && !summed => summed = true,
                // some readers go on after the checksum
                Some(line) if !summed => body.push_str(line),
                Some("") => {}
                Some(_) => return Err(damaged()),
            }
        }
        blocks.push(STANDARD.decode(body).map_err(|_| damaged())?);
    }
    Ok(blocks)
}

fn secret() -> String {
    "there is a secret key in it, which belongs on no host; export the public key alone".to_owned()
}

/// The fingerprints of all primary keys among a file's packets.
fn primary_keys(mut bytes: &[u8]) -> Result<BTreeSet<String>, String> {
    let nothing = || "this is no OpenPGP public key".to_owned();
    if !bytes.first().is_some_and(|byte| FIRST.contains(byte)) && !matches!(packet(bytes), Some((5 | 7, ..))) {
        return Err(nothing());
    }
    let mut found = BTreeSet::new();
    while !bytes.is_empty() {
        let (tag, body, rest) = match packet(bytes) {
            Some(packet) => packet,
            None if found.is_empty() => return Err(nothing()),
            None => return Err("the key file is damaged, or something else follows the key".to_owned()),
        };
        match tag {
            6 => {
                found.insert(fingerprint(body)?);
            }
            // subkeys, names, pictures, signatures, and what gpg itself thinks of them: nothing without their primary key
            14 | 13 | 17 | 2 | 12 => {}
            5 | 7 => return Err(secret()),
            other => {
                return Err(format!("there is something in it that belongs to no public key (packet type {other})"));
            }
        }
        bytes = rest;
    }
    Ok(found)
}

/// The fingerprint of a public key's packet.
fn fingerprint(body: &[u8]) -> Result<String, String> {
    let digest = match body.first() {
        Some(4) => {
            let length = u16::try_from(body.len()).map_err(|_| "the key is too long".to_owned())?;
            Sha1::new().chain_update([0x99]).chain_update(length.to_be_bytes()).chain_update(body).finalize().to_vec()
        }
        Some(6) => {
            let length = u32::try_from(body.len()).map_err(|_| "the key is too long".to_owned())?;
            Sha256::new().chain_update([0x9b]).chain_update(length.to_be_bytes()).chain_update(body).finalize().to_vec()
        }
        _ => return Err("this key is neither of version 4 nor of version 6".to_owned()),
    };
    Ok(digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    }))
}

/// The type and body of the first packet, and what follows it. Packets of unknown length are for data, not for keys.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&head, rest) = bytes.split_first()?;
    let (tag, length, rest) = if head & 0xc0 == 0xc0 {
        let (&first, after) = rest.split_first()?;
        let (length, after) = match first {
            0..=191 => (usize::from(first), after),
            192..=223 => (((usize::from(first) - 192) << 8) + usize::from(*after.first()?) + 192, after.get(1..)?),
            255 => (u32::from_be_bytes(after.get(..4)?.try_into().ok()?) as usize, after.get(4..)?),
            _ => return None,
        };
        (head & 0x3f, length, after)
    } else if head & 0x80 != 0 {
        let size = match head & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        };
        let length = rest.get(..size)?.iter().fold(0_usize, |length, &byte| (length << 8) | usize::from(byte));
        ((head >> 2) & 0xf, length, rest.get(size..)?)
    } else {
        return None;
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}
