//! The journal: what was accepted from clients, until it is settled, so that a crash loses nothing.

use crate::segment::{self, RECORD_BYTES_EXTRA};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// A segment begins anew at this size.
const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
/// A segment of which everything is settled is left for a new one from this size on.
const SETTLED_BYTES: u64 = 256 * 1024;

/// A part of a journal, deleted as one when all its records are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment(pub u64);

/// Keeps accepted transactions until they are settled: in a block, or expired.
pub trait Journal: Send + Sync {
    /// Writes records; they are durable when this returns.
    ///
    /// # Errors
    ///
    /// The records could not be written; none of them counts as written.
    fn append(&self, records: &[Bytes]) -> Result<Segment, JournalError>;

    /// Takes note that `count` records of a segment are settled.
    fn settle(&self, segment: Segment, count: usize);
}

/// What a written record survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, however sudden: the operating system writes in its own time.
    Process,
    /// A loss of power too: each group of records is forced to the disk.
    Power,
}

/// Why the journal cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused. Code: `journal.io`.
    #[error("{action} {}: {reason}", path.display())]
    Io {
        /// What was being attempted.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// A file in the folder is no segment of this version. Code: `journal.foreign`.
    #[error("{} is not a journal of this version; move it away", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

impl JournalError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "journal.io",
            Self::Foreign { .. } => "journal.foreign",
        }
    }

    fn io(action: &'static str, path: &Path, error: &io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), reason: error.to_string() }
    }
}

/// What a journal held when it was opened.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The records that were not settled when the node ended, and perhaps some that were, in the
    /// order in which they were written. All count as unsettled until [`Journal::settle`].
    pub records: Vec<(Segment, Bytes)>,
    /// Bytes at the ends of segments that are no whole records: writes that the node's end cut off,
    /// which were never acknowledged.
    pub torn_bytes: u64,
}

/// A journal in a folder of files of its own.
///
/// Calls at the same time share one write, and one wait for the disk.
#[derive(Debug)]
pub struct FileJournal {
    folder: PathBuf,
    durability: Durability,
    queue: Mutex<Vec<Queued>>,
    writer: Mutex<Writer>,
    books: Mutex<Books>,
}

type Verdict = Arc<OnceLock<Result<Segment, (String, PathBuf)>>>;

/// Records of one call that wait to be written.
#[derive(Debug)]
struct Queued {
    bytes: Vec<u8>,
    count: usize,
    verdict: Verdict,
}

#[derive(Debug)]
struct Writer {
    active: Segment,
    /// The active segment's file, made with the first record.
    file: Option<File>,
    bytes: u64,
}

#[derive(Debug)]
struct Books {
    active: Segment,
    unsettled: BTreeMap<Segment, usize>,
}

impl FileJournal {
    /// Opens the journal in `folder`, which is made where it does not exist.
    ///
    /// # Errors
    ///
    /// The folder cannot be read or written, or holds a segment of another version.
    pub fn open(folder: &Path, durability: Durability) -> Result<(Self, Recovered), JournalError> {
        let fail = |action| move |error: io::Error| JournalError::io(action, folder, &error);
        fs::create_dir_all(folder).map_err(fail("make folder"))?;
        let mut segments = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail("read folder"))? {
            let name = entry.map_err(fail("read folder"))?.file_name();
            segments.extend(name.to_str().and_then(segment::parse_name));
        }
        segments.sort_unstable();

