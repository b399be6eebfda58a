//! The value of `Mount=`: fields parted by commas, as in CSV.

/// A mount as `podman run --mount` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs` and so on; `volume` unless it says otherwise.
    pub kind: String,
    /// The other fields in order.
    pub fields: Vec<String>,
}

impl Mount {
    /// Reads the value.
    ///
    /// # Errors
    /// When a quote is not closed, or is in the middle of a field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut fields = fields(text)?;
        let kind = fields.iter().position(|field| field.starts_with("type=") && field.matches('=').count() == 1);
        let kind = kind.map(|index| fields.remove(index).split_off("type=".len()));
        Ok(Self { kind: kind.unwrap_or_else(|| "volume".to_owned()), fields })
    }

    /// Where the mount comes from; the last one counts.
    pub fn source(&self) -> Option<&str> {
        self.source_field().and_then(|index| self.fields[index].split_once('=')).map(|(_, source)| source)
    }

    /// Gives it another source.
    pub fn set_source(&mut self, source: &str) {
        let field = format!("source={source}");
        match self.source_field() {
            Some(index) => self.fields[index] = field,
            None => self.fields.push(field),
        }
    }

    fn source_field(&self) -> Option<usize> {
        self.fields.iter().rposition(|field| matches!(field.split_once('='), Some(("source" | "src", _))))
    }

    /// The value again, with the type first.
    pub fn to_value(&self) -> String {
        let kind = format!("type={}", self.kind);
        let fields = [&kind].into_iter().chain(&self.fields).map(|field| {
            let quoted = field.contains([',', '"', '\r', '\n']) || field.starts_with(char::is_whitespace);
            if quoted { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.clone() }
        });
        fields.collect::<Vec<_>>().join(",")
    }
}

fn fields(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, behind) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_field(quoted)?
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        if field.contains('"') && !rest.starts_with('"') {
            return Err(format!("a quote in the middle of `{field}`"));
        }
        fields.push(field);
        match behind.strip_prefix(',') {
            Some(behind) => rest = behind,
            None if behind.is_empty() => return Ok(fields),
            None => return Err(format!("expected a comma before `{behind}`")),
        }
    }
}

/// A field whose opening quote has been read, and what comes behind its closing one.
fn quoted_field(text: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    let mut rest = text;
    while let Some((part, behind)) = rest.split_once('"') {
        field.push_str(part);
        match behind.strip_prefix('"') {
            Some(behind) => {
                field.push('"');
                rest = behind;
            }
            None => return Ok((field, behind)),
        }
    }
    Err("a quote is not closed".to_owned())
}
