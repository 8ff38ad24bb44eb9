//! Asks the rules.

use super::load::Policy;
use cedar_policy::{
    AuthorizationError, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request,
    RestrictedExpression,
};
use salus_fhir::{
    Category,
    labels::{Confidentiality, Sensitivities},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    fmt,
};

/// What somebody of the staff wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StaffAction {
    /// Read a record.
    Read,
    /// Find it in a search.
    Search,
    /// Write or change it.
    Write,
    /// Take it out of the system.
    Export,
    /// Open it in an emergency.
    BreakGlass,
    /// Have it given out: somebody of another organisation asks.
    Disclose,
    /// Change how the organisation's node and vault are set up.
    Administer,
}

impl StaffAction {
    /// Its id in the schema.
    pub fn id(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Search => "search",
            Self::Write => "write",
            Self::Export => "export",
            Self::BreakGlass => "breakGlass",
            Self::Disclose => "disclose",
            Self::Administer => "administer",
        }
    }
}

/// Somebody of the staff.
#[derive(Clone, Copy)]
pub struct Staff<'a> {
    /// Who.
    pub id: &'a str,
    /// Their organisation.
    pub organisation: &'a str,
    /// Their roles; where a role is part of another, both.
    pub roles: &'a [&'a str],
    /// Their departments; where one is part of another, both.
    pub departments: &'a [&'a str],
    /// Whether they work here now.
    pub active: bool,
    /// The patient that they are themselves, where that is known.
    pub patient: Option<&'a str>,
}

/// What it is done to.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// A record.
    Record {
        /// Its id.
        id: &'a str,
        /// Its patient.
        patient: &'a str,
        /// The departments that it belongs to.
        departments: &'a [&'a str],
        /// Its category.
        category: Category,
        /// How confidential it is.
        confidentiality: Confidentiality,
        /// Why it is sensitive.
        sensitivities: Sensitivities,
        /// Whether it names nobody.
        pseudonymised: bool,
    },
    /// The organisation.
    Organisation {
        /// Its id.
        id: &'a str,
    },
}

/// A question to the rules.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Who.
    pub staff: Staff<'a>,
    /// What they want to do.
    pub action: StaffAction,
    /// To what.
    pub target: Target<'a>,
    /// For what: a code of HL7 v3 `PurposeOfUse`.
    pub purpose: &'a str,
    /// Whether they treat the patient: an episode is open and they take part in it.
    pub treats: bool,
    /// When the episode ends, in milliseconds since 1970, where an end is set.
    pub episode_ends_ms: Option<i64>,
    /// Now, in milliseconds since 1970.
    pub time_ms: i64,
    /// To break the glass: whether a reason is given.
    pub reason_given: bool,
}

impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ask to {}([redacted])", self.action.id())
    }
}

/// The answer of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Decision {
    /// Whether they permit it.
    pub permitted: bool,
    /// The rules that decided, in order; none if no rule permits it.
    pub rules: Vec<String>,
    /// The rules that failed, in order, or `request` if the question itself does not fit the schema.
    /// If there is any, it is denied.
    pub failed: Vec<String>,
}

impl Decision {
    fn failed(what: &str) -> Self {
        Self { permitted: false, rules: Vec::new(), failed: vec![what.to_owned()] }
    }
}

impl Policy {
    /// Asks the rules: permitted if some rule permits it, none forbids it, and none fails.
    pub fn decide(&self, ask: &Ask<'_>) -> Decision {
        let Some((request, entities)) = self.request(ask) else {
            return Decision::failed("request");
        };
        let response = self.authorizer.is_authorized(&request, &self.rules, &entities);
        let sorted = |ids: Vec<String>| {
            let mut ids = ids;
            ids.sort_unstable();
            ids
        };
        let diagnostics = response.diagnostics();
        let failed = sorted(diagnostics.errors().map(rule_of).collect());
        let allowed = response.decision() == cedar_policy::Decision::Allow;
        Decision {
            permitted: allowed && failed.is_empty(),
            rules: sorted(diagnostics.reason().map(ToString::to_string).collect()),
            failed,
        }
    }

