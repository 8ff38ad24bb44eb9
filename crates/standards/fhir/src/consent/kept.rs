//! What whoever keeps a patient's records says and asks of consents.

use super::{
    compile::Consents,
    error::Place,
    model::{Consent, Kind, Limits, Meaning, Provision, Release, Standing},
    vocabulary::Participation,
};
use crate::labels::CodingRef;

/// Whom denials name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DeniedActors<'c> {
    /// References, in order.
    pub references: Vec<&'c str>,
    /// Roles, in order.
    pub roles: Vec<CodingRef<'c>>,
}

impl std::fmt::Debug for DeniedActors<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeniedActors([redacted])")
    }
}

impl Consent {
    /// Says whose it is, as known from elsewhere than its own text.
    #[must_use]
    pub fn about(self, patient: &str) -> Self {
        Self { patient: patient.into(), ..self }
    }

    /// What stands for a consent that was refused, so that it denies everything of its patient until
    /// it is replaced.
    pub fn not_understood(id: &str, patient: &str, at: &Place) -> Self {
        let limits = Limits::none();
        Self {
            id: Some(id.into()),
            release: Release::R4,
            standing: Standing::Active,
            patient: patient.into(),
            replaces: Vec::new(),
            obscure: Some(at.clone()),
            grantees: Vec::new(),
            root: Provision { kind: Kind::Deny, ordinal: 0, limits, nested: Vec::new() },
            provisions: 1,
        }
    }
}

impl Consents {
    /// Whether the consent at this place among those given is in force and not replaced.
    pub fn counts(&self, at: usize) -> bool {
        self.roots.iter().any(|root| root.consent == at)
    }

    /// Whether some rule asks what a resource is, refers to, or by whom it is.
    pub fn asks_references(&self) -> bool {
        self.rules.iter().any(|rule| !rule.limits.data.is_empty() || !rule.authors.is_empty())
    }

    /// References to the resources that rules mean with all that is related to them, in order.
    pub fn related(&self) -> Vec<&str> {
        let data = self.rules.iter().flat_map(|rule| &rule.limits.data);
        let related = data.filter(|data| data.meaning == Meaning::Related);
        tidy(related.map(|data| &*data.reference).collect())
    }

    /// Whom denials name: without knowing who asks, any of them may be the one.
    pub fn denied_actors(&self) -> DeniedActors<'_> {
        let denials = self.rules.iter().filter(|rule| rule.kind == Kind::Deny);
        let actors = denials.flat_map(|rule| &rule.limits.actors);
        let mut found = DeniedActors::default();
        for actor in actors.filter(|actor| actor.participation != Participation::Author) {
            found.references.extend(actor.reference.as_deref());
            if actor.participation == Participation::InRole {
                found.roles.extend(actor.role.as_ref().map(crate::labels::Coding::by_ref));
            }
        }
        DeniedActors { references: tidy(found.references), roles: tidy(found.roles) }
    }
}

fn tidy<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}
