//! The holder: making key pairs, dealing shares of their secrets, and forgetting them.

use super::messages::{CategoryCommitments, Commitments, ShareBundle};
use crate::{
    Result, Vault, VaultError,
    error::Doing as _,
    index::custody::NewCustody,
    keys::{self, CategoryKeyId},
};
use salus_consent::ArrangementId;
use salus_crypto::{
    seal::DataKey,
    share::{Share, deal},
    wrap::{SealingPublic, SealingSecret},
};
use salus_fhir::Category;
use salus_types::{AccountId, BytesMax, Hash, Height, VecMax, encode};
use std::fmt;

const APPOINTING: &str = "asking the ledger who the custodians are";

/// A custodian, and the key to which its shares are wrapped.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The organisation.
    pub account: AccountId,
    /// Its sealing key.
    pub sealing: SealingPublic,
}

/// Key pairs that were made and dealt, before the ledger says that they count. The secrets are gone.
#[derive(Clone)]
pub struct Custody {
    /// What is to stand on the ledger, opened.
    pub commitments: Commitments,
    /// For each custodian its shares, wrapped to it.
    shares: Vec<(AccountId, Vec<u8>)>,
    /// The secrets, wrapped to a patient who has a sealing key.
    to_patient: Vec<Option<Vec<u8>>>,
}

impl fmt::Debug for Custody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Custody").field("root", &self.commitments.root()).finish_non_exhaustive()
    }
}

impl Custody {
    /// What is to stand on the ledger as `commitments_root`.
    pub fn root(&self) -> Hash {
        self.commitments.root()
    }

    /// What each custodian is to keep, once the arrangement is final.
    ///
    /// # Errors
    ///
    /// [`VaultError::Integrity`]: never, for what this program wraps is of a known size.
    pub fn bundles(&self, arrangement: ArrangementId) -> Result<Vec<ShareBundle>> {
        let bundle = |(custodian, wrapped): &(AccountId, Vec<u8>)| {
            Ok(ShareBundle {
                arrangement,
                custodian: *custodian,
                commitments: self.commitments.clone(),
                wrapped: BytesMax::new(wrapped.clone())
                    .map_err(|_| VaultError::Integrity { what: "the size of a share" })?,
            })
        };
        self.shares.iter().map(bundle).collect()
    }
}

impl Vault {
    /// Makes a key pair for each category and deals its secret to the custodians, of whom `needed`
    /// open it together. Nothing changes yet: the patient signs the root first, then each custodian
    /// takes its shares, and then [`Self::begin_custody`].
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::Custodians`], numbers that are no sharing, or a category
    /// named twice; [`VaultError::Storage`].
    pub async fn deal_custody(
        &self,
        patient: AccountId,
        categories: &[Category],
        custodians: &[Recipient],
        needed: u8,
    ) -> Result<Custody> {
        let count = u8::try_from(custodians.len()).map_err(|_| VaultError::Custodians)?;
        let mut sorted = categories.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.is_empty() || sorted.len() != categories.len() {
            return Err(VaultError::Custodians);
        }
        let public = self.index.patient_sealing_key(patient).await?;
        let public = public.and_then(|bytes| SealingPublic::from_bytes(&bytes).ok());
        let mut entries = Vec::with_capacity(sorted.len());
        let mut to_patient = Vec::with_capacity(sorted.len());
        let mut shares: Vec<Vec<Share>> = vec![Vec::new(); custodians.len()];
        for category in sorted {
            let dealt = deal(needed, count).map_err(|_| VaultError::Custodians)?;
            let secret = secret_of(&dealt.key)?;
            let too_large = |_| VaultError::Integrity { what: "the size of commitments" };
            entries.push(CategoryCommitments {
                category,
                public: BytesMax::new(secret.public().as_bytes().to_vec()).map_err(too_large)?,
                commitments: BytesMax::new(dealt.commitments.to_bytes()).map_err(too_large)?,
            });
            to_patient
                .push(public.as_ref().map(|to| keys::wrap_pair(patient, category, to, &dealt.key)));
            for (place, share) in shares.iter_mut().zip(dealt.shares) {
                place.push(share);
            }
        }
        let commitments = VecMax::new(entries).map_err(|_| VaultError::Custodians)?;
        let commitments = Commitments(commitments);
        let root = commitments.root();
        let shares = custodians.iter().zip(shares).map(|(custodian, shares)| {
            let plain = encode_shares(&shares);
            (
                custodian.account,
                keys::wrap_shares(root, custodian.account, &custodian.sealing, &plain),
            )
        });
        Ok(Custody { shares: shares.collect(), commitments, to_patient })
    }

    /// Gives the keys of these categories out of the hands of this vault, for good: what is sealed
    /// from now on is sealed to their public halves, and older keys are wrapped to them and
    /// forgotten. To be called when every custodian has its shares.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::Custodians`], the ledger has no such arrangement with
    /// this root for a patient at this vault; [`VaultError::Storage`], [`VaultError::Ledger`].
    pub async fn begin_custody(&self, arrangement: ArrangementId, custody: &Custody) -> Result<()> {
        let found = self.ledger.arrangement(arrangement, Height(0)).await.doing(APPOINTING)?;
        let stored = found
            .value
            .filter(|one| one.holder == self.organisation && one.retired_at.is_none())
            .filter(|one| one.commitments_root == custody.root())
            .ok_or(VaultError::Custodians)?;
        self.check_not_erased(stored.patient).await?;
        let _one_at_a_time = self.rotations.lock().await;
        let mut begun = Vec::new();
        for (entry, to_patient) in custody.commitments.0.iter().zip(&custody.to_patient) {
            let public = entry.public().ok_or(VaultError::Custodians)?;
            let newest = self.index.newest_epoch(stored.patient, entry.category).await?;
            let id =
                |epoch| CategoryKeyId { patient: stored.patient, category: entry.category, epoch };
            let next = match newest {
                None => 0,
                Some(epoch) => {
                    epoch.checked_add(1).ok_or(VaultError::Integrity { what: "the key epoch" })?
                }
            };
            // Of a category that is with custodians already, the key before is not here: records of
            // that epoch open with the shares of that epoch.
            let previous = match newest {
                Some(epoch) if self.index.custody(id(epoch)).await?.is_none() => {
                    let key = self.open_category_key(id(epoch)).await?;
                    Some(keys::wrap_to_pair(id(next), &public, &key))
                }
                Some(_) | None => None,
            };
            let mut facts = self.index.facts_of(stored.patient, entry.category).await?;
            for (record, version, sealed) in &mut facts {
                *sealed = self.reduced(*record, *version, sealed)?;
            }
            begun.push(NewCustody {
                facts,
                id: id(next),
                arrangement,
                public: public.as_bytes().to_vec(),
                commitments: encode(&custody.commitments),
                previous,
                to_patient: to_patient.clone(),
            });
        }
        self.index.begin_custody(&begun).await?;
        self.keys.forget(stored.patient);
        Ok(())
    }
}

/// The secret half of a category's key pair.
pub(super) fn secret_of(key: &DataKey) -> Result<SealingSecret> {
    SealingSecret::from_bytes(key.as_bytes())
        .map_err(|_| VaultError::Integrity { what: "the key of a category" })
}

fn encode_shares(shares: &[Share]) -> zeroize::Zeroizing<Vec<u8>> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    for share in shares {
        bytes.extend_from_slice(&share.to_bytes());
    }
    bytes
}
