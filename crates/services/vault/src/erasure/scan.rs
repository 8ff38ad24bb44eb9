//! Searching files for traces of a patient: as they are, in hexadecimal, and inside what is compressed.

use super::{Reach, Trace};
use aho_corasick::AhoCorasick;
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, ErrorKind, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

/// Bytes that are searched at a time.
const WINDOW_BYTES: usize = 1024 * 1024;
/// How a gzip file begins.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// How a part begins that was compressed with Zstandard, anywhere in a file.
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Most bytes of one compressed part.
const PART_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A kind of trace in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FoundTrace {
    /// The file, from the folder that was searched.
    pub file: PathBuf,
    /// What was found, such as `versions.key_wrap`.
    pub kind: String,
    /// Whether it may be there: a pseudonym in a file of the ledger.
    pub may_be: bool,
    /// How often.
    pub count: u64,
}

/// What a search has seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scanned {
    /// Files.
    pub files: u64,
    /// Bytes, those of what was compressed included.
    pub bytes: u64,
    /// What was found, by file.
    pub found: Vec<FoundTrace>,
}

impl Scanned {
    /// How many traces are where none may be.
    pub fn traces(&self) -> u64 {
        self.found.iter().filter(|found| !found.may_be).map(|found| found.count).sum()
    }
}

/// Searches every file below a folder. `of_ledger` says of a path from there whether it is a file of the
/// ledger, which keeps pseudonyms for good.
///
/// # Errors
///
/// A file or folder could not be read. One that is gone in the meantime is none.
pub fn scan(
    folder: &Path,
    traces: &[Trace],
    of_ledger: &dyn Fn(&Path) -> bool,
) -> io::Result<Scanned> {
    let search = Search::new(traces).map_err(io::Error::other)?;
    let mut scanned = Scanned::default();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir()? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if !path.is_file() {
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
            let mut seen = Seen::default();
            match search.file(&path, &mut seen) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                read => read?,
            }
            // The name of a file could tell as much as its content.
            search.bytes(name.to_string_lossy().as_bytes(), &mut seen);
            scanned.files += 1;
            scanned.bytes += seen.bytes;
            let ledger = of_ledger(&name);
            scanned.found.extend(seen.found.into_iter().map(|((kind, reach), count)| {
                let may_be = ledger && reach == Reach::Ledger;
                FoundTrace { file: name.clone(), kind, may_be, count }
            }));
        }
    }
    scanned.found.sort_unstable();
    Ok(scanned)
}

struct Search<'a> {
    /// Each trace as it is and in hexadecimal, then the beginning of what is compressed.
    automaton: AhoCorasick,
    traces: &'a [Trace],
    longest: usize,
}

#[derive(Default)]
struct Seen {
    found: BTreeMap<(String, Reach), u64>,
    bytes: u64,
    /// Where something compressed may begin.
    parts: Vec<u64>,
}

impl<'a> Search<'a> {
    fn new(traces: &'a [Trace]) -> Result<Self, aho_corasick::BuildError> {
        let mut patterns = Vec::with_capacity(2 * traces.len() + 1);
        for trace in traces {
            patterns.push(trace.bytes.clone());
            patterns.push(digits(&trace.bytes));
        }
        patterns.push(ZSTANDARD.to_vec());
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(1);
        Ok(Self { automaton: AhoCorasick::new(patterns)?, traces, longest })
    }

    fn file(&self, path: &Path, seen: &mut Seen) -> io::Result<()> {
        let mut file = File::open(path)?;
        let mut beginning = Vec::new();
        Read::by_ref(&mut file).take(GZIP.len() as u64).read_to_end(&mut beginning)?;
        file.seek(SeekFrom::Start(0))?;
        self.reader(&mut file, seen)?;
        if beginning == GZIP {
            file.seek(SeekFrom::Start(0))?;
            self.part(MultiGzDecoder::new(BufReader::new(&mut file)), seen);
        }
        for from in std::mem::take(&mut seen.parts) {
            file.seek(SeekFrom::Start(from))?;
            if let Ok(decoder) = zstd::stream::read::Decoder::new(&mut file) {
                self.part(decoder.single_frame(), seen);
            }
        }
        Ok(())
    }

