//! Who asks, inside the organisation that asks.
//!
//! The ledger knows organisations. Which of their people or systems asks is said by the organisation
//! itself, under its signature, and believed as far as it is: an actor never opens what its
//! organisation may not have, it only closes.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{AccountId, TextMax, VecMax};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    io::{Error, ErrorKind, Read, Result as IoResult},
    str::FromStr,
};

/// Longest name of a person, a role or a department, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Most roles, and most departments, of one actor.
pub const NAMES_MAX: usize = 16;
/// The role that a registered client has.
pub const CLIENT_ROLE: &str = "client";

/// Who asks: a person or a system of the organisation that asks, as that organisation names them.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Who, opaque to everyone else: a pseudonym that the organisation chose.
    pub person: ActorName,
    /// Their roles, such as `physician`, or `system|code` for a coding; where a role is part of
    /// another, both.
    #[serde(default)]
    pub roles: VecMax<ActorName, NAMES_MAX>,
    /// Their departments; where one is part of another, both.
    #[serde(default)]
    pub departments: VecMax<ActorName, NAMES_MAX>,
    /// Whether they take part in treating the patient.
    #[serde(default)]
    pub treatment: bool,
    /// The account that they have as a patient themselves, where the organisation knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<AccountId>,
}

impl Actor {
    /// A registered client of the organisation, which nobody stands behind at the moment.
    ///
    /// # Errors
    ///
    /// [`NotAName`]: the id is empty, too long, or not of visible ASCII.
    ///
    /// # Panics
    ///
    /// Never: one role is within the bound.
    pub fn client(id: &str) -> Result<Self, NotAName> {
        let role = CLIENT_ROLE.parse()?;
        Ok(Self {
            person: format!("{CLIENT_ROLE}/{id}").parse()?,
            roles: VecMax::new(vec![role]).expect("one role is within the bound"),
            departments: VecMax::default(),
            treatment: false,
            patient: None,
        })
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Actor([redacted])")
    }
}

/// A name of visible ASCII, 1 to [`NAME_BYTES_MAX`] bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActorName(TextMax<NAME_BYTES_MAX>);

/// The text is no name of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a name of 1 to 128 bytes of visible ASCII")]
pub struct NotAName;

impl ActorName {
    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn checked(text: TextMax<NAME_BYTES_MAX>) -> Result<Self, NotAName> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible { Ok(Self(text)) } else { Err(NotAName) }
    }
}

impl FromStr for ActorName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        Self::checked(TextMax::new(text).map_err(|_| NotAName)?)
    }
}

impl TryFrom<String> for ActorName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<ActorName> for String {
    fn from(name: ActorName) -> Self {
        name.as_str().to_owned()
    }
}

impl BorshDeserialize for ActorName {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let text = TextMax::deserialize_reader(reader)?;
        Self::checked(text).map_err(|error| Error::new(ErrorKind::InvalidData, error))
    }
}

impl fmt::Debug for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActorName([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use salus_types::{decode, encode};

    #[test]
    fn an_actor_is_shown_in_no_debug_and_survives_both_encodings() {
        let text = r#"{"person":"p-17","roles":["physician"],"treatment":true}"#;
        let actor: Actor = serde_json::from_str(text).unwrap();

        assert!(!format!("{actor:?} {:?}", actor.person).contains("p-17"));
        assert_eq!(decode::<Actor>("actor", &encode(&actor)).unwrap(), actor);
    }

    #[test]
    fn names_that_are_empty_long_or_hold_control_characters_are_refused() {
        let long = "a".repeat(NAME_BYTES_MAX + 1);

        for name in ["", "two words", "line\nbreak", "é", &long] {
            assert!(name.parse::<ActorName>().is_err());
            let encoded = encode(&name.to_owned());
            assert!(decode::<ActorName>("name", &encoded).is_err());
        }
    }

    #[test]
    fn too_many_roles_are_refused() {
        let roles: Vec<String> = (0..=NAMES_MAX).map(|one| format!("r{one}")).collect();
        let text = serde_json::json!({ "person": "p", "roles": roles }).to_string();

        assert!(serde_json::from_str::<Actor>(&text).is_err());
    }
}
