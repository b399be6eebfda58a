//! Tables of comma-separated values.

use super::invalid;
use csv::{ReaderBuilder, StringRecord};
use minijinja::Error;
use minijinja::value::Value;

/// The rows of a text, each a mapping by the names in the first line. InfluxDB's annotated CSV is several tables, each
/// after an empty line and with names of its own: their rows follow one another. Lines that begin with `#` are annotations.
pub(super) fn from_csv(text: &str) -> Result<Vec<Value>, Error> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
    let mut names: Option<StringRecord> = None;
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let at = usize::try_from(reader.position().byte()).unwrap_or_default();
        let before_record = text.get(at..).unwrap_or_default();
        if !reader.read_record(&mut record).map_err(|error| invalid(format!("this is no CSV: {error}")))? {
            return Ok(rows);
        }
        let after_empty_line = begins_with_empty_line(text.get(..at).unwrap_or_default(), before_record);
        match &names {
            Some(names) if !after_empty_line => {
                rows.push(Value::from_pairs(names.iter().zip(record.iter().map(Value::from))));
            }
            _ => names = Some(record.clone()),
        }
    }
}

/// Whether an empty line is next; the reader stops between the two characters of a line's end.
fn begins_with_empty_line(read: &str, rest: &str) -> bool {
    let rest = if read.ends_with('\r') { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
    !read.is_empty() && rest.starts_with(['\r', '\n'])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        from_csv(text).unwrap().into_iter().map(|row| serde_json::to_string(&row).unwrap() + "\n").collect()
    }

    #[test]
    fn rows_are_mappings() {
        insta::assert_snapshot!(json("a,b\n1,\"x, \"\"y\"\"\n\nz\"\n2\n3,4,5\n"), @r#"
        {"a":"1","b":"x, \"y\"\n\nz"}
        {"a":"2"}
        {"a":"3","b":"4"}
        "#);
        assert_eq!([json(""), json("a,b\n"), json("\r\n")], ["", "", ""]);
    }

    #[test]
    fn tables_of_influxdb_follow_one_another() {
        let tables = "#datatype,string,long,dateTime:RFC3339,string\r\n#group,false,false,false,true\r\n#default,_result,,,\r\n\
            ,result,table,_time,host\r\n,,0,2026-01-01T00:00:00Z,app\r\n,,0,2026-01-01T00:00:10Z,app\r\n\r\n\
            #datatype,string,long,string,dateTime:RFC3339\r\n#group,false,false,true,false\r\n#default,_result,,,\r\n\
            ,result,table,host,_time\r\n,,1,mon,2026-01-01T00:00:20Z\r\n\r\n";
        insta::assert_snapshot!(json(tables), @r#"
        {"":"","result":"","table":"0","_time":"2026-01-01T00:00:00Z","host":"app"}
        {"":"","result":"","table":"0","_time":"2026-01-01T00:00:10Z","host":"app"}
        {"":"","result":"","table":"1","host":"mon","_time":"2026-01-01T00:00:20Z"}
        "#);
        let plain = tables.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect::<String>();
        assert_eq!(json(&plain), json(tables));
        assert_eq!(json(&tables.replace('\r', "")), json(tables));
    }
}
