//! What surrounds grants: custodians of shares and requests, episodes, delegates, emergencies, documents,
//! erasures; and what nobody must be able to do with them.

use super::{drafted, forbidden};
use crate::{
    Actor, Dice,
    workload::{Draft, World},
};
use salus_consent::{
    ArrangementId, ArrangementKind, Basis, ConsentTx, DelegationId, DelegationKind, DocumentId,
    EmergencyId, EmergencyReason, EpisodeId, ErasureBasis, ErasureId, ErasureScope, GrantId,
    GrantedBy, KeyHolder, Power, PurposeOfUse, RecordId, ReleaseMode, RequestId, ReviewOutcome, tx,
};
use salus_types::{AccountId, Hash, VecMax};

const HOUR_MS: u64 = 60 * 60 * 1000;

/// Custodial access as its parties know it. People and organisations are places in the cast.
#[derive(Clone)]
pub(crate) struct Custodial {
    grant: GrantId,
    patient: usize,
    holder: usize,
    reader: usize,
}

/// An episode as the hospital knows it.
#[derive(Clone)]
pub(crate) struct EpisodeFact {
    id: EpisodeId,
    patient: usize,
    hospital: usize,
}

/// An emergency as its service knows it.
#[derive(Clone)]
pub(crate) struct EmergencyFact {
    id: EmergencyId,
    service: usize,
    reviewer: usize,
}

/// A document as its owner knows it.
#[derive(Clone)]
pub(crate) struct DocumentFact {
    id: DocumentId,
    owner: usize,
    version: u32,
}

/// What clients know.
#[derive(Default)]
pub(crate) struct Facts {
    custodial: Vec<Custodial>,
    requests: Vec<RequestId>,
    episodes: Vec<EpisodeFact>,
    delegations: Vec<(DelegationId, usize, usize)>,
    reviewers: Vec<(usize, usize)>,
    emergencies: Vec<EmergencyFact>,
    documents: Vec<DocumentFact>,
    erasures: Vec<(ErasureId, usize, usize)>,
    erased: Vec<(usize, usize)>,
}

/// What becomes true.
pub(crate) enum Effect {
    Nothing,
    Arranged(Custodial),
    Requested(RequestId),
    Admitted(EpisodeFact),
    Transferred { from: EpisodeId, to: EpisodeFact },
    Delegated(DelegationId, usize, usize),
    RulesSet { patient: usize, reviewer: usize },
    EmergencyOpened(EmergencyFact),
    Reviewed(EmergencyId),
    Notarised(DocumentFact),
    ErasureAsked(ErasureId, usize, usize),
    Erased(ErasureId),
}

pub(crate) fn apply(facts: &mut Facts, effect: Effect) {
    match effect {
        Effect::Nothing => {}
        Effect::Arranged(custodial) => facts.custodial.push(custodial),
        Effect::Requested(request) => facts.requests.push(request),
        Effect::Admitted(episode) => facts.episodes.push(episode),
        Effect::Transferred { from, to } => {
            facts.episodes.retain(|episode| episode.id != from);
            facts.episodes.push(to);
        }
        Effect::Delegated(id, patient, delegate) => facts.delegations.push((id, patient, delegate)),
        Effect::RulesSet { patient, reviewer } => {
            facts.reviewers.retain(|(of, _)| *of != patient);
            facts.reviewers.push((patient, reviewer));
        }
        Effect::EmergencyOpened(emergency) => facts.emergencies.push(emergency),
        Effect::Reviewed(id) => facts.emergencies.retain(|emergency| emergency.id != id),
        Effect::Notarised(document) => {
            facts.documents.retain(|one| one.id != document.id);
            facts.documents.push(document);
        }
        Effect::ErasureAsked(id, patient, holder) => facts.erasures.push((id, patient, holder)),
        Effect::Erased(id) => {
            let done = facts.erasures.iter().find(|(one, _, _)| *one == id).copied();
            facts.erased.extend(done.map(|(_, patient, holder)| (patient, holder)));
            facts.erasures.retain(|(one, _, _)| *one != id);
        }
    }
}

pub(crate) fn draft(dice: &mut Dice, world: &World) -> Option<Draft> {
    match dice.below(100) {
        0..14 => arrange(dice, world),
        14..34 => request(dice, world),
        34..40 => attest(dice, world),
        40..48 => admit(dice, world),
        48..52 => discharge(dice, world),
        52..55 => transfer(dice, world),
        55..60 => delegate(dice, world),
        60..66 => set_rules(dice, world),
        66..72 => emergency(dice, world),
        72..76 => review(dice, world),
        76..84 => notarise(dice, world),
        84..87 => sign(dice, world),
        87..88 => ask_for_erasure(dice, world),
        88..90 => erase(dice, world),
        90..92 => request_as_a_stranger(dice, world),
        92..94 => transfer_without_the_patient(dice, world),
        94..96 => review_as_the_service(dice, world),
        96..98 => grant_as_another_delegate(dice, world),
        _ => anchor_what_is_erased(dice, world),
    }
}

