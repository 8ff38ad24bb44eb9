//! The resource types of FHIR R4 and the categories in which they are granted together.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{
    fmt,
    io::{Error, ErrorKind, Read, Write},
    str::FromStr,
};

/// Longest name of a resource type, in bytes.
const NAME_BYTES_MAX: usize = 64;

macro_rules! categories {
    ($($(#[$doc:meta])* $variant:ident = $code:literal { $($name:ident)* }),* $(,)?) => {
        /// A group of resource types that is granted together and sealed under one key.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        pub enum Category { $($(#[$doc])* #[serde(rename = $code)] $variant),* }

        impl Category {
            /// Every category, in the order of their encoding.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code, such as `medications`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }

        /// Every resource type of R4 (4.0.1), grouped by category.
        const TYPES: &[(&str, Category)] = &[$($((stringify!($name), Category::$variant)),*),*];
    };
}

categories! {
    /// Who the patient is.
    Demographics = "demographics" { Patient Person RelatedPerson },
    /// Visits, stays and appointments.
    Encounters = "encounters" {
        Encounter EpisodeOfCare Appointment AppointmentResponse Flag List Communication
        CommunicationRequest
    },
    /// Problems and diagnoses.
    Conditions = "conditions" { Condition ClinicalImpression DetectedIssue RiskAssessment FamilyMemberHistory },
    /// Allergies and adverse reactions.
    Allergies = "allergies" { AllergyIntolerance AdverseEvent },
    /// Measurements and findings, from vital signs to laboratory values.
    Observations = "observations" { Observation MolecularSequence BodyStructure },
    /// Medicines prescribed, given and taken.
    Medications = "medications" {
        Medication MedicationAdministration MedicationDispense MedicationRequest
        MedicationStatement MedicationKnowledge
    },
    /// Vaccinations.
    Immunizations = "immunizations" {
        Immunization ImmunizationEvaluation ImmunizationRecommendation
    },
    /// Operations, devices, orders.
    Procedures = "procedures" {
        Procedure ServiceRequest Device DeviceRequest DeviceUseStatement DeviceMetric
        DeviceDefinition SupplyRequest SupplyDelivery VisionPrescription NutritionOrder
    },
    /// Reports, images, specimens.
    Diagnostics = "diagnostics" { DiagnosticReport ImagingStudy Media Specimen SpecimenDefinition },
    /// Plans, goals and teams.
    CarePlans = "care-plans" { CarePlan CareTeam Goal Task RequestGroup GuidanceResponse },
    /// Letters, forms and other documents.
    Documents = "documents" {
        Binary Bundle Composition DocumentManifest DocumentReference Questionnaire
        QuestionnaireResponse MessageHeader OperationOutcome Parameters Basic Linkage
    },
    /// Claims, coverage and payment.
    Financial = "financial" {
        Account ChargeItem ChargeItemDefinition Claim ClaimResponse Coverage
        CoverageEligibilityRequest CoverageEligibilityResponse EnrollmentRequest
        EnrollmentResponse ExplanationOfBenefit InsurancePlan Invoice PaymentNotice
        PaymentReconciliation
    },
    /// Consents and contracts, provenance and audit.
    Consents = "consents" { Consent Contract Provenance AuditEvent VerificationResult },
    /// Organisations and professionals.
    Directory = "directory" {
        Organization OrganizationAffiliation Practitioner PractitionerRole Location
        HealthcareService Endpoint Group Schedule Slot
    },
    /// Studies.
    Research = "research" {
        ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject Evidence
        EvidenceVariable EffectEvidenceSynthesis RiskEvidenceSynthesis Measure MeasureReport
    },
    /// Definitions and everything else.
    Other = "other" {
        ActivityDefinition BiologicallyDerivedProduct CapabilityStatement CatalogEntry CodeSystem
        CompartmentDefinition ConceptMap EventDefinition ExampleScenario GraphDefinition
        ImplementationGuide Library MedicinalProduct MedicinalProductAuthorization
        MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient
        MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
        MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition
        NamingSystem ObservationDefinition OperationDefinition PlanDefinition SearchParameter
        StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid
        SubstancePolymer SubstanceProtein SubstanceReferenceInformation
        SubstanceSourceMaterial SubstanceSpecification TerminologyCapabilities TestReport
        TestScript ValueSet
    },
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Category {
    type Err = UnknownName;

    fn from_str(code: &str) -> Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|category| category.code() == code).ok_or(UnknownName)
    }
}

/// The name is none of FHIR R4's resource types, or none of our categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a resource type of FHIR R4, and not a category")]
pub struct UnknownName;

/// A resource type of FHIR R4, such as `Observation`. Encoded and shown as its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(&'static str);

impl ResourceType {
    /// `Patient`.
    pub const PATIENT: Self = Self("Patient");
    /// `DocumentReference`.
    pub const DOCUMENT_REFERENCE: Self = Self("DocumentReference");

    /// The name, such as `Observation`.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// The category in which it is granted.
    pub fn category(self) -> Category {
        TYPES
            .iter()
            .find(|(name, _)| *name == self.0)
            .map_or(Category::Other, |(_, category)| *category)
    }

    /// Every resource type of R4.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.iter().map(|(name, _)| Self(name))
    }
}

impl FromStr for ResourceType {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        TYPES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(known, _)| Self(known))
            .ok_or(UnknownName)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl BorshSerialize for ResourceType {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        BorshSerialize::serialize(self.0, writer)
    }
}

impl BorshDeserialize for ResourceType {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let invalid = || Error::new(ErrorKind::InvalidData, "not a resource type of FHIR R4");
        let length = u32::deserialize_reader(reader)? as usize;
        if length > NAME_BYTES_MAX {
            return Err(invalid());
        }
        let mut name = [0; NAME_BYTES_MAX];
        reader.read_exact(&mut name[..length])?;
        let name = std::str::from_utf8(&name[..length]).map_err(|_| invalid())?;
        name.parse().map_err(|_| invalid())
    }
}

impl Serialize for ResourceType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for ResourceType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name: std::borrow::Cow<'de, str> = Deserialize::deserialize(deserializer)?;
        name.parse().map_err(D::Error::custom)
    }
}
