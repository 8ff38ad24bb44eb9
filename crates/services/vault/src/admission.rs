//! Admission: what a hospital shows at its desk, and what a patient opens with one act.
//!
//! An offer names the hospital, the records that it needs, how keys are released and until when. It is
//! signed by the hospital and fits into a link. From it follow the id of the episode, the commitments
//! that go on the ledger and the opening of the scope: so nothing has to come back from the patient, and
//! the hospital shows the scope to whoever keeps the records.

use crate::{Result, Scope, ScopeOpening, Vault, VaultError, error::Doing as _, read::DECIDING};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_consent::{Basis, DelegationId, EpisodeId, ReleaseMode, ScopeOf, tx::OpenEpisode};
use salus_crypto::{
    commit::commitment,
    random,
    sign::{self, SigningKey},
};
use salus_types::{
    AccountId, BlockTime, Hash, Height, NetworkId, PublicKey, Signature, decode, encode, hash_parts,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a link begins with.
pub const LINK: &str = "salus:admission:";

const OFFER_DOMAIN: &str = "salus/admission-offer/1";
const SIGN_DOMAIN: &[u8] = b"salus/sign-admission/1";
/// Longest link, in digits after its beginning.
const DIGITS_MAX: usize = 40_000;

/// What a hospital asks for.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The hospital.
    pub hospital: AccountId,
    /// The records that it needs.
    pub scope: Scope,
    /// How keys are released.
    pub mode: ReleaseMode,
    /// When the episode ends at the latest, exclusive.
    pub not_after: BlockTime,
    /// Until when the offer may be taken, exclusive.
    pub offered_until: BlockTime,
    /// Random; the salts of the commitments come from it.
    pub seed: Hash,
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("hospital", &self.hospital).finish_non_exhaustive()
    }
}

impl Offer {
    /// A new offer.
    pub fn new(
        hospital: AccountId,
        scope: &Scope,
        mode: ReleaseMode,
        not_after: BlockTime,
        offered_until: BlockTime,
    ) -> Self {
        let (scope, seed) = (scope.canonical(), Hash(random()));
        Self { hospital, scope, mode, not_after, offered_until, seed }
    }

    /// The id of the episode that it opens: nobody takes it before who has the offer.
    pub fn episode(&self) -> EpisodeId {
        EpisodeId(hash_parts(&[b"salus/admission-episode/1", &encode(self)]))
    }

    /// What opens the commitment to the scope.
    pub fn opening(&self) -> ScopeOpening {
        let salt = hash_parts(&[b"salus/admission-scope/1", &self.seed.0]);
        ScopeOpening { scope: self.scope.clone(), salt }
    }

    /// What the patient sends to take it.
    pub fn accept(&self, on_behalf: Option<DelegationId>) -> OpenEpisode {
        OpenEpisode {
            episode: self.episode(),
            on_behalf,
            hospital: self.hospital,
            offer_commitment: commitment(OFFER_DOMAIN, &self.seed.0, &encode(self)),
            scope_commitment: self.opening().commitment(),
            mode: self.mode,
            not_after: self.not_after,
        }
    }

    /// What the hospital signs: the network is in it, though not in the link.
    pub fn signed_bytes(&self, network: NetworkId) -> Vec<u8> {
        let hash = hash_parts(&[SIGN_DOMAIN, &network.0, &encode(self)]);
        [SIGN_DOMAIN, &hash.0].concat()
    }
}

/// An offer with the hospital's signature. As text it is a link.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Invitation {
    /// What is asked for.
    pub offer: Offer,
    /// The key that signed, listed on the ledger for the hospital.
    pub key: PublicKey,
    /// The signature over [`Offer::signed_bytes`].
    pub signature: Signature,
}

/// Why a link is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// It is no link of an admission, or a part of it is missing. Code: `admission.malformed`.
    #[error("this is no link of an admission, or a part of it is missing; scan it again")]
    Malformed,
    /// It is not signed by the hospital that it names, on this network. Code:
    /// `admission.bad_signature`.
    #[error("this link is not signed by the hospital that it names; do not open it")]
    BadSignature,
    /// It was for another time. Code: `admission.over`.
    #[error("the time of this link is over; ask the hospital for a new one")]
    Over,
}

impl InvitationError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "admission.malformed",
            Self::BadSignature => "admission.bad_signature",
            Self::Over => "admission.over",
        }
    }
}

impl Invitation {
    /// Signs an offer.
    pub fn sign(offer: Offer, network: NetworkId, key: &SigningKey) -> Self {
        let signature = key.sign(&offer.signed_bytes(network));
        Self { offer, key: key.public(), signature }
    }

    /// Checks that one of the hospital's keys has signed it on this network, and that it may be taken
    /// at `now`.
    ///
    /// # Errors
    ///
    /// The first that applies: [`InvitationError::BadSignature`], [`InvitationError::Over`].
    pub fn check(
        &self,
        network: NetworkId,
        keys: &[PublicKey],
        now: BlockTime,
    ) -> std::result::Result<(), InvitationError> {
        let bytes = self.offer.signed_bytes(network);
        let holds = || sign::verify(&self.key, &bytes, &self.signature).is_ok();
        if !keys.contains(&self.key) || !holds() {
            return Err(InvitationError::BadSignature);
        }
        let open = now < self.offer.offered_until && now < self.offer.not_after;
        if open { Ok(()) } else { Err(InvitationError::Over) }
    }
}

