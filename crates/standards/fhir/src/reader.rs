//! Reads a bundle entry by entry, from any source, in memory bounded by the largest entry.

use crate::{FhirError, Position, ResourceView, scanner::Scanner, seen::Seen, view};
use serde::de::IgnoredAny;
use std::{borrow::Cow, fmt, io::Read};

/// Bounds on what is read. Sizes are after decompression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of the whole bundle. Also the guard against a small file that expands without end.
    pub bundle_bytes_max: u64,
    /// Most bytes of one entry, 4 KiB to 16 MiB.
    pub entry_bytes_max: usize,
    /// Most entries.
    pub entries_max: u32,
    /// Deepest nesting of objects and arrays in a resource, at most 100.
    pub depth_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bundle_bytes_max: 64 * 1024 * 1024,
            entry_bytes_max: 16 * 1024 * 1024,
            entries_max: 1_000_000,
            depth_max: 64,
        }
    }
}

/// One entry of a bundle.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where its resource stands: number of the entry from 1, offset of the resource's first byte.
    pub at: Position,
    /// The exact bytes of `resource`, as they stand in the input.
    pub bytes: Vec<u8>,
    /// The entry's `fullUrl`, if it has one.
    pub full_url: Option<String>,
    /// The few fields of the resource that are looked at.
    pub view: ResourceView,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("at", &self.at)
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// What names the resource within its source: `Type/id`, or else the `fullUrl`.
    pub fn source(&self) -> String {
        match (&self.view.id, &self.full_url) {
            (Some(id), _) => format!("{}/{id}", self.view.resource_type),
            (None, Some(url)) => url.clone(),
            (None, None) => String::new(),
        }
    }
}

enum Stage {
    Start,
    Members { first: bool },
    Items { first: bool },
    Done,
}

/// Yields the entries of a bundle in their order, and then, where the bundle as a whole is wrong,
/// one error: use nothing of a bundle before the last entry was read without error.
pub struct BundleReader<R> {
    scanner: Scanner<R>,
    limits: Limits,
    stage: Stage,
    entries: u32,
    resource_type: Option<String>,
    bundle_type: Option<String>,
    had_entries: bool,
    seen: Seen,
    scratch: Vec<u8>,
}

impl<R: Read> BundleReader<R> {
    /// A reader of `input`: JSON, plain or gzip.
    ///
    /// # Errors
    ///
    /// [`FhirError::Source`]: the first bytes could not be read.
    pub fn new(input: R, limits: Limits) -> Result<Self, FhirError> {
        Ok(Self {
            scanner: Scanner::new(input, limits)?,
            limits,
            stage: Stage::Start,
            entries: 0,
            resource_type: None,
            bundle_type: None,
            had_entries: false,
            seen: Seen::default(),
            scratch: Vec::new(),
        })
    }

    /// How many bytes were read so far, after decompression.
    pub fn bytes_read(&self) -> u64 {
        self.scanner.at().offset
    }

