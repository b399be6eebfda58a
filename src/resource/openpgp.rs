//! The fingerprint of an OpenPGP public key, armored or not, as defined in RFC 4880 (12.2) and RFC 9580 (5.5.4).
//! Nothing else of OpenPGP is needed: apt itself checks the signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use std::fmt::Write as _;

/// The upper-case hex fingerprint of the first public key in `bytes`.
///
/// # Errors
/// One sentence, when it is no public key.
pub fn fingerprint(bytes: &[u8]) -> Result<String, String> {
    let binary = match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN PGP") => dearmor(text)?,
        _ => bytes.to_vec(),
    };
    let body = first_packet(&binary).ok_or("this is no OpenPGP public key")?;
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

/// The bytes in an armored block: base64 between the header's empty line and the checksum.
fn dearmor(text: &str) -> Result<Vec<u8>, String> {
    let block =
        text.split("-----BEGIN PGP PUBLIC KEY BLOCK-----").nth(1).ok_or("this is no armored OpenPGP public key")?;
    let lines = block.lines().skip(1).skip_while(|line| line.contains(": "));
    let body: String = lines.take_while(|line| !line.starts_with(['=', '-'])).map(str::trim).collect();
    STANDARD.decode(body).map_err(|_| "the armored key is damaged".to_owned())
}

/// The body of the first packet, if that is a public key (tag 6).
fn first_packet(bytes: &[u8]) -> Option<&[u8]> {
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
    if tag == 6 { rest.get(..length) } else { None }
}