fn effect(effect: Effect) -> crate::workload::Effect {
    crate::workload::Effect::Consent(super::Effect::Care(effect))
}

fn account(world: &World, organisation: usize) -> AccountId {
    world.cast.organisations[organisation].account
}

fn organisation(dice: &mut Dice, world: &World) -> Option<usize> {
    dice.index(world.cast.organisations.len())
}

fn grant_call(dice: &mut Dice, world: &World, custodial: &Custodial) -> tx::GrantAccess {
    tx::GrantAccess {
        grant: custodial.grant,
        by: GrantedBy::Patient,
        grantee: account(world, custodial.reader),
        custodian: account(world, custodial.holder),
        scope_commitment: Hash(dice.bytes()),
        purpose: PurposeOfUse::Treatment,
        mode: ReleaseMode::Custodial,
        pseudonymised: false,
        delegable: false,
        consent_commitment: None,
        episode: None,
        not_before: world.now,
        not_after: world.now.after_ms(HOUR_MS),
    }
}

/// A patient appoints all organisations and lets one of them read with their shares.
fn arrange(dice: &mut Dice, world: &World) -> Option<Draft> {
    let known: Vec<_> = world.consent.next_access.keys().copied().collect();
    let (patient, holder) = *dice.pick(&known)?;
    let reader = organisation(dice, world)?;
    let custodial = Custodial { grant: GrantId(Hash(dice.bytes())), patient, holder, reader };
    let mut custodians: Vec<_> = world.cast.organisations.iter().map(|one| one.account).collect();
    custodians.sort_unstable();
    custodians.truncate(16);
    let appoint = ConsentTx::AppointCustodians(tx::AppointCustodians {
        arrangement: ArrangementId(Hash(dice.bytes())),
        on_behalf: None,
        holder: account(world, holder),
        kind: ArrangementKind::Ordinary,
        threshold: u8::try_from(custodians.len().min(2)).ok()?,
        custodians: VecMax::new(custodians).ok()?,
        commitments_root: Hash(dice.bytes()),
        epoch: u32::try_from(world.height.0).ok()?.saturating_add(1),
    });
    let grant = ConsentTx::GrantAccess(grant_call(dice, world, &custodial));
    let sender = world.people[patient].clone();
    Some(drafted(sender, &[appoint, grant], effect(Effect::Arranged(custodial))))
}

fn request_call(dice: &mut Dice, world: &World, custodial: &Custodial) -> tx::RequestRelease {
    tx::RequestRelease {
        request: RequestId(Hash(dice.bytes())),
        patient: world.people[custodial.patient].account,
        holder: account(world, custodial.holder),
        basis: Basis::Grant(custodial.grant),
        purpose: PurposeOfUse::Treatment,
        records_commitment: Hash(dice.bytes()),
        session_key: Hash(dice.bytes()),
        leaves_root: Hash(dice.bytes()),
        count: 1 + u32::try_from(dice.below(4)).unwrap_or(0),
    }
}

fn request(dice: &mut Dice, world: &World) -> Option<Draft> {
    let custodial = dice.pick(&world.consent.care.custodial)?.clone();
    let call = request_call(dice, world, &custodial);
    let sender = world.cast.organisations[custodial.reader].clone();
    let becomes = effect(Effect::Requested(call.request));
    Some(drafted(sender, &[ConsentTx::RequestRelease(call)], becomes))
}

fn attest(dice: &mut Dice, world: &World) -> Option<Draft> {
    let request = *dice.pick(&world.consent.care.requests)?;
    let sender = dice.pick(&world.cast.organisations)?.clone();
    let share_digest = Hash(dice.bytes());
    let call = ConsentTx::AttestRelease(tx::AttestRelease { request, share_digest });
    Some(drafted(sender, &[call], effect(Effect::Nothing)))
}

fn admit(dice: &mut Dice, world: &World) -> Option<Draft> {
    let patient = dice.index(world.people.len())?;
    let hospital = organisation(dice, world)?;
    let fact = EpisodeFact { id: EpisodeId(Hash(dice.bytes())), patient, hospital };
    let call = ConsentTx::OpenEpisode(tx::OpenEpisode {
        episode: fact.id,
        on_behalf: None,
        hospital: account(world, hospital),
        offer_commitment: Hash(dice.bytes()),
        scope_commitment: Hash(dice.bytes()),
        mode: if dice.chance(50) { ReleaseMode::Wrapped } else { ReleaseMode::Custodial },
        not_after: world.now.after_ms(1 + dice.below(HOUR_MS)),
    });
    let sender = world.people[patient].clone();
    Some(drafted(sender, &[call], effect(Effect::Admitted(fact))))
}

