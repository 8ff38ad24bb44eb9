//! All checks, one after the other.

use crate::{
    decisions, evidence, finding::Finding, layers, links, manifests, modules, texts, walk::files_of,
};
use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::path::Path;

/// A crate of the workspace, as the checks see it.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its one-line purpose.
    pub(crate) description: Option<String>,
    /// Its manifest, seen from the root.
    pub(crate) manifest: String,
    /// The crates that it names, for the build, for tests, or for itself.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A crate that another names.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// Its name.
    pub(crate) name: String,
    /// Whether only tests and benches use it.
    pub(crate) for_tests: bool,
}

/// Runs all checks on the tree at `root`; findings in the order of places.
pub(crate) fn tidy(root: &Path) -> Result<Vec<Finding>> {
    let packages = packages(root)?;
    let files = files_of(root)?;
    let mut findings = layers::check(&packages);
    findings.extend(manifests::check(root, &packages)?);
    findings.extend(modules::check(root)?);
    findings.extend(texts::check(root, &files)?);
    findings.extend(links::check(root, &files)?);
    findings.extend(decisions::check(root)?);
    findings.extend(evidence::check(root, &files)?);
    findings.sort();
    Ok(findings)
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata")?;
    let package = |package: cargo_metadata::Package| {
        let manifest = package.manifest_path.as_std_path();
        let manifest = manifest.strip_prefix(root).unwrap_or(manifest);
        Package {
            name: package.name.to_string(),
            description: package.description.clone(),
            manifest: manifest.display().to_string(),
            dependencies: package
                .dependencies
                .iter()
                .map(|one| Dependency {
                    name: one.name.clone(),
                    for_tests: one.kind == DependencyKind::Development,
                })
                .collect(),
        }
    };
    Ok(metadata.packages.into_iter().map(package).collect())
}
