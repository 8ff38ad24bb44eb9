//! Sharing: a key that is nowhere, until enough of its custodians give their shares.
//!
//! Pedersen's verifiable secret sharing over the scalars of P-256. Whoever gets a share checks it
//! against commitments that are the same for all, so that a dealer who deals badly, and a custodian
//! who gives something else, are found out. The commitments hide perfectly: who has them and fewer
//! shares than needed learns nothing, with whatever computer. They bind only as long as discrete
//! logarithms are hard, which matters at the time of checking, not later.
//!
//! ```text
//! share       = index || value of 32 bytes || blinder of 32 bytes
//! commitments = number needed || that many compressed points of 33 bytes
//! key         = SHA-256("salus/shared-key/1" || secret scalar of 32 bytes)
//! ```
//!
//! The second generator is the hash of a name to the curve (RFC 9380, `P256_XMD:SHA-256_SSWU_RO_`):
//! nobody knows its logarithm. Source: Pedersen, "Non-Interactive and Information-Theoretic Secure
//! Verifiable Secret Sharing", CRYPTO 1991.

use crate::seal::DataKey;
use p256::{
    NistP256, ProjectivePoint, Scalar,
    elliptic_curve::{
        ff::{Field as _, PrimeField as _},
        group::GroupEncoding as _,
    },
    hash2curve::{ExpandMsgXmd, hash_from_bytes},
};
use salus_types::{Hash, hash_parts};
use std::fmt;
use vsss_rs::{
    DefaultShare, IdentifierPrimeField, PedersenVerifierSet, ReadableShareSet as _, StdVsss,
    ValueGroup,
    pedersen::{Pedersen as _, PedersenOptions, PedersenResult as _},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Most custodians of one key.
pub const SHARES_MAX: u8 = 16;
/// Bytes of a share.
pub const SHARE_BYTES: usize = 1 + SCALAR_BYTES + SCALAR_BYTES;

const SCALAR_BYTES: usize = 32;
const POINT_BYTES: usize = 33;
const KEY_DOMAIN: &[u8] = b"salus/shared-key/1";
const COMMITMENTS_DOMAIN: &[u8] = b"salus/share-commitments/1";
const GENERATOR_NAME: &[u8] = b"blinder of shares";
const GENERATOR_DOMAIN: &[u8] = b"salus/shares/1";

type Field = IdentifierPrimeField<Scalar>;
type Point = ValueGroup<ProjectivePoint>;
type LibraryShare = DefaultShare<Field, Field>;
type Scheme = StdVsss<LibraryShare, Point>;

/// Why a key is not dealt, or a share not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Not 1 ≤ needed ≤ custodians ≤ 16. Code: `crypto.share_numbers`.
    #[error("{needed} of {count} is no sharing: at least one, and at most {SHARES_MAX} in all")]
    BadNumbers {
        /// How many shares were to be needed.
        needed: u8,
        /// How many there were to be.
        count: u8,
    },
    /// The bytes are no share. Code: `crypto.share_encoding`.
    #[error("{len} bytes are no share")]
    BadShare {
        /// How many bytes were given.
        len: usize,
    },
    /// The bytes are no commitments. Code: `crypto.share_commitments`.
    #[error("{len} bytes are no commitments to a shared key")]
    BadCommitments {
        /// How many bytes were given.
        len: usize,
    },
    /// The share is not of this key. Code: `crypto.share_wrong`.
    #[error("share {index} is not one of the key that was committed to")]
    Wrong {
        /// The place of the share.
        index: u8,
    },
    /// Fewer different shares than needed. Code: `crypto.share_few`.
    #[error("{found} shares were given and {needed} are needed")]
    TooFew {
        /// How many different shares were given.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
}

impl ShareError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadNumbers { .. } => "crypto.share_numbers",
            Self::BadShare { .. } => "crypto.share_encoding",
            Self::BadCommitments { .. } => "crypto.share_commitments",
            Self::Wrong { .. } => "crypto.share_wrong",
            Self::TooFew { .. } => "crypto.share_few",
        }
    }
}

/// One custodian's share of a key; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Share {
    index: u8,
    value: [u8; SCALAR_BYTES],
    blinder: [u8; SCALAR_BYTES],
}

/// What every share of one key is checked against. Says nothing about the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ShareCommitments(Vec<[u8; POINT_BYTES]>);