        let mut recovered = Recovered::default();
        let mut unsettled = BTreeMap::new();
        for segment in &segments {
            let path = folder.join(segment::name(*segment));
            let bytes = fs::read(&path).map_err(|error| JournalError::io("read", &path, &error))?;
            let content = segment::parse(&Bytes::from(bytes))
                .ok_or_else(|| JournalError::Foreign { path: path.clone() })?;
            recovered.torn_bytes += content.torn_bytes;
            if content.records.is_empty() {
                fs::remove_file(&path)
                    .map_err(|error| JournalError::io("remove", &path, &error))?;
                continue;
            }
            unsettled.insert(*segment, content.records.len());
            recovered.records.extend(content.records.into_iter().map(|one| (*segment, one)));
        }
        let active = Segment(segments.last().map_or(0, |last| last.0 + 1));
        let journal = Self {
            folder: folder.to_owned(),
            durability,
            queue: Mutex::default(),
            writer: Mutex::new(Writer { active, file: None, bytes: 0 }),
            books: Mutex::new(Books { active, unsettled }),
        };
        Ok((journal, recovered))
    }

    fn path(&self, segment: Segment) -> PathBuf {
        self.folder.join(segment::name(segment))
    }

    /// Leaves the active segment for a new one, when it is full, settled, or damaged.
    fn rotate(&self, writer: &mut Writer) {
        let old = writer.active;
        let next = Segment(old.0 + 1);
        let made = writer.file.take().is_some();
        *writer = Writer { active: next, file: None, bytes: 0 };
        let mut books = self.books.lock();
        books.active = next;
        let settled = books.unsettled.get(&old).is_none_or(|count| *count == 0);
        if made && settled {
            books.unsettled.remove(&old);
            drop(books);
            self.delete(old);
        }
    }

    fn delete(&self, segment: Segment) {
        let path = self.path(segment);
        if let Err(error) = fs::remove_file(&path) {
            // Harmless: at the next start its records are found to be settled.
            tracing::warn!(%error, path = %path.display(), "a settled journal segment stays");
        }
    }

    fn write(&self, writer: &mut Writer, bytes: &[u8]) -> Result<(), io::Error> {
        if writer.file.is_none() {
            let path = self.path(writer.active);
            let mut file = File::options().create_new(true).append(true).open(path)?;
            file.write_all(segment::MAGIC)?;
            if self.durability == Durability::Power {
                File::open(&self.folder)?.sync_all()?;
            }
            writer.file = Some(file);
            writer.bytes = segment::MAGIC.len() as u64;
        }
        let Some(file) = &mut writer.file else { return Ok(()) };
        file.write_all(bytes)?;
        writer.bytes += bytes.len() as u64;
        if self.durability == Durability::Power {
            file.sync_data()?;
        }
        Ok(())
    }

    /// Writes everything that is queued, as one group.
    fn write_group(&self, writer: &mut Writer) {
        let group = std::mem::take(&mut *self.queue.lock());
        if group.is_empty() {
            return;
        }
        let settled = self.books.lock().unsettled.get(&writer.active).is_none_or(|n| *n == 0);
        if writer.bytes >= SEGMENT_BYTES || (settled && writer.bytes >= SETTLED_BYTES) {
            self.rotate(writer);
        }
        let bytes: Vec<_> = group.iter().flat_map(|one| one.bytes.iter().copied()).collect();
        let count: usize = group.iter().map(|one| one.count).sum();
        let verdict = match self.write(writer, &bytes) {
            Ok(()) => {
                let mut books = self.books.lock();
                *books.unsettled.entry(writer.active).or_default() += count;
                Ok(writer.active)
            }
            Err(error) => {
                let path = self.path(writer.active);
                // What it holds now may be torn; nothing may follow that.
                self.rotate(writer);
                Err((error.to_string(), path))
            }
        };
        for one in group {
            // Each verdict is given once, by whoever took it from the queue.
            let _ = one.verdict.set(verdict.clone());
        }
    }
}

impl Journal for FileJournal {
    fn append(&self, records: &[Bytes]) -> Result<Segment, JournalError> {
        let length = records.iter().map(|one| one.len() + RECORD_BYTES_EXTRA).sum();
        let mut bytes = Vec::with_capacity(length);
        for record in records {
            segment::write_record(&mut bytes, record);
        }
        let verdict = Verdict::default();
        let queued = Queued { bytes, count: records.len(), verdict: Arc::clone(&verdict) };
        self.queue.lock().push(queued);
        {
            let mut writer = self.writer.lock();
            if verdict.get().is_none() {
                self.write_group(&mut writer);
            }
        }
        match verdict.get().expect("a group's writer gives every verdict before it lets go") {
            Ok(segment) => Ok(*segment),
            Err((reason, path)) => Err(JournalError::Io {
                action: "write",
                path: path.clone(),
                reason: reason.clone(),
            }),
        }
    }

    fn settle(&self, segment: Segment, count: usize) {
        let mut books = self.books.lock();
        let Some(unsettled) = books.unsettled.get_mut(&segment) else { return };
        *unsettled = unsettled.saturating_sub(count);
        if *unsettled == 0 && segment != books.active {
            books.unsettled.remove(&segment);
            drop(books);
            self.delete(segment);
        }
    }
}
