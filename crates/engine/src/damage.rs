//! Reading the engine's files as they lie on the disk, to find those that were damaged there.
//!
//! Nothing is written. Every file begins with a header of one page. Three kinds of files follow it:
//!
//! | kind | content |
//! |---|---|
//! | pages | 4,084 bytes, then two records of length and checksum, of which one holds |
//! | values | blocks and certificates, each with a checksum; the `-key` file beside it says where |
//! | settings | a `left` and a `right` file, each with a checksum at its end; one of them holds |
//!
//! What a crash or a power cut tears is in the newest file of its kind; the engine drops it when it
//! starts and fetches it again. Anything else that does not match its checksum is damage.

use commonware_cryptography::Crc32;
use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    time::SystemTime,
};

const HEADER_BYTES: usize = 4096;
const PAGE_BYTES: usize = 4096;
const PAYLOAD_BYTES: usize = 4084;
/// Height, hash, offset and size of a value.
const ENTRY_BYTES: usize = 8 + 32 + 8 + 4;
/// Names of the two files of settings: `left` and `right`, in hexadecimal.
const SETTINGS: [&str; 2] = ["6c656674", "7269676874"];

/// A file that does not hold what was written to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What stands there, such as `a page`.
    pub what: &'static str,
    /// Whether a crash tears files like this, so that the engine drops the end and fetches it again.
    pub torn: bool,
}

/// What reading the files gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Files read.
    pub files: usize,
    /// Bytes read.
    pub bytes: u64,
    /// What was found, in the order of the files.
    pub damage: Vec<Damage>,
    /// The height of the highest block that is stored; none when there is none.
    pub last_block: Option<u64>,
}

/// Reads the engine's files in `folder`, the newest first, up to about so many bytes.
///
/// The engine must not be running. When it was `stopped_in_order`, only the very end of a newest file
/// counts as torn; after a crash, everything in one does.
///
/// # Errors
///
/// What the operating system says; a folder that is not there holds nothing.
pub fn inspect(folder: &Path, stopped_in_order: bool, bytes_max: u64) -> io::Result<Inspection> {
    let mut inspection = Inspection::default();
    let mut files = files(&folder.join("store"))?;
    files.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    for (_, file) in files {
        let is_key_of_blocks = partition(&file).ends_with("-blocks-key");
        if inspection.bytes > bytes_max && !is_key_of_blocks {
            continue;
        }
        let content = fs::read(&file)?;
        inspection.files += 1;
        inspection.bytes += content.len() as u64;
        let newest = is_newest(&file)?;
        let data = content.get(HEADER_BYTES..).unwrap_or_default();
        let bad = match kind(&file) {
            Kind::Pages => bad_pages(data),
            Kind::Values => bad_values(data, &entries(&read_if_there(&key_file(&file))?)),
            Kind::Settings => bad_settings(&file, data),
        };
        if is_key_of_blocks {
            let last = entries(&content).last().map(|entry| entry.height);
            inspection.last_block = inspection.last_block.max(last);
        }
        inspection.damage.extend(bad.into_iter().map(|bad| Damage {
            file: file.clone(),
            offset: (HEADER_BYTES + bad.offset) as u64,
            what: bad.what,
            torn: newest && (bad.at_end || !stopped_in_order),
        }));
    }
    inspection
        .damage
        .sort_by(|one, other| (&one.file, one.offset).cmp(&(&other.file, other.offset)));
    Ok(inspection)
}

/// The bytes of a file; none when there is none: a crash may come between making the file of values
/// and that of their keys, and then no value is in use yet.
fn read_if_there(file: &Path) -> io::Result<Vec<u8>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

enum Kind {
    Pages,
    Values,
    Settings,
}

struct Bad {
    offset: usize,
    what: &'static str,
    at_end: bool,
}

struct Entry {
    height: u64,
    place: Range<usize>,
}

fn partition(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name);
    folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn kind(file: &Path) -> Kind {
    if SETTINGS.contains(&name(file).as_str()) {
        Kind::Settings
    } else if partition(file).ends_with("-value") {
        Kind::Values
    } else {
        Kind::Pages
    }
}

/// The file that says where the values of another are.
fn key_file(values: &Path) -> PathBuf {
    let partition = partition(values);
    let keys = format!("{}-key", partition.trim_end_matches("-value"));
    values
        .parent()
        .and_then(Path::parent)
        .map(|store| store.join(keys).join(name(values)))
        .unwrap_or_default()
}

