//! Passing on to the peers what clients of this node submitted.

use crate::pool::{LENGTH_BYTES, Pool};
use bytes::Bytes;

/// Blocks after which a local transaction that is in no block is passed on to the peers again.
const PASS_ON_AGAIN_BLOCKS: u64 = 8;

impl Pool {
    /// Queues local transactions for the peers again that were passed on and are in no block since.
    pub(crate) fn pass_on_again(&mut self) -> bool {
        while let Some((sent, hash)) = self.passed_on.front().copied() {
            if sent.after(PASS_ON_AGAIN_BLOCKS) > self.height {
                break;
            }
            self.passed_on.pop_front();
            if self.entries.contains_key(&hash) {
                self.outgoing.push_back(hash);
            }
        }
        !self.outgoing.is_empty()
    }

    /// Takes local transactions that are to be passed on, up to `bytes_max` with their lengths.
    pub(crate) fn take_outgoing(&mut self, bytes_max: usize) -> Vec<Bytes> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(hash) = self.outgoing.front() {
            if let Some(entry) = self.entries.get(hash) {
                let more = entry.transaction.bytes.len() + LENGTH_BYTES;
                if more <= bytes_max && bytes + more > bytes_max {
                    break;
                }
                // One that is longer than any message waits for this node's own turn to propose.
                if more <= bytes_max {
                    bytes += more;
                    taken.push(entry.transaction.bytes.clone());
                }
                self.passed_on.push_back((self.height, *hash));
            }
            self.outgoing.pop_front();
        }
        taken
    }
}
