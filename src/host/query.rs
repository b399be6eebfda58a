//! Text in the query of a URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is there.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text as it is written there.
pub fn in_query(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
