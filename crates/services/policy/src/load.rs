//! Loads rules and checks them.

use super::error::{Finding, PolicyError};
use cedar_policy::{Authorizer, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use std::{collections::BTreeSet, fmt};

/// What rules may speak of.
pub const SCHEMA: &str = include_str!("../rules/schema.cedarschema");

/// The rules that a hospital starts with.
pub const DEFAULT_RULES: &str = include_str!("../rules/default.cedar");

/// Longest text of rules, in bytes.
pub const RULES_BYTES_MAX: usize = 1024 * 1024;

/// The rules of an organisation, checked.
pub struct Policy {
    pub(crate) schema: Schema,
    pub(crate) rules: PolicySet,
    pub(crate) authorizer: Authorizer,
}

impl Policy {
    /// The rules that a hospital starts with.
    ///
    /// # Panics
    ///
    /// Never: they are checked by a test.
    pub fn default_rules() -> Self {
        Self::load(DEFAULT_RULES).expect("the rules that come with the program are valid")
    }

    /// Loads an organisation's own rules. They take the place of [`DEFAULT_RULES`]; each is known by
    /// its `@id`, or by its number.
    ///
    /// # Errors
    ///
    /// [`PolicyError`], the first that applies: too large, not Cedar, empty, a template, an id twice,
    /// not valid by the schema. Validation is strict: a rule that could miss an attribute is refused.
    ///
    /// # Panics
    ///
    /// Never: the schema is checked by a test.
    pub fn load(text: &str) -> Result<Self, PolicyError> {
        if text.len() > RULES_BYTES_MAX {
            return Err(PolicyError::TooLarge { bytes: text.len() });
        }
        let parsed: PolicySet =
            text.parse().map_err(|error| PolicyError::NotCedar { reason: chain(&error) })?;
        if let Some(template) = parsed.templates().next() {
            return Err(PolicyError::Template { rule: template.id().to_string() });
        }
        let rules = named(&parsed)?;
        if rules.is_empty() {
            return Err(PolicyError::Empty);
        }
        let (schema, _) =
            Schema::from_cedarschema_str(SCHEMA).expect("the schema is checked by a test");
        let result = Validator::new(schema.clone()).validate(&rules, ValidationMode::Strict);
        if !result.validation_passed() {
            let mut findings: Vec<Finding> = result
                .validation_errors()
                .map(|error| Finding {
                    rule: error.policy_id().to_string(),
                    reason: error.to_string(),
                })
                .collect();
            findings
                .sort_by(|one, other| (&one.rule, &one.reason).cmp(&(&other.rule, &other.reason)));
            return Err(PolicyError::Invalid { findings });
        }
        Ok(Self { schema, rules, authorizer: Authorizer::new() })
    }

    /// The ids of the rules, in order.
    pub fn rules(&self) -> Vec<String> {
        let ids: BTreeSet<String> =
            self.rules.policies().map(|rule| rule.id().to_string()).collect();
        ids.into_iter().collect()
    }
}

/// The rules under their own ids.
fn named(parsed: &PolicySet) -> Result<PolicySet, PolicyError> {
    let mut rules = PolicySet::new();
    for rule in parsed.policies() {
        let id = rule.annotation("id").map_or_else(|| rule.id().to_string(), str::to_owned);
        rules
            .add(rule.new_id(PolicyId::new(&id)))
            .map_err(|_| PolicyError::DuplicateId { rule: id })?;
    }
    Ok(rules)
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy of {} rules", self.rules.policies().count())
    }
}
