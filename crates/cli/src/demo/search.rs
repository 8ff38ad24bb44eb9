//! Searching files for what identifies the patients.
//!
//! What is specific (a birth date, a number, a street, a full name) counts wherever its bytes are, in
//! any case of letters, plain or as hexadecimal. A single short word, such as the name `Cole`, would
//! turn up by chance among millions of random bytes, and the name `Frank` or the town `Reading` may be
//! a word of the program's own logs. So a single word counts where it stands as a word of its own in
//! readable text, or behind its own length as codecs write it; and, written in lower case, only if the
//! program itself has no such word.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use anyhow::Context as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{ErrorKind, Read as _},
    path::Path,
};

/// Bytes that are searched at a time.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;
/// Bytes around a word that are looked at; also the longest needle that is searched whole.
const CONTEXT_BYTES: usize = 512;
/// Readable characters in a row that make text; among random bytes, one such run in 10^7 places.
const TEXT_RUN_BYTES: usize = 16;
/// Words from this length on do not turn up among random bytes by chance.
const LONG_WORD_BYTES: usize = 7;
/// Shorter needles are not searched: two letters identify nobody.
const NEEDLE_BYTES_MIN: usize = 3;

/// How a needle is judged where its bytes were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Counts anywhere.
    Specific,
    /// Counts as a word of text, or behind its length.
    Word,
    /// Digits that may be part of any number: count only between quotes or behind their length.
    Quoted,
}

#[derive(Clone, Debug)]
struct Needle {
    kind: &'static str,
    text: Vec<u8>,
    rule: Rule,
}

/// Something that should not be where it was found. What was found is not repeated here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(crate) struct Finding {
    /// Which kind of identifier, such as `name`.
    pub(crate) kind: &'static str,
    /// The file, or the name of what was searched.
    pub(crate) place: String,
    /// Position of its first byte.
    pub(crate) offset: u64,
}

/// What a search has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    /// Everything found.
    pub(crate) found: Vec<Finding>,
    /// Files and texts searched.
    pub(crate) places: u64,
    /// Bytes searched.
    pub(crate) bytes: u64,
}

impl Findings {
    /// Adds another search.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.found.extend(other.found);
        self.places += other.places;
        self.bytes += other.bytes;
    }
}

/// Collects what to search for.
#[derive(Debug, Default)]
pub(crate) struct Identifiers(BTreeMap<String, &'static str>);

impl Identifiers {
    /// Adds an identifier, whole.
    pub(crate) fn add(&mut self, kind: &'static str, text: &str) {
        let text = text.trim();
        if text.len() >= NEEDLE_BYTES_MIN {
            self.0.entry(text.to_owned()).or_insert(kind);
        }
    }

    /// Each with its kind.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(text, kind)| (text.as_str(), *kind))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A search for many identifiers at once.
#[derive(Debug)]
pub(crate) struct Search {
    needles: Vec<Needle>,
    automaton: AhoCorasick,
    /// Words of the program itself, in lower case.
    own_words: BTreeSet<Vec<u8>>,
}

impl Search {
    /// Prepares a search; `program` is the executable whose own words are known not to be findings.
    pub(crate) fn new(identifiers: &Identifiers, program: Option<&Path>) -> anyhow::Result<Self> {
        let mut needles = Vec::new();
        for (text, kind) in &identifiers.0 {
            let rule = rule(text);
            let mut text = text.clone().into_bytes();
            text.truncate(CONTEXT_BYTES);
            if rule == Rule::Specific {
                let hexadecimal = hex::encode(&text).into_bytes();
                needles.push(Needle { kind, text: hexadecimal, rule });
            }
            needles.push(Needle { kind, text, rule });
        }
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(needles.iter().map(|needle| &needle.text))
            .context("the identifiers are too many to be searched for at once")?;
        let mut search = Self { needles, automaton, own_words: BTreeSet::new() };
        if let Some(program) = program {
            search.own_words = search.lower_words_of(program)?;
        }
        Ok(search)
    }

    /// Searches every file below a folder, except below those named in `except`.
    pub(crate) fn folder(&self, folder: &Path, except: &[&Path]) -> anyhow::Result<Findings> {
        let mut findings = Findings::default();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let entries = match folder.read_dir() {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(error).context(format!("{} cannot be read", folder.display()));
                }
            };
            for entry in entries {
                let path = entry?.path();
                if except.contains(&path.as_path()) {
                } else if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    findings.absorb(self.file(&path)?);
                }
            }
        }
        Ok(findings)
    }

    /// Searches bytes that are at hand, such as an answer of an API.
    pub(crate) fn text(&self, place: &str, bytes: &[u8]) -> Findings {
        let mut found = Vec::new();
        self.window(&Window::whole(bytes), place, &mut found);
        Findings { found, places: 1, bytes: bytes.len() as u64 }
    }

    fn file(&self, path: &Path) -> anyhow::Result<Findings> {
        let mut findings = Findings { places: 1, ..Findings::default() };
        let place = path.display().to_string();
        // The name of a file could tell as much as its content.
        self.window(&Window::whole(place.as_bytes()), &place, &mut findings.found);
        findings.bytes = each_window(path, |window| {
            self.window(window, &place, &mut findings.found);
        })?;
        Ok(findings)
    }

    /// Judges the matches in a window.
    fn window(&self, window: &Window<'_>, place: &str, found: &mut Vec<Finding>) {
        let bytes = window.bytes;
        for hit in self.automaton.find_overlapping_iter(bytes) {
            let (start, end) = (hit.start(), hit.end());
            if !window.ends.contains(&end) {
                continue;
            }
            let needle = &self.needles[hit.pattern().as_usize()];
            let counts = match needle.rule {
                Rule::Specific => true,
                Rule::Word => {
                    is_behind_length(bytes, start, end)
                        || (is_word(bytes, start, end)
                            && !self.own_words.contains(&bytes[start..end]))
                }
                Rule::Quoted => is_behind_length(bytes, start, end) || is_quoted(bytes, start, end),
            };
            if counts {
                let offset = window.base + start as u64;
                found.push(Finding { kind: needle.kind, place: place.to_owned(), offset });
            }
        }
    }

    /// The single words searched for that the program has as words of its own, in lower case.
    fn lower_words_of(&self, program: &Path) -> anyhow::Result<BTreeSet<Vec<u8>>> {
        let mut words = BTreeSet::new();
        each_window(program, |window| {
            let bytes = window.bytes;
            for hit in self.automaton.find_overlapping_iter(bytes) {
                let word = &bytes[hit.start()..hit.end()];
                let is_lower = word.iter().all(|byte| !byte.is_ascii_uppercase());
                let needle = &self.needles[hit.pattern().as_usize()];
                if needle.rule == Rule::Word && is_lower && is_word(bytes, hit.start(), hit.end()) {
                    words.insert(word.to_vec());
                }
            }
        })?;
        Ok(words)
    }
}

