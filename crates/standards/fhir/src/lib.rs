//! FHIR R4 bundles: streaming reader, references, narrow resource views, generated patients.
