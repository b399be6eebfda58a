//! The name of a quadlet, and what it says.

use crate::quadlet::{self, Kind, UnitFile};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::Node;

/// A file name that podman takes for a quadlet.
pub fn quadlet_name(node: &Node) -> Result<(String, Kind), Diagnostics> {
    let name = node.string()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@');
    let kind = Kind::of(&name);
    match kind {
        Some(kind) if name.chars().all(plain) && !name.starts_with(['-', '.']) => Ok((name, kind)),
        _ => {
            let error = Diagnostic::at(&node.span, format!("`{name}` is no name of a quadlet"));
            Err(error.hint("it ends in .container, .volume, .network or .image").into())
        }
    }
}

/// Reads what a quadlet says; a drop-in need not be complete.
pub fn read(bytes: &[u8], name: &str, kind: Kind, drop_in: bool, at: &Node) -> Result<UnitFile, Diagnostics> {
    let wrong = |line: usize, message: &str, hint: Option<String>| {
        let error = Diagnostic::at(&at.span, format!("line {line} of {name}: {message}"));
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    };
    let text = std::str::from_utf8(bytes).map_err(|_| Diagnostic::at(&at.span, format!("{name} is not UTF-8 text")))?;
    let unit = UnitFile::parse(text);
    let found = match &unit {
        Err(problems) => problems.clone(),
        Ok(unit) if drop_in => quadlet::check_drop_in(kind, unit, None),
        Ok(unit) => quadlet::check(kind, unit, None),
    };
    let mut errors = Diagnostics::new();
    for problem in found {
        errors.push(wrong(problem.line, &problem.message, problem.hint));
    }
    errors.or(unit.unwrap_or_default())
}
