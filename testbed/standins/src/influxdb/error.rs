//! InfluxDB's errors, as its HTTP API tells them.

use crate::web::{self, Answer};
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::json;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The kind of error, in InfluxDB's words; the status follows from it.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// A request that is wrong in itself.
pub fn invalid(message: impl Into<String>) -> Refused {
    Refused { code: "invalid", message: message.into() }
}

/// Something that is not there.
pub fn missing(message: impl Into<String>) -> Refused {
    Refused { code: "not found", message: message.into() }
}

/// Something that is there already.
pub fn conflict(message: impl Into<String>) -> Refused {
    Refused { code: "conflict", message: message.into() }
}

/// A request of the right form with values that cannot be.
pub fn unprocessable(message: impl Into<String>) -> Refused {
    Refused { code: "unprocessable entity", message: message.into() }
}

/// A token that may not do this.
pub fn unauthorized(message: impl Into<String>) -> Refused {
    Refused { code: "unauthorized", message: message.into() }
}

/// A token that may not write or delete.
pub fn forbidden(message: impl Into<String>) -> Refused {
    Refused { code: "forbidden", message: message.into() }
}

/// An error that the real server does not explain by its code.
pub fn internal(message: impl Into<String>) -> Refused {
    Refused { code: "internal error", message: message.into() }
}

/// What only the real server knows.
pub fn unknown(what: impl std::fmt::Display) -> Refused {
    Refused { code: "not implemented", message: format!("the stand-in does not know {what}") }
}

impl Refused {
    /// The status that goes with the code.
    pub fn status(&self) -> StatusCode {
        match self.code {
            "invalid" | "empty value" => StatusCode::BAD_REQUEST,
            "conflict" | "unprocessable entity" => StatusCode::UNPROCESSABLE_ENTITY,
            "not found" => StatusCode::NOT_FOUND,
            "unauthorized" => StatusCode::UNAUTHORIZED,
            "forbidden" => StatusCode::FORBIDDEN,
            "method not allowed" => StatusCode::METHOD_NOT_ALLOWED,
            "not implemented" => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer that says so.
    pub fn answer(&self) -> Answer {
        let mut answer = web::json(self.status(), &json!({"code": self.code, "message": self.message}));
        answer
            .headers_mut()
            .insert(HeaderName::from_static("x-platform-error-code"), HeaderValue::from_static(self.code));
        answer
    }
}