fn discharge(dice: &mut Dice, world: &World) -> Option<Draft> {
    let episode = dice.pick(&world.consent.care.episodes)?.clone();
    let call = tx::CloseEpisode { episode: episode.id, on_behalf: None };
    let sender = world.cast.organisations[episode.hospital].clone();
    Some(drafted(sender, &[ConsentTx::CloseEpisode(call)], effect(Effect::Nothing)))
}

fn transfer_call(dice: &mut Dice, world: &World) -> Option<(EpisodeFact, EpisodeFact, ConsentTx)> {
    let episode = dice.pick(&world.consent.care.episodes)?.clone();
    let hospital = organisation(dice, world)?;
    let next =
        EpisodeFact { id: EpisodeId(Hash(dice.bytes())), patient: episode.patient, hospital };
    let call = ConsentTx::TransferEpisode(tx::TransferEpisode {
        episode: episode.id,
        on_behalf: None,
        next: next.id,
        to: account(world, hospital),
        offer_commitment: Hash(dice.bytes()),
    });
    Some((episode, next, call))
}

/// The hospital transfers, and the patient signs beside it.
fn transfer(dice: &mut Dice, world: &World) -> Option<Draft> {
    let (episode, to, call) = transfer_call(dice, world)?;
    let sender = world.cast.organisations[episode.hospital].clone();
    let patient = world.people[episode.patient].clone();
    let becomes = effect(Effect::Transferred { from: episode.id, to });
    let draft = drafted(sender, &[call], becomes);
    Some(Draft { signers: draft.signers.into_iter().chain([patient]).collect(), ..draft })
}

fn transfer_without_the_patient(dice: &mut Dice, world: &World) -> Option<Draft> {
    let (episode, _, call) = transfer_call(dice, world)?;
    Some(forbidden(world.cast.organisations[episode.hospital].clone(), call))
}

fn delegate(dice: &mut Dice, world: &World) -> Option<Draft> {
    let patient = dice.index(world.people.len())?;
    let to = dice.index(world.people.len())?;
    let id = DelegationId(Hash(dice.bytes()));
    let call = ConsentTx::Delegate(tx::Delegate {
        delegation: id,
        delegate: world.people[to].account,
        kind: DelegationKind::Proxy,
        powers: VecMax::new(vec![Power::Grant, Power::Revoke]).ok()?,
        not_before: world.now,
        not_after: world.now.after_ms(HOUR_MS),
    });
    let sender = world.people[patient].clone();
    Some(drafted(sender, &[call], effect(Effect::Delegated(id, patient, to))))
}

/// A person who is not the delegate uses the delegation.
fn grant_as_another_delegate(dice: &mut Dice, world: &World) -> Option<Draft> {
    let (id, _, delegate) = *dice.pick(&world.consent.care.delegations)?;
    let thief = dice.index(world.people.len()).filter(|thief| *thief != delegate)?;
    let grant = GrantId(Hash(dice.bytes()));
    let custodial = Custodial { grant, patient: thief, holder: 0, reader: 1 };
    let call =
        tx::GrantAccess { by: GrantedBy::Delegate(id), ..grant_call(dice, world, &custodial) };
    Some(forbidden(world.people[thief].clone(), ConsentTx::GrantAccess(call)))
}

fn set_rules(dice: &mut Dice, world: &World) -> Option<Draft> {
    let patient = dice.index(world.people.len())?;
    let reviewer = dice.index(world.people.len())?;
    let call = ConsentTx::SetEmergencyRules(tx::SetEmergencyRules {
        on_behalf: None,
        override_allowed: dice.chance(90),
        reviewer: world.people[reviewer].account,
        scope_commitment: Hash(dice.bytes()),
        two_person: dice.chance(20),
    });
    let sender = world.people[patient].clone();
    Some(drafted(sender, &[call], effect(Effect::RulesSet { patient, reviewer })))
}

/// The first organisation, which the members accredit at some time, opens an emergency.
fn emergency(dice: &mut Dice, world: &World) -> Option<Draft> {
    let (patient, reviewer) = *dice.pick(&world.consent.care.reviewers)?;
    let person = dice.pick(&world.people)?.clone();
    let id = EmergencyId(Hash(dice.bytes()));
    let call = ConsentTx::OpenEmergency(tx::OpenEmergency {
        emergency: id,
        patient: world.people[patient].account,
        person: person.account,
        reason: EmergencyReason::LifeThreatening,
        incident_commitment: Hash(dice.bytes()),
        marked: dice.chance(20),
    });
    let sender = world.cast.organisations[0].clone();
    let fact = EmergencyFact { id, service: 0, reviewer };
    let draft = drafted(sender, &[call], effect(Effect::EmergencyOpened(fact)));
    Some(Draft { signers: draft.signers.into_iter().chain([person]).collect(), ..draft })
}

