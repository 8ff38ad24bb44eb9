//! The reading side of an import: a thread that cuts the bundle and hands over batches of entries.

use crate::Result;
use salus_fhir::{BundlePatients, BundleReader, Limits, PatientEntry, PatientReader};
use std::io::Read;
use tokio::sync::mpsc;

/// Entries in a batch.
const BATCH_ENTRIES: usize = 256;
/// Bytes of entries after which a batch is handed over.
const BATCH_BYTES: usize = crate::packs::PACK_BYTES;
/// Batches that wait to be sealed.
const BATCHES_WAITING: usize = 2;

/// What the reading side hands over.
pub(crate) enum Parsed {
    /// Some entries.
    Batch(Vec<PatientEntry>),
    /// The bundle was read to its end without error; its length in bytes, decompressed.
    End(u64),
}

/// Reads `input` on a thread of its own. The channel ends with [`Parsed::End`] or with an error.
pub(crate) fn parse<R: Read + Send + 'static>(
    input: R,
    limits: Limits,
    known: BundlePatients,
) -> mpsc::Receiver<Result<Parsed>> {
    let (sender, receiver) = mpsc::channel(BATCHES_WAITING);
    tokio::task::spawn_blocking(move || {
        let last = match read(input, limits, known, &sender) {
            Ok(Some(bytes)) => Ok(Parsed::End(bytes)),
            // Nobody listens any more.
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let _ = sender.blocking_send(last);
    });
    receiver
}

/// Gives the length of the bundle; none if the receiver is gone.
fn read<R: Read>(
    input: R,
    limits: Limits,
    known: BundlePatients,
    sender: &mpsc::Sender<Result<Parsed>>,
) -> Result<Option<u64>> {
    let mut entries = PatientReader::new(BundleReader::new(input, limits)?, known);
    let mut batch = Vec::new();
    let mut bytes = 0;
    while let Some(entry) = entries.next().transpose()? {
        bytes += entry.entry.bytes.len();
        batch.push(entry);
        if batch.len() >= BATCH_ENTRIES || bytes >= BATCH_BYTES {
            bytes = 0;
            if sender.blocking_send(Ok(Parsed::Batch(std::mem::take(&mut batch)))).is_err() {
                return Ok(None);
            }
        }
    }
    if !batch.is_empty() && sender.blocking_send(Ok(Parsed::Batch(batch))).is_err() {
        return Ok(None);
    }
    Ok(Some(entries.bytes_read()))
}
