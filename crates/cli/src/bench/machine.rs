//! What the operating system says about processes, folders and the machine (Linux `/proc`).

use std::{
    collections::BTreeMap, fs, io, os::unix::fs::MetadataExt as _, path::Path, time::Duration,
};

/// Processor time that a process has used so far, its threads included, in user and kernel mode.
pub(crate) fn cpu_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in brackets and may hold anything, so fields count from its end.
    let fields = stat.rsplit_once(')')?.1;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    // Linux reports these in hundredths of a second on every platform that we run on (USER_HZ).
    Some(Duration::from_millis((user + system) * 10))
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Highest resident memory of a process so far, in bytes.
pub(crate) fn resident_max_bytes(pid: u32) -> Option<u64> {
    memory(pid, "VmHWM:")
}

/// Load average of the last minute, five and fifteen minutes.
pub(crate) fn load_average() -> [f64; 3] {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut numbers = text.split_ascii_whitespace().map_while(|field| field.parse().ok());
    [(); 3].map(|()| numbers.next().unwrap_or(0.0))
}

/// Cores that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Bytes that a folder takes on the disk. Files that vanish meanwhile are not counted.
pub(crate) fn disk_bytes(folder: &Path) -> io::Result<u64> {
    Ok(disk_parts(folder)?.values().sum())
}

/// The same by what of a node the bytes are for.
pub(crate) fn disk_parts(home: &Path) -> io::Result<BTreeMap<&'static str, u64>> {
    let mut parts = BTreeMap::new();
    let mut folders = vec![home.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let part = part_of(folder.strip_prefix(home).unwrap_or(&folder));
        for entry in entries {
            let entry = entry?;
            let Ok(data) = entry.metadata() else { continue };
            if data.is_dir() {
                folders.push(entry.path());
            } else {
                *parts.entry(part).or_default() += data.blocks() * 512;
            }
        }
    }
    Ok(parts)
}

/// What the files of a folder in a home are for.
fn part_of(folder: &Path) -> &'static str {
    const PARTS: [(&str, &str); 8] = [
        ("salus-cache", "recent_blocks"),
        ("salus-blocks", "blocks"),
        ("salus-certificates", "certificates"),
        ("salus-votes", "votes"),
        ("salus-state-log", "state_log"),
        ("salus-state", "state_tree"),
        ("journal", "mempool_journal"),
        ("index", "index"),
    ];
    let names: Vec<_> = folder.iter().filter_map(|name| name.to_str()).collect();
    let part = PARTS.iter().find(|(start, _)| names.iter().any(|name| name.starts_with(start)));
    part.map_or("other", |(_, part)| part)
}
