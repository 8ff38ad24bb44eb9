//! An open file of a simulated disk.

use super::{Disk, File, Pending, full, put};
use crate::sim::machine::Life;
use bytes::BufMut as _;
use commonware_runtime::{
    Blob as RuntimeBlob, Error, Handle, IoBufMut, IoBufs, IoBufsMut, ReadOptions, WriteOptions,
};
use parking_lot::Mutex;
use std::sync::Arc;

/// An open file.
pub(crate) struct Blob {
    disk: Disk,
    life: Life,
    file: Arc<Mutex<File>>,
    partition: String,
    /// As long as this lives nobody else opens it.
    _open: Arc<()>,
}

impl Blob {
    pub(super) fn new(
        disk: Disk,
        life: Life,
        file: Arc<Mutex<File>>,
        partition: &str,
        open: Arc<()>,
    ) -> Self {
        Self { disk, life, file, partition: partition.to_owned(), _open: open }
    }
}

fn place(offset: u64) -> Result<usize, Error> {
    usize::try_from(offset).map_err(|_| Error::OffsetOverflow)
}

impl RuntimeBlob for Blob {
    async fn read_at_buf(
        &self,
        offset: u64,
        len: usize,
        bufs: impl Into<IoBufsMut> + Send,
        options: ReadOptions,
    ) -> Result<IoBufsMut, Error> {
        let mut bufs = bufs.into();
        if !bufs.is_empty() && bufs.len() != len {
            return self.read_at(offset, len, options).await;
        }
        let start = place(offset)?;
        let file = self.file.lock();
        let bytes = file.live.get(start..start + len).ok_or(Error::BlobInsufficientLength)?;
        if bufs.is_empty() {
            bufs.put_slice(bytes);
        } else {
            bufs.copy_from_slice(bytes);
        }
        Ok(bufs)
    }

    async fn read_at(&self, offset: u64, len: usize, _: ReadOptions) -> Result<IoBufsMut, Error> {
        let start = place(offset)?;
        let file = self.file.lock();
        let bytes = file.live.get(start..start + len).ok_or(Error::BlobInsufficientLength)?;
        Ok(IoBufsMut::from(IoBufMut::from(bytes)))
    }

    async fn write_at(
        &self,
        offset: u64,
        bufs: impl Into<IoBufs> + Send,
        options: WriteOptions,
    ) -> Result<(), Error> {
        let bufs = bufs.into().coalesce();
        self.disk.pause().await;
        let (offset, bytes): (usize, &[u8]) = (place(offset)?, bufs.as_ref());
        let no_room = self.disk.0.lock().fault.full;
        let kept = options.contains(WriteOptions::SYNC) && !self.disk.lies();
        {
            let mut file = self.file.lock();
            if no_room && offset + bytes.len() > file.live.len() {
                drop(file);
                self.disk.0.lock().count("writes_refused");
                return Err(full("write to", &self.partition));
            }
            put(&mut file.live, offset, bytes);
            // Not before power may have failed: a write that is under way is not durable.
            file.pending.push(Pending::Write { offset, bytes: bytes.to_vec(), kept: false });
        }
        if self.disk.write_fails(&self.life) {
            futures::future::pending::<()>().await;
        }
        if kept && let Some(Pending::Write { kept, .. }) = self.file.lock().pending.last_mut() {
            *kept = true;
        }
        Ok(())
    }

    async fn resize(&self, len: u64) -> Result<(), Error> {
        let len = place(len)?;
        let no_room = self.disk.0.lock().fault.full;
        {
            let mut file = self.file.lock();
            if no_room && len > file.live.len() {
                return Err(full("extend a file in", &self.partition));
            }
            file.live.resize(len, 0);
            file.pending.push(Pending::Resize(len));
        }
        if self.disk.write_fails(&self.life) {
            futures::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn sync(&self) -> Result<(), Error> {
        if self.file.lock().pending.is_empty() {
            return Ok(());
        }
        self.disk.pause().await;
        if !self.disk.lies() {
            self.file.lock().sync();
        }
        Ok(())
    }

    async fn start_sync(&self) -> Handle<()> {
        Handle::ready(self.sync().await)
    }
}
