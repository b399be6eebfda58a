//! What a query gives.

use super::super::points::{Series, Values};
use super::super::value::Value;
use super::parse::{self, Call, Expression};
use super::table::Table;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Where the points of a query come from.
pub trait Source {
    /// The points of a bucket, by its name or its id.
    ///
    /// # Errors
    /// The bucket is not there, or may not be read.
    fn series(&self, name: Option<&str>, id: Option<&str>) -> Result<&BTreeMap<Series, Values>, String>;

    /// The buckets that may be read, as a table.
    fn buckets(&self) -> Table;
}

/// Runs a query and gives its results with their names.
///
/// # Errors
/// Why it cannot be run; what is wrong with its text begins with `compilation failed`.
pub fn run(text: &str, now: i64, source: &dyn Source) -> Result<Vec<(String, Vec<Table>)>, String> {
    let failed = |why: String| format!("compilation failed: {why}");
    let pipelines = parse::parse(text).map_err(failed)?;
    if pipelines.is_empty() {
        return Err("compilation failed: this Flux script returns no streaming data. Consider adding a \"yield\" or \
                    invoking streaming functions directly, without performing an assignment"
            .to_owned());
    }
    let mut results: Vec<(String, Vec<Table>)> = Vec::new();
    for calls in &pipelines {
        let mut name = "_result".to_owned();
        let mut tables = Vec::new();
        let mut calls = calls.iter().peekable();
        let Some(first) = calls.next() else { continue };
        match first.name.as_str() {
            "buckets" => {
                Arguments::of(first, &[])?;
                tables.push(source.buckets());
            }
            "from" => {
                let arguments = Arguments::of(first, &["bucket", "bucketID"])?;
                let (bucket, id) = (arguments.text("bucket")?, arguments.text("bucketID")?);
                if bucket.is_none() && id.is_none() {
                    return Err("error calling function \"from\": must specify one of bucket or bucketID".to_owned());
                }
                let told = bucket.or(id).unwrap_or_default();
                let series = source.series(bucket, id)?;
                let Some(range) = calls.next_if(|call| call.name == "range") else {
                    return Err(format!(
                        "cannot submit unbounded read to {told:?}; try bounding 'from' with a call to 'range'"
                    ));
                };
                tables = read(series, span(range, now)?);
            }
            other => return Err(unknown(other)),
        }
        for call in calls {
            if call.name == "yield" {
                name = Arguments::of(call, &["name"])?.text("name")?.unwrap_or("_result").to_owned();
            } else {
                tables = step(call, tables, now)?;
                tables.retain(|table| !table.rows.is_empty());
            }
        }
        if results.iter().any(|(known, _)| *known == name) {
            return Err(format!("runtime error: tried to produce more than one result with the name {name:?}"));
        }
        results.push((name, tables));
    }
    Ok(results)
}

fn unknown(function: &str) -> String {
    format!("compilation failed: the stand-in does not know the function {function}")
}

/// The arguments of a call.
struct Arguments<'c>(&'c Call);

impl<'c> Arguments<'c> {
    fn of(call: &'c Call, known: &[&str]) -> Result<Self, String> {
        match call.arguments.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => {
                Err(format!("compilation failed: the stand-in does not know the argument {name} of {}", call.name))
            }
            None => Ok(Self(call)),
        }
    }

    fn get(&self, name: &str) -> Option<&'c Expression> {
        self.0.arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn wrong(&self, name: &str) -> String {
        format!("compilation failed: error calling function {:?}: wrong type of argument {name}", self.0.name)
    }

    fn lacks(&self, name: &str) -> String {
        format!("compilation failed: missing required argument {name} of {}", self.0.name)
    }

    fn text(&self, name: &str) -> Result<Option<&'c str>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Expression::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name)),
        }
    }

    fn integer(&self, name: &str) -> Result<Option<usize>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Expression::Integer(number)) => usize::try_from(*number).map(Some).map_err(|_| self.wrong(name)),
            Some(_) => Err(self.wrong(name)),
        }
    }

    fn boolean(&self, name: &str, default: bool) -> Result<bool, String> {
        match self.get(name) {
            None => Ok(default),
            Some(Expression::Boolean(value)) => Ok(*value),
            Some(_) => Err(self.wrong(name)),
        }
    }

    fn columns(&self) -> Result<Option<Vec<&'c str>>, String> {
        let Some(value) = self.get("columns") else { return Ok(None) };
        let Expression::List(items) = value else { return Err(self.wrong("columns")) };
        let names = items.iter().map(|item| match item {
            Expression::Text(name) => Ok(name.as_str()),
            _ => Err(self.wrong("columns")),
        });
        names.collect::<Result<_, _>>().map(Some)
    }

    fn moment(&self, name: &str, now: i64) -> Result<Option<i64>, String> {
        Ok(Some(match self.get(name) {
            None => return Ok(None),
            Some(Expression::Duration(length)) => now.saturating_add(*length),
            Some(Expression::Time(time)) => *time,
            Some(Expression::Integer(seconds)) => seconds.saturating_mul(1_000_000_000),
            Some(Expression::Now) => now,
            Some(_) => return Err(self.wrong(name)),
        }))
    }
}

