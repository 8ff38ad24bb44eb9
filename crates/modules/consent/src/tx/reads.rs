//! Which keys a call reads, as far as its message tells: a hint, so that they are loaded ahead.

use super::ConsentTx;
use crate::{
    Basis, DelegationId, GrantedBy, KeyHolder,
    state::{self, ArrangementKind, List},
};
use salus_governance::state::{access_limits_path, emergency_service_path};
use salus_identity::state::account_path;
use salus_state::{KeyPath, StateKey};
use salus_types::AccountId;

impl ConsentTx {
    /// Keys that the call reads, beside the sender's account.
    pub(crate) fn reads(&self, sender: AccountId) -> Vec<StateKey> {
        self.paths(sender).iter().map(KeyPath::key).collect()
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each call, none of which decides")]
    fn paths(&self, sender: AccountId) -> Vec<KeyPath> {
        match self {
            Self::AnchorRecord(call) => vec![
                account_path(call.patient),
                state::record_path(call.record),
                state::relation_path(call.patient, sender),
            ],
            Self::GrantAccess(call) => {
                let by = match call.by {
                    GrantedBy::Patient => state::grant_count_path(sender),
                    GrantedBy::Delegate(delegation) => state::delegation_path(delegation),
                    GrantedBy::Grantee(parent) => state::grant_path(parent),
                };
                let episode = call.episode.map(state::episode_path);
                let accounts = [account_path(call.grantee), account_path(call.custodian)];
                let mut paths = vec![by, state::grant_path(call.grant)];
                paths.extend(accounts.into_iter().chain(episode));
                paths.push(state::relation_path(sender, call.custodian));
                paths
            }
            Self::RevokeGrant(call) => with(call.on_behalf, [state::grant_path(call.grant)]),
            Self::AccountAccess(call) => {
                let relation = state::relation_path(call.patient, sender);
                std::iter::once(relation).chain(call.basis.map(basis_path)).collect()
            }
            Self::Delegate(call) => vec![
                account_path(call.delegate),
                state::delegation_path(call.delegation),
                List::Delegations.count_path(sender),
            ],
            Self::EndDelegation(call) => vec![state::delegation_path(call.delegation)],
            Self::OpenEpisode(call) => with(
                call.on_behalf,
                [
                    account_path(call.hospital),
                    state::episode_path(call.episode),
                    List::Episodes.count_path(sender),
                ],
            ),
            Self::CloseEpisode(call) => with(call.on_behalf, [state::episode_path(call.episode)]),
            Self::TransferEpisode(call) => with(
                call.on_behalf,
                [
                    account_path(call.to),
                    state::episode_path(call.episode),
                    state::episode_path(call.next),
                ],
            ),
            Self::AppointCustodians(call) => {
                let mut paths = with(
                    call.on_behalf,
                    [
                        account_path(call.holder),
                        state::arrangement_path(call.arrangement),
                        state::latest_arrangement_path(sender, call.holder, call.kind),
                        List::Arrangements.count_path(sender),
                    ],
                );
                paths.extend(call.custodians.iter().map(|one| account_path(*one)));
                paths
            }
            Self::RetireArrangement(call) => {
                with(call.on_behalf, [state::arrangement_path(call.arrangement)])
            }
            Self::RequestRelease(call) => {
                let (patient, holder) = (call.patient, call.holder);
                let kind = match call.basis {
                    Basis::Grant(_) | Basis::Episode(_) => ArrangementKind::Ordinary,
                    Basis::Emergency(_) => ArrangementKind::Emergency,
                };
                vec![
                    state::relation_path(patient, holder),
                    basis_path(call.basis),
                    state::latest_arrangement_path(patient, holder, kind),
                    state::release_path(call.request),
                    state::release_series_path(patient, holder),
                    access_limits_path(),
                ]
            }
            Self::AttestRelease(call) => vec![
                state::release_path(call.request),
                state::attestation_path(call.request, sender),
            ],
            Self::SetEmergencyRules(call) => with(call.on_behalf, [account_path(call.reviewer)]),
            Self::OpenEmergency(call) => vec![
                emergency_service_path(sender),
                state::emergency_rules_path(call.patient),
                account_path(call.person),
                state::unreviewed_path(call.person),
                access_limits_path(),
                state::emergency_path(call.emergency),
                List::Emergencies.count_path(call.patient),
                List::ServiceEmergencies.count_path(sender),
            ],
            Self::CosignEmergency(call) => {
                vec![state::emergency_path(call.emergency), account_path(call.person)]
            }
            Self::CloseEmergency(call) => {
                with(call.on_behalf, [state::emergency_path(call.emergency)])
            }
            Self::ReviewEmergency(call) => vec![state::emergency_path(call.emergency)],
            Self::NotariseDocument(call) => {
                let replaced = call.supersedes.map(state::document_path);
                let own = [
                    state::document_path(call.document),
                    state::notarised_path(call.commitment),
                    List::Documents.count_path(sender),
                ];
                own.into_iter().chain(replaced).collect()
            }
            Self::SignDocument(call) => vec![
                state::document_version_path(call.document, call.version),
                state::document_signer_path(call.document, call.version, sender),
            ],
            Self::RequestErasure(call) => with(
                call.on_behalf,
                [
                    state::relation_path(call.patient, call.holder),
                    state::erasure_path(call.erasure),
                    List::Erasures.count_path(call.patient),
                ],
            ),
            Self::AttestErasure(call) => {
                let role = match call.role {
                    KeyHolder::Holder => None,
                    KeyHolder::Custodian(arrangement) => Some(state::arrangement_path(arrangement)),
                    KeyHolder::Grantee(grant) => Some(state::grant_path(grant)),
                };
                let records = call.records.iter().map(|record| state::record_path(*record));
                std::iter::once(state::erasure_path(call.erasure))
                    .chain(role)
                    .chain(records)
                    .collect()
            }
            Self::RefuseErasure(call) => vec![state::erasure_path(call.erasure)],
        }
    }
}

fn with<const N: usize>(on_behalf: Option<DelegationId>, paths: [KeyPath; N]) -> Vec<KeyPath> {
    paths.into_iter().chain(on_behalf.map(state::delegation_path)).collect()
}

fn basis_path(basis: Basis) -> KeyPath {
    match basis {
        Basis::Grant(grant) => state::grant_path(grant),
        Basis::Episode(episode) => state::episode_path(episode),
        Basis::Emergency(emergency) => state::emergency_path(emergency),
    }
}
