//! The body of a push request, as who sends and who receives it sees it.

use prost::Message;

/// Streams with their lines.
#[derive(Clone, PartialEq, Message)]
pub struct PushRequest {
    /// Each set of labels once, as a rule.
    #[prost(message, repeated, tag = "1")]
    pub streams: Vec<Stream>,
}

/// Lines that share their labels.
#[derive(Clone, PartialEq, Message)]
pub struct Stream {
    /// The labels as text: `{job="a"}`.
    #[prost(string, tag = "1")]
    pub labels: String,
    /// The lines.
    #[prost(message, repeated, tag = "2")]
    pub entries: Vec<Line>,
}

/// One line.
#[derive(Clone, PartialEq, Message)]
pub struct Line {
    /// When it was written.
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<Timestamp>,
    /// Its text.
    #[prost(string, tag = "2")]
    pub line: String,
    /// What is known of this line only.
    #[prost(message, repeated, tag = "3")]
    pub metadata: Vec<Pair>,
}

/// A moment.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Timestamp {
    /// Seconds since 1970.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds within the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// A label of one line.
#[derive(Clone, PartialEq, Message)]
pub struct Pair {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

impl Timestamp {
    /// The moment so many nanoseconds after 1970 began.
    pub fn at(nanoseconds: i64) -> Self {
        Self {
            seconds: nanoseconds.div_euclid(1_000_000_000),
            nanos: i32::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap_or_default(),
        }
    }

    /// Nanoseconds since 1970.
    pub fn nanoseconds(self) -> i64 {
        self.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(self.nanos))
    }
}

impl PushRequest {
    /// The body as it is sent: protobuf, packed with snappy.
    ///
    /// # Errors
    /// More than snappy can pack at once.
    pub fn pack(&self) -> Result<Vec<u8>, snap::Error> {
        snap::raw::Encoder::new().compress_vec(&self.encode_to_vec())
    }

    /// Reads such a body.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn unpack(body: &[u8]) -> Result<Self, String> {
        let plain = snap::raw::Decoder::new().decompress_vec(body).map_err(|error| error.to_string())?;
        Self::decode(plain.as_slice()).map_err(|error| error.to_string())
    }
}
