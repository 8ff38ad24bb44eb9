//! Tests of the rules: those a hospital starts with, what is not loaded, what fails, and consents
//! compiled to Cedar as a second opinion on the evaluator of `salus-fhir`.

mod rules;
mod second_opinion;
