//! Sealed records at rest: many in one object, because many small files are slow.
//!
//! An import writes packs, each the concatenation of sealed records. The index knows offset and
//! length. A record is erased by destroying its key and writing over its range.

use crate::{Result, VaultError, error::Doing as _};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::{ObjectStore, ObjectStoreExt as _, local::LocalFileSystem, path::Path};
use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
    sync::Arc,
};

/// Bytes of sealed records after which a pack is closed.
pub(crate) const PACK_BYTES: usize = 1024 * 1024;

/// Where a sealed record lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) pack: String,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// The packs of one vault.
#[derive(Clone, Debug)]
pub(crate) struct Packs {
    store: Arc<dyn ObjectStore>,
    /// Where they lie, if in a folder: there, a range can be written over in place.
    folder: Option<PathBuf>,
}

impl Packs {
    /// Packs in a folder, each durable before its writing is reported.
    pub(crate) fn in_folder(folder: &std::path::Path) -> Result<Self> {
        std::fs::create_dir_all(folder).doing("making the folder of sealed records")?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .doing("opening the folder of sealed records")?
            .with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder.to_owned()) })
    }

    /// Packs in any object store whose writes are durable when they return.
    pub(crate) fn in_store(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, folder: None }
    }

    /// The name of a pack.
    pub(crate) fn name(import: &[u8; 16], number: u32) -> String {
        let import = u128::from_be_bytes(*import);
        format!("packs/{:02x}/{import:032x}/{number:08}", import >> 120)
    }

    /// Writes a pack; it is durable when this returns.
    pub(crate) async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let doing = "writing sealed records";
        self.store.put(&Path::from(name), Bytes::from(bytes).into()).await.doing(doing)?;
        Ok(())
    }

    /// Reads one sealed record.
    pub(crate) async fn read(&self, place: &Place) -> Result<Bytes> {
        let range = place.offset..place.offset + place.length;
        match self.store.get_range(&Path::from(place.pack.as_str()), range).await {
            Ok(bytes) if bytes.len() as u64 == place.length => Ok(bytes),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {
                Err(VaultError::Integrity { what: "the sealed record" })
            }
            Err(error) => Err(error).doing("reading a sealed record"),
        }
    }

    /// Removes the packs of an import that was given up.
    pub(crate) async fn remove(&self, import: &[u8; 16]) -> Result<()> {
        let doing = "removing sealed records of an import that was given up";
        let first = Self::name(import, 0);
        let folder = first.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = Path::from(folder);
        let names = self.store.list(Some(&folder)).map_ok(|meta| meta.location).boxed();
        self.store.delete_stream(names).try_collect::<Vec<_>>().await.doing(doing)?;
        Ok(())
    }

    /// Writes zeros over ranges of a pack, through to the disk, and removes the pack if it holds nothing
    /// else. One that is gone is done. Doing it again changes nothing.
    pub(crate) async fn wipe(&self, pack: &str, ranges: &[Place], in_use: bool) -> Result<()> {
        let doing = "writing over sealed records";
        if let Some(folder) = &self.folder {
            let (file, ranges) = (folder.join(pack), ranges.to_vec());
            let wiping = move || wipe_file(&file, &ranges, in_use);
            return tokio::task::spawn_blocking(wiping).await.doing(doing)?.doing(doing);
        }
        let path = Path::from(pack);
        let bytes = match self.store.get(&path).await {
            Ok(found) => found.bytes().await.doing(doing)?,
            Err(object_store::Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error).doing(doing),
        };
        let mut bytes = Vec::from(bytes);
        for range in ranges {
            let place = usize::try_from(range.offset).ok().zip(usize::try_from(range.length).ok());
            let place = place.and_then(|(from, length)| Some(from..from.checked_add(length)?));
            if let Some(part) = place.and_then(|place| bytes.get_mut(place)) {
                part.fill(0);
            }
        }
        self.store.put(&path, Bytes::from(bytes).into()).await.doing(doing)?;
        if !in_use {
            self.store.delete(&path).await.doing(doing)?;
        }
        Ok(())
    }
}

fn wipe_file(file: &std::path::Path, ranges: &[Place], in_use: bool) -> io::Result<()> {
    let mut pack = match OpenOptions::new().write(true).open(file) {
        Ok(pack) => pack,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for range in ranges {
        pack.seek(SeekFrom::Start(range.offset))?;
        io::copy(&mut io::Read::take(io::repeat(0), range.length), &mut pack)?;
    }
    pack.flush()?;
    pack.sync_all()?;
    if !in_use {
        std::fs::remove_file(file)?;
        if let Some(folder) = file.parent() {
            File::open(folder)?.sync_all()?;
        }
    }
    Ok(())
}
