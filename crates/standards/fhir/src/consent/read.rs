//! Reads a Consent of R4 or R5, and refuses what it does not understand.

use super::{
    error::{ConsentError, Refusal},
    json::{self, Cursor},
    model::{Consent, Kind, Limits, Provision, Release, Standing},
    read_limits::{self, reference, references},
};
use crate::labels::ACT_CODE;
use serde_json::Value;

/// Longest consent, in bytes.
pub const CONSENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most provisions of a consent.
pub const PROVISIONS_MAX: usize = 10_000;
/// Deepest nesting of provisions, the root counted.
pub const PROVISION_DEPTH_MAX: usize = 8;
/// Most items of a list within a provision.
pub(crate) const ITEMS_MAX: usize = 1024;

/// The extension that says which consent is replaced; FHIR has no element for it.
const REPLACES: &str = "http://hl7.org/fhir/StructureDefinition/replaces";
const SCOPES: &str = "http://terminology.hl7.org/CodeSystem/consentscope";

const COMMON: [&str; 8] = [
    "resourceType",
    "meta",
    "implicitRules",
    "language",
    "text",
    "contained",
    "modifierExtension",
    "identifier",
];
const FIELDS_R4: [&str; 14] = [
    "status",
    "scope",
    "category",
    "patient",
    "dateTime",
    "performer",
    "organization",
    "sourceAttachment",
    "sourceReference",
    "policy",
    "policyRule",
    "verification",
    "provision",
    "identifier",
];
const FIELDS_R5: [&str; 16] = [
    "status",
    "category",
    "subject",
    "date",
    "period",
    "grantor",
    "grantee",
    "manager",
    "controller",
    "sourceAttachment",
    "sourceReference",
    "regulatoryBasis",
    "policyBasis",
    "policyText",
    "verification",
    "decision",
];

impl Consent {
    /// Reads a Consent of R4 or R5; the release shows in its elements.
    ///
    /// # Errors
    ///
    /// [`ConsentError`]: it is not JSON, above a bound, or has an element, a code or a combination
    /// that is not understood. What is refused must not be used for any decision.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ConsentError> {
        if bytes.len() > CONSENT_BYTES_MAX {
            return Err(ConsentError::whole(Refusal::TooLarge));
        }
        let value = json::parse(bytes)?;
        Self::from_value(&value)
    }

    /// The same of JSON that was parsed elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Self::from_json`].
    pub fn from_value(value: &Value) -> Result<Self, ConsentError> {
        let root = Cursor::root(value);
        let is_consent = value.get("resourceType").and_then(Value::as_str) == Some("Consent");
        if !is_consent {
            return Err(ConsentError::whole(Refusal::NotAConsent));
        }
        let is_r5 = ["subject", "decision", "grantee", "controller"]
            .iter()
            .any(|name| value.get(name).is_some())
            || value.get("provision").is_some_and(Value::is_array);
        let release = if is_r5 { Release::R5 } else { Release::R4 };
        let known = match release {
            Release::R4 => [&COMMON[..], &FIELDS_R4[..]].concat(),
            Release::R5 => [&COMMON[..], &FIELDS_R5[..], &["provision"]].concat(),
        };
        root.check_fields(&known)?;

        let mut reader = Reader { release, provisions: 0, obscure: None };
        if let Some(rules) = root.field("implicitRules")? {
            reader.obscure.get_or_insert(rules.place());
        }
        reader.modifiers(&root)?;
        for name in ["policy", "verification"] {
            let Some(list) = root.field(name)? else { continue };
            for item in list.items(ITEMS_MAX)? {
                reader.modifiers(&item)?;
            }
        }
        let standing = match release {
            Release::R4 => standing_r4(&root)?,
            Release::R5 => standing_r5(&root)?,
        };
        let patient = root.required(if is_r5 { "subject" } else { "patient" })?;
        let patient = reference(&patient)?;
        let provision = match release {
            Release::R4 => reader.root_r4(&root)?,
            Release::R5 => reader.root_r5(&root)?,
        };
        let grantees = if is_r5 { references(&root, "grantee")? } else { Vec::new() };
        let id = root.field("id")?.map(|id| id.text()).transpose()?.map(Into::into);
        Ok(Self {
            id,
            release,
            standing,
            patient,
            replaces: replaces(&root)?,
            obscure: reader.obscure,
            grantees,
            root: provision,
            provisions: reader.provisions,
        })
    }
}

