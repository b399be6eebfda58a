//! The lines, in memory and on disk: a file per tenant, to which every push is appended.

use crate::labels::Labels;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Its text.
    pub line: String,
    /// Labels of this line only.
    pub metadata: Labels,
}

/// The lines of one tenant by their labels, each stream in the order of time.
pub type Streams = BTreeMap<Labels, Vec<Entry>>;

/// The lines of all tenants.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    tenants: HashMap<String, Tenant>,
    nobody: Streams,
}

#[derive(Debug)]
struct Tenant {
    streams: Streams,
    file: File,
}

const SUFFIX: &str = ".lines.json";

impl Store {
    /// Opens the folder with the lines that are in it.
    ///
    /// # Errors
    /// A folder that cannot be read and written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut store = Self { folder: folder.to_owned(), tenants: HashMap::new(), nobody: Streams::new() };
        for found in std::fs::read_dir(folder)? {
            let name = found?.file_name().to_string_lossy().into_owned();
            if let Some(tenant) = name.strip_suffix(SUFFIX) {
                store.tenant(tenant)?;
            }
        }
        Ok(store)
    }

    fn tenant(&mut self, name: &str) -> io::Result<&mut Tenant> {
        if !self.tenants.contains_key(name) {
            let path = self.folder.join(format!("{name}{SUFFIX}"));
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                Err(error) => return Err(error),
            };
            // The last line was not written whole if it has no end.
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            let mut streams = Streams::new();
            for record in text[..whole].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
                let stream: &mut Vec<Entry> = streams.entry(labels(&record["stream"])).or_default();
                for value in record["values"].as_array().into_iter().flatten() {
                    insert(
                        stream,
                        Entry {
                            time: value[0].as_i64().unwrap_or_default(),
                            line: value[1].as_str().unwrap_or_default().to_owned(),
                            metadata: labels(&value[2]),
                        },
                    );
                }
            }
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.set_len(whole as u64)?;
            self.tenants.insert(name.to_owned(), Tenant { streams, file });
        }
        self.tenants.get_mut(name).ok_or_else(|| io::Error::other("no such tenant"))
    }

    /// Keeps lines of a stream.
    ///
    /// # Errors
    /// A disk that takes no more.
    pub fn push(&mut self, tenant: &str, labels: &Labels, entries: Vec<Entry>) -> io::Result<()> {
        let tenant = self.tenant(tenant)?;
        let values: Vec<Value> = entries.iter().map(|entry| json!([entry.time, entry.line, entry.metadata])).collect();
        let mut record = json!({"stream": labels, "values": values}).to_string();
        record.push('\n');
        tenant.file.write_all(record.as_bytes())?;
        let stream = tenant.streams.entry(labels.clone()).or_default();
        entries.into_iter().for_each(|entry| insert(stream, entry));
        Ok(())
    }

    /// All that a tenant has.
    pub fn streams(&self, tenant: &str) -> &Streams {
        self.tenants.get(tenant).map_or(&self.nobody, |tenant| &tenant.streams)
    }

    /// Sees to it that what was pushed is on the disk.
    ///
    /// # Errors
    /// The disk's.
    pub fn flush(&self) -> io::Result<()> {
        self.tenants.values().try_for_each(|tenant| tenant.file.sync_data())
    }

    /// How many streams and lines there are.
    pub fn size(&self) -> (usize, usize) {
        let streams = self.tenants.values().flat_map(|tenant| tenant.streams.values());
        streams.fold((0, 0), |(streams, lines), stream| (streams + 1, lines + stream.len()))
    }
}

fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// Puts a line in its place, unless the same one is there already.
fn insert(stream: &mut Vec<Entry>, entry: Entry) {
    let end = stream.partition_point(|known| known.time <= entry.time);
    let same = stream[..end].iter().rev().take_while(|known| known.time == entry.time);
    if !same.into_iter().any(|known| known.line == entry.line) {
        stream.insert(end, entry);
    }
}
