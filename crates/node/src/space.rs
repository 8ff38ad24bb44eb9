//! Whether a failure is a full disk, which the operator can mend.

use crate::{Home, NodeError};
use salus_engine::EngineError;
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    sync::Arc,
};

/// What is written to see whether anything can be.
const PROBE_BYTES: usize = 256 * 1024;

/// Says that the disk is full where that is why the engine failed.
pub(crate) fn explain(home: &Home, error: Arc<EngineError>) -> NodeError {
    match &*error {
        EngineError::Failed { .. } if is_full(home.folder()) => {
            NodeError::DiskFull { path: home.folder().to_owned() }
        }
        _ => NodeError::Engine(error),
    }
}

/// Whether some bytes cannot be written for want of space. The engine's own error does not tell: the
/// part that failed is gone by then.
fn is_full(folder: &Path) -> bool {
    let path = folder.join("probe");
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.sync_all()
    });
    // If it cannot be removed it is small.
    let _ = fs::remove_file(&path);
    matches!(&written, Err(error) if is_full_error(error))
}

fn is_full_error(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_with_space_left_stays_the_engines() {
        let folder = tempfile::tempdir().unwrap();
        let failed = EngineError::Failed { reason: "a part ended".to_owned() };

        let error = explain(&Home::new(folder.path()), Arc::new(failed));

        assert_eq!(error.code(), "engine.failed");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_device_without_space_is_told_apart() {
        // Every write to this device fails so.
        let Ok(mut full) = File::options().write(true).open("/dev/full") else { return };

        let error = full.write_all(&[0; 16]).unwrap_err();

        assert!(is_full_error(&error));
    }
}
