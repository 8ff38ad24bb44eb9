//! Where bytes come from: plain or gzip, told apart by the first bytes.

use flate2::read::MultiGzDecoder;
use std::io::{self, Chain, Cursor, Read};

type Prefixed<R> = Chain<Cursor<Vec<u8>>, R>;

/// The input, decompressed if it is gzip.
pub(crate) enum Source<R> {
    /// As it came.
    Plain(Prefixed<R>),
    /// Through a decompressor.
    Gzip(Box<MultiGzDecoder<Prefixed<R>>>),
}

impl<R: Read> Source<R> {
    /// Reads the first bytes of `input` and decides.
    pub(crate) fn new(mut input: R) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(2);
        input.by_ref().take(2).read_to_end(&mut magic)?;
        let gzip = magic == [0x1f, 0x8b];
        let whole = Cursor::new(magic).chain(input);
        Ok(if gzip { Self::Gzip(Box::new(MultiGzDecoder::new(whole))) } else { Self::Plain(whole) })
    }

    /// Whether an error of `read` is about the compressed data.
    pub(crate) fn is_gzip(&self) -> bool {
        matches!(self, Self::Gzip(_))
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(buffer),
            Self::Gzip(input) => input.read(buffer),
        }
    }
}
