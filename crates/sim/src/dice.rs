//! All randomness of a run, from its seed.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Dice that fall the same way for the same seed, on every machine.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a seed; `purpose` keeps the throws of different parts of a run apart.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let seed =
            salus_types::hash_parts(&[b"salus/sim/1", &seed.to_be_bytes(), purpose.as_bytes()]);
        Self(ChaCha8Rng::from_seed(seed.0))
    }

    /// A number from 0 to `bound`, without `bound`; 0 when there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        let throw = u128::from(self.0.next_u64());
        u64::try_from((throw * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// An index of a list of this length; none when it is empty.
    pub fn index(&mut self, len: usize) -> Option<usize> {
        if len == 0 {
            return None;
        }
        usize::try_from(self.below(len as u64)).ok()
    }

    /// One of a list; none when it is empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        self.index(list.len()).map(|index| &list[index])
    }

    /// True in `percent` of a hundred throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