fn span(call: &Call, now: i64) -> Result<(i64, i64), String> {
    let arguments = Arguments::of(call, &["start", "stop"])?;
    let start = arguments.moment("start", now)?.ok_or_else(|| arguments.lacks("start"))?;
    let stop = arguments.moment("stop", now)?.unwrap_or(now);
    if start >= stop {
        return Err("error in building plan while starting program: cannot query an empty range".to_owned());
    }
    Ok((start, stop))
}

/// A table per series, with the values that are in the span.
fn read(series: &BTreeMap<Series, Values>, (start, stop): (i64, i64)) -> Vec<Table> {
    let mut tables = Vec::new();
    for (series, values) in series {
        let tags: Vec<&String> = series.tags.keys().collect();
        let columns = ["_start", "_stop", "_time", "_value", "_field", "_measurement"].map(str::to_owned);
        let columns: Vec<String> = columns.into_iter().chain(tags.iter().map(|tag| (*tag).clone())).collect();
        let group = columns.iter().filter(|column| !["_time", "_value"].contains(&column.as_str())).cloned().collect();
        let rows = values.range(start..stop).map(|(time, value)| {
            let text = |text: &String| Some(Value::String(text.clone()));
            let first = [Value::Time(start), Value::Time(stop), Value::Time(*time), value.clone()].map(Some);
            let named = [text(&series.field), text(&series.measurement)];
            first.into_iter().chain(named).chain(series.tags.values().map(text)).collect()
        });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            tables.push(Table { columns, group, rows });
        }
    }
    tables
}

fn step(call: &Call, tables: Vec<Table>, now: i64) -> Result<Vec<Table>, String> {
    let each = |change: &dyn Fn(&mut Table)| {
        let mut tables = tables.clone();
        tables.iter_mut().for_each(change);
        Ok(tables)
    };
    match call.name.as_str() {
        "range" => {
            let (start, stop) = span(call, now)?;
            each(&|table| {
                let Some(time) = table.index("_time") else { return };
                table.rows.retain(|row| matches!(row[time], Some(Value::Time(at)) if (start..stop).contains(&at)));
            })
        }
        "filter" => {
            let arguments = Arguments::of(call, &["fn"])?;
            let Some(Expression::Function(parameter, body)) = arguments.get("fn") else {
                return Err(arguments.lacks("fn"));
            };
            let mut kept = Vec::new();
            for mut table in tables {
                let mut rows = Vec::new();
                for row in std::mem::take(&mut table.rows) {
                    if truth(body, parameter, &table, &row)? == Some(true) {
                        rows.push(row);
                    }
                }
                table.rows = rows;
                kept.push(table);
            }
            Ok(kept)
        }
        "first" | "last" | "min" | "max" | "count" | "sum" | "mean" => {
            let column = Arguments::of(call, &["column"])?.text("column")?.unwrap_or("_value");
            tables.iter().map(|table| reduced(&call.name, table, column)).collect()
        }
        "limit" => {
            let arguments = Arguments::of(call, &["n", "offset"])?;
            let n = arguments.integer("n")?.ok_or_else(|| arguments.lacks("n"))?;
            let offset = arguments.integer("offset")?.unwrap_or_default();
            each(&|table| table.rows = table.rows.iter().skip(offset).take(n).cloned().collect())
        }
        "sort" => {
            let arguments = Arguments::of(call, &["columns", "desc"])?;
            let columns = arguments.columns()?.unwrap_or_else(|| vec!["_value"]);
            let descending = arguments.boolean("desc", false)?;
            each(&|table| {
                let columns: Vec<usize> = columns.iter().filter_map(|column| table.index(column)).collect();
                table.rows.sort_by(|one, two| {
                    let orders = columns.iter().map(|column| compared(one[*column].as_ref(), two[*column].as_ref()));
                    let order = orders.fold(Ordering::Equal, Ordering::then);
                    if descending { order.reverse() } else { order }
                });
            })
        }
        "keep" | "drop" => {
            let arguments = Arguments::of(call, &["columns"])?;
            let columns = arguments.columns()?.ok_or_else(|| arguments.lacks("columns"))?;
            let keep = call.name == "keep";
            let mut tables = tables;
            for table in &mut tables {
                table.retain(|column| columns.contains(&column) == keep);
            }
            let groups = tables.iter().flat_map(|table| table.group.clone()).collect();
            Ok(grouped(tables, |column, groups: &BTreeSet<String>| groups.contains(column), &groups))
        }
        "group" => {
            let arguments = Arguments::of(call, &["columns", "mode"])?;
            let columns: BTreeSet<String> =
                arguments.columns()?.unwrap_or_default().into_iter().map(str::to_owned).collect();
            match arguments.text("mode")?.unwrap_or("by") {
                "by" => Ok(grouped(tables, |column, columns: &BTreeSet<String>| columns.contains(column), &columns)),
                "except" => {
                    Ok(grouped(tables, |column, columns: &BTreeSet<String>| !columns.contains(column), &columns))
                }
                mode => Err(format!("compilation failed: invalid mode {mode:?}; must be \"by\" or \"except\"")),
            }
        }
        "aggregateWindow" => {
            let arguments = Arguments::of(call, &["every", "fn", "createEmpty"])?;
            let Some(Expression::Duration(every @ 1..)) = arguments.get("every") else {
                return Err(arguments.lacks("every"));
            };
            let Some(Expression::Name(function)) = arguments.get("fn") else { return Err(arguments.lacks("fn")) };
            let empty = arguments.boolean("createEmpty", true)?;
            tables.iter().map(|table| windowed(table, *every, function, empty)).collect()
        }
        other => Err(unknown(other)),
    }
}