    /// The question as Cedar has it; none if it does not fit the schema.
    fn request(&self, ask: &Ask<'_>) -> Option<(Request, Entities)> {
        let mut found = Found { entities: Vec::new(), seen: HashSet::new() };
        let staff = uid("Staff", ask.staff.id)?;
        let mut groups = HashSet::new();
        let organisation = [ask.staff.organisation];
        for (kind, names) in [
            ("Role", ask.staff.roles),
            ("Department", ask.staff.departments),
            ("Organisation", &organisation),
        ] {
            for name in names {
                groups.insert(found.plain(uid(kind, name)?));
            }
        }
        let mut attributes = HashMap::from([(
            "active".to_owned(),
            RestrictedExpression::new_bool(ask.staff.active),
        )]);
        if let Some(patient) = ask.staff.patient {
            let patient = found.plain(uid("Patient", patient)?);
            attributes.insert("self".to_owned(), RestrictedExpression::new_entity_uid(patient));
        }
        found.entities.push(Entity::new(staff.clone(), attributes, groups).ok()?);

        let target = found.target(&ask.target)?;
        let action = uid("Action", ask.action.id())?;
        let mut context = vec![
            ("purpose", RestrictedExpression::new_string(ask.purpose.to_owned())),
            ("treats", RestrictedExpression::new_bool(ask.treats)),
            ("time", RestrictedExpression::new_long(ask.time_ms)),
            ("reasonGiven", RestrictedExpression::new_bool(ask.reason_given)),
        ];
        if let Some(ends) = ask.episode_ends_ms {
            context.push(("episodeEnds", RestrictedExpression::new_long(ends)));
        }
        let context = context.into_iter().map(|(name, value)| (name.to_owned(), value));
        let context = Context::from_pairs(context).ok()?;
        let entities = Entities::from_entities(found.entities, Some(&self.schema)).ok()?;
        let request = Request::new(staff, action, target, context, Some(&self.schema)).ok()?;
        Some((request, entities))
    }
}

fn rule_of(error: &AuthorizationError) -> String {
    match error {
        AuthorizationError::PolicyEvaluationError(error) => error.policy_id().to_string(),
    }
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    let kind: EntityTypeName = kind.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

/// The entities of a question.
struct Found {
    entities: Vec<Entity>,
    seen: HashSet<EntityUid>,
}

impl Found {
    /// An entity without attributes.
    fn plain(&mut self, uid: EntityUid) -> EntityUid {
        if self.seen.insert(uid.clone()) {
            self.entities.push(Entity::new_no_attrs(uid.clone(), HashSet::new()));
        }
        uid
    }

    fn target(&mut self, target: &Target<'_>) -> Option<EntityUid> {
        let (id, patient, departments, category, confidentiality, sensitivities, pseudonymised) =
            match *target {
                Target::Organisation { id } => return Some(self.plain(uid("Organisation", id)?)),
                Target::Record {
                    id,
                    patient,
                    departments,
                    category,
                    confidentiality,
                    sensitivities,
                    pseudonymised,
                } => (
                    id,
                    patient,
                    departments,
                    category,
                    confidentiality,
                    sensitivities,
                    pseudonymised,
                ),
            };
        let patient = self.plain(uid("Patient", patient)?);
        let mut groups = HashSet::new();
        for department in departments {
            groups.insert(self.plain(uid("Department", department)?));
        }
        let level = Confidentiality::ALL.iter().position(|level| *level == confidentiality)?;
        let codes = sensitivities.codes().map(str::to_owned).map(RestrictedExpression::new_string);
        let attributes = [
            ("patient", RestrictedExpression::new_entity_uid(patient)),
            ("category", RestrictedExpression::new_string(category.code().to_owned())),
            ("confidentiality", RestrictedExpression::new_long(i64::try_from(level).ok()?)),
            ("sensitivities", RestrictedExpression::new_set(codes)),
            ("pseudonymised", RestrictedExpression::new_bool(pseudonymised)),
        ];
        let attributes =
            attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let record = uid("Record", id)?;
        self.entities.push(Entity::new(record.clone(), attributes, groups).ok()?);
        Some(record)
    }
}