/// A key that was made and dealt. The key is in no one's hands once this is dropped.
pub struct Dealt {
    /// The key.
    pub key: DataKey,
    /// What shares are checked against.
    pub commitments: ShareCommitments,
    /// The shares, for custodian 1, 2, ….
    pub shares: Vec<Share>,
}

impl fmt::Debug for Dealt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dealt").field("shares", &self.shares.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({}, [redacted])", self.index)
    }
}

impl fmt::Debug for ShareCommitments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShareCommitments({})", self.hash())
    }
}

/// Makes a new random key and deals it to `count` custodians, of whom `needed` open it together.
///
/// # Errors
///
/// [`ShareError::BadNumbers`].
pub fn deal(needed: u8, count: u8) -> Result<Dealt, ShareError> {
    if needed == 0 || needed > count || count > SHARES_MAX {
        return Err(ShareError::BadNumbers { needed, count });
    }
    let rng = &mut rand_core::UnwrapErr(getrandom::SysRng);
    if count == 1 {
        return Ok(deal_to_one());
    }
    let secret = random_scalar();
    let field = IdentifierPrimeField(*secret);
    // The library deals to two or more of two or more; one of many is dealt as copies of the key.
    if needed == 1 {
        return Ok(deal_copies(&secret, count));
    }
    let options = PedersenOptions {
        secret: &field,
        blinder: None,
        secret_generator: Some(ValueGroup(ProjectivePoint::GENERATOR)),
        blinder_generator: Some(ValueGroup(blinder_generator())),
    };
    let dealt =
        Scheme::split_secret_with_blind_verifiers(needed.into(), count.into(), &options, rng)
            .map_err(|_| ShareError::BadNumbers { needed, count })?;
    let set = dealt.pedersen_verifier_set();
    let points = PedersenVerifierSet::<LibraryShare, Point>::blind_verifiers(set);
    let shares = dealt.secret_shares().iter().zip(dealt.blinder_shares()).zip(1..);
    Ok(Dealt {
        key: key_of(&secret),
        commitments: ShareCommitments(points.iter().map(|one| point_bytes(&one.0)).collect()),
        shares: shares
            .map(|((value, blinder), index)| Share {
                index,
                value: value.value.0.to_repr().into(),
                blinder: blinder.value.0.to_repr().into(),
            })
            .collect(),
    })
}

fn deal_to_one() -> Dealt {
    deal_copies(&random_scalar(), 1)
}

/// A polynomial of degree zero: every share is the secret.
fn deal_copies(secret: &Scalar, count: u8) -> Dealt {
    let blinder = random_scalar();
    let point = ProjectivePoint::GENERATOR * *secret + blinder_generator() * *blinder;
    let share =
        |index| Share { index, value: secret.to_repr().into(), blinder: blinder.to_repr().into() };
    Dealt {
        key: key_of(secret),
        commitments: ShareCommitments(vec![point_bytes(&point)]),
        shares: (1..=count).map(share).collect(),
    }
}

impl Share {
    /// Its place among the shares, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }

    /// The bytes, to be wrapped to the custodian.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(SHARE_BYTES));
        bytes.push(self.index);
        bytes.extend_from_slice(&self.value);
        bytes.extend_from_slice(&self.blinder);
        bytes
    }

    /// The share with these bytes.
    ///
    /// # Errors
    ///
    /// [`ShareError::BadShare`]: another length, a place that cannot be, or numbers beyond the field.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        let bad = ShareError::BadShare { len: bytes.len() };
        let bytes: &[u8; SHARE_BYTES] = bytes.try_into().map_err(|_| bad)?;
        let (index, rest) = (bytes[0], &bytes[1..]);
        let (value, blinder) = rest.split_at(SCALAR_BYTES);
        let share = Self {
            index,
            value: value.try_into().map_err(|_| bad)?,
            blinder: blinder.try_into().map_err(|_| bad)?,
        };
        let fits = (1..=SHARES_MAX).contains(&index) && share.scalars().is_some();
        if fits { Ok(share) } else { Err(bad) }
    }

    fn scalars(&self) -> Option<(Scalar, Scalar)> {
        Some((scalar(&self.value)?, scalar(&self.blinder)?))
    }

    /// Checks that it is a share of the key that was committed to.
    ///
    /// # Errors
    ///
    /// [`ShareError::Wrong`].
    pub fn verify(&self, commitments: &ShareCommitments) -> Result<(), ShareError> {
        let wrong = ShareError::Wrong { index: self.index };
        let (value, blinder) = self.scalars().ok_or(wrong)?;
        let found = ProjectivePoint::GENERATOR * value + blinder_generator() * blinder;
        let at = Scalar::from(u64::from(self.index));
        let mut expected = ProjectivePoint::IDENTITY;
        for bytes in commitments.0.iter().rev() {
            expected = expected * at + point(bytes).ok_or(wrong)?;
        }
        if found == expected { Ok(()) } else { Err(wrong) }
    }
}

