//! The file of blocks: a line that says what it is, then each block with its length before it.

use super::{BackupError, error::file};
use salus_engine::ArchivedBlock;
use salus_types::{decode, encode};
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

const MAGIC: &[u8] = b"salus blocks 1\n";
/// More than any block and its certificate.
const FRAME_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Writes a file of blocks.
pub(super) struct LedgerWriter {
    path: PathBuf,
    file: BufWriter<File>,
}

impl LedgerWriter {
    pub(super) fn create(path: &Path) -> Result<Self, BackupError> {
        let mut writer = File::create_new(path).map(BufWriter::new).map_err(file(path, "made"))?;
        writer.write_all(MAGIC).map_err(file(path, "written"))?;
        Ok(Self { path: path.to_owned(), file: writer })
    }

    pub(super) fn put(&mut self, block: &ArchivedBlock) -> Result<(), BackupError> {
        let bytes = encode(block);
        let length = u32::try_from(bytes.len()).expect("a block is bounded far below that");
        let written = self.file.write_all(&length.to_be_bytes());
        written.and_then(|()| self.file.write_all(&bytes)).map_err(file(&self.path, "written"))
    }

    /// Writes through to the disk.
    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        let flushed = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        flushed.map_err(file(&self.path, "written"))
    }
}

/// Reads a file of blocks, in order.
pub(super) struct LedgerReader {
    file: BufReader<File>,
}

impl LedgerReader {
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let mut reader = File::open(path).map(BufReader::new).map_err(file(path, "opened"))?;
        let mut magic = [0; MAGIC.len()];
        reader.read_exact(&mut magic).map_err(file(path, "read"))?;
        if magic != MAGIC {
            let reason = format!("{} is not a file of blocks", path.display());
            return Err(BackupError::Ledger { reason });
        }
        Ok(Self { file: reader })
    }

    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 4];
        match self.file.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let length = u32::from_be_bytes(length);
        if length > FRAME_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a block is too long"));
        }
        let mut bytes = Vec::new();
        self.file.by_ref().take(u64::from(length)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != u64::from(length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(bytes))
    }
}

impl Iterator for LedgerReader {
    type Item = Result<ArchivedBlock, String>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.read() {
            Ok(None) => None,
            Ok(Some(bytes)) => {
                Some(decode("archived block", &bytes).map_err(|error| error.to_string()))
            }
            Err(error) => Some(Err(error.to_string())),
        }
    }
}
