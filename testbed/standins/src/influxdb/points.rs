//! The points, in memory and on disk: a file per bucket, to which every write is appended.

use super::line::Point;
use super::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const SUFFIX: &str = ".points.json";

/// What a series' values have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Series {
    /// What was measured.
    pub measurement: String,
    /// Where.
    pub tags: BTreeMap<String, String>,
    /// Which of its values.
    pub field: String,
}

/// Values by their time.
pub type Values = BTreeMap<i64, Value>;

/// The points of all buckets.
#[derive(Debug)]
pub struct Points {
    folder: PathBuf,
    buckets: HashMap<String, Kept>,
    nothing: BTreeMap<Series, Values>,
}

#[derive(Debug)]
struct Kept {
    series: BTreeMap<Series, Values>,
    file: File,
}

impl Points {
    /// Opens the folder with the points that are in it.
    ///
    /// # Errors
    /// A folder that cannot be read and written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut points = Self { folder: folder.to_owned(), buckets: HashMap::new(), nothing: BTreeMap::new() };
        for found in std::fs::read_dir(folder)? {
            let name = found?.file_name().to_string_lossy().into_owned();
            if let Some(bucket) = name.strip_suffix(SUFFIX) {
                points.bucket(bucket)?;
            }
        }
        Ok(points)
    }

    fn path(&self, bucket: &str) -> PathBuf {
        self.folder.join(format!("{bucket}{SUFFIX}"))
    }

    fn bucket(&mut self, id: &str) -> io::Result<&mut Kept> {
        if !self.buckets.contains_key(id) {
            let path = self.path(id);
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                Err(error) => return Err(error),
            };
            // The last line was not written whole if it has no end.
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            let mut series: BTreeMap<Series, Values> = BTreeMap::new();
            for record in text[..whole].lines() {
                let (name, time, value): (Series, i64, Value) =
                    serde_json::from_str(record).map_err(io::Error::other)?;
                series.entry(name).or_default().insert(time, value);
            }
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.set_len(whole as u64)?;
            self.buckets.insert(id.to_owned(), Kept { series, file });
        }
        self.buckets.get_mut(id).ok_or_else(|| io::Error::other("no such bucket"))
    }

    /// Keeps points, except those that are older than `oldest` or whose fields have another type than before, and
    /// says why they were dropped.
    ///
    /// # Errors
    /// A disk that takes no more.
    pub fn write(&mut self, bucket: &str, points: Vec<Point>, oldest: Option<i64>) -> io::Result<Option<String>> {
        let kept = self.bucket(bucket)?;
        let mut text = String::new();
        let mut conflict = None;
        let (mut early, mut dropped) = (0, 0);
        for point in points {
            if oldest.is_some_and(|oldest| point.time < oldest) {
                early += 1;
                continue;
            }
            let clash = point.fields.iter().find_map(|(field, value)| {
                let same = |(series, _): &(&Series, &Values)| {
                    series.measurement == point.measurement && series.field == *field
                };
                let known = kept.series.iter().filter(same).find_map(|(_, values)| values.values().next())?;
                (known.kind() != value.kind()).then(|| {
                    format!(
                        "field type conflict: input field {field:?} on measurement {:?} is type {}, already exists as \
                         type {}",
                        point.measurement,
                        value.kind(),
                        known.kind()
                    )
                })
            });
            if let Some(clash) = clash {
                conflict.get_or_insert(clash);
                dropped += 1;
                continue;
            }
            for (field, value) in point.fields {
                let series = Series { measurement: point.measurement.clone(), tags: point.tags.clone(), field };
                text.push_str(&serde_json::to_string(&(&series, point.time, &value)).map_err(io::Error::other)?);
                text.push('\n');
                kept.series.entry(series).or_default().insert(point.time, value);
            }
        }
        kept.file.write_all(text.as_bytes())?;
        let why = conflict.or_else(|| (early > 0).then(|| "points beyond retention policy".to_owned()));
        Ok(why.map(|why| format!("partial write: {why} dropped={}", dropped + early)))
    }

    /// Removes the values between two times of the series that `which` picks.
    ///
    /// # Errors
    /// The disk's.
    pub fn delete(
        &mut self,
        bucket: &str,
        (start, stop): (i64, i64),
        which: impl Fn(&Series) -> bool,
    ) -> io::Result<()> {
        let path = self.path(bucket);
        let kept = self.bucket(bucket)?;
        for (_, values) in kept.series.iter_mut().filter(|(series, _)| which(series)) {
            values.retain(|time, _| !(start..=stop).contains(time));
        }
        kept.series.retain(|_, values| !values.is_empty());
        let mut text = String::new();
        for (series, values) in &kept.series {
            for (time, value) in values {
                text.push_str(&serde_json::to_string(&(series, time, value)).map_err(io::Error::other)?);
                text.push('\n');
            }
        }
        let new = path.with_extension("new");
        std::fs::write(&new, text)?;
        std::fs::rename(&new, &path)?;
        kept.file = OpenOptions::new().append(true).open(&path)?;
        Ok(())
    }

    /// Removes all of a bucket's points.
    ///
    /// # Errors
    /// The disk's.
    pub fn drop_bucket(&mut self, bucket: &str) -> io::Result<()> {
        self.buckets.remove(bucket);
        match std::fs::remove_file(self.path(bucket)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// All that a bucket has.
    pub fn series(&self, bucket: &str) -> &BTreeMap<Series, Values> {
        self.buckets.get(bucket).map_or(&self.nothing, |kept| &kept.series)
    }

    /// Sees to it that what was written is on the disk.
    ///
    /// # Errors
    /// The disk's.
    pub fn flush(&self) -> io::Result<()> {
        self.buckets.values().try_for_each(|kept| kept.file.sync_data())
    }
}

#[cfg(test)]
mod tests {
    use super::super::line;
    use super::*;

    #[test]
    fn points_are_kept_and_fields_keep_their_type() {
        let folder = tempfile::tempdir().unwrap();
        let mut points = Points::open(folder.path()).unwrap();
        let mut write = |text: &str, oldest| points.write("b", line::parse(text, 0, 1).unwrap(), oldest).unwrap();
        assert_eq!(write("m,a=1 v=1,w=0.1 5\nm,a=2 v=2 6", None), None);
        let why = "partial write: field type conflict: input field \"v\" on measurement \"m\" is type integer, already \
                   exists as type float dropped=1";
        assert_eq!(write("m v=1i 7\nm w=1 7", None).unwrap(), why);
        assert_eq!(write("m v=1 1", Some(2)).unwrap(), "partial write: points beyond retention policy dropped=1");

        let mut points = Points::open(folder.path()).unwrap();
        assert_eq!(points.series("b").len(), 4);
        points.delete("b", (5, 5), |series| series.field == "v").unwrap();
        assert_eq!(points.series("b").len(), 3);
        assert_eq!(Points::open(folder.path()).unwrap().series("b").len(), 3);
        points.drop_bucket("b").unwrap();
        assert_eq!(Points::open(folder.path()).unwrap().series("b").len(), 0);
    }
}
