//! Gives each entry of a bundle to its patient.
//!
//! A record belongs to the Patient that it names; one that names none (an Organization, a
//! Practitioner) belongs to the only Patient of the bundle. An entry that comes before its Patient is
//! held back until the Patient has come, up to the size of one entry in all.

use crate::{BundleReader, Entry, FhirError, ResourceType};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    io::Read,
};

/// An entry with the patient that it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct PatientEntry {
    /// Position of the patient in the order in which patients came, from 0.
    pub patient: usize,
    /// The entry.
    pub entry: Entry,
}

impl fmt::Debug for PatientEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientEntry")
            .field("patient", &self.patient)
            .field("entry", &self.entry)
            .finish()
    }
}

/// Whose records a bundle holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundlePatients {
    /// Of the Patient resources in it.
    Own,
    /// Of one patient whom the caller knows; the bundle may lack the Patient resource.
    OneKnown,
}

/// Reads a bundle and gives each entry to its patient.
pub struct PatientReader<R> {
    bundle: BundleReader<R>,
    patients: usize,
    known: BundlePatients,
    /// What a patient may be called in a reference.
    names: HashMap<String, usize>,
    held: Vec<Entry>,
    held_bytes: usize,
    ready: VecDeque<PatientEntry>,
    /// The first entry that was given to the only patient without naming one.
    unnamed: Option<crate::Position>,
    done: bool,
}

impl<R: Read> PatientReader<R> {
    /// Reads `bundle`.
    pub fn new(bundle: BundleReader<R>, known: BundlePatients) -> Self {
        Self {
            bundle,
            patients: usize::from(known == BundlePatients::OneKnown),
            known,
            names: HashMap::new(),
            held: Vec::new(),
            held_bytes: 0,
            ready: VecDeque::new(),
            unnamed: None,
            done: false,
        }
    }

    /// How many bytes were read so far, after decompression.
    pub fn bytes_read(&self) -> u64 {
        self.bundle.bytes_read()
    }

    fn step(&mut self) -> Result<(), FhirError> {
        match self.bundle.next().transpose()? {
            Some(entry) if entry.view.resource_type == ResourceType::PATIENT => self.patient(entry),
            Some(entry) => match self.owner(&entry)? {
                Some(patient) => {
                    self.ready.push_back(PatientEntry { patient, entry });
                    Ok(())
                }
                None => self.hold(entry),
            },
            None => {
                self.done = true;
                self.held.first().map_or(Ok(()), |entry| {
                    let reason = "it belongs to no Patient of the bundle";
                    Err(FhirError::NoPatient { at: entry.at, reason })
                })
            }
        }
    }

    fn patient(&mut self, entry: Entry) -> Result<(), FhirError> {
        let named_before = !self.names.is_empty();
        let patient = match self.known {
            BundlePatients::OneKnown if !named_before => 0,
            BundlePatients::OneKnown if self.is_named(&entry) => 0,
            BundlePatients::OneKnown => return Err(FhirError::AmbiguousPatient { at: entry.at }),
            BundlePatients::Own => self.patients,
        };
        if patient > 0
            && let Some(at) = self.unnamed
        {
            return Err(FhirError::AmbiguousPatient { at });
        }
        self.patients = self.patients.max(patient + 1);
        self.names.insert(entry.source(), patient);
        if let Some(url) = &entry.full_url {
            self.names.insert(url.clone(), patient);
        }
        self.ready.push_back(PatientEntry { patient, entry });
        self.held_bytes = 0;
        for entry in std::mem::take(&mut self.held) {
            match self.owner(&entry)? {
                Some(patient) => self.ready.push_back(PatientEntry { patient, entry }),
                None => self.hold(entry)?,
            }
        }
        Ok(())
    }

    fn is_named(&self, entry: &Entry) -> bool {
        self.names.contains_key(&entry.source())
            || entry.full_url.as_ref().is_some_and(|url| self.names.contains_key(url))
    }

    /// Whose the entry is, as far as can be told by now.
    fn owner(&mut self, entry: &Entry) -> Result<Option<usize>, FhirError> {
        let Some(reference) = &entry.view.patient else {
            return match self.patients {
                0 => Ok(None),
                1 => {
                    self.unnamed.get_or_insert(entry.at);
                    Ok(Some(0))
                }
                _ => Err(FhirError::AmbiguousPatient { at: entry.at }),
            };
        };
        if self.known == BundlePatients::OneKnown
            && self.names.is_empty()
            && !reference.starts_with("urn:")
        {
            self.names.insert(reference.clone(), 0);
        }
        Ok(self.names.get(reference).copied())
    }

    fn hold(&mut self, entry: Entry) -> Result<(), FhirError> {
        self.held_bytes += entry.bytes.len();
        if self.held_bytes > self.bundle.limits().entry_bytes_max {
            let reason = "its Patient comes too late in the bundle";
            return Err(FhirError::NoPatient { at: entry.at, reason });
        }
        self.held.push(entry);
        Ok(())
    }
}

impl<R: Read> Iterator for PatientReader<R> {
    type Item = Result<PatientEntry, FhirError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Some(Ok(entry));
            }
            if self.done {
                return None;
            }
            if let Err(error) = self.step() {
                self.done = true;
                self.ready.clear();
                return Some(Err(error));
            }
        }
    }
}