/// Digits of RFC 4648, base 32, in upper case: a QR code holds them in its short form.
const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::from(LINK);
        let (mut bits, mut count) = (0_u32, 0);
        for byte in encode(self) {
            bits = bits << 8 | u32::from(byte);
            count += 8;
            while count >= 5 {
                count -= 5;
                text.push(char::from(DIGITS[(bits >> count) as usize & 31]));
            }
            bits &= (1 << count) - 1;
        }
        if count > 0 {
            text.push(char::from(DIGITS[(bits << (5 - count)) as usize & 31]));
        }
        f.write_str(&text)
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    fn from_str(link: &str) -> std::result::Result<Self, InvitationError> {
        let (start, digits) = link.trim().split_at_checked(LINK.len()).unwrap_or_default();
        if !start.eq_ignore_ascii_case(LINK) || digits.len() > DIGITS_MAX {
            return Err(InvitationError::Malformed);
        }
        let mut bytes = Vec::with_capacity(digits.len() * 5 / 8);
        let (mut bits, mut count) = (0_u32, 0);
        for digit in digits.bytes().map(|digit| digit.to_ascii_uppercase()) {
            let value = DIGITS.iter().position(|one| *one == digit);
            let value = value.and_then(|value| u32::try_from(value).ok());
            bits = bits << 5 | value.ok_or(InvitationError::Malformed)?;
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count & 0xff) as u8);
                bits &= (1 << count) - 1;
            }
        }
        decode("invitation", &bytes).map_err(|_| InvitationError::Malformed)
    }
}

impl Vault {
    /// Keeps an offer that this hospital shows, so that its scope is known once it is taken.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`]: it could not be kept.
    pub async fn keep_offer(&self, offer: &Offer) -> Result<()> {
        let episode = offer.episode();
        let sealed = self.keys.seal_small(episode.as_bytes(), &encode(&offer.opening()));
        self.index.put_offer(episode, offer.offered_until, &sealed).await
    }

    /// Takes up an offer of this hospital that a patient has taken: from then on its scope is that of
    /// the episode. False if this hospital has offered no such episode.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoEpisode`]: nobody has taken it yet; [`VaultError::Storage`],
    /// [`VaultError::Ledger`], [`VaultError::Integrity`].
    pub async fn take_offer(&self, episode: EpisodeId) -> Result<bool> {
        let Some(sealed) = self.index.offer(episode).await? else { return Ok(false) };
        let opening = self.keys.open_small(episode.as_bytes(), &sealed)?;
        let opening: ScopeOpening = decode("scope opening", &opening)
            .map_err(|_| VaultError::Integrity { what: "the opening of a scope" })?;
        let of = ScopeOf::Basis(Basis::Episode(episode));
        self.register_scope(of, &opening, Height(0)).await?;
        let now = self.ledger.tip().await.doing(DECIDING)?.time;
        self.index.drop_offers(episode, now).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use salus_types::SignatureAlgorithm;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn at(ms: u64) -> BlockTime {
        BlockTime::from_unix_ms(ms)
    }

    fn invitation(key: &SigningKey) -> Invitation {
        let hospital = AccountId([1; 32]);
        let mode = ReleaseMode::Wrapped;
        let offer = Offer::new(hospital, &Scope::default(), mode, at(2_000), at(1_000));
        Invitation::sign(offer, NETWORK, key)
    }

    #[test]
    fn a_link_comes_back_as_it_was_in_either_case_and_is_short_enough_to_scan() {
        let made = invitation(&SigningKey::generate(SignatureAlgorithm::Ed25519));

        let link = made.to_string();

        assert_eq!(link.parse(), Ok(made.clone()));
        assert_eq!(link.to_uppercase().parse(), Ok(made));
        assert!(link.len() < 400, "{}", link.len());
    }

    #[test]
    fn what_is_no_whole_link_is_refused() {
        let link = invitation(&SigningKey::generate(SignatureAlgorithm::Ed25519)).to_string();

        let odd = link.replace("admission", "admittance");
        for bad in ["", LINK, "salus:", &link[..link.len() - 9], &odd, "salus:admission:a1"] {
            assert_eq!(bad.parse::<Invitation>(), Err(InvitationError::Malformed), "{bad}");
        }
    }

    #[test]
    fn an_invitation_counts_on_its_network_by_its_hospital_in_its_time() {
        let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        let made = invitation(&key);
        let keys = [key.public()];
        let mut wider = made.clone();
        wider.offer.not_after = at(9_000);

        assert_eq!(made.check(NETWORK, &keys, at(999)), Ok(()));
        assert_eq!(made.check(NETWORK, &keys, at(1_000)), Err(InvitationError::Over));
        let bad = Err(InvitationError::BadSignature);
        assert_eq!(made.check(NetworkId([8; 32]), &keys, at(1)), bad);
        assert_eq!(made.check(NETWORK, &[], at(1)), bad);
        assert_eq!(wider.check(NETWORK, &keys, at(1)), bad);
    }

    #[test]
    fn what_a_patient_sends_is_opened_by_what_the_hospital_has() {
        let made = invitation(&SigningKey::generate(SignatureAlgorithm::Ed25519));

        let sent = made.offer.accept(None);

        assert_eq!(sent.episode, made.offer.episode());
        made.offer.opening().opens(sent.scope_commitment).unwrap();
    }
}