/// Whether an R4 consent is active and about the use of data.
fn standing_r4(root: &Cursor<'_, '_>) -> Result<Standing, ConsentError> {
    let status = root.required("status")?;
    let active = match status.text()? {
        "active" => true,
        "draft" | "proposed" | "rejected" | "inactive" | "entered-in-error" => false,
        _ => return Err(status.refuse(Refusal::UnknownCode)),
    };
    let scope = root.required("scope")?;
    let codings = read_limits::concept(&scope)?;
    let mut about_data = false;
    for coding in &codings {
        match (&*coding.system, &*coding.code) {
            (SCOPES, "patient-privacy" | "research") => about_data = true,
            (SCOPES, "adr" | "treatment") => {}
            _ => return Err(scope.refuse(Refusal::UnknownCode)),
        }
    }
    Ok(if active && about_data { Standing::Active } else { Standing::NotInForce })
}

fn standing_r5(root: &Cursor<'_, '_>) -> Result<Standing, ConsentError> {
    let status = root.required("status")?;
    match status.text()? {
        "active" => Ok(Standing::Active),
        "draft" | "inactive" | "not-done" | "entered-in-error" | "unknown" => {
            Ok(Standing::NotInForce)
        }
        _ => Err(status.refuse(Refusal::UnknownCode)),
    }
}

fn replaces(root: &Cursor<'_, '_>) -> Result<Vec<Box<str>>, ConsentError> {
    let Some(extensions) = root.field("extension")? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for extension in extensions.items(ITEMS_MAX)? {
        if extension.required("url")?.text()? != REPLACES {
            continue;
        }
        if let Some(value) = extension.field("valueReference")? {
            found.push(reference(&value)?);
        } else if let Some(value) = extension.field("valueCanonical")? {
            found.push(value.text()?.into());
        } else {
            found.push(extension.required("valueUri")?.text()?.into());
        }
    }
    Ok(found)
}

struct Reader {
    release: Release,
    provisions: usize,
    obscure: Option<super::error::Place>,
}

impl Reader {
    /// Notes a `modifierExtension`: it could change the meaning of what is around it.
    fn modifiers(&mut self, at: &Cursor<'_, '_>) -> Result<(), ConsentError> {
        if let Some(modifier) = at.field("modifierExtension")? {
            self.obscure.get_or_insert(modifier.place());
        }
        Ok(())
    }

    fn root_r4(&mut self, consent: &Cursor<'_, '_>) -> Result<Provision, ConsentError> {
        let base = base_of_policy(consent)?;
        let Some(cursor) = consent.field("provision")? else {
            let kind = base.ok_or_else(|| consent.refuse(Refusal::NoBase))?;
            return Ok(Provision { kind, ordinal: 0, limits: Limits::none(), nested: Vec::new() });
        };
        let own = cursor.field("type")?.map(|kind| kind_of(&kind)).transpose()?;
        let kind = own.or(base).ok_or_else(|| cursor.refuse(Refusal::NoBase))?;
        let root = self.provision(&cursor, kind, 0, 1)?;
        if own.is_none() && root.limits.given().contains(&true) {
            return Err(cursor.refuse(Refusal::AmbiguousRoot));
        }
        Ok(root)
    }

    fn root_r5(&mut self, consent: &Cursor<'_, '_>) -> Result<Provision, ConsentError> {
        let kind =
            kind_of(&consent.field("decision")?.ok_or_else(|| consent.refuse(Refusal::NoBase))?)?;
        let mut limits = Limits::none();
        if let Some(period) = consent.field("period")? {
            limits.period = read_limits::period(&period)?;
        }
        let nested = self.nested(consent, kind, limits.period, 1)?;
        Ok(Provision { kind, ordinal: 0, limits, nested })
    }

