//! Loki's command line, which is that of Go's flag package.

use std::path::PathBuf;

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
pub struct Flags {
    /// The configuration.
    pub config: PathBuf,
    /// Whether `${NAME}` in it is replaced.
    pub expand: bool,
    /// Whether it is only read.
    pub verify: bool,
    /// Whether only the version is asked for.
    pub version: bool,
}

/// Why the program ends before it has begun: its exit code and words.
pub type Refused = (u8, String);

/// Reads the command line.
pub fn parse(words: &[String]) -> Result<Flags, Refused> {
    let mut flags = Flags { config: PathBuf::from("config.yaml"), ..Flags::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|flag| !flag.is_empty())
        else {
            break;
        };
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
        let boolean = |value: Option<&str>| match value.unwrap_or("true") {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            other => Err((2, format!("invalid boolean value {other:?} for -{name}: parse error"))),
        };
        let mut text = || {
            let next = value.clone().or_else(|| words.next().cloned());
            next.ok_or_else(|| (2, format!("flag needs an argument: -{name}")))
        };
        match name {
            "config.file" => flags.config = text()?.into(),
            "config.expand-env" => flags.expand = boolean(value.as_deref())?,
            "verify-config" => flags.verify = boolean(value.as_deref())?,
            "version" => flags.version = boolean(value.as_deref())?,
            "print-config-stderr" | "log-config-reverse-order" => {
                boolean(value.as_deref())?;
            }
            "log.level" => {
                text()?;
            }
            "target" => {
                let target = text()?;
                if target != "all" {
                    return Err((3, format!("the stand-in does not know -target={target}")));
                }
            }
            name if name.contains('.') => return Err((3, format!("the stand-in does not know -{name}"))),
            name => return Err((2, format!("flag provided but not defined: -{name}"))),
        }
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Flags, Refused> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_are_taken_as_go_takes_them() {
        let flags = parsed("-config.file /a.yml --verify-config -config.expand-env=true --target=all").unwrap();
        assert_eq!(flags, Flags { config: "/a.yml".into(), expand: true, verify: true, version: false });
        assert_eq!(parsed("-foo").unwrap_err(), (2, "flag provided but not defined: -foo".to_owned()));
        assert_eq!(parsed("-target=read").unwrap_err().0, 3);
        assert_eq!(parsed("-config.file").unwrap_err().0, 2);
    }
}
