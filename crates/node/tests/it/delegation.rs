//! Delegation over running nodes: a guardian acts for a child until it comes of age, a proxy does what
//! it was given power for, and the end of either counts at every party.

use crate::{
    care::{Care, DAY_MS, all_of, order},
    scene::{Organisation, until},
};
use salus_api::client::{At, Client};
use salus_consent::{
    ArrangementId, ArrangementKind, Basis, ConsentTx, DelegationId, DelegationKind, EpisodeId,
    ErasureBasis, ErasureId, ErasureScope, GrantId, GrantedBy, Power, RecordId, ReleaseMode,
    query::{GrantView, Page},
    tx::{
        AppointCustodians, CloseEpisode, Delegate, EndDelegation, GrantAccess, OpenEpisode,
        RequestErasure, RevokeGrant, SetEmergencyRules,
    },
};
use salus_crypto::random;
use salus_fhir::Category;
use salus_node::clock::now_ms;
use salus_types::{AccountId, BlockTime, Hash, VecMax};
use salus_vault::ScopeOpening;

const HOST: usize = 0;
const CLINIC: usize = 1;
const WARD: usize = 2;
const ALL: [Power; 5] = [Power::Grant, Power::Revoke, Power::Read, Power::Appoint, Power::Erase];
/// Tries to do all before a child comes of age: on a slow machine it does so later and later.
const TRIES: u32 = 4;

/// A patient who lets somebody act, or who did.
struct Story {
    care: Care,
    patient: Organisation,
    observation: RecordId,
    condition: RecordId,
    delegate: Organisation,
}

impl Story {
    async fn new() -> Self {
        let care = Care::new().await;
        let (patient, observation, condition) = care.patient().await;
        let delegate = care.person(None).await;
        Self { care, patient, observation, condition, delegate }
    }

    /// The patient gives powers until a time.
    async fn give(
        &self,
        kind: DelegationKind,
        powers: &[Power],
        not_after: BlockTime,
    ) -> Result<DelegationId, String> {
        let delegation = DelegationId::new(random());
        let call = ConsentTx::Delegate(Delegate {
            delegation,
            delegate: self.delegate.account,
            kind,
            powers: VecMax::new(powers.to_vec()).unwrap(),
            not_before: BlockTime::from_unix_ms(0),
            not_after,
        });
        self.care.send(CLINIC, &self.patient, &[], &call).await.map(|()| delegation)
    }

    /// A grant of the delegate's to the clinic, for the patient, until a time.
    fn granting(
        &self,
        delegation: DelegationId,
        opening: &ScopeOpening,
        mode: ReleaseMode,
        not_after: BlockTime,
    ) -> GrantAccess {
        let by = GrantedBy::Delegate(delegation);
        GrantAccess { by, not_after, ..self.care.granting(CLINIC, opening, mode) }
    }

    /// Sends what somebody decides for the patient; the code if the ledger refuses it.
    async fn act(&self, who: &Organisation, call: &ConsentTx) -> Result<(), String> {
        self.care.send(CLINIC, who, &[], call).await
    }

    /// The code with which each call that needs a power is refused, in the order of `Power`, without
    /// that of reading.
    async fn refused(&self, delegation: DelegationId, grant: GrantId) -> [String; 4] {
        let (custodian, opening) = (self.care.organisation(HOST).account, all_of_conditions());
        let on_behalf = Some(delegation);
        let calls = [
            ConsentTx::GrantAccess(self.granting(
                delegation,
                &opening,
                ReleaseMode::Wrapped,
                BlockTime::from_unix_ms(now_ms() + DAY_MS / 4),
            )),
            ConsentTx::RevokeGrant(RevokeGrant { grant, on_behalf }),
            ConsentTx::SetEmergencyRules(SetEmergencyRules {
                on_behalf,
                override_allowed: false,
                reviewer: custodian,
                scope_commitment: opening.commitment(),
                two_person: true,
            }),
            ConsentTx::RequestErasure(RequestErasure {
                erasure: ErasureId::new(random()),
                on_behalf,
                patient: self.patient.account,
                holder: custodian,
                scope: ErasureScope::All,
                basis: ErasureBasis::ConsentWithdrawn,
            }),
        ];
        let mut codes = Vec::new();
        for call in &calls {
            codes.push(self.act(&self.delegate, call).await.unwrap_err());
        }
        codes.try_into().unwrap()
    }

    /// The clinic reads on a basis; the code if it is refused.
    async fn read(&self, record: RecordId, basis: impl Into<Basis>) -> Result<(), String> {
        let read = self.care.gateway(CLINIC).read(&order(record, Some(basis.into()))).await;
        read.map(drop).map_err(|error| error.code().to_owned())
    }
}

fn all_of_conditions() -> ScopeOpening {
    all_of(Category::Conditions)
}