impl ShareCommitments {
    /// How many shares open the key.
    pub fn needed(&self) -> usize {
        self.0.len()
    }

    /// What identifies them: this is what stands on the ledger.
    pub fn hash(&self) -> Hash {
        hash_parts(&[COMMITMENTS_DOMAIN, &self.to_bytes()])
    }

    /// The bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + self.0.len() * POINT_BYTES);
        bytes.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        bytes.extend(self.0.iter().flatten());
        bytes
    }

    /// The commitments with these bytes.
    ///
    /// # Errors
    ///
    /// [`ShareError::BadCommitments`]: no number from 1 to 16 with that many points of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        let bad = ShareError::BadCommitments { len: bytes.len() };
        let (&needed, rest) = bytes.split_first().ok_or(bad)?;
        let (points, left) = rest.as_chunks::<POINT_BYTES>();
        let fits = left.is_empty()
            && (1..=SHARES_MAX).contains(&needed)
            && points.len() == usize::from(needed)
            && points.iter().all(|one| point(one).is_some());
        if fits { Ok(Self(points.to_vec())) } else { Err(bad) }
    }
}

/// Opens a key with shares of it. Each is checked; copies of one count once.
///
/// # Errors
///
/// The first that applies: [`ShareError::Wrong`], a share is not of this key;
/// [`ShareError::TooFew`].
pub fn combine(commitments: &ShareCommitments, shares: &[Share]) -> Result<DataKey, ShareError> {
    let mut different: Vec<&Share> = Vec::with_capacity(shares.len());
    for share in shares {
        share.verify(commitments)?;
        if different.iter().all(|one| one.index != share.index) {
            different.push(share);
        }
    }
    let needed = commitments.needed();
    let too_few = ShareError::TooFew { found: different.len(), needed };
    if different.len() < needed {
        return Err(too_few);
    }
    let library: Vec<LibraryShare> = different
        .iter()
        .take(needed)
        .filter_map(|one| {
            let identifier = IdentifierPrimeField(Scalar::from(u64::from(one.index)));
            let value = IdentifierPrimeField(one.scalars()?.0);
            Some(DefaultShare { identifier, value })
        })
        .collect();
    let secret = match library.as_slice() {
        // The library combines two or more; of a polynomial of degree zero each share is the secret.
        [one] => Zeroizing::new(one.value.0),
        several => Zeroizing::new(several.to_vec().combine().map_err(|_| too_few)?.0),
    };
    Ok(key_of(&secret))
}

fn random_scalar() -> Zeroizing<Scalar> {
    loop {
        // Half of all, and many more, of 32 random bytes are below the order of the curve.
        let bytes = Zeroizing::new(crate::random::<SCALAR_BYTES>());
        if let Some(found) = scalar(&bytes).filter(|one| !bool::from(one.is_zero())) {
            return Zeroizing::new(found);
        }
    }
}

fn key_of(secret: &Scalar) -> DataKey {
    let bytes: Zeroizing<[u8; SCALAR_BYTES]> = Zeroizing::new(secret.to_repr().into());
    DataKey::from_bytes(hash_parts(&[KEY_DOMAIN, &*bytes]).0)
}

fn blinder_generator() -> ProjectivePoint {
    hash_from_bytes::<NistP256, ExpandMsgXmd<sha2::Sha256>>(&[GENERATOR_NAME], &[GENERATOR_DOMAIN])
        .expect("a name and a domain of usual length are hashed")
}

fn scalar(bytes: &[u8; SCALAR_BYTES]) -> Option<Scalar> {
    Option::from(Scalar::from_repr((*bytes).into()))
}

fn point(bytes: &[u8; POINT_BYTES]) -> Option<ProjectivePoint> {
    Option::from(ProjectivePoint::from_bytes(&(*bytes).into()))
}

fn point_bytes(point: &ProjectivePoint) -> [u8; POINT_BYTES] {
    point.to_bytes().into()
}
