//! The organisation's own rules and directory: a folder with Cedar files and `names.json`.
//!
//! ```text
//! rules/
//!   *.cedar      rules; all together, in the order of their names
//!   names.json   what FHIR resources call organisations: {"Organization/7": "<account>", "…": null}
//! ```
//!
//! They are read when the node starts and when its operator says so. What cannot be read or does not
//! fit the schema stops the start, and leaves what counted before in force.

use parking_lot::RwLock;
use salus_consent::PurposeOfUse;
use salus_fhir::labels::Confidentiality;
use salus_policy::{Ask, Policy, PolicyError, RULES_BYTES_MAX, Staff, StaffAction, Target};
use salus_types::AccountId;
use salus_vault::rules::{Act, HouseAsk, HouseDecision, HouseRules};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Most names of the directory.
const NAMES_MAX: usize = 100_000;
/// Who asks where nobody says so: in no role and no department.
const NOBODY: &str = "nobody";

/// Why the rules are not loaded. Rules and names of organisations are no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HouseError {
    /// The folder or a file in it cannot be read. Code: `node.rules_unreadable`.
    #[error("{}: {reason}; correct `rules` in node.toml, or leave it out to have no rules", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The rules are not valid. Code: that of the rules, such as `policy.invalid`.
    #[error("the rules in {}: {source}", path.display())]
    Rules {
        /// The folder.
        path: PathBuf,
        /// What is wrong with which rule.
        #[source]
        source: PolicyError,
    },
}

impl HouseError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "node.rules_unreadable",
            Self::Rules { source, .. } => source.code(),
        }
    }
}

/// The rules and the directory of the organisation.
pub(crate) struct House {
    folder: PathBuf,
    loaded: RwLock<Loaded>,
}

struct Loaded {
    /// None: there are no rules, only a directory.
    policy: Option<Policy>,
    names: BTreeMap<String, Option<AccountId>>,
    /// The same by account.
    by_account: BTreeMap<AccountId, Vec<String>>,
}

impl House {
    /// Reads the folder.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, HouseError> {
        let loaded = RwLock::new(load(&folder)?);
        Ok(Self { folder, loaded })
    }

    /// Reads the folder again; what counted before stays in force if it is not valid. Gives the ids of
    /// the rules and the number of names.
    pub(crate) fn reload(&self) -> Result<(Vec<String>, usize), HouseError> {
        let loaded = load(&self.folder)?;
        let told =
            (loaded.policy.as_ref().map(Policy::rules).unwrap_or_default(), loaded.names.len());
        *self.loaded.write() = loaded;
        Ok(told)
    }
}

fn load(folder: &Path) -> Result<Loaded, HouseError> {
    let unreadable =
        |path: &Path, reason: String| HouseError::Unreadable { path: path.to_owned(), reason };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error.to_string()))? {
        files.push(entry.map_err(|error| unreadable(folder, error.to_string()))?.path());
    }
    files.retain(|file| file.extension().is_some_and(|kind| kind == "cedar"));
    files.sort();
    let mut text = String::new();
    for file in &files {
        let rules =
            fs::read_to_string(file).map_err(|error| unreadable(file, error.to_string()))?;
        text.push_str(&rules);
        text.push('\n');
        if text.len() > RULES_BYTES_MAX {
            break;
        }
    }
    let wrong = |source| HouseError::Rules { path: folder.to_owned(), source };
    let policy = if files.is_empty() { None } else { Some(Policy::load(&text).map_err(wrong)?) };
    let file = folder.join("names.json");
    let names: BTreeMap<String, Option<AccountId>> = if file.exists() {
        let text = fs::read(&file).map_err(|error| unreadable(&file, error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| unreadable(&file, error.to_string()))?
    } else {
        BTreeMap::new()
    };
    if names.len() > NAMES_MAX {
        return Err(unreadable(&file, format!("it has more than {NAMES_MAX} names")));
    }
    if policy.is_none() && names.is_empty() {
        return Err(unreadable(folder, "there is neither a .cedar file nor names.json".to_owned()));
    }
    let mut by_account: BTreeMap<AccountId, Vec<String>> = BTreeMap::new();
    for (name, account) in &names {
        if let Some(account) = account {
            by_account.entry(*account).or_default().push(name.clone());
        }
    }
    Ok(Loaded { policy, names, by_account })
}

impl HouseRules for House {
    fn decide(&self, ask: &HouseAsk<'_>) -> Option<HouseDecision> {
        let loaded = self.loaded.read();
        let policy = loaded.policy.as_ref()?;
        let (organisation, record) = (ask.accessor.to_string(), ask.record.to_string());
        let patient = ask.patient.to_string();
        let names = |list: &dyn Fn(&salus_vault::actor::Actor) -> Vec<String>| {
            ask.actor.map(list).unwrap_or_default()
        };
        let roles = names(&|actor| actor.roles.iter().map(|one| one.as_str().to_owned()).collect());
        let departments =
            names(&|actor| actor.departments.iter().map(|one| one.as_str().to_owned()).collect());
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        let departments: Vec<&str> = departments.iter().map(String::as_str).collect();
        let themselves = ask.actor.and_then(|actor| actor.patient).map(|one| one.to_string());
        let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        let decision = policy.decide(&Ask {
            staff: Staff {
                id: ask.actor.map_or(NOBODY, |actor| actor.person.as_str()),
                organisation: &organisation,
                roles: &roles,
                departments: &departments,
                active: true,
                patient: themselves.as_deref(),
            },
            action: action(ask),
            target: Target::Record {
                id: &record,
                patient: &patient,
                departments: &[],
                category: ask.category,
                // Where nobody says how confidential it is, it is taken to be most confidential.
                confidentiality: ask.labels.confidentiality.unwrap_or(Confidentiality::V),
                sensitivities: ask.labels.sensitivities,
                pseudonymised: false,
            },
            purpose: ask.purpose.code(),
            treats: ask.actor.is_some_and(|actor| actor.treatment),
            episode_ends_ms: ask.episode_ends.map(|ends| ms(ends.unix_ms())),
            time_ms: ms(ask.time.unix_ms()),
            // The ledger opens no emergency without a reason.
            reason_given: ask.emergency,
        });
        let salus_policy::Decision { permitted, rules, failed } = decision;
        Some(HouseDecision { permitted, rules, failed })
    }

