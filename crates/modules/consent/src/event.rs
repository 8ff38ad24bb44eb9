//! What consent tells the world.

use crate::{
    ArrangementId, ArrangementKind, Basis, DelegationId, DelegationKind, DocumentId, EmergencyId,
    EmergencyReason, EpisodeId, ErasureBasis, ErasureId, ErasureScope, GrantId, GrantedBy,
    KeyHolder, Powers, PurposeOfUse, RecordId, ReleaseMode, RequestId, RetentionReason,
    ReviewOutcome, state::CUSTODIANS_MAX,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::event_names;
use salus_types::{AccountId, BlockTime, Hash, ModuleId, VecMax};
use serde::{Deserialize, Serialize};

/// An event of this module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum ConsentEvent {
    /// A version of a record was anchored.
    RecordAnchored {
        /// The record.
        record: RecordId,
        /// Whose it is.
        patient: AccountId,
        /// Who keeps it.
        custodian: AccountId,
        /// The version, from 1.
        version: u32,
    },
    /// An organisation was granted access.
    AccessGranted {
        /// The grant.
        grant: GrantId,
        /// Whose records.
        patient: AccountId,
        /// Who gave it.
        by: GrantedBy,
        /// Who may read.
        grantee: AccountId,
        /// Where the records are.
        custodian: AccountId,
        /// What for.
        purpose: PurposeOfUse,
        /// How keys are released.
        mode: ReleaseMode,
        /// From when on.
        not_before: BlockTime,
        /// Until when.
        not_after: BlockTime,
    },
    /// A grant was revoked, for ever.
    GrantRevoked {
        /// The grant.
        grant: GrantId,
        /// Whose records.
        patient: AccountId,
        /// Who may read no longer.
        grantee: AccountId,
        /// Where the records are.
        custodian: AccountId,
    },
    /// A custodian accounted for accesses.
    AccessAccounted {
        /// Whose records were asked for.
        patient: AccountId,
        /// Who keeps them.
        custodian: AccountId,
        /// On what they rest, if on something.
        basis: Option<Basis>,
        /// Number of the first access.
        first_sequence: u64,
        /// How many there are.
        count: u32,
    },
    /// Another account may act for a patient.
    PowersDelegated {
        /// The delegation.
        delegation: DelegationId,
        /// The patient.
        patient: AccountId,
        /// Who may act.
        delegate: AccountId,
        /// What it is to the patient.
        kind: DelegationKind,
        /// What it may do.
        powers: Powers,
        /// From when on.
        not_before: BlockTime,
        /// Until when.
        not_after: BlockTime,
    },
    /// It may no longer.
    DelegationEnded {
        /// The delegation.
        delegation: DelegationId,
        /// The patient.
        patient: AccountId,
        /// Who may act no longer.
        delegate: AccountId,
    },
    /// A hospital may read until discharge.
    EpisodeOpened {
        /// The episode.
        episode: EpisodeId,
        /// The patient.
        patient: AccountId,
        /// The hospital.
        hospital: AccountId,
        /// How keys are released.
        mode: ReleaseMode,
        /// Until when at the latest.
        not_after: BlockTime,
        /// The episode whose place it takes after a transfer.
        continues: Option<EpisodeId>,
    },
    /// A hospital may read no longer.
    EpisodeClosed {
        /// The episode.
        episode: EpisodeId,
        /// The patient.
        patient: AccountId,
        /// The hospital.
        hospital: AccountId,
    },
    /// Custodians hold shares of a patient's keys.
    CustodiansAppointed {
        /// The arrangement.
        arrangement: ArrangementId,
        /// The patient.
        patient: AccountId,
        /// The organisation that holds the records.
        holder: AccountId,
        /// What it is for.
        kind: ArrangementKind,
        /// Who hold shares.
        custodians: VecMax<AccountId, CUSTODIANS_MAX>,
        /// How many shares it takes.
        threshold: u8,
        /// The epoch of the keys.
        epoch: u32,
        /// The arrangement before, whose shares are to be destroyed.
        replaced: Option<ArrangementId>,
    },
    /// Custodians release nothing any more and destroy their shares.
    ArrangementRetired {
        /// The arrangement.
        arrangement: ArrangementId,
        /// The patient.
        patient: AccountId,
        /// The organisation that holds the records.
        holder: AccountId,
    },
    /// Custodians are asked to release their shares, and the accesses are accounted for.
    ReleaseRequested {
        /// The request.
        request: RequestId,
        /// Whose records.
        patient: AccountId,
        /// The organisation that holds them.
        holder: AccountId,
        /// The organisation that asks.
        requester: AccountId,
        /// On what it rests.
        basis: Basis,
        /// What for.
        purpose: PurposeOfUse,
        /// Whose custodians are asked.
        arrangement: ArrangementId,
        /// Hash of the key to which shares are sealed.
        session_key: Hash,
        /// Number of the first access, given by the ledger.
        first_sequence: u64,
        /// How many accesses.
        count: u32,
        /// Until when custodians release.
        expires_at: BlockTime,
    },
    /// A custodian released its share.
    ReleaseAttested {
        /// The request.
        request: RequestId,
        /// The custodian.
        custodian: AccountId,
        /// Hash of the sealed share.
        share_digest: Hash,
    },
    /// A patient said what is allowed in emergencies.
    EmergencyRulesSet {
        /// The patient.
        patient: AccountId,
        /// Whether a service may override at all.
        override_allowed: bool,
        /// Who reviews.
        reviewer: AccountId,
        /// Whether it always takes two persons.
        two_person: bool,
    },
    /// An emergency was opened: patient and reviewer are to be told.
    EmergencyOpened {
        /// The emergency.
        emergency: EmergencyId,
        /// The patient.
        patient: AccountId,
        /// The service.
        service: AccountId,
        /// Who asked.
        person: AccountId,
        /// Why.
        reason: EmergencyReason,
        /// Whether a second person has to agree first.
        needs_second: bool,
        /// Who reviews it.
        reviewer: AccountId,
        /// Until when at the latest.
        expires_at: BlockTime,
    },
    /// A second person agreed.
    EmergencyCosigned {
        /// The emergency.
        emergency: EmergencyId,
        /// The patient.
        patient: AccountId,
        /// The service.
        service: AccountId,
        /// The second person.
        person: AccountId,
    },
    /// An emergency was closed before it expired.
    EmergencyClosed {
        /// The emergency.
        emergency: EmergencyId,
        /// The patient.
        patient: AccountId,
        /// The service.
        service: AccountId,
    },
    /// An emergency was reviewed.
    EmergencyReviewed {
        /// The emergency.
        emergency: EmergencyId,
        /// The patient.
        patient: AccountId,
        /// The service.
        service: AccountId,
        /// What was found.
        outcome: ReviewOutcome,
    },
    /// A version of a document was notarised.
    DocumentNotarised {
        /// The document.
        document: DocumentId,
        /// The version, from 1.
        version: u32,
        /// Who notarised it.
        owner: AccountId,
        /// Hash of its bytes, salted or not.
        commitment: Hash,
        /// The document whose place it takes, if one.
        supersedes: Option<DocumentId>,
    },
    /// A version of a document was signed.
    DocumentSigned {
        /// The document.
        document: DocumentId,
        /// The version, from 1.
        version: u32,
        /// Who signed.
        signer: AccountId,
    },
    /// Who holds keys of these records is to destroy them.
    ErasureRequested {
        /// The erasure.
        erasure: ErasureId,
        /// Whose records.
        patient: AccountId,
        /// The organisation that holds them.
        holder: AccountId,
        /// Of what.
        scope: ErasureScope,
        /// Why.
        basis: ErasureBasis,
    },
    /// An organisation destroyed what it held.
    ErasureAttested {
        /// The erasure.
        erasure: ErasureId,
        /// Whose records.
        patient: AccountId,
        /// The organisation that holds them.
        holder: AccountId,
        /// Who attests.
        organisation: AccountId,
        /// As what it held keys.
        role: KeyHolder,
        /// Hash of its signed report.
        report_digest: Hash,
        /// Whether the erasure is done with it: it is the holder's.
        done: bool,
    },
    /// The holder must keep the records.
    ErasureRefused {
        /// The erasure.
        erasure: ErasureId,
        /// Whose records.
        patient: AccountId,
        /// The organisation that holds them.
        holder: AccountId,
        /// Why.
        reason: RetentionReason,
    },
}

event_names! {
    ConsentEvent of ModuleId::CONSENT => {
        RecordAnchored,
        AccessGranted,
        GrantRevoked,
        AccessAccounted,
        PowersDelegated,
        DelegationEnded,
        EpisodeOpened,
        EpisodeClosed,
        CustodiansAppointed,
        ArrangementRetired,
        ReleaseRequested,
        ReleaseAttested,
        EmergencyRulesSet,
        EmergencyOpened,
        EmergencyCosigned,
        EmergencyClosed,
        EmergencyReviewed,
        DocumentNotarised,
        DocumentSigned,
        ErasureRequested,
        ErasureAttested,
        ErasureRefused,
    }
}