fn review_call(dice: &mut Dice, emergency: EmergencyId) -> ConsentTx {
    let outcome =
        if dice.chance(80) { ReviewOutcome::Justified } else { ReviewOutcome::Unjustified };
    let finding_commitment = Hash(dice.bytes());
    ConsentTx::ReviewEmergency(tx::ReviewEmergency { emergency, outcome, finding_commitment })
}

fn review(dice: &mut Dice, world: &World) -> Option<Draft> {
    let emergency = dice.pick(&world.consent.care.emergencies)?.clone();
    let call = review_call(dice, emergency.id);
    let sender = world.people[emergency.reviewer].clone();
    Some(drafted(sender, &[call], effect(Effect::Reviewed(emergency.id))))
}

fn review_as_the_service(dice: &mut Dice, world: &World) -> Option<Draft> {
    let emergency = dice.pick(&world.consent.care.emergencies)?.clone();
    let call = review_call(dice, emergency.id);
    Some(forbidden(world.cast.organisations[emergency.service].clone(), call))
}

fn notarise(dice: &mut Dice, world: &World) -> Option<Draft> {
    let owner = dice.index(world.people.len())?;
    let new = DocumentFact { id: DocumentId(Hash(dice.bytes())), owner, version: 0 };
    let known = dice.pick(&world.consent.care.documents).filter(|_| dice.chance(40)).cloned();
    let mut fact = known.unwrap_or(new);
    fact.version += 1;
    let call = ConsentTx::NotariseDocument(tx::NotariseDocument {
        document: fact.id,
        version: fact.version,
        commitment: Hash(dice.bytes()),
        kind_commitment: Hash(dice.bytes()),
        supersedes: None,
    });
    let sender = world.people[fact.owner].clone();
    Some(drafted(sender, &[call], effect(Effect::Notarised(fact))))
}

fn sign(dice: &mut Dice, world: &World) -> Option<Draft> {
    let document = dice.pick(&world.consent.care.documents)?.clone();
    let call = ConsentTx::SignDocument(tx::SignDocument {
        document: document.id,
        version: document.version,
        role_commitment: Hash(dice.bytes()),
    });
    let sender: Actor = dice.pick(&world.cast.organisations)?.clone();
    Some(drafted(sender, &[call], effect(Effect::Nothing)))
}

fn ask_for_erasure(dice: &mut Dice, world: &World) -> Option<Draft> {
    let known: Vec<_> = world.consent.next_access.keys().copied().collect();
    let (patient, holder) = *dice.pick(&known)?;
    let id = ErasureId(Hash(dice.bytes()));
    let call = ConsentTx::RequestErasure(tx::RequestErasure {
        erasure: id,
        on_behalf: None,
        patient: world.people[patient].account,
        holder: account(world, holder),
        scope: ErasureScope::All,
        basis: ErasureBasis::ConsentWithdrawn,
    });
    let sender = world.people[patient].clone();
    Some(drafted(sender, &[call], effect(Effect::ErasureAsked(id, patient, holder))))
}

fn erase(dice: &mut Dice, world: &World) -> Option<Draft> {
    let (id, _, holder) = *dice.pick(&world.consent.care.erasures)?;
    let call = ConsentTx::AttestErasure(tx::AttestErasure {
        erasure: id,
        role: KeyHolder::Holder,
        report_digest: Hash(dice.bytes()),
        records: VecMax::default(),
    });
    let sender = world.cast.organisations[holder].clone();
    Some(drafted(sender, &[call], effect(Effect::Erased(id))))
}

/// A custodian goes on with a patient whose records it erased.
fn anchor_what_is_erased(dice: &mut Dice, world: &World) -> Option<Draft> {
    let (patient, custodian) = *dice.pick(&world.consent.care.erased)?;
    let id = RecordId(Hash(dice.bytes()));
    let record = super::RecordFact { id, patient, custodian, version: 1 };
    let call = super::anchored(dice, world, &record);
    Some(forbidden(world.cast.organisations[custodian].clone(), call))
}

/// Another organisation asks for shares under a grant that is not its own.
fn request_as_a_stranger(dice: &mut Dice, world: &World) -> Option<Draft> {
    let custodial = dice.pick(&world.consent.care.custodial)?.clone();
    let stranger = organisation(dice, world).filter(|one| *one != custodial.reader)?;
    let call = request_call(dice, world, &custodial);
    Some(forbidden(world.cast.organisations[stranger].clone(), ConsentTx::RequestRelease(call)))
}