fn files(store: &Path) -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let mut found = Vec::new();
    let partitions = match fs::read_dir(store) {
        Ok(partitions) => partitions,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for partition in partitions {
        let partition = partition?.path();
        if !partition.is_dir() {
            continue;
        }
        for file in fs::read_dir(partition)? {
            let file = file?;
            let about = file.metadata()?;
            if about.is_file() {
                found.push((about.modified()?, file.path()));
            }
        }
    }
    Ok(found)
}

/// Whether no file of the same partition comes after this one.
fn is_newest(file: &Path) -> io::Result<bool> {
    let Some(folder) = file.parent() else { return Ok(true) };
    for other in fs::read_dir(folder)? {
        let other = other?.file_name().to_string_lossy().into_owned();
        // Settings stand as a pair; the other one is not newer.
        if !SETTINGS.contains(&other.as_str()) && other > name(file) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many bytes of a page hold; none when neither checksum does.
fn page_holds(page: &[u8]) -> Option<usize> {
    let record = page.get(PAYLOAD_BYTES..PAGE_BYTES)?;
    let slot = |at: usize| {
        let length = u16::from_be_bytes([record[at], record[at + 1]]);
        let crc = [record[at + 2], record[at + 3], record[at + 4], record[at + 5]];
        let bytes = page.get(..usize::from(length)).filter(|_| length > 0)?;
        (bytes.len() <= PAYLOAD_BYTES && Crc32::checksum(bytes) == u32::from_be_bytes(crc))
            .then_some(bytes.len())
    };
    slot(0).max(slot(6))
}

fn bad_pages(data: &[u8]) -> Vec<Bad> {
    let pages: Vec<_> = data.chunks(PAGE_BYTES).map(page_holds).collect();
    let last_good = pages.iter().rposition(Option::is_some);
    let bad = pages.iter().enumerate().filter(|(_, page)| page.is_none());
    bad.map(|(at, _)| Bad {
        offset: at * PAGE_BYTES,
        what: "a page",
        at_end: last_good.is_none_or(|last| at > last),
    })
    .collect()
}

/// Where the values are, as a file of keys says. A page that does not hold ends it.
fn entries(content: &[u8]) -> Vec<Entry> {
    let mut stream = Vec::new();
    for page in content.get(HEADER_BYTES..).unwrap_or_default().chunks(PAGE_BYTES) {
        let Some(length) = page_holds(page) else { break };
        stream.extend_from_slice(&page[..length]);
    }
    let entry = |bytes: &[u8]| {
        let (height, rest) = bytes.split_first_chunk::<8>()?;
        let (offset, rest) = rest.get(32..)?.split_first_chunk::<8>()?;
        let (size, _) = rest.split_first_chunk::<4>()?;
        let offset = usize::try_from(u64::from_be_bytes(*offset)).ok()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        let place = offset..offset.checked_add(size)?;
        Some(Entry { height: u64::from_be_bytes(*height), place })
    };
    stream.chunks_exact(ENTRY_BYTES).filter_map(entry).collect()
}

fn bad_values(data: &[u8], entries: &[Entry]) -> Vec<Bad> {
    let holds = |entry: &Entry| {
        let (value, crc) = data.get(entry.place.clone())?.split_last_chunk::<4>()?;
        (Crc32::checksum(value) == u32::from_be_bytes(*crc)).then_some(())
    };
    let held: Vec<_> = entries.iter().map(|entry| holds(entry).is_some()).collect();
    let last_good = held.iter().rposition(|held| *held);
    let bad = entries.iter().zip(&held).enumerate().filter(|(_, (_, held))| !**held);
    bad.map(|(at, (entry, _))| Bad {
        offset: entry.place.start,
        what: "a block or certificate",
        at_end: last_good.is_none_or(|last| at > last),
    })
    .collect()
}

fn settings_hold(data: &[u8]) -> bool {
    let Some((content, crc)) = data.split_last_chunk::<4>() else { return data.is_empty() };
    Crc32::checksum(content) == u32::from_be_bytes(*crc)
}

fn bad_settings(file: &Path, data: &[u8]) -> Vec<Bad> {
    if settings_hold(data) {
        return Vec::new();
    }
    let other = SETTINGS.iter().find(|other| **other != name(file)).copied().unwrap_or_default();
    let other = fs::read(file.with_file_name(other)).unwrap_or_default();
    let other = other.get(HEADER_BYTES..).unwrap_or_default();
    let at_end = !other.is_empty() && settings_hold(other);
    vec![Bad { offset: 0, what: "a page of settings", at_end }]
}
