//! Layers: tar archives of a few files, the same bytes each time.

const BLOCK: usize = 512;

/// An archive that is being made.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
}

/// Whom a file belongs to, by number, and what they may do with it.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// User and group.
    pub owner: u32,
    /// Permissions.
    pub mode: u32,
}

impl Archive {
    /// Adds a folder: `etc/loki`.
    pub fn folder(&mut self, path: &str, access: Access) {
        self.header(&format!("{path}/"), access, b'5', 0);
    }

    /// Adds a file: `etc/passwd`.
    pub fn file(&mut self, path: &str, access: Access, content: &[u8]) {
        self.header(path, access, b'0', content.len());
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(BLOCK), 0);
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, path: &str, target: &str) {
        let at = self.bytes.len();
        self.header(path, Access { owner: 0, mode: 0o777 }, b'2', 0);
        self.bytes[at + 157..at + 157 + target.len()].copy_from_slice(target.as_bytes());
        self.sum(at);
    }

    /// The whole archive.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 2 * BLOCK, 0);
        self.bytes
    }

    fn header(&mut self, path: &str, access: Access, kind: u8, size: usize) {
        let mut header = [0u8; BLOCK];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, path);
        put(100, &format!("{:07o}", access.mode));
        put(108, &format!("{:07o}", access.owner));
        put(116, &format!("{:07o}", access.owner));
        put(124, &format!("{size:011o}"));
        put(136, "00000000000");
        put(257, "ustar\u{0}00");
        header[156] = kind;
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&header);
        self.sum(at);
    }

    /// Writes the sum of the header that begins there, which counts its own place as spaces.
    fn sum(&mut self, at: usize) {
        let header = &mut self.bytes[at..at + BLOCK];
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().copied().map(u32::from).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}
