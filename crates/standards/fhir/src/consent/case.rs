//! Decision tables: files of consents, requests and what is expected of them.
//!
//! One file holds consents and cases; `docs/spec/consent-rules.md` describes the format. Consents and
//! resources stand in the file, or are named as files that the caller resolves.

use super::{
    ACT_REASON, Action, Consent, ConsentError, Consents, Flow, Kind, Moment, Request, ResidualRule,
};
use crate::labels::{Coding, CodingRef, Facts};
use serde::Deserialize;
use serde_json::Value;

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CaseFile {
    /// Where what is expected comes from.
    pub source: String,
    /// The consents of the patient.
    pub consents: Vec<Part>,
    /// What is asked of them.
    pub cases: Vec<Case>,
}

/// JSON that stands here, or a file that holds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// A file.
    File {
        /// Its name, as the caller understands it.
        file: String,
    },
    /// It stands here.
    Here(Value),
}

/// A request and what is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Case {
    /// What the case shows, as a sentence.
    pub name: String,
    /// The request; absent if a consent is expected to be refused.
    #[serde(default)]
    pub request: Option<CaseRequest>,
    /// What is expected.
    pub expected: Expected,
    /// What is expected for resources.
    #[serde(default)]
    pub resources: Vec<CaseResource>,
}

/// A request as it stands in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CaseRequest {
    /// The patient.
    pub patient: String,
    /// Who asks.
    #[serde(default)]
    pub person: Option<String>,
    /// For which organisation.
    #[serde(default)]
    pub organisation: Option<String>,
    /// Groups and organisations of theirs.
    #[serde(default)]
    pub member_of: Vec<String>,
    /// Roles of theirs.
    #[serde(default)]
    pub roles: Vec<Coding>,
    /// Who holds the data.
    #[serde(default)]
    pub custodians: Vec<String>,
    /// The purpose: a code of v3 `ActReason`, or a coding.
    pub purpose: Purpose,
    /// The action; `access` if absent.
    #[serde(default)]
    pub action: Option<Action>,
    /// When: a FHIR date or time.
    pub now: String,
}

/// A purpose of use.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Purpose {
    /// A code of v3 `ActReason`.
    Code(String),
    /// Another.
    Coding(Coding),
}

/// What is expected of the request as such.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Expected {
    /// `permit` or `deny`.
    #[serde(default)]
    pub decision: Option<String>,
    /// The rules that are left, in order.
    #[serde(default)]
    pub residual: Option<Vec<ResidualRule>>,
    /// A consent, or all together, are refused with this code.
    #[serde(default)]
    pub refused: Option<String>,
}

/// A resource and what is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CaseResource {
    /// The resource.
    pub resource: Part,
    /// Names under which it is referred to, beside its type and id.
    #[serde(default)]
    pub names: Vec<String>,
    /// What is known to refer to it.
    #[serde(default)]
    pub referred_by: Vec<String>,
    /// `permit` or `deny`.
    pub decision: String,
    /// The consent that decides.
    #[serde(default)]
    pub consent: Option<String>,
    /// The place in it.
    #[serde(default)]
    pub place: Option<String>,
}

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Otherwise; in words.
    Failed(String),
    /// It could not be judged; in words.
    Refused(String),
}