    fn provision(
        &mut self,
        at: &Cursor<'_, '_>,
        kind: Kind,
        ordinal: u32,
        depth: usize,
    ) -> Result<Provision, ConsentError> {
        self.provisions += 1;
        if self.provisions > PROVISIONS_MAX {
            return Err(at.refuse(Refusal::TooManyProvisions));
        }
        if depth > PROVISION_DEPTH_MAX {
            return Err(at.refuse(Refusal::TooDeep));
        }
        self.modifiers(at)?;
        if let Some(expression) = at.field("expression")?.filter(|_| self.release == Release::R5) {
            self.obscure.get_or_insert(expression.place());
        }
        for name in ["actor", "data"] {
            let Some(list) = at.field(name)? else { continue };
            for item in list.items(ITEMS_MAX)? {
                self.modifiers(&item)?;
            }
        }
        let limits = read_limits::limits(at, self.release)?;
        let nested = self.nested(at, kind, limits.period, depth)?;
        for (inner, provision) in nested.iter().enumerate() {
            let widens = limits.given().iter().zip(provision.limits.given()).any(|(o, i)| *o && i);
            if kind == Kind::Permit && provision.kind == kind && !widens {
                let list = at.required("provision")?;
                let items = list.items(PROVISIONS_MAX)?;
                return Err(items[inner].refuse(Refusal::PermitWithoutEffect));
            }
        }
        Ok(Provision { kind, ordinal, limits, nested })
    }

    fn nested(
        &mut self,
        at: &Cursor<'_, '_>,
        kind: Kind,
        period: (super::Moment, super::Moment),
        depth: usize,
    ) -> Result<Vec<Provision>, ConsentError> {
        let Some(list) = at.field("provision")? else { return Ok(Vec::new()) };
        let items = list
            .value
            .as_array()
            .is_none_or(|items| items.len() <= PROVISIONS_MAX)
            .then(|| list.items(PROVISIONS_MAX))
            .ok_or_else(|| list.refuse(Refusal::TooManyProvisions))??;
        let mut nested = Vec::with_capacity(items.len());
        for (ordinal, item) in items.iter().enumerate() {
            let kind = match self.release {
                Release::R4 => {
                    let own = item.field("type")?;
                    kind_of(&own.ok_or_else(|| item.refuse(Refusal::MissingType))?)?
                }
                Release::R5 => kind.flipped(),
            };
            let ordinal = u32::try_from(ordinal).expect("there are at most 10,000");
            let provision = self.provision(item, kind, ordinal, depth + 1)?;
            let (from, until) = provision.limits.period;
            if from > period.1 || until < period.0 {
                return Err(item.refuse(Refusal::PeriodContradicts));
            }
            nested.push(provision);
        }
        Ok(nested)
    }
}

fn kind_of(at: &Cursor<'_, '_>) -> Result<Kind, ConsentError> {
    match at.text()? {
        "permit" => Ok(Kind::Permit),
        "deny" => Ok(Kind::Deny),
        _ => Err(at.refuse(Refusal::UnknownCode)),
    }
}

/// What `policyRule` of R4 says: opt in or opt out.
fn base_of_policy(consent: &Cursor<'_, '_>) -> Result<Option<Kind>, ConsentError> {
    let Some(rule) = consent.field("policyRule")? else { return Ok(None) };
    let mut base = None;
    for coding in read_limits::concept(&rule)? {
        let kind = match (&*coding.system, &*coding.code) {
            (ACT_CODE, "OPTIN") => Kind::Permit,
            (ACT_CODE, "OPTOUT") => Kind::Deny,
            _ => continue,
        };
        if base.replace(kind).is_some_and(|other| other != kind) {
            return Err(rule.refuse(Refusal::NoBase));
        }
    }
    Ok(base)
}