/// The columns of a group and their values, sorted.
type Key = Vec<(String, Option<Value>)>;

/// The rows of all tables in new groups, which keep their order.
fn grouped(tables: Vec<Table>, by: impl Fn(&str, &BTreeSet<String>) -> bool, columns: &BTreeSet<String>) -> Vec<Table> {
    let mut groups: Vec<(Key, Table)> = Vec::new();
    for table in tables {
        let group: Vec<String> = table.columns.iter().filter(|column| by(column, columns)).cloned().collect();
        for row in &table.rows {
            let value = |column: &String| table.index(column).and_then(|index| row[index].clone());
            let mut key: Key = group.iter().map(|column| (column.clone(), value(column))).collect();
            key.sort_by(|(one, _), (two, _)| one.cmp(two));
            let place = groups.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                let empty = Table { columns: table.columns.clone(), group: group.clone(), rows: Vec::new() };
                groups.push((key, empty));
                groups.len() - 1
            });
            let into = &mut groups[place].1;
            for column in &table.columns {
                if into.index(column).is_none() {
                    into.columns.push(column.clone());
                    into.rows.iter_mut().for_each(|row| row.push(None));
                }
            }
            into.rows.push(into.columns.iter().map(value).collect());
        }
    }
    groups.into_iter().map(|(_, table)| table).collect()
}

/// One row that stands for all of a table's.
fn reduced(function: &str, table: &Table, column: &str) -> Result<Table, String> {
    let Some(index) = table.index(column) else {
        return Err(format!("runtime error: {function}: column {column:?} does not exist"));
    };
    let rows: Vec<&Vec<Option<Value>>> = table.rows.iter().filter(|row| row[index].is_some()).collect();
    let extreme = |wanted: Ordering| {
        let better =
            |one: &Vec<Option<Value>>, two: &Vec<Option<Value>>| compared(one[index].as_ref(), two[index].as_ref());
        rows.iter().copied().reduce(|best, row| if better(row, best) == wanted { row } else { best })
    };
    let picked = match function {
        "first" => rows.first().copied(),
        "last" => rows.last().copied(),
        "min" => extreme(Ordering::Less),
        "max" => extreme(Ordering::Greater),
        _ => {
            let value = aggregated(function, rows.iter().filter_map(|row| row[index].as_ref()))?;
            let mut table = table.clone();
            if let Some(row) = table.rows.first_mut() {
                row[index] = value;
            }
            table.rows.truncate(1);
            let group = table.group.clone();
            table.retain(|known| known == column || group.iter().any(|grouped| grouped == known));
            return Ok(table);
        }
    };
    Ok(Table { rows: picked.cloned().into_iter().collect(), ..table.clone() })
}