    /// The bounds that it was made with.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    fn next_entry(&mut self) -> Result<Option<Entry>, FhirError> {
        loop {
            match self.stage {
                Stage::Start => {
                    self.scanner.start()?;
                    let at = self.scanner.at();
                    match self.scanner.peek()? {
                        Some(b'{') => self.scanner.expect(b'{')?,
                        Some(b'[') => {
                            return Err(not_a_bundle(at, "it is a list, not an object"));
                        }
                        Some(_) => return Err(not_json(at, "expected an object")),
                        None => return Err(not_json(at, "there is only white space")),
                    }
                    self.stage = Stage::Members { first: true };
                }
                Stage::Members { first } => {
                    if self.ends(b'}', first)? {
                        self.finish()?;
                        self.stage = Stage::Done;
                        return Ok(None);
                    }
                    self.stage = Stage::Members { first: false };
                    self.member()?;
                }
                Stage::Items { first } => {
                    if self.ends(b']', first)? {
                        self.scanner.set_entry(None);
                        self.stage = Stage::Members { first: false };
                        continue;
                    }
                    self.stage = Stage::Items { first: false };
                    return self.entry().map(Some);
                }
                Stage::Done => return Ok(None),
            }
        }
    }

    /// Whether the object or list ends here; consumes its end, or the comma before the next item.
    fn ends(&mut self, close: u8, first: bool) -> Result<bool, FhirError> {
        if self.scanner.peek_some()? == close {
            self.scanner.expect(close)?;
            return Ok(true);
        }
        if !first {
            self.scanner.expect(b',')?;
        }
        Ok(false)
    }

    /// Reads a member's name and the colon after it.
    fn name(&mut self) -> Result<String, FhirError> {
        let at = self.scanner.at();
        self.scratch.clear();
        self.scanner.string(&mut self.scratch)?;
        let name: String = serde_json::from_str(utf8(&self.scratch, at)?)
            .map_err(|_| not_json(at, "a name is not a valid string"))?;
        self.scanner.expect(b':')?;
        Ok(name)
    }

    /// Reads a value that is to be a string.
    fn text(&mut self) -> Result<String, FhirError> {
        self.scanner.peek_some()?;
        let at = self.scanner.at();
        self.scratch.clear();
        self.scanner.value(&mut self.scratch)?;
        serde_json::from_str(utf8(&self.scratch, at)?)
            .map_err(|_| not_fhir(at, "a string is expected here"))
    }

    /// Reads a value that nobody looks at, and checks that it is JSON.
    fn skip(&mut self) -> Result<(), FhirError> {
        let at = self.scanner.at();
        self.scratch.clear();
        self.scanner.value(&mut self.scratch)?;
        let _: IgnoredAny = serde_json::from_str(utf8(&self.scratch, at)?)
            .map_err(|_| not_json(at, "a value is malformed"))?;
        Ok(())
    }

    /// Reads one member of the bundle; the entries themselves are left to be read.
    fn member(&mut self) -> Result<(), FhirError> {
        let name = self.name()?;
        let at = self.scanner.at();
        match name.as_str() {
            "resourceType" => {
                let text = self.text()?;
                if text != "Bundle" {
                    return Err(not_a_bundle(at, "its resourceType is another one"));
                }
                once(&mut self.resource_type, text, at)
            }
            "type" => {
                let text = self.text()?;
                check_type(&text, at)?;
                once(&mut self.bundle_type, text, at)
            }
            "entry" => {
                if std::mem::replace(&mut self.had_entries, true) {
                    return Err(not_fhir(at, "`entry` stands there twice"));
                }
                self.scanner.expect(b'[')?;
                self.stage = Stage::Items { first: true };
                Ok(())
            }
            _ => self.skip(),
        }
    }

    fn entry(&mut self) -> Result<Entry, FhirError> {
        self.entries += 1;
        self.scanner.set_entry(Some(self.entries));
        if self.entries > self.limits.entries_max {
            return Err(FhirError::TooLarge {
                at: self.scanner.at(),
                what: "the number of entries",
                max: u64::from(self.limits.entries_max),
            });
        }
        self.scanner.expect(b'{')?;
        let mut full_url: Option<String> = None;
        let mut resource: Option<(Position, Vec<u8>)> = None;
        let mut first = true;
        while !self.ends(b'}', first)? {
            first = false;
            match self.name()?.as_str() {
                "fullUrl" => {
                    let at = self.scanner.at();
                    let text = self.text()?;
                    once(&mut full_url, text, at)?;
                }
                "resource" => {
                    self.scanner.peek_some()?;
                    let at = self.scanner.at();
                    let mut bytes = Vec::new();
                    self.scanner.value(&mut bytes)?;
                    once(&mut resource, (at, bytes), at)?;
                }
                _ => self.skip()?,
            }
        }
        let at = self.scanner.at();
        let Some((at, bytes)) = resource else {
            return Err(not_fhir(at, "the entry has no resource"));
        };
        self.finished_entry(at, bytes, full_url)
    }

    fn finished_entry(
        &mut self,
        at: Position,
        bytes: Vec<u8>,
        full_url: Option<String>,
    ) -> Result<Entry, FhirError> {
        let seen = &mut self.seen;
        let text = utf8(&bytes, at)?;
        let view = view::parse(text, |reference| seen.refer(reference, at)).map_err(|error| {
            if error.is_data() {
                not_fhir(at, &without_position(&error))
            } else {
                not_json(at, "the resource is malformed")
            }
        })?;
        let entry = Entry { at, bytes, full_url, view };
        if entry.view.id.is_none() && entry.full_url.is_none() {
            return Err(not_fhir(at, "the entry has neither a fullUrl nor a resource with an id"));
        }
        let fresh_url = entry.full_url.as_deref().is_none_or(|url| self.seen.name(url));
        let fresh_id = entry.view.id.is_none() || self.seen.name(&entry.source());
        if !fresh_url || !fresh_id {
            return Err(FhirError::DuplicateEntry { at });
        }
        Ok(entry)
    }

    /// Checks what only the whole bundle shows.
    fn finish(&mut self) -> Result<(), FhirError> {
        let at = self.scanner.at();
        if self.scanner.peek()?.is_some() {
            return Err(not_json(self.scanner.at(), "something follows the end of the bundle"));
        }
        if self.resource_type.is_none() {
            return Err(not_a_bundle(at, "it has no resourceType"));
        }
        if self.bundle_type.is_none() {
            return Err(not_a_bundle(at, "it has no type"));
        }
        match self.seen.first_broken() {
            Some(at) => Err(FhirError::BrokenReference { at }),
            None => Ok(()),
        }
    }
}

impl<R: Read> Iterator for BundleReader<R> {
    type Item = Result<Entry, FhirError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_entry();
        if next.is_err() {
            self.stage = Stage::Done;
        }
        next.transpose()
    }
}

fn check_type(text: &str, at: Position) -> Result<(), FhirError> {
    match text {
        "collection" | "transaction" | "batch" | "searchset" | "document" | "message" => Ok(()),
        "history" => Err(not_a_bundle(at, "a history is not imported")),
        "transaction-response" | "batch-response" => {
            Err(not_a_bundle(at, "it is the answer to another bundle"))
        }
        _ => Err(not_a_bundle(at, "its type is unknown")),
    }
}

fn once<T>(place: &mut Option<T>, value: T, at: Position) -> Result<(), FhirError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(not_fhir(at, "a field stands there twice")),
    }
}

fn utf8(bytes: &[u8], at: Position) -> Result<&str, FhirError> {
    std::str::from_utf8(bytes).map_err(|error| FhirError::WrongEncoding {
        at: Position { entry: at.entry, offset: at.offset + error.valid_up_to() as u64 },
        found: "Latin-1 or damaged",
    })
}

/// The parser's words without its own line and column, which count from the start of the resource.
fn without_position(error: &serde_json::Error) -> Cow<'static, str> {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    // The parser quotes what it found where a type is wrong; that could be personal.
    match text[..end].split_once("invalid type: ") {
        Some(_) => Cow::Borrowed("a field has a value of another type"),
        None => Cow::Owned(text[..end].to_owned()),
    }
}

fn not_json(at: Position, reason: &str) -> FhirError {
    FhirError::NotJson { at, reason: reason.to_owned() }
}

fn not_fhir(at: Position, reason: &str) -> FhirError {
    FhirError::NotFhir { at, reason: reason.to_owned() }
}

fn not_a_bundle(at: Position, reason: &'static str) -> FhirError {
    FhirError::NotABundle { at, reason }
}
