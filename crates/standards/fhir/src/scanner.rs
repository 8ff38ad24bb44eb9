//! Cuts JSON text into values without changing a byte of them.
//!
//! It knows strings and brackets, so that it finds where a value ends; whether the value is valid
//! JSON is decided by whoever parses the piece that was cut out.

use crate::{FhirError, Limits, Position, source::Source};
use std::io::{ErrorKind, Read};

const BUFFER_BYTES: usize = 64 * 1024;

pub(crate) struct Scanner<R> {
    source: Source<R>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Offset of `buffer[start]` in the text.
    offset: u64,
    /// The entry that is being read, for positions.
    entry: Option<u32>,
    limits: Limits,
}

impl<R: Read> Scanner<R> {
    pub(crate) fn new(input: R, limits: Limits) -> Result<Self, FhirError> {
        let source = Source::new(input)
            .map_err(|source| FhirError::Source { at: Position::default(), source })?;
        Ok(Self {
            source,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            offset: 0,
            entry: None,
            limits,
        })
    }

    pub(crate) fn at(&self) -> Position {
        Position { entry: self.entry, offset: self.offset }
    }

    pub(crate) fn set_entry(&mut self, entry: Option<u32>) {
        self.entry = entry;
    }

    /// Looks at the first bytes for what is not UTF-8 JSON, and skips a byte order mark.
    pub(crate) fn start(&mut self) -> Result<(), FhirError> {
        let at = self.at();
        while self.end < 4 && self.fill()? {}
        let wrong = |found| Err(FhirError::WrongEncoding { at, found });
        let not_json = |reason: &str| Err(FhirError::NotJson { at, reason: reason.to_owned() });
        match self.buffer[..self.end] {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] => wrong("UTF-32"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => wrong("UTF-16"),
            [0xef, 0xbb, 0xbf, ..] => {
                self.advance(3);
                Ok(())
            }
            [b'<', ..] => not_json("it looks like XML"),
            [b'P', b'K', 3, 4, ..] => not_json("it looks like a zip archive"),
            [0x1f, 0x8b, ..] => not_json("it is compressed twice"),
            [] => not_json("there is nothing"),
            _ => Ok(()),
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Reads more into the buffer, which keeps what is not consumed; false at the end of input.
    fn fill(&mut self) -> Result<bool, FhirError> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    self.end += read;
                    let seen = self.offset + self.end as u64;
                    if seen > self.limits.bundle_bytes_max {
                        return Err(FhirError::TooLarge {
                            at: self.at(),
                            what: "the size of the bundle in bytes, after decompression,",
                            max: self.limits.bundle_bytes_max,
                        });
                    }
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.source_error(error)),
            }
        }
    }

    fn source_error(&self, error: std::io::Error) -> FhirError {
        let at = self.at();
        match error.kind() {
            ErrorKind::UnexpectedEof => FhirError::Truncated { at },
            ErrorKind::InvalidData | ErrorKind::InvalidInput if self.source.is_gzip() => {
                FhirError::BadGzip { at }
            }
            _ => FhirError::Source { at, source: error },
        }
    }

    /// The next byte that is not white space, without consuming it; none at the end of input.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, FhirError> {
        loop {
            let rest = &self.buffer[self.start..self.end];
            let white = rest.iter().take_while(|byte| is_white(**byte)).count();
            self.advance(white);
            if self.start < self.end {
                return Ok(Some(self.buffer[self.start]));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// The next byte that is not white space, without consuming it.
    pub(crate) fn peek_some(&mut self) -> Result<u8, FhirError> {
        self.peek()?.ok_or(FhirError::Truncated { at: self.at() })
    }

    /// Consumes `byte`, which must come next but for white space.
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), FhirError> {
        let found = self.peek_some()?;
        if found != byte {
            return Err(FhirError::NotJson {
                at: self.at(),
                reason: format!("expected `{}`", char::from(byte)),
            });
        }
        self.advance(1);
        Ok(())
    }

    /// Consumes one value and appends its exact bytes to `out`.
    pub(crate) fn value(&mut self, out: &mut Vec<u8>) -> Result<(), FhirError> {
        match self.peek_some()? {
            b'{' | b'[' => self.nested(out),
            b'"' => self.string(out),
            _ => self.scalar(out),
        }
    }

    /// Consumes a string, quotes included.
    pub(crate) fn string(&mut self, out: &mut Vec<u8>) -> Result<(), FhirError> {
        if self.peek_some()? != b'"' {
            return Err(FhirError::NotJson {
                at: self.at(),
                reason: "expected a string".to_owned(),
            });
        }
        let mut state = State::default();
        self.take_while(out, |byte, _| state.step(byte, u32::MAX))
    }

    fn nested(&mut self, out: &mut Vec<u8>) -> Result<(), FhirError> {
        let depth_max = self.limits.depth_max;
        let mut state = State::default();
        self.take_while(out, |byte, _| state.step(byte, depth_max))
    }

    fn scalar(&mut self, out: &mut Vec<u8>) -> Result<(), FhirError> {
        self.take_while(out, |byte, first| {
            let ends = is_white(byte) || matches!(byte, b',' | b'}' | b']' | b':' | b'{' | b'[');
            if ends && !first { Step::StopBefore } else { Step::Go }
        })
    }

    /// Consumes bytes into `out` until `step` says stop.
    fn take_while(
        &mut self,
        out: &mut Vec<u8>,
        mut step: impl FnMut(u8, bool) -> Step,
    ) -> Result<(), FhirError> {
        let mut first = true;
        loop {
            let rest = &self.buffer[self.start..self.end];
            let mut taken = rest.len();
            let mut end = None;
            for (index, byte) in rest.iter().enumerate() {
                match step(*byte, first) {
                    Step::Go => first = false,
                    Step::StopBefore => {
                        (taken, end) = (index, Some(Ok(())));
                        break;
                    }
                    Step::StopAfter => {
                        (taken, end) = (index + 1, Some(Ok(())));
                        break;
                    }
                    Step::TooDeep => {
                        (taken, end) = (index, Some(Err(())));
                        break;
                    }
                }
            }
            let over = out.len() + taken > self.limits.entry_bytes_max;
            if !over {
                out.extend_from_slice(&rest[..taken]);
            }
            self.advance(taken);
            if over {
                return Err(FhirError::TooLarge {
                    at: self.at(),
                    what: "the size of one entry in bytes",
                    max: self.limits.entry_bytes_max as u64,
                });
            }
            match end {
                Some(Ok(())) => return Ok(()),
                Some(Err(())) => {
                    return Err(FhirError::TooDeep { at: self.at(), max: self.limits.depth_max });
                }
                None if self.fill()? => {}
                None => return Err(FhirError::Truncated { at: self.at() }),
            }
        }
    }
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

enum Step {
    Go,
    StopBefore,
    StopAfter,
    TooDeep,
}

/// Where in a value the scanner is.
#[derive(Default)]
struct State {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl State {
    fn step(&mut self, byte: u8, depth_max: u32) -> Step {
        if self.in_string {
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.in_string = false;
                if self.depth == 0 {
                    return Step::StopAfter;
                }
            }
            return Step::Go;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' if self.depth == depth_max => return Step::TooDeep,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth <= 1 => return Step::StopAfter,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        Step::Go
    }
}