/// One value that stands for many.
fn aggregated<'v>(function: &str, values: impl Iterator<Item = &'v Value>) -> Result<Option<Value>, String> {
    let values: Vec<&Value> = values.collect();
    if function == "count" {
        return Ok(Some(Value::Integer(i64::try_from(values.len()).unwrap_or(i64::MAX))));
    }
    let Some(first) = values.first() else { return Ok(None) };
    if !["sum", "mean"].contains(&function) {
        return Err(unknown(function));
    }
    let numbers: Option<Vec<f64>> = values.iter().map(|value| value.number()).collect();
    let Some(numbers) = numbers else {
        return Err(format!("runtime error: {function}: unsupported aggregate column type {}", first.kind()));
    };
    if function == "mean" {
        return Ok(Some(Value::Float(numbers.iter().sum::<f64>() / numbers.len() as f64)));
    }
    Ok(Some(match first {
        Value::Integer(_) => Value::Integer(values.iter().fold(0, |sum: i64, value| match value {
            Value::Integer(number) => sum.wrapping_add(*number),
            _ => sum,
        })),
        Value::Unsigned(_) => Value::Unsigned(values.iter().fold(0, |sum: u64, value| match value {
            Value::Unsigned(number) => sum.wrapping_add(*number),
            _ => sum,
        })),
        _ => Value::Float(numbers.iter().sum()),
    }))
}

fn windowed(table: &Table, every: i64, function: &str, empty: bool) -> Result<Table, String> {
    let (Some(time), Some(value)) = (table.index("_time"), table.index("_value")) else {
        return Err("runtime error: aggregateWindow: column \"_time\" or \"_value\" does not exist".to_owned());
    };
    let (Some(Value::Time(start)), Some(Value::Time(stop))) = (table.key("_start"), table.key("_stop")) else {
        return Err("runtime error: aggregateWindow: column \"_start\" or \"_stop\" does not exist".to_owned());
    };
    let selects = ["first", "last", "min", "max"].contains(&function);
    let mut windows = Table { rows: Vec::new(), ..table.clone() };
    let mut begin = start.div_euclid(every) * every;
    while begin < *stop {
        let end = begin + every;
        let within =
            |row: &&Vec<Option<Value>>| matches!(row[time], Some(Value::Time(at)) if (begin..end).contains(&at));
        let rows: Vec<_> = table.rows.iter().filter(within).cloned().collect();
        let found = if rows.is_empty() {
            if selects || !empty { None } else { Some(aggregated(function, std::iter::empty())?) }
        } else {
            let part = reduced(function, &Table { rows, ..table.clone() }, "_value")?;
            part.index("_value").and_then(|index| part.rows.first().map(|row| row[index].clone()))
        };
        if let Some(found) = found
            && let Some(row) = table.rows.first()
        {
            let mut row = row.clone();
            row[time] = Some(Value::Time(end.min(*stop)));
            row[value] = found;
            windows.rows.push(row);
        }
        begin = end;
    }
    Ok(windows)
}

fn compared(one: Option<&Value>, two: Option<&Value>) -> Ordering {
    match (one, two) {
        (Some(one), Some(two)) => one.order(two).unwrap_or(Ordering::Equal),
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Less,
        (_, None) => Ordering::Greater,
    }
}