impl CaseFile {
    /// Reads a file of cases.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| format!("this is no file of cases: {error}"))
    }

    /// Runs its cases; `resolve` gives the bytes of a file that is named in it.
    pub fn run(&self, resolve: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Vec<Verdict> {
        let consents = match self.read_consents(resolve) {
            Ok(consents) => consents,
            Err(reason) => return vec![Verdict::Refused(reason); self.cases.len()],
        };
        let compiled = consents.and_then(Consents::new);
        self.cases.iter().map(|case| case.run(&compiled, resolve)).collect()
    }

    /// The consents, or why one is refused; an error if a file cannot be had.
    fn read_consents(
        &self,
        resolve: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Result<Vec<Consent>, ConsentError>, String> {
        let mut consents = Vec::new();
        for part in &self.consents {
            match Consent::from_json(&part.bytes(resolve)?) {
                Ok(consent) => consents.push(consent),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(consents))
    }
}

impl Part {
    fn bytes(&self, resolve: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Vec<u8>, String> {
        match self {
            Self::File { file } => resolve(file),
            Self::Here(value) => Ok(value.to_string().into_bytes()),
        }
    }
}

impl Case {
    fn run(
        &self,
        consents: &Result<Consents, ConsentError>,
        resolve: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Verdict {
        let consents = match (consents, &self.expected.refused) {
            (Err(error), Some(code)) if error.code() == code => return Verdict::Passed,
            (Err(error), Some(code)) => {
                return Verdict::Failed(format!("refused with {}, expected {code}", error.code()));
            }
            (Err(error), None) => {
                return Verdict::Refused(format!(
                    "a consent is refused: {} ({error})",
                    error.code()
                ));
            }
            (Ok(_), Some(code)) => {
                return Verdict::Failed(format!("nothing is refused, expected {code}"));
            }
            (Ok(consents), None) => consents,
        };
        match self.judge(consents, resolve) {
            Ok(None) => Verdict::Passed,
            Ok(Some(difference)) => Verdict::Failed(difference),
            Err(reason) => Verdict::Refused(reason),
        }
    }

    fn judge(
        &self,
        consents: &Consents,
        resolve: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Option<String>, String> {
        let request = self.request.as_ref().ok_or("the case has no request")?;
        let borrowed = Borrowed::new(request)?;
        let decision = consents.decide(&borrowed.request());
        if let Some(expected) = &self.expected.decision {
            let found = word(decision.kind());
            if found != expected {
                return Ok(Some(format!("decided {found}, expected {expected}")));
            }
        }
        if let Some(expected) = &self.expected.residual {
            let found = decision.residual();
            if found != *expected {
                let found = serde_json::to_string(&found).unwrap_or_default();
                return Ok(Some(format!("the residual rules are {found}")));
            }
        }
        for one in &self.resources {
            let bytes = one.resource.bytes(resolve)?;
            let mut facts = Facts::read(&bytes).map_err(|error| error.to_string())?;
            one.names.iter().for_each(|name| facts.add_name(name));
            facts.referred_by = one.referred_by.iter().map(|name| name.as_str().into()).collect();
            let flow = decision.flows(&facts.tidy());
            if let Some(difference) = one.difference(consents, flow) {
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }
}

impl CaseResource {
    fn difference(&self, consents: &Consents, flow: Flow) -> Option<String> {
        let found = consents.explain(flow);
        let same = |expected: &Option<String>, found: &Option<String>| {
            expected.is_none() || expected == found
        };
        let as_expected = found.decision == self.decision
            && same(&self.consent, &found.consent)
            && same(&self.place, &found.place);
        (!as_expected).then(|| {
            let name = match &self.resource {
                Part::File { file } => file.as_str(),
                Part::Here(_) => "a resource",
            };
            format!("{name}: {}, expected {}", found.words, self.decision)
        })
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Permit => "permit",
        Kind::Deny => "deny",
    }
}

/// A request with its lists as a [`Request`] wants them.
struct Borrowed<'a> {
    case: &'a CaseRequest,
    member_of: Vec<&'a str>,
    custodians: Vec<&'a str>,
    roles: Vec<CodingRef<'a>>,
    now: Moment,
}

impl<'a> Borrowed<'a> {
    fn new(case: &'a CaseRequest) -> Result<Self, String> {
        Ok(Self {
            case,
            member_of: case.member_of.iter().map(String::as_str).collect(),
            custodians: case.custodians.iter().map(String::as_str).collect(),
            roles: case.roles.iter().map(Coding::by_ref).collect(),
            now: Moment::from_fhir(&case.now).ok_or("`now` is no date or time of FHIR")?,
        })
    }

    fn request(&self) -> Request<'_> {
        Request {
            patient: &self.case.patient,
            person: self.case.person.as_deref(),
            organisation: self.case.organisation.as_deref(),
            member_of: &self.member_of,
            roles: &self.roles,
            custodians: &self.custodians,
            purpose: match &self.case.purpose {
                Purpose::Code(code) => CodingRef::new(ACT_REASON, code),
                Purpose::Coding(coding) => coding.by_ref(),
            },
            action: self.case.action.unwrap_or(Action::Access),
            now: self.now,
        }
    }
}
