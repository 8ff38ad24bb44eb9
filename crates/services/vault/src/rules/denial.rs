//! Whether the consents of a patient deny a read, and why.
//!
//! Silence of the consents denies nothing here: the basis on the ledger is what permits. What they say
//! denies, as `salus_fhir::consent` understands it, and what a grant names must permit.

use super::{
    ACCOUNT_PREFIX, Asking, ROLE_SYSTEM, Rests,
    consents::{PatientConsents, name_of},
};
use crate::{Vault, actor::Actor, index::records::StoredVersion, port::Tip};
use salus_fhir::{
    consent::{ACT_REASON, Action, Consents, Explanation, Flow, Moment, Reason, Request},
    labels::{Coding, CodingRef, Facts},
};
use salus_types::AccountId;

/// References of these types are to people and their groups, never to an organisation.
const PEOPLE: [&str; 8] = [
    "Practitioner",
    "PractitionerRole",
    "Person",
    "RelatedPerson",
    "Patient",
    "Device",
    "CareTeam",
    "Group",
];

/// A read, with what it rests on.
pub(super) struct Case<'a> {
    pub(super) vault: &'a Vault,
    pub(super) accessor: AccountId,
    pub(super) asking: &'a Asking,
    pub(super) stored: &'a StoredVersion,
    pub(super) rests: Rests,
    pub(super) tip: Tip,
}

/// Who asks, in the words of consents.
#[derive(Clone)]
struct Asker<'a> {
    organisations: Vec<&'a str>,
    roles: Vec<CodingRef<'a>>,
}

/// What is the same in every request of a case.
struct Words {
    patient: String,
    custodians: Vec<String>,
    organisations: Vec<String>,
}

impl Case<'_> {
    /// Why the consents deny it; none if they do not.
    pub(super) fn denied(&self, consents: &PatientConsents, facts: &Facts) -> Option<Explanation> {
        let own = self.accessor == self.vault.organisation;
        // Whoever has to keep the patient's consents may read them.
        let kept_here = own && self.stored.summary.resource_type.name() == "Consent";
        if (consents.is_empty() && self.rests.consent.is_none()) || kept_here {
            return None;
        }
        let words = Words {
            patient: name_of(self.stored.summary.patient),
            custodians: self.vault.names_of_organisation(self.vault.organisation),
            organisations: self.vault.names_of_organisation(self.accessor),
        };
        let custodians: Vec<&str> = words.custodians.iter().map(String::as_str).collect();
        let asker = self.asker(&words);
        // For an organisation that asks from elsewhere, the data is given out as well.
        let actions: &[Action] =
            if own { &[Action::Access] } else { &[Action::Access, Action::Disclose] };
        for action in actions {
            let request = self.request(&words, &custodians, &asker, *action);
            if let Some(denied) = self.explicit(&consents.set, &request, facts) {
                return Some(denied);
            }
        }
        // Whom a denial names may be who asks, as long as nobody says who asks.
        let may_be = self.may_be(&asker, consents);
        for action in may_be.iter().flat_map(|_| actions) {
            let asker = may_be.as_ref().unwrap_or(&asker);
            let request = self.request(&words, &custodians, asker, *action);
            if let Some(mut denied) = self.explicit(&consents.set, &request, facts) {
                denied
                    .words
                    .push_str("; it names somebody of whom it is not known that they do not ask");
                return Some(denied);
            }
        }
        let named = consents.named(self.rests.consent?);
        let request = self.request(&words, &custodians, &asker, Action::Access);
        not_permitted_by(named, &request, facts)
    }

    fn request<'r>(
        &'r self,
        words: &'r Words,
        custodians: &'r [&'r str],
        asker: &'r Asker<'r>,
        action: Action,
    ) -> Request<'r> {
        let now = i64::try_from(self.tip.time.unix_ms()).unwrap_or(i64::MAX);
        Request {
            patient: &words.patient,
            person: self.asking.actor.as_ref().map(|actor| actor.person.as_str()),
            organisation: None,
            member_of: &asker.organisations,
            roles: &asker.roles,
            custodians,
            purpose: CodingRef::new(ACT_REASON, self.asking.purpose.code()),
            action,
            now: Moment::from_unix_ms(now),
        }
    }

    /// Why what a consent says denies it, and not its silence.
    fn explicit(
        &self,
        consents: &Consents,
        request: &Request<'_>,
        facts: &Facts,
    ) -> Option<Explanation> {
        let flow = if self.rests.emergency {
            consents.decide_in_emergency(request).flows(facts)
        } else {
            consents.decide_for(request, facts)
        };
        is_said(flow).then(|| consents.explain(flow))
    }

    fn asker<'w>(&'w self, words: &'w Words) -> Asker<'w> {
        let roles = self.asking.actor.as_deref().map(roles_of).unwrap_or_default();
        Asker { organisations: words.organisations.iter().map(String::as_str).collect(), roles }
    }

    /// The asker as all those whom denials name and who may be the one: organisations that nobody
    /// knows, and people and roles where it is not said who asks. None if there are none.
    fn may_be<'w>(&'w self, asker: &Asker<'w>, consents: &'w PatientConsents) -> Option<Asker<'w>> {
        let (names, roles) = &consents.denied;
        let known = self.asking.actor.is_some();
        let did = format!("did:salus:{}:", self.vault.ledger.network());
        let may_be = |name: &&str| -> bool {
            if is_person(name) {
                return !known;
            }
            let is_account = name.starts_with(ACCOUNT_PREFIX) || name.starts_with(&did);
            let directory = || self.vault.house.as_ref().is_some_and(|house| house.knows(name));
            !is_account && !directory()
        };
        let names: Vec<&str> = names.iter().map(String::as_str).filter(may_be).collect();
        let roles: Vec<CodingRef<'_>> =
            roles.iter().filter(|_| !known).map(Coding::by_ref).collect();
        (!names.is_empty() || !roles.is_empty()).then(|| Asker {
            organisations: [asker.organisations.clone(), names].concat(),
            roles: [asker.roles.clone(), roles].concat(),
        })
    }
}

fn roles_of(actor: &Actor) -> Vec<CodingRef<'_>> {
    let roles = actor.roles.iter().map(|role| match role.as_str().split_once('|') {
        Some((system, code)) => CodingRef::new(system, code),
        None => CodingRef::new(ROLE_SYSTEM, role.as_str()),
    });
    roles.collect()
}

/// Whether a reference is to people, by its type.
fn is_person(name: &str) -> bool {
    let kind = name.rsplit_once('/').and_then(|(before, _)| before.rsplit('/').next());
    kind.is_some_and(|kind| PEOPLE.contains(&kind))
}

/// Whether a flow is denied by what a consent says.
fn is_said(flow: Flow) -> bool {
    let said = matches!(flow.reason, Reason::Provision { .. } | Reason::Obscure { .. });
    !flow.is_permitted() && said
}

/// Why the consent that a grant names does not permit it; none if it does.
fn not_permitted_by(
    named: Option<&Consents>,
    request: &Request<'_>,
    facts: &Facts,
) -> Option<Explanation> {
    let Some(named) = named else {
        return Some(Explanation {
            decision: "deny",
            reason: "named_consent",
            consent: None,
            place: None,
            words:
                "the consent that the grant names is not here, not in force, or has changed, so \
                    it is denied"
                    .to_owned(),
        });
    };
    let flow = named.decide_for(request, facts);
    (!flow.is_permitted()).then(|| named.explain(flow))
}