/// Whether an expression is true of a row; it is neither, where a column is not there.
fn truth(
    expression: &Expression,
    parameter: &str,
    table: &Table,
    row: &[Option<Value>],
) -> Result<Option<bool>, String> {
    let inner = |expression| truth(expression, parameter, table, row);
    Ok(match expression {
        Expression::Boolean(value) => Some(*value),
        Expression::Not(inside) => inner(inside)?.map(|value| !value),
        Expression::Exists(inside) => Some(operand(inside, parameter, table, row)?.is_some()),
        Expression::Binary("and", left, right) => match (inner(left)?, inner(right)?) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expression::Binary("or", left, right) => match (inner(left)?, inner(right)?) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Expression::Binary(sign @ ("=~" | "!~"), left, right) => {
            let Expression::Regex(regex) = right.as_ref() else {
                return Err(format!("compilation failed: {sign} needs a regular expression"));
            };
            match operand(left, parameter, table, row)? {
                Some(Value::String(text)) => Some(regex.is_match(&text) == (*sign == "=~")),
                _ => None,
            }
        }
        Expression::Binary(sign, left, right) => {
            let (left, right) = (operand(left, parameter, table, row)?, operand(right, parameter, table, row)?);
            let order = left.zip(right).and_then(|(left, right)| left.order(&right));
            order.map(|order| match *sign {
                "==" => order.is_eq(),
                "!=" => order.is_ne(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        Expression::Column(..) => match operand(expression, parameter, table, row)? {
            Some(Value::Boolean(value)) => Some(value),
            _ => None,
        },
        _ => return Err("compilation failed: expected bool but found something else (argument fn)".to_owned()),
    })
}

fn operand(
    expression: &Expression,
    parameter: &str,
    table: &Table,
    row: &[Option<Value>],
) -> Result<Option<Value>, String> {
    Ok(match expression {
        Expression::Column(of, column) if of == parameter => table.index(column).and_then(|index| row[index].clone()),
        Expression::Column(name, _) | Expression::Name(name) => {
            return Err(format!("compilation failed: undefined identifier {name}"));
        }
        Expression::Text(text) => Some(Value::String(text.clone())),
        Expression::Integer(number) => Some(Value::Integer(*number)),
        Expression::Float(number) => Some(Value::Float(*number)),
        Expression::Boolean(value) => Some(Value::Boolean(*value)),
        Expression::Time(time) => Some(Value::Time(*time)),
        _ => return Err("compilation failed: the stand-in does not know this in a comparison".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::line;
    use super::super::csv::{self, Dialect};
    use super::*;

    struct Fake(BTreeMap<Series, Values>);

    impl Source for Fake {
        fn series(&self, name: Option<&str>, _: Option<&str>) -> Result<&BTreeMap<Series, Values>, String> {
            if name == Some("b") { Ok(&self.0) } else { Err("no such bucket".to_owned()) }
        }

        fn buckets(&self) -> Table {
            Table { columns: vec!["name".to_owned()], group: Vec::new(), rows: Vec::new() }
        }
    }

    fn asked(text: &str) -> Result<String, String> {
        let mut series: BTreeMap<Series, Values> = BTreeMap::new();
        for point in line::parse("m,h=a v=1i,s=\"x\" 1\nm,h=b v=5i 2\nm,h=a v=3i 3", 0, 1_000_000_000)? {
            for (field, value) in point.fields {
                let series_of = Series { measurement: point.measurement.clone(), tags: point.tags.clone(), field };
                series.entry(series_of).or_default().insert(point.time, value);
            }
        }
        let dialect = Dialect { header: false, delimiter: ';', annotations: Vec::new() };
        run(text, 10_000_000_000, &Fake(series)).map(|results| csv::write(&results, &dialect))
    }

    #[track_caller]
    fn gives(steps: &str, expected: &str) {
        let text = format!("from(bucket: \"b\") |> range(start: 0) |> {steps}");
        assert_eq!(asked(&text).unwrap(), format!("{}\r\n", expected.replace('\n', "\r\n")));
    }

    #[test]
    fn steps_work_on_tables() {
        let numbers = "filter(fn: (r) => r._field == \"v\")";
        let shown = "keep(columns: [\"_value\"])";
        gives(&format!("{numbers} |> {shown}"), ";_result;0;1\n;_result;0;3\n;_result;0;5\n");
        gives(&format!("{numbers} |> filter(fn: (r) => r._value > 2 and r.h != \"b\") |> {shown}"), ";_result;0;3\n");
        gives(&format!("{numbers} |> group() |> max() |> {shown}"), ";_result;0;5\n");
        gives(&format!("{numbers} |> group() |> sum() |> yield(name: \"s\")"), ";s;0;9\n");
        gives(&format!("{numbers} |> group() |> mean()"), ";_result;0;3\n");
        gives(
            &format!("{numbers} |> group() |> sort(columns: [\"_time\"], desc: true) |> limit(n: 2) |> {shown}"),
            ";_result;0;3\n;_result;0;5\n",
        );
        gives("filter(fn: (r) => exists r.none or r._value =~ /x/) |> count()", COUNTED);
    }

    const COUNTED: &str = ";_result;0;1970-01-01T00:00:00Z;1970-01-01T00:00:10Z;1;s;m;a\n";

    #[test]
    fn what_cannot_be_run_is_refused() {
        let why = |text: &str| asked(text).unwrap_err();
        let unbounded = "cannot submit unbounded read to \"b\"; try bounding 'from' with a call to 'range'";
        assert_eq!(why("from(bucket: \"b\") |> last()"), unbounded);
        assert_eq!(why("from(bucket: \"x\") |> range(start: 0)"), "no such bucket");
        let range = "from(bucket: \"b\") |> range(start: 0)";
        let unknown = "compilation failed: the stand-in does not know the function map";
        assert_eq!(why(&format!("{range} |> map(fn: (r) => r.x)")), unknown);
        let unknown = "compilation failed: the stand-in does not know the argument every of limit";
        assert_eq!(why(&format!("{range} |> limit(every: 1h)")), unknown);
        assert!(why(&format!("{range} |> filter(fn: (r) => x.a == 1)")).contains("undefined identifier x"));
        assert!(why(&format!("{range} |> sum()")).starts_with("runtime error: sum: unsupported"));
    }
}
