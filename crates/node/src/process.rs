//! What the operating system says of this process: its memory and the time it has computed.

use std::{fs, time::Duration};

/// Clock ticks in a second, as Linux counts them for programs, on every architecture.
const TICKS_PER_SECOND: u64 = 100;

/// Memory and time of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// Time computed since its start, all threads, in the program and in the kernel.
    pub cpu: Duration,
}

impl Process {
    /// As it stands now; none where the system does not say (it is not Linux).
    pub fn now() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        Some(Self { resident_bytes: resident(&status)?, cpu: cpu(&stat)? })
    }
}

/// From the line `VmRSS:     1234 kB`.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

/// From the 14th and the 15th field; the second is in brackets and may hold anything.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis(user.checked_add(system)? * (1000 / TICKS_PER_SECOND)))
}

#[cfg(test)]
mod tests {
    use super::{cpu, resident};
    use std::time::Duration;

    #[test]
    fn memory_is_read_in_kib() {
        let status = "Name:\tsalus\nVmPeak:\t  9 kB\nVmRSS:\t    1234 kB\nThreads:\t8\n";

        assert_eq!(resident(status), Some(1234 * 1024));
    }

    #[test]
    fn time_is_read_past_a_name_with_brackets_and_spaces() {
        let stat = "7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 8 0";

        assert_eq!(cpu(stat), Some(Duration::from_secs(3)));
    }
}
