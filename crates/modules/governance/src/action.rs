//! What can be proposed.

use crate::limits::AccessLimits;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_identity::Admission;
use salus_types::{
    AccountId, BlockTime, BytesMax, LedgerParameters, NodeKey, NodeRecord, OrganisationFunction,
    OrganisationRole, PublicKey, TextMax, VecMax,
};
use serde::{Deserialize, Serialize};

/// An action that is executed once its proposal is accepted and its time lock is over.
///
/// JSON: `{"kind": "add_validator", "node": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Makes an organisation part of the network.
    AdmitOrganisation(AdmitOrganisation),
    /// Suspends an organisation: its transactions are refused. Its validators stay.
    SuspendOrganisation {
        /// The organisation.
        account: AccountId,
    },
    /// Ends a suspension by vote.
    ResumeOrganisation {
        /// The organisation.
        account: AccountId,
    },
    /// Expels an organisation for ever, with all its nodes.
    ExpelOrganisation {
        /// The organisation.
        account: AccountId,
    },
    /// Lets a node vote on blocks, from the next epoch on.
    AddValidator {
        /// The node; its organisation is active.
        node: NodeRecord,
    },
    /// Ends a node's vote on blocks, from the next epoch on. It stays as an observer.
    RemoveValidator {
        /// The node.
        key: NodeKey,
    },
    /// Changes the parameters.
    SetParameters {
        /// All of them, as they are to be.
        parameters: LedgerParameters,
    },
    /// Changes the protocol: blocks after the one that executes this follow the rules of the version.
    /// A node whose program does not know them stops there.
    SetProtocolVersion {
        /// The version; one more than that in force.
        version: u16,
    },
    /// Lets an organisation open emergencies, or renews that: see the module `consent`.
    AccreditEmergencyService {
        /// The organisation.
        account: AccountId,
        /// Until when, exclusive, in block time.
        until: BlockTime,
    },
    /// Ends that before its time.
    WithdrawEmergencyService {
        /// The organisation.
        account: AccountId,
    },
    /// Changes how long releases and emergencies last and how many there may be.
    SetAccessLimits {
        /// All of them, as they are to be.
        limits: AccessLimits,
    },
}

/// The organisation to admit.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdmitOrganisation {
    /// Its account; not on the ledger yet.
    pub account: AccountId,
    /// Its name, a public fact.
    pub name: TextMax<128>,
    /// What it does, each function once.
    pub functions: VecMax<OrganisationFunction, 9>,
    /// Its first key, for every purpose.
    pub key: PublicKey,
    /// Its X-Wing public key, 1,216 bytes; or empty.
    pub sealing_key: BytesMax<2048>,
    /// Member or observer.
    pub role: OrganisationRole,
}

impl AdmitOrganisation {
    /// As identity takes it.
    pub(crate) fn admission(&self) -> Admission<'_> {
        Admission {
            account: self.account,
            name: &self.name,
            role: self.role,
            functions: &self.functions,
            key: self.key,
            sealing_key: &self.sealing_key,
        }
    }
}

/// Classes of actions; each has its own rule for votes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ActionClass {
    /// Admitting an organisation, and accrediting an emergency service.
    Membership,
    /// Suspending, resuming and expelling one, and withdrawing an accreditation.
    Suspension,
    /// Adding and removing validators.
    Validators,
    /// Changing parameters, and the protocol.
    Parameters,
}

impl Action {
    /// The class, which decides the rule.
    pub fn class(&self) -> ActionClass {
        match self {
            Self::AdmitOrganisation(_) | Self::AccreditEmergencyService { .. } => {
                ActionClass::Membership
            }
            Self::SuspendOrganisation { .. }
            | Self::ResumeOrganisation { .. }
            | Self::ExpelOrganisation { .. }
            | Self::WithdrawEmergencyService { .. } => ActionClass::Suspension,
            Self::AddValidator { .. } | Self::RemoveValidator { .. } => ActionClass::Validators,
            Self::SetParameters { .. }
            | Self::SetProtocolVersion { .. }
            | Self::SetAccessLimits { .. } => ActionClass::Parameters,
        }
    }

    /// Whom it would suspend, resume, expel or take an accreditation from: they do not vote on it.
    pub fn accused(&self) -> Option<AccountId> {
        match self {
            Self::SuspendOrganisation { account }
            | Self::ResumeOrganisation { account }
            | Self::ExpelOrganisation { account }
            | Self::WithdrawEmergencyService { account } => Some(*account),
            Self::AdmitOrganisation(_)
            | Self::AddValidator { .. }
            | Self::RemoveValidator { .. }
            | Self::SetParameters { .. }
            | Self::SetProtocolVersion { .. }
            | Self::AccreditEmergencyService { .. }
            | Self::SetAccessLimits { .. } => None,
        }
    }
}
