//! What a host has answered about paths.

use super::{Below, Files, Meta, PathState};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::VecDeque;

/// Takes in the records about paths.
#[derive(Debug, Default)]
pub struct Answers {
    files: Files,
    /// Links whose targets are still to come, in the same order.
    links: VecDeque<String>,
}

impl Answers {
    /// Takes one record; says whether it is one of these.
    pub fn record(&mut self, tag: &str, rest: &str) -> bool {
        match tag {
            "path" => self.path(rest),
            "unseen" => {
                // stat: cannot statx '/root/x': Permission denied; busybox says "can't"; sha256sum: /root/x: Permission denied
                let (place, reason) = rest.rsplit_once(": ").unwrap_or((rest, rest));
                let path = place.find('/').map_or(place, |start| &place[start..]);
                let path = path.strip_suffix(['\'', '"']).unwrap_or(path);
                self.files.unreadable.insert(path.to_owned(), reason.to_owned());
            }
            "astray" => {
                if let Some((folder, why)) = rest.split_once("//") {
                    self.files.astray.insert(folder.to_owned(), why.to_owned());
                }
            }
            "sum" => {
                if let Some((sum, path)) = rest.split_once(' ')
                    && let Some(PathState::File { sha256, .. }) = self.files.paths.get_mut(path)
                {
                    *sha256 = Some(sum.to_owned());
                }
            }
            "content" => self.content(rest),
            "below" => self.below(rest),
            "link" => self.links.push_back(rest.to_owned()),
            "target" => {
                if let Some(path) = self.links.pop_front() {
                    self.files.paths.insert(path, PathState::Link { target: Some(rest.to_owned()) });
                }
            }
            _ => return false,
        }
        true
    }

    /// All that was answered.
    pub fn finish(self) -> Files {
        self.files
    }

    fn path(&mut self, rest: &str) {
        let words: Vec<&str> = rest.splitn(8, '/').collect();
        let [mode, owner, group, uid, gid, size, modified, path] = words[..] else { return };
        let mode = u32::from_str_radix(mode, 16).unwrap_or_default();
        let name = |name: &str, number: &str| if name == "UNKNOWN" { number.to_owned() } else { name.to_owned() };
        let meta = Meta {
            owner: name(owner, uid),
            group: name(group, gid),
            uid: uid.parse().ok(),
            gid: gid.parse().ok(),
            mode: mode & 0o7777,
        };
        // the kinds of st_mode, see inode(7)
        let state = match mode & 0o170_000 {
            0o100_000 => PathState::File {
                meta,
                sha256: None,
                content: None,
                size: size.parse().unwrap_or_default(),
                modified: modified.parse().ok(),
            },
            0o040_000 => PathState::Directory { meta },
            0o120_000 => PathState::Link { target: None },
            _ => PathState::Other,
        };
        self.files.paths.insert(format!("/{path}"), state);
    }

    fn below(&mut self, rest: &str) {
        let Some((names, folder)) = rest.split_once(' ') else { return };
        let Ok(names) = STANDARD.decode(names.strip_prefix('=').unwrap_or(names)) else { return };
        self.files.below.insert(folder.to_owned(), Below::parse(folder, &names));
    }

    fn content(&mut self, rest: &str) {
        let Some((body, path)) = rest.split_once(' ') else { return };
        let Ok(bytes) = STANDARD.decode(body.strip_prefix('=').unwrap_or(body)) else { return };
        if let Some(PathState::File { content, size, .. }) = self.files.paths.get_mut(path)
            && bytes.len() as u64 == *size
        {
            *content = Some(bytes);
        }
    }
}