/// How an identifier is judged, by what it is made of.
fn rule(text: &str) -> Rule {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let word = text.chars().all(char::is_alphabetic);
    if digits && text.len() < 8 {
        Rule::Quoted
    } else if (word && text.len() < 12) || text.len() < 6 {
        Rule::Word
    } else {
        Rule::Specific
    }
}

/// Whether a match stands as a word of its own; a short one, in readable text.
fn is_word(window: &[u8], start: usize, end: usize) -> bool {
    let is_long = end - start >= LONG_WORD_BYTES;
    let joins = |byte: &u8| {
        byte.is_ascii_alphabetic() || (!is_long && (byte.is_ascii_digit() || !byte.is_ascii()))
    };
    let before = start.checked_sub(1).and_then(|before| window.get(before));
    if before.is_some_and(joins) || window.get(end).is_some_and(joins) {
        return false;
    }
    let readable = |byte: &&u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    let before = window[..start].iter().rev().take(TEXT_RUN_BYTES).take_while(readable).count();
    let after = window[end..].iter().take(TEXT_RUN_BYTES).take_while(readable).count();
    is_long || before + (end - start) + after >= TEXT_RUN_BYTES.min(window.len())
}

/// Whether a match stands between quotes.
fn is_quoted(window: &[u8], start: usize, end: usize) -> bool {
    let quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\''));
    quote(start.checked_sub(1).and_then(|before| window.get(before))) && quote(window.get(end))
}

/// Whether the four bytes before a match are its length, as the codec writes it.
fn is_behind_length(window: &[u8], start: usize, end: usize) -> bool {
    let Some(before) = start.checked_sub(4).map(|from| &window[from..start]) else { return false };
    let Ok(len) = u32::try_from(end - start) else { return false };
    before == len.to_le_bytes() || before == len.to_be_bytes()
}

/// Part of a file, and which matches in it are to be judged: those that end in the range. Around
/// these, there are [`CONTEXT_BYTES`] on both sides, or the file ends there.
struct Window<'a> {
    bytes: &'a [u8],
    base: u64,
    ends: std::ops::RangeInclusive<usize>,
}

impl<'a> Window<'a> {
    fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, base: 0, ends: 0..=bytes.len() }
    }
}

/// Reads a file in windows that overlap, so that every match is judged once and with what is around
/// it. Returns the file's length.
fn each_window(path: &Path, mut look: impl FnMut(&Window<'_>)) -> anyhow::Result<u64> {
    let cannot = || format!("{} cannot be searched", path.display());
    let mut file = match File::open(path) {
        Ok(file) => file,
        // Stores drop files while they run.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(cannot),
    };
    let mut bytes = Vec::with_capacity(WINDOW_BYTES + 2 * CONTEXT_BYTES);
    let (mut base, mut judged) = (0_u64, 0);
    loop {
        let part = file.by_ref().take(WINDOW_BYTES as u64);
        let read = { part }.read_to_end(&mut bytes).with_context(cannot)?;
        let is_last = read < WINDOW_BYTES;
        let end = if is_last { bytes.len() } else { bytes.len() - CONTEXT_BYTES };
        look(&Window { bytes: &bytes, base, ends: judged + 1..=end });
        if is_last {
            return Ok(base + bytes.len() as u64);
        }
        let cut = bytes.len() - 2 * CONTEXT_BYTES;
        bytes.drain(..cut);
        base += cut as u64;
        judged = end - cut;
    }
}
