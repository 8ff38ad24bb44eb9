//! Ed25519 signatures checked together, with keys that are remembered.
//!
//! For signatures `(R, s)` over messages with hashes `k` by keys `A`, and random `z` of 128 bits,
//! one equation stands for all of them, up to a chance of 2^-128:
//!
//! ```text
//!   8·( Σ z·R + Σ z·k·A − (Σ z·s)·B ) = 0
//! ```
//!
//! It is the cofactored equation of ZIP 215, so a batch agrees with single checks. A third of what a
//! batch costs is reading points from their bytes; the points of keys that signed lately are
//! remembered, so that only `R` is read anew.
//!
//! Sources: ZIP 215; Bernstein and others, High-speed high-security signatures, section 5.

use curve25519_dalek::{
    constants::ED25519_BASEPOINT_POINT,
    edwards::{CompressedEdwardsY, EdwardsPoint},
    scalar::Scalar,
    traits::{IsIdentity as _, VartimeMultiscalarMul as _},
};
use sha2::{Digest as _, Sha512};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

/// A failed batch of at most this many is checked one by one rather than halved, so that a stranger
/// who sends nothing but bad signatures makes us do little more than checking each.
const HALVE_MIN: usize = 16;
/// Keys of one generation; two are remembered, 3 MiB at most.
const KEYS_MAX: usize = 8192;

/// A signature as it came, with its caller's number.
pub(crate) struct Raw<'a> {
    pub(crate) position: usize,
    pub(crate) key: &'a [u8; 32],
    pub(crate) message: &'a [u8],
    pub(crate) signature: &'a [u8; 64],
}

/// A signature whose bytes are points and scalars, with its caller's number.
pub(crate) struct Decoded {
    position: usize,
    key: EdwardsPoint,
    r: EdwardsPoint,
    s: Scalar,
    k: Scalar,
}

/// The points of keys that signed lately, in two generations: when the younger one is full, it
/// becomes the older.
#[derive(Default)]
struct Keys {
    younger: HashMap<[u8; 32], EdwardsPoint>,
    older: HashMap<[u8; 32], EdwardsPoint>,
}

static KEYS: LazyLock<Mutex<Keys>> = LazyLock::new(Mutex::default);

impl Keys {
    fn get(&mut self, key: &[u8; 32]) -> Option<EdwardsPoint> {
        if let Some(point) = self.younger.get(key) {
            return Some(*point);
        }
        let point = self.older.remove(key)?;
        self.put(*key, point);
        Some(point)
    }

    fn put(&mut self, key: [u8; 32], point: EdwardsPoint) {
        if self.younger.len() >= KEYS_MAX {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(key, point);
    }
}

/// Reads signatures. Those that no key can have made are left out.
pub(crate) fn decode(raw: &[Raw<'_>]) -> Vec<Decoded> {
    let known: Vec<Option<EdwardsPoint>> = {
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        raw.iter().map(|one| keys.get(one.key)).collect()
    };
    let (mut decoded, mut new) = (Vec::with_capacity(raw.len()), Vec::new());
    for (one, known) in raw.iter().zip(known) {
        let point = known.or_else(|| {
            let point = CompressedEdwardsY(*one.key).decompress()?;
            new.push((*one.key, point));
            Some(point)
        });
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&one.signature[..32]);
        s.copy_from_slice(&one.signature[32..]);
        let hash = Sha512::new().chain_update(r).chain_update(one.key).chain_update(one.message);
        let read = (
            point,
            CompressedEdwardsY(r).decompress(),
            Option::<Scalar>::from(Scalar::from_canonical_bytes(s)),
        );
        if let (Some(key), Some(r), Some(s)) = read {
            let k = Scalar::from_hash(hash);
            decoded.push(Decoded { position: one.position, key, r, s, k });
        }
    }
    if !new.is_empty() {
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, point) in new {
            keys.put(key, point);
        }
    }
    decoded
}

/// The numbers of those that are good for certain; `unsure` gets those to be checked one by one.
pub(crate) fn check(batch: &[Decoded], unsure: &mut Vec<usize>) -> Vec<usize> {
    if holds(batch) {
        return batch.iter().map(|one| one.position).collect();
    }
    if batch.len() <= HALVE_MIN {
        unsure.extend(batch.iter().map(|one| one.position));
        return Vec::new();
    }
    let (left, right) = batch.split_at(batch.len() / 2);
    let mut good = check(left, unsure);
    good.extend(check(right, unsure));
    good
}

fn holds(batch: &[Decoded]) -> bool {
    let mut random = vec![0; 16 * batch.len()];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    let mut points = Vec::with_capacity(2 * batch.len() + 1);
    let mut factors = Vec::with_capacity(2 * batch.len() + 1);
    let mut base = Scalar::ZERO;
    for (one, random) in batch.iter().zip(random.as_chunks::<16>().0) {
        let z = Scalar::from(u128::from_le_bytes(*random));
        base -= z * one.s;
        points.extend([one.r, one.key]);
        factors.extend([z, z * one.k]);
    }
    points.push(ED25519_BASEPOINT_POINT);
    factors.push(base);
    EdwardsPoint::vartime_multiscalar_mul(&factors, &points).mul_by_cofactor().is_identity()
}
