//! What a process has used, as Linux tells it; elsewhere nothing is known.

use std::fs;
use std::time::Duration;

/// Where the kernel's clock ticks are counted in `/proc/PID/stat`, behind the name of the program.
const USER: usize = 11;

/// What a process has used since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// In the program and, for it, in the kernel; in steps of a hundredth of a second.
    pub cpu: Duration,
    /// Memory that it holds now, in bytes.
    pub memory: u64,
}

/// What the process has used; none where that is not told or there is no such process.
#[must_use]
pub fn of(pid: u32) -> Option<Used> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    parse(&stat, &status, rustix::param::clock_ticks_per_second())
}

/// The same of this process.
#[must_use]
pub fn own() -> Option<Used> {
    of(std::process::id())
}

fn parse(stat: &str, status: &str, ticks_per_second: u64) -> Option<Used> {
    // The name may hold whatever it likes, parentheses too.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(USER);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let nanos = u128::from(user + system) * 1_000_000_000 / u128::from(ticks_per_second.max(1));
    let held = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))?;
    Some(Used {
        cpu: Duration::from_nanos(u64::try_from(nanos).ok()?),
        memory: held.trim().parse::<u64>().ok()? * 1024,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_name() {
        let stat = "7 (a b) c)) S 1 7 7 0 -1 4194304 104 0 0 0 250 31 0 0 20 0 1 0 99 1 2";
        let status = "Name:\tx\nVmPeak:\t  99 kB\nVmRSS:\t    2048 kB\nThreads:\t1\n";
        let used = parse(stat, status, 100).unwrap();
        assert_eq!(used.cpu, Duration::from_millis(2_810));
        assert_eq!(used.memory, 2 << 20);
        assert_eq!(parse("7 (x", status, 100), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_memory_and_a_dead_one_nothing() {
        assert!(own().unwrap().memory > 100_000);
        assert_eq!(of(u32::MAX), None);
    }
}
