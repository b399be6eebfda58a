//! Which release of the real program a stand-in passes for.

use std::path::Path;

/// The release of a stand-in that ends as soon as it is started.
pub const CRASH: &str = "crash";

/// Where images and packages say which release theirs is; the program's name follows.
pub const FOLDER: &str = "/usr/share/solti-standins";

/// Whether the image or package that this one comes in is that of `program`.
pub fn is_of(program: &str) -> bool {
    Path::new(FOLDER).join(program).exists()
}

/// The release that `program` passes for: what its image or package says, or a default.
pub fn of(program: &str) -> String {
    if let Ok(told) = std::env::var("SOLTI_STANDIN_RELEASE") {
        return told;
    }
    match std::fs::read_to_string(Path::new(FOLDER).join(program)) {
        Ok(told) => told.trim().to_owned(),
        Err(_) if program == "loki" => "3.5.0".to_owned(),
        Err(_) if program == "influxd" => "2.7.11".to_owned(),
        Err(_) if program == "telegraf" => "1.38.4".to_owned(),
        Err(_) if program == "grafana" => "12.3.1".to_owned(),
        Err(_) => "v1.10.0".to_owned(),
    }
}
