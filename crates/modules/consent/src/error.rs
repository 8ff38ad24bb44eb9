//! Why consent refuses.

mod codes;

use crate::{
    ArrangementId, DelegationId, DocumentId, EmergencyId, EpisodeId, ErasureId, GrantId,
    PurposeOfUse, RecordId, RequestId, query::GrantStatus,
};
use salus_types::{AccountId, BlockTime};

/// A refusal of this module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// Only an organisation keeps records. Code: `consent.not_an_organisation`.
    #[error("account {account} is not an active organisation")]
    NotAnOrganisation {
        /// The sender.
        account: AccountId,
    },
    /// The patient's account is not that of a person on the ledger. Code: `consent.unknown_patient`.
    #[error("account {patient} is not a person's account on the ledger; register it first")]
    UnknownPatient {
        /// The account that was named.
        patient: AccountId,
    },
    /// Another organisation keeps the record. Code: `consent.not_custodian`.
    #[error("record {record} is kept by {custodian}")]
    NotCustodian {
        /// The record.
        record: RecordId,
        /// Who keeps it.
        custodian: AccountId,
    },
    /// The record is another patient's. Code: `consent.wrong_patient`.
    #[error("record {record} is of another patient")]
    WrongPatient {
        /// The record.
        record: RecordId,
    },
    /// Versions follow one another. Code: `consent.wrong_version`.
    #[error("version {found} was given, the next one of this record is {expected}")]
    WrongVersion {
        /// The next version.
        expected: u32,
        /// The version given.
        found: u32,
    },
    /// Only a person grants access. Code: `consent.not_a_patient`.
    #[error("account {account} is not a person's; only a person grants access")]
    NotAPatient {
        /// The sender.
        account: AccountId,
    },
    /// The id is taken. Code: `consent.grant_exists`.
    #[error("grant {grant} exists already; choose another random id")]
    GrantExists {
        /// The id.
        grant: GrantId,
    },
    /// Grantee and custodian are one organisation. Code: `consent.same_organisation`.
    #[error("grantee and custodian are the same organisation")]
    SameOrganisation,
    /// The grantee may not act. Code: `consent.inactive_grantee`.
    #[error("grantee {grantee} is not an active organisation")]
    InactiveGrantee {
        /// The grantee.
        grantee: AccountId,
    },
    /// The custodian may not act. Code: `consent.inactive_custodian`.
    #[error("custodian {custodian} is not an active organisation")]
    InactiveCustodian {
        /// The custodian.
        custodian: AccountId,
    },
    /// The period is empty, over or too long. Code: `consent.wrong_period`.
    #[error(
        "the period {not_before} to {not_after} is empty, over at {now}, or ends more than 10 years ahead"
    )]
    WrongPeriod {
        /// When it was to begin.
        not_before: BlockTime,
        /// When it was to end.
        not_after: BlockTime,
        /// Block time.
        now: BlockTime,
    },
    /// No such grant. Code: `consent.unknown_grant`.
    #[error("grant {grant} is not on the ledger")]
    UnknownGrant {
        /// The grant that was named.
        grant: GrantId,
    },
    /// Only who granted revokes. Code: `consent.not_grantor`.
    #[error("grant {grant} was given by another account")]
    NotGrantor {
        /// The grant.
        grant: GrantId,
    },
    /// A revocation is final. Code: `consent.already_revoked`.
    #[error("grant {grant} was revoked at {at}")]
    AlreadyRevoked {
        /// The grant.
        grant: GrantId,
        /// When.
        at: BlockTime,
    },
    /// A batch has an impossible count. Code: `consent.wrong_count`.
    #[error("a batch has 1 to {max} accesses, this one has {found}")]
    WrongCount {
        /// How many are allowed.
        max: u32,
        /// How many were given.
        found: u32,
    },
    /// The sender keeps no record of the patient. Code: `consent.no_relation`.
    #[error("the sender has anchored no record of patient {patient}")]
    NoRelation {
        /// The patient.
        patient: AccountId,
    },
    /// The grant is for another patient or custodian. Code: `consent.wrong_grant`.
    #[error("grant {grant} is of another patient or for another custodian")]
    WrongGrant {
        /// The grant.
        grant: GrantId,
    },
    /// The grant gives no access now. Code: `consent.grant_not_active`.
    #[error("grant {grant} is {status}")]
    GrantNotActive {
        /// The grant.
        grant: GrantId,
        /// How it stands.
        status: GrantStatus,
    },
    /// Accesses are numbered without a gap. Code: `consent.wrong_sequence`.
    #[error("the batch begins with access {found}, expected is {expected}")]
    WrongSequence {
        /// The next number.
        expected: u64,
        /// The number given.
        found: u64,
    },
    /// The sender has no part in it. Code: `consent.not_party`.
    #[error(
        "account {account} is neither the patient, nor acts for the patient, nor the other party"
    )]
    NotParty {
        /// The sender.
        account: AccountId,
    },
    /// No such delegation. Code: `consent.unknown_delegation`.
    #[error("delegation {delegation} is not on the ledger")]
    UnknownDelegation {
        /// The delegation that was named.
        delegation: DelegationId,
    },
    /// The delegation names another account. Code: `consent.not_delegate`.
    #[error("delegation {delegation} is for another account")]
    NotDelegate {
        /// The delegation.
        delegation: DelegationId,
    },
    /// The delegation gives no power now. Code: `consent.delegation_not_active`.
    #[error("delegation {delegation} is {status}")]
    DelegationNotActive {
        /// The delegation.
        delegation: DelegationId,
        /// How it stands.
        status: GrantStatus,
    },
    /// The delegation does not give this power. Code: `consent.power_missing`.
    #[error("the delegation does not give the power to {power}")]
    PowerMissing {
        /// The power that is missing.
        power: &'static str,
    },
    /// The id is taken. Code: `consent.delegation_exists`.
    #[error("delegation {delegation} exists already; choose another random id")]
    DelegationExists {
        /// The id.
        delegation: DelegationId,
    },
    /// Nobody is its own delegate. Code: `consent.self_delegation`.
    #[error("a patient needs no delegation to act for itself")]
    SelfDelegation,
    /// Powers are listed once each, in order. Code: `consent.wrong_powers`.
    #[error("powers are at least one, each once, in the order grant, revoke, read, appoint, erase")]
    WrongPowers,
    /// The delegate may not act. Code: `consent.inactive_delegate`.
    #[error("delegate {delegate} is no active account")]
    InactiveDelegate {
        /// The delegate.
        delegate: AccountId,
    },
    /// The end of a delegation is final. Code: `consent.delegation_ended`.
    #[error("delegation {delegation} was ended at {at}")]
    DelegationEnded {
        /// The delegation.
        delegation: DelegationId,
        /// When.
        at: BlockTime,
    },
    /// It would go on after the delegation. Code: `consent.beyond_delegation`.
    #[error("the delegation ends at {until}; what is done under it ends by then")]
    BeyondDelegation {
        /// When the delegation ends.
        until: BlockTime,
    },
    /// The grant that is passed on is another organisation's. Code: `consent.not_grantee`.
    #[error("grant {grant} is for another organisation")]
    NotGrantee {
        /// The grant.
        grant: GrantId,
    },
    /// The grant may not be passed on. Code: `consent.not_delegable`.
    #[error("grant {grant} may not be passed on")]
    NotDelegable {
        /// The grant.
        grant: GrantId,
    },
    /// What is passed on is wider than what is held. Code: `consent.beyond_grant`.
    #[error("the {what} is beyond that of the grant that is passed on")]
    BeyondGrant {
        /// What is wider.
        what: &'static str,
    },
    /// Pseudonymised data is for research. Code: `consent.not_for_research`.
    #[error(
        "pseudonymised data is granted for research, trials or public health, not for {purpose}"
    )]
    NotForResearch {
        /// The purpose given.
        purpose: PurposeOfUse,
    },
    /// No such episode. Code: `consent.unknown_episode`.
    #[error("episode {episode} is not on the ledger")]
    UnknownEpisode {
        /// The episode that was named.
        episode: EpisodeId,
    },
    /// The episode is another patient's. Code: `consent.wrong_episode`.
    #[error("episode {episode} is of another patient")]
    WrongEpisode {
        /// The episode.
        episode: EpisodeId,
    },
    /// The episode is over. Code: `consent.episode_closed`.
    #[error("episode {episode} is over")]
    EpisodeClosed {
        /// The episode.
        episode: EpisodeId,
    },
    /// The id is taken. Code: `consent.episode_exists`.
    #[error("episode {episode} exists already; choose another random id")]
    EpisodeExists {
        /// The id.
        episode: EpisodeId,
    },
    /// A hospital transfers with the patient. Code: `consent.patient_must_sign`.
    #[error("a hospital transfers with the signature of the patient beside its own")]
    PatientMustSign,
    /// The patient is there already. Code: `consent.same_hospital`.
    #[error("the patient is at this hospital already")]
    SameHospital,
    /// Custodians are listed once each, in order. Code: `consent.wrong_custodians`.
    #[error("custodians are at least one, each once, in ascending order")]
    WrongCustodians,
    /// An impossible number of shares. Code: `consent.wrong_threshold`.
    #[error(
        "of {custodians} custodians the shares of 1 to {custodians} can be asked for, not of {found}"
    )]
    WrongThreshold {
        /// How many custodians.
        custodians: usize,
        /// The threshold given.
        found: u8,
    },
    /// The holder could open the records alone. Code: `consent.holder_alone`.
    #[error(
        "the holder of the records is a custodian and one share is enough: it could read alone"
    )]
    HolderAlone,
    /// Epochs rise. Code: `consent.wrong_epoch`.
    #[error("epoch {found} was given, the latest arrangement has {latest}; choose a higher one")]
    WrongEpoch {
        /// The latest epoch.
        latest: u32,
        /// The epoch given.
        found: u32,
    },
    /// The id is taken. Code: `consent.arrangement_exists`.
    #[error("arrangement {arrangement} exists already; choose another random id")]
    ArrangementExists {
        /// The id.
        arrangement: ArrangementId,
    },
    /// No such arrangement. Code: `consent.unknown_arrangement`.
    #[error("arrangement {arrangement} is not on the ledger")]
    UnknownArrangement {
        /// The arrangement that was named.
        arrangement: ArrangementId,
    },
    /// The arrangement is over. Code: `consent.arrangement_retired`.
    #[error("arrangement {arrangement} was retired or replaced")]
    ArrangementRetired {
        /// The arrangement.
        arrangement: ArrangementId,
    },
    /// No custodian holds shares. Code: `consent.no_arrangement`.
    #[error("no custodian holds shares of the keys of patient {patient} at {holder}")]
    NoArrangement {
        /// The patient.
        patient: AccountId,
        /// The holder.
        holder: AccountId,
    },
    /// It gives another organisation access. Code: `consent.wrong_accessor`.
    #[error("this gives no access to organisation {accessor}")]
    WrongAccessor {
        /// Who asks.
        accessor: AccountId,
    },
    /// It gives access for another purpose. Code: `consent.wrong_purpose`.
    #[error("this gives no access for {purpose}")]
    WrongPurpose {
        /// The purpose given.
        purpose: PurposeOfUse,
    },
    /// Keys are wrapped under it. Code: `consent.not_custodial`.
    #[error("under this basis keys are wrapped to the reader; custodians release none")]
    NotCustodial,
    /// The id is taken. Code: `consent.request_exists`.
    #[error("request {request} exists already; choose another random id")]
    RequestExists {
        /// The id.
        request: RequestId,
    },
    /// No such request. Code: `consent.unknown_request`.
    #[error("request {request} is not on the ledger")]
    UnknownRequest {
        /// The request that was named.
        request: RequestId,
    },
    /// The request is over. Code: `consent.request_expired`.
    #[error("request {request} expired at {at}")]
    RequestExpired {
        /// The request.
        request: RequestId,
        /// When.
        at: BlockTime,
    },
    /// The sender holds no share. Code: `consent.not_share_custodian`.
    #[error("account {account} is no custodian of the arrangement")]
    NotShareCustodian {
        /// The sender.
        account: AccountId,
    },
    /// A custodian attests once. Code: `consent.already_attested`.
    #[error("the sender attested its share for request {request} before")]
    AlreadyAttested {
        /// The request.
        request: RequestId,
    },
    /// The reviewer may not act. Code: `consent.inactive_reviewer`.
    #[error("reviewer {reviewer} is no active account")]
    InactiveReviewer {
        /// The reviewer.
        reviewer: AccountId,
    },
    /// No emergency service. Code: `consent.not_accredited`.
    #[error("account {account} is no accredited emergency service at this time")]
    NotAccredited {
        /// The account.
        account: AccountId,
    },
    /// The patient has said nothing of emergencies. Code: `consent.no_emergency_rules`.
    #[error("patient {patient} has set no rules for emergencies; without them nobody overrides")]
    NoEmergencyRules {
        /// The patient.
        patient: AccountId,
    },
    /// The patient allows no override. Code: `consent.override_refused`.
    #[error("patient {patient} allows no override, not in emergencies either")]
    OverrideRefused {
        /// The patient.
        patient: AccountId,
    },
    /// Who asks signs too. Code: `consent.person_must_sign`.
    #[error("person {person} has not signed")]
    PersonMustSign {
        /// The person.
        person: AccountId,
    },
    /// The person is not one of the service. Code: `consent.not_of_service`.
    #[error("account {person} is no person whom the service registered")]
    NotOfService {
        /// The person.
        person: AccountId,
    },
    /// Nobody reviews itself. Code: `consent.reviewer_is_requester`.
    #[error("{reviewer} reviews the emergencies of this patient and cannot ask for one")]
    ReviewerIsRequester {
        /// The reviewer.
        reviewer: AccountId,
    },
    /// A review is missing. Code: `consent.unreviewed`.
    #[error("emergency {emergency} of the same person is not reviewed; its review comes first")]
    Unreviewed {
        /// The emergency to review.
        emergency: EmergencyId,
    },
    /// The service has opened too many today. Code: `consent.too_many_emergencies`.
    #[error("the service has opened {max} emergencies today, as many as it may")]
    TooManyEmergencies {
        /// How many are allowed in a day.
        max: u32,
    },
    /// The id is taken. Code: `consent.emergency_exists`.
    #[error("emergency {emergency} exists already; choose another random id")]
    EmergencyExists {
        /// The id.
        emergency: EmergencyId,
    },
    /// No such emergency. Code: `consent.unknown_emergency`.
    #[error("emergency {emergency} is not on the ledger")]
    UnknownEmergency {
        /// The emergency that was named.
        emergency: EmergencyId,
    },
    /// The emergency is another patient's. Code: `consent.wrong_emergency`.
    #[error("emergency {emergency} is of another patient")]
    WrongEmergency {
        /// The emergency.
        emergency: EmergencyId,
    },
    /// The emergency is over. Code: `consent.emergency_over`.
    #[error("emergency {emergency} is closed or expired")]
    EmergencyOver {
        /// The emergency.
        emergency: EmergencyId,
    },
    /// A second person has to agree. Code: `consent.second_person_missing`.
    #[error("emergency {emergency} needs a second person of the service to agree")]
    SecondPersonMissing {
        /// The emergency.
        emergency: EmergencyId,
    },
    /// A second person agreed before. Code: `consent.already_cosigned`.
    #[error("emergency {emergency} has a second person")]
    AlreadyCosigned {
        /// The emergency.
        emergency: EmergencyId,
    },
    /// Two persons are two. Code: `consent.same_person`.
    #[error("person {person} opened the emergency; another one has to agree")]
    SamePerson {
        /// The person.
        person: AccountId,
    },
    /// Another account reviews. Code: `consent.not_reviewer`.
    #[error("account {account} is not the reviewer whom the patient named")]
    NotReviewer {
        /// The sender.
        account: AccountId,
    },
    /// A review is final. Code: `consent.already_reviewed`.
    #[error("emergency {emergency} was reviewed before")]
    AlreadyReviewed {
        /// The emergency.
        emergency: EmergencyId,
    },
    /// Only who notarised a document first goes on with it. Code: `consent.not_owner`.
    #[error("document {document} is of another account")]
    NotOwner {
        /// The document.
        document: DocumentId,
    },
    /// No such document or version. Code: `consent.unknown_document`.
    #[error("document {document} is not on the ledger, or not in this version")]
    UnknownDocument {
        /// The document that was named.
        document: DocumentId,
    },
    /// A document takes the place of another one. Code: `consent.supersedes_itself`.
    #[error("a document cannot take its own place; notarise the next version")]
    SupersedesItself,
    /// Another document took its place. Code: `consent.already_superseded`.
    #[error("another document took the place of document {document}")]
    AlreadySuperseded {
        /// The document.
        document: DocumentId,
    },
    /// A signer signs a version once. Code: `consent.already_signed`.
    #[error("the sender signed this version of document {document} before")]
    AlreadySigned {
        /// The document.
        document: DocumentId,
    },
    /// What is asked for was erased. Code: `consent.erased`.
    #[error("what is asked for was erased at the wish of the patient or by law")]
    Erased,
    /// The id is taken. Code: `consent.erasure_exists`.
    #[error("erasure {erasure} exists already; choose another random id")]
    ErasureExists {
        /// The id.
        erasure: ErasureId,
    },
    /// No such erasure. Code: `consent.unknown_erasure`.
    #[error("erasure {erasure} is not on the ledger")]
    UnknownErasure {
        /// The erasure that was named.
        erasure: ErasureId,
    },
    /// The holder refused it. Code: `consent.erasure_refused`.
    #[error("erasure {erasure} was refused by the holder")]
    ErasureRefused {
        /// The erasure.
        erasure: ErasureId,
    },
    /// It was done before. Code: `consent.erasure_done`.
    #[error("erasure {erasure} is done")]
    ErasureDone {
        /// The erasure.
        erasure: ErasureId,
    },
    /// The sender did not hold keys as it says. Code: `consent.not_key_holder`.
    #[error("account {account} did not hold keys of these records in this role")]
    NotKeyHolder {
        /// The sender.
        account: AccountId,
    },
    /// An organisation attests once. Code: `consent.erasure_attested`.
    #[error("the sender attested erasure {erasure} before")]
    ErasureAttested {
        /// The erasure.
        erasure: ErasureId,
    },
    /// Records are named where some are erased. Code: `consent.wrong_records`.
    #[error(
        "the holder names the records, each once, in ascending order, when some are erased; else none are named"
    )]
    WrongRecords,
    /// No such record there. Code: `consent.unknown_record`.
    #[error("record {record} is none of the patient at the holder")]
    UnknownRecord {
        /// The record that was named.
        record: RecordId,
    },
    /// There is no room for another word. Code: `consent.too_many_attestors`.
    #[error("an erasure is attested by at most {max} organisations")]
    TooManyAttestors {
        /// How many there is room for.
        max: usize,
    },
}