fn tomorrow() -> BlockTime {
    BlockTime::from_unix_ms(now_ms() + DAY_MS)
}

async fn grants_of(client: &Client, patient: AccountId) -> Vec<GrantView> {
    let path = format!("/v1/patients/{patient}/grants");
    client.state::<Page<GrantView>>(&path, At::default()).await.unwrap().value.items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guardian_decides_for_a_child_and_nothing_of_it_outlasts_the_day_of_coming_of_age() {
    let story = Story::new().await;
    let (care, child, guardian) = (&story.care, &story.patient, &story.delegate);
    let of_conditions = all_of_conditions();

    // With the child's key, which who assists it keeps, the guardian is appointed; the guardian
    // appoints custodians of the keys of the child's observations.
    let until_tomorrow = tomorrow();
    let delegation = story.give(DelegationKind::Guardian, &ALL, until_tomorrow).await.unwrap();
    let kinds = [ArrangementKind::Ordinary];
    care.share_keys(child.account, guardian, Some(delegation), &kinds).await;
    let beyond = story.granting(
        delegation,
        &of_conditions,
        ReleaseMode::Wrapped,
        until_tomorrow.after_ms(1),
    );
    let beyond = story.act(guardian, &ConsentTx::GrantAccess(beyond)).await;
    assert_eq!(beyond.unwrap_err(), "consent.beyond_delegation");
    let stranger = care.person(None).await;
    let theirs = story.granting(delegation, &of_conditions, ReleaseMode::Wrapped, until_tomorrow);
    let theirs = story.act(&stranger, &ConsentTx::GrantAccess(theirs)).await;
    assert_eq!(theirs.unwrap_err(), "consent.not_delegate");

    // A hospital reads under an episode that the guardian opened, until the guardian closes it.
    let episode = EpisodeId::new(random());
    let open = OpenEpisode {
        episode,
        on_behalf: Some(delegation),
        hospital: care.organisation(CLINIC).account,
        offer_commitment: Hash(random()),
        scope_commitment: of_conditions.commitment(),
        mode: ReleaseMode::Wrapped,
        not_after: until_tomorrow,
    };
    story.act(guardian, &ConsentTx::OpenEpisode(open)).await.unwrap();
    let of = salus_consent::ScopeOf::Basis(Basis::Episode(episode));
    care.register(CLINIC, of, &of_conditions).await;
    story.read(story.condition, Basis::Episode(episode)).await.unwrap();
    let close = CloseEpisode { episode, on_behalf: Some(delegation) };
    story.act(guardian, &ConsentTx::CloseEpisode(close)).await.unwrap();
    let closed = story.read(story.condition, Basis::Episode(episode)).await;
    assert_eq!(closed.unwrap_err(), "vault.episode_closed");

    // Of another guardianship the end is near. What is granted under it is read, with the holder's key
    // and with shares of custodians, for as long as the child is a minor.
    let (coming, of_age, grants) = story.minor().await;
    for node in &care.nodes {
        until(node, |status| status.time >= of_age).await;
    }
    for (record, grant) in [story.condition, story.observation].into_iter().zip(&grants) {
        assert_eq!(story.read(record, *grant).await.unwrap_err(), "vault.grant_expired");
    }
    let over = "consent.delegation_not_active";
    assert_eq!(story.refused(coming, grants[0]).await, [over; 4]);

    // The child, of age, ends what is left and decides by itself.
    let end = ConsentTx::EndDelegation(EndDelegation { delegation });
    story.act(child, &end).await.unwrap();
    assert_eq!(story.refused(delegation, grants[0]).await, [over; 4]);
    let own = care.granting(CLINIC, &of_conditions, ReleaseMode::Wrapped);
    care.grant(child, CLINIC, &own, &of_conditions).await.unwrap();
    story.read(story.condition, own.grant).await.unwrap();
    let shown = grants_of(&care.gateway(WARD), child.account).await;
    let by_delegates = shown.iter().filter(|one| one.stored.by != GrantedBy::Patient);
    assert!(by_delegates.count() >= grants.len(), "who gave each grant is shown");
}

impl Story {
    /// A guardianship with an end that is near, which has not come yet when the clinic has read under
    /// both of its grants: of conditions, and of observations with shares.
    async fn minor(&self) -> (DelegationId, BlockTime, [GrantId; 2]) {
        for attempt in 0..TRIES {
            let of_age = BlockTime::from_unix_ms(now_ms() + (5_000 << attempt));
            if let Ok((delegation, grants)) = self.try_minor(of_age).await {
                return (delegation, of_age, grants);
            }
        }
        panic!("two grants and two reads take longer than {} s", 5 << (TRIES - 1));
    }

    async fn try_minor(&self, of_age: BlockTime) -> Result<(DelegationId, [GrantId; 2]), String> {
        let delegation = self.give(DelegationKind::Guardian, &ALL, of_age).await?;
        let mut grants = Vec::new();
        for (category, mode, record) in [
            (Category::Conditions, ReleaseMode::Wrapped, self.condition),
            (Category::Observations, ReleaseMode::Custodial, self.observation),
        ] {
            let opening = all_of(category);
            let call = self.granting(delegation, &opening, mode, of_age);
            self.care.grant(&self.delegate, CLINIC, &call, &opening).await?;
            self.read(record, call.grant).await?;
            grants.push(call.grant);
        }
        Ok((delegation, grants.try_into().unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_does_what_it_was_given_power_for_until_the_patient_ends_it() {
    let story = Story::new().await;
    let (care, patient, proxy) = (&story.care, &story.patient, &story.delegate);
    let opening = all_of_conditions();

    // Power to grant is no power to revoke, to appoint custodians or to erase.
    let delegation = story.give(DelegationKind::Proxy, &[Power::Grant], tomorrow()).await.unwrap();
    let until = BlockTime::from_unix_ms(now_ms() + DAY_MS / 2);
    let call = story.granting(delegation, &opening, ReleaseMode::Wrapped, until);
    care.grant(proxy, CLINIC, &call, &opening).await.unwrap();
    story.read(story.condition, call.grant).await.unwrap();
    let outside = story.read(story.observation, call.grant).await;
    assert_eq!(outside.unwrap_err(), "vault.scope");
    let on_behalf = Some(delegation);
    let missing = "consent.power_missing";
    let revoke = ConsentTx::RevokeGrant(RevokeGrant { grant: call.grant, on_behalf });
    assert_eq!(story.act(proxy, &revoke).await.unwrap_err(), missing);
    let appoint = ConsentTx::AppointCustodians(AppointCustodians {
        arrangement: ArrangementId::new(random()),
        on_behalf,
        holder: care.organisation(HOST).account,
        kind: ArrangementKind::Ordinary,
        custodians: VecMax::new(vec![care.organisation(WARD).account]).unwrap(),
        threshold: 1,
        commitments_root: Hash(random()),
        epoch: 1,
    });
    assert_eq!(story.act(proxy, &appoint).await.unwrap_err(), missing);
    let erase = ConsentTx::RequestErasure(RequestErasure {
        erasure: ErasureId::new(random()),
        on_behalf,
        patient: patient.account,
        holder: care.organisation(HOST).account,
        scope: ErasureScope::All,
        basis: ErasureBasis::ConsentWithdrawn,
    });
    assert_eq!(story.act(proxy, &erase).await.unwrap_err(), missing);

    // The patient ends it: the proxy decides nothing any more, through whatever node. What it granted
    // stands, for the patient to see and to end.
    let end = ConsentTx::EndDelegation(EndDelegation { delegation });
    let stranger = care.person(None).await;
    assert_eq!(story.act(&stranger, &end).await.unwrap_err(), "consent.not_party");
    story.act(patient, &end).await.unwrap();
    let over = "consent.delegation_not_active";
    assert_eq!(story.refused(delegation, call.grant).await, [over; 4]);
    assert_eq!(care.send(WARD, proxy, &[], &revoke).await.unwrap_err(), over);
    story.read(story.condition, call.grant).await.unwrap();
    let shown = grants_of(&care.gateway(CLINIC), patient.account).await;
    assert_eq!(shown[0].stored.by, GrantedBy::Delegate(delegation));
    let own = ConsentTx::RevokeGrant(RevokeGrant { grant: call.grant, on_behalf: None });
    story.act(patient, &own).await.unwrap();
    let refused = story.read(story.condition, call.grant).await;
    assert_eq!(refused.unwrap_err(), "vault.grant_revoked");

    // A second opinion: a proxy that may revoke does, and gives its own powers back.
    let powers = [Power::Grant, Power::Revoke];
    let delegation = story.give(DelegationKind::Proxy, &powers, tomorrow()).await.unwrap();
    let call = story.granting(delegation, &opening, ReleaseMode::Wrapped, until);
    care.grant(proxy, CLINIC, &call, &opening).await.unwrap();
    story.read(story.condition, call.grant).await.unwrap();
    let on_behalf = Some(delegation);
    let revoke = ConsentTx::RevokeGrant(RevokeGrant { grant: call.grant, on_behalf });
    story.act(proxy, &revoke).await.unwrap();
    let refused = story.read(story.condition, call.grant).await;
    assert_eq!(refused.unwrap_err(), "vault.grant_revoked");
    let end = ConsentTx::EndDelegation(EndDelegation { delegation });
    story.act(proxy, &end).await.unwrap();
    assert_eq!(story.refused(delegation, call.grant).await, [over; 4]);
}