    fn names_of(&self, organisation: AccountId) -> Vec<String> {
        self.loaded.read().by_account.get(&organisation).cloned().unwrap_or_default()
    }

    fn knows(&self, name: &str) -> bool {
        self.loaded.read().names.contains_key(name)
    }
}

fn action(ask: &HouseAsk<'_>) -> StaffAction {
    match ask.act {
        Act::Disclose => StaffAction::Disclose,
        _ if ask.emergency && ask.purpose == PurposeOfUse::BreakTheGlass => StaffAction::BreakGlass,
        Act::Read => StaffAction::Read,
        Act::Search => StaffAction::Search,
        Act::Write => StaffAction::Write,
        Act::Export => StaffAction::Export,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use salus_fhir::{Category, labels::Labels};
    use salus_types::BlockTime;
    use salus_vault::{RecordId, actor::Actor};

    const RULES: &str = r#"@id("nurses-read") permit (principal in Role::"nurse", action == Action::"read", resource) when { context.treats };
        @id("not-very-restricted") forbid (principal, action == Action::"read", resource) when { resource.confidentiality >= 5 };"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn ask<'a>(actor: Option<&'a Actor>, labels: &'a Labels) -> HouseAsk<'a> {
        HouseAsk {
            accessor: AccountId([1; 32]),
            actor,
            act: Act::Read,
            emergency: false,
            record: RecordId::new([2; 32]),
            patient: AccountId([3; 32]),
            category: Category::Medications,
            labels,
            purpose: PurposeOfUse::Treatment,
            episode_ends: None,
            time: BlockTime::from_unix_ms(1),
        }
    }

    fn nurse() -> Actor {
        serde_json::from_str(r#"{"person": "p", "roles": ["nurse"], "treatment": true}"#).unwrap()
    }

    fn normal() -> Labels {
        Labels { confidentiality: Some(Confidentiality::N), ..Labels::default() }
    }

    #[test]
    fn rules_decide_by_the_actor_and_without_one_only_what_they_allow_everybody() {
        let folder = folder(&[("a.cedar", RULES)]);
        let house = House::open(folder.path().to_owned()).unwrap();

        let decided = house.decide(&ask(Some(&nurse()), &normal())).unwrap();
        assert_eq!((decided.permitted, decided.rules), (true, vec!["nurses-read".to_owned()]));
        assert!(!house.decide(&ask(None, &normal())).unwrap().permitted);
        let unlabelled = Labels::default();
        let forbidden = house.decide(&ask(Some(&nurse()), &unlabelled)).unwrap();
        assert_eq!(forbidden.rules, ["not-very-restricted"]);
    }

    #[test]
    fn a_folder_that_is_missing_empty_or_invalid_is_refused_and_what_counted_stays() {
        let missing = PathBuf::from("/nowhere/at/all");
        assert_eq!(House::open(missing).err().unwrap().code(), "node.rules_unreadable");
        let empty = folder(&[]);
        let refused = House::open(empty.path().to_owned()).err().unwrap();
        assert_eq!(refused.code(), "node.rules_unreadable");
        let broken =
            folder(&[("a.cedar", "permit (principal, action, resource) when { context.x };")]);
        assert_eq!(House::open(broken.path().to_owned()).err().unwrap().code(), "policy.invalid");

        let folder = folder(&[("a.cedar", RULES)]);
        let house = House::open(folder.path().to_owned()).unwrap();
        fs::write(folder.path().join("a.cedar"), "no rule at all").unwrap();
        assert_eq!(house.reload().unwrap_err().code(), "policy.not_cedar");
        assert!(house.decide(&ask(Some(&nurse()), &normal())).unwrap().permitted);
        fs::write(folder.path().join("a.cedar"), RULES.replace("nurse", "cook")).unwrap();
        assert_eq!(
            house.reload().unwrap().0,
            ["not-very-restricted", "cooks-read"]
                .map(String::from)
                .into_iter()
                .rev()
                .collect::<Vec<_>>()
        );
        assert!(!house.decide(&ask(Some(&nurse()), &normal())).unwrap().permitted);
    }

    #[test]
    fn the_directory_says_whom_names_mean_and_rules_may_be_absent() {
        let account = AccountId([1; 32]);
        let names = format!(r#"{{"Organization/7": "{account}", "Organization/gone": null}}"#);
        let folder = folder(&[("names.json", &names)]);
        let house = House::open(folder.path().to_owned()).unwrap();

        assert_eq!(house.names_of(account), ["Organization/7"]);
        assert!(house.knows("Organization/gone") && !house.knows("Organization/8"));
        assert!(house.decide(&ask(None, &normal())).is_none());
    }
}