    /// Searches something compressed as far as it can be read: not everything that begins like it is.
    fn part(&self, part: impl Read, seen: &mut Seen) {
        if let Err(error) = self.reader(&mut part.take(PART_BYTES_MAX), seen) {
            tracing::debug!(%error, "what begins like something compressed is not, or is cut off");
        }
    }

    fn reader(&self, reader: &mut impl Read, seen: &mut Seen) -> io::Result<()> {
        let mut window = Vec::with_capacity(WINDOW_BYTES + self.longest);
        let (mut base, mut judged) = (0_u64, 0);
        loop {
            let read = reader.by_ref().take(WINDOW_BYTES as u64).read_to_end(&mut window)?;
            seen.bytes += read as u64;
            self.window(&window, base, judged, seen);
            if read == 0 {
                return Ok(());
            }
            // What lies across two windows ends in the second.
            let keep = window.len().min(self.longest - 1);
            base += (window.len() - keep) as u64;
            window.drain(..window.len() - keep);
            judged = keep;
        }
    }

    fn bytes(&self, bytes: &[u8], seen: &mut Seen) {
        self.window(bytes, 0, 0, seen);
    }

    /// Notes the matches of a window that end after its first `judged` bytes.
    fn window(&self, window: &[u8], base: u64, judged: usize, seen: &mut Seen) {
        for hit in self.automaton.find_overlapping_iter(window) {
            if hit.end() <= judged {
                continue;
            }
            match self.traces.get(hit.pattern().as_usize() / 2) {
                Some(trace) => {
                    *seen.found.entry((trace.kind.clone(), trace.reach)).or_default() += 1;
                }
                None => seen.parts.push(base + hit.start() as u64),
            }
        }
    }
}

/// Bytes in hexadecimal digits, as text has them.
fn digits(bytes: &[u8]) -> Vec<u8> {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).map_or(b'0', |digit| digit as u8);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io::Write as _};

    fn trace(kind: &str, reach: Reach, bytes: &[u8]) -> Trace {
        Trace { kind: kind.to_owned(), reach, bytes: bytes.to_vec() }
    }

    #[test]
    fn traces_are_found_as_they_are_in_digits_across_windows_and_in_what_is_compressed() {
        let folder = tempfile::tempdir().unwrap();
        let key = [0xa7; 32];
        let mut across = vec![0; WINDOW_BYTES - 7];
        across.extend_from_slice(&key);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&key).unwrap();
        let mut inside = b"before".to_vec();
        inside.extend(zstd::encode_all(&key[..], 1).unwrap());
        let digits = "a7".repeat(32).into_bytes();
        let files: [(&str, Vec<u8>); 5] = [
            ("across", across),
            ("digits", digits),
            ("log.gz", gzip.finish().unwrap()),
            ("inside", inside),
            ("nothing", vec![0xa7; 31]),
        ];
        for (name, bytes) in &files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }

        let traces = [trace("key", Reach::Nowhere, &key)];
        let scanned = scan(folder.path(), &traces, &|_| true).unwrap();

        let names: Vec<_> =
            scanned.found.iter().map(|found| found.file.to_str().unwrap()).collect();
        assert_eq!(names, ["across", "digits", "inside", "log.gz"]);
        assert!(scanned.found.iter().all(|found| found.count == 1 && !found.may_be));
        assert_eq!((scanned.files, scanned.traces()), (5, 4));
    }

    #[test]
    fn a_pseudonym_may_be_on_the_ledger_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("engine")).unwrap();
        for name in ["engine/blocks", "log"] {
            fs::write(folder.path().join(name), [9; 16]).unwrap();
        }

        let traces = [trace("account", Reach::Ledger, &[9; 16])];
        let scanned = scan(folder.path(), &traces, &|path| path.starts_with("engine")).unwrap();

        let found: Vec<_> =
            scanned.found.iter().map(|one| (one.file.to_str().unwrap(), one.may_be)).collect();
        assert_eq!(found, [("engine/blocks", true), ("log", false)]);
        assert_eq!(scanned.traces(), 1);
    }
}
