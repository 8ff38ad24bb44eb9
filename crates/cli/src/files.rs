//! Reading and writing the files that commands name, with errors that say which file and what to do.

use crate::problem::Problem;
use salus_crypto::Zeroizing;
use salus_types::NetworkFile;
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// Fewest characters of a passphrase.
const PASSPHRASE_CHARS_MIN: usize = 12;

/// Reads a file; `what` says what it should be.
pub(crate) fn read(path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    fs::read(path).map_err(|error| cannot("read", path, what, &error))
}

/// Reads a file of text.
pub(crate) fn read_text(path: &Path, what: &str) -> anyhow::Result<String> {
    String::from_utf8(read(path, what)?).map_err(|_| {
        Problem::failed(
            "cli.file_invalid",
            format!("{}, given as {what}, is not UTF-8 text", path.display()),
            "name another file",
        )
    })
}

/// Reads a passphrase: the first line of a file.
pub(crate) fn read_passphrase(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = Zeroizing::new(read_text(path, "the passphrase")?);
    let line = text.lines().next().unwrap_or_default().trim();
    if line.chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(Problem::failed(
            "cli.passphrase",
            format!("the passphrase has fewer than {PASSPHRASE_CHARS_MIN} characters"),
            "choose a longer one, such as six words",
        ));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Reads a secret from a file of text that nobody but its owner may read.
pub(crate) fn read_secret(path: &Path, what: &str) -> anyhow::Result<String> {
    salus_node::home::check_private(path)?;
    read_text(path, what)
}

/// Reads a network file.
pub(crate) fn read_network(path: &Path) -> anyhow::Result<NetworkFile> {
    let text = read_text(path, "the network file")?;
    serde_json::from_str(&text).map_err(|error| {
        Problem::failed(
            "cli.network_file_invalid",
            format!("{} is not a network file: {error}", path.display()),
            "get it from a member of the network, or from GET /v1/network of a node",
        )
    })
}

/// Writes a file that did not exist before.
pub(crate) fn create(path: &Path, what: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    write_with(&options, path, what, bytes)
}

/// Writes a secret to a file that did not exist before and that only the owner can read.
pub(crate) fn create_secret(path: &Path, what: &str, bytes: &[u8]) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    write_with(&options, path, what, bytes)
}

/// Writes a secret in place of what a file holds: the old or the new, whatever happens meanwhile.
pub(crate) fn replace_secret(path: &Path, what: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(cannot("written", beside, what, &error));
        }
        Ok(()) | Err(_) => {}
    }
    create_secret(beside, what, bytes)?;
    fs::rename(beside, path).map_err(|error| cannot("written", path, what, &error))
}

fn write_with(
    options: &fs::OpenOptions,
    path: &Path,
    what: &str,
    bytes: &[u8],
) -> anyhow::Result<()> {
    let mut file = options.open(path).map_err(|error| cannot("written", path, what, &error))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| cannot("written", path, what, &error))
}

fn cannot(verb: &str, path: &Path, what: &str, error: &io::Error) -> anyhow::Error {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Problem::failed(
            "cli.file_missing",
            format!("there is no file {path}, given as {what}"),
            "check the path",
        ),
        io::ErrorKind::AlreadyExists => Problem::failed(
            "cli.file_exists",
            format!("{path} is already there and is not overwritten"),
            "name another file, or move that one away",
        ),
        io::ErrorKind::PermissionDenied => Problem::failed(
            "cli.file_forbidden",
            format!("{path}, given as {what}, cannot be {verb} by this user"),
            "run as its owner, or change its mode",
        ),
        io::ErrorKind::StorageFull => Problem::failed(
            "cli.disk_full",
            format!("the disk is full, so {path} cannot be written"),
            "free some space and run it again",
        ),
        _ => Problem::failed(
            "cli.file_failed",
            format!("{path}, given as {what}, cannot be {verb}: {error}"),
            "check the path",
        ),
    }
}
