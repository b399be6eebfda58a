//! What has become of a role whose shell was lost.

/// What the host says of it afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It is done.
    Done,
    /// It is done, but for what is to be cleared away.
    Unfinished,
    /// The host has put it back.
    Undone,
    /// Nothing of it had begun.
    Nothing,
    /// The host is still at work on it.
    Busy,
    /// It is half done, and nobody is at work on it.
    Open,
    /// The host cannot be asked.
    Unknown,
}

impl From<Option<&str>> for Became {
    fn from(word: Option<&str>) -> Self {
        match word {
            Some("done") => Self::Done,
            Some("unfinished") => Self::Unfinished,
            Some("undone") => Self::Undone,
            Some("nothing") => Self::Nothing,
            Some("busy") => Self::Busy,
            Some("open") => Self::Open,
            _ => Self::Unknown,
        }
    }
}

impl Became {
    /// Whether its changes stay.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::Unfinished)
    }

    /// Whether it may be half done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Busy | Self::Open | Self::Unknown)
    }

    /// The end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "the role is done",
            Self::Unfinished => "the role is done, and the next apply clears away what is left of its journal",
            Self::Undone => "a host puts back by itself what it is left alone with, and so it did",
            Self::Nothing => "the role had not begun",
            Self::Busy => "the host is still at work on the role, and then puts back by itself what that has changed",
            Self::Open => "the role is half done, and stays so until the next apply, which puts it back",
            Self::Unknown => {
                "a host that still runs puts back by itself what the role has changed; after a crash, the next apply does"
            }
        }
    }
}
