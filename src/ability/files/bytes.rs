//! Content as JSON has it: as text where it is text, else as base64, so that no byte is lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written<'a> {
    Text(Cow<'a, str>),
    Base64(String),
}

/// Writes content.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Written::Text(text.into()),
        Err(_) => Written::Base64(STANDARD.encode(bytes)),
    }
    .serialize(serializer)
}

/// Reads content.
///
/// # Errors
/// Where it is neither text nor base64.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Text(text) => Ok(text.into_owned().into_bytes()),
        Written::Base64(text) => STANDARD.decode(text).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use crate::ability::files::Body;
    use proptest::prelude::*;

    #[test]
    fn text_stays_legible() {
        let body = |content: &[u8]| Body { path: "/a".into(), content: content.into(), attributes: Default::default() };
        let json = |content: &[u8]| serde_json::to_value(body(content)).unwrap()["content"].to_string();
        assert_eq!(json("grün\n\0".as_bytes()), r#"{"text":"grün\n\u0000"}"#);
        assert_eq!(json(&[0, 159, 146, 150]), r#"{"base64":"AJ+Slg=="}"#);
        let wrong = serde_json::to_string(&body(b"")).unwrap().replace(r#"{"text":""}"#, r#"{"base64":"?"}"#);
        assert!(serde_json::from_str::<Body>(&wrong).is_err());
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(content: Vec<u8>) {
            let body = Body { path: "/a".into(), content, attributes: Default::default() };
            let text = serde_json::to_string(&body).unwrap();
            prop_assert_eq!(serde_json::from_str::<Body>(&text).unwrap(), body);
        }
    }
}
