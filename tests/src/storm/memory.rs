//! What each service keeps in memory, over time.

use std::collections::BTreeMap;
use std::time::Duration;

use devkit::deadline;

use super::Storm;
use super::processes::SURVIVORS;

/// Shorter storms see the warming up and nothing else.
const JUDGED_FROM: Duration = Duration::from_mins(5);
/// How much more a service may have in the last quarter than in the one before: what a busy minute
/// differs from another.
const GROWTH_SHARE_MAX: f64 = 0.08;
const GROWTH_MB_MAX: f64 = 4.0;

/// Resident megabytes of those that are never killed, every second.
#[derive(Debug, Default)]
pub(super) struct Memory {
    samples: BTreeMap<&'static str, Vec<f64>>,
}

impl Memory {
    pub async fn watch(&mut self, storm: &Storm) {
        while !storm.is_over() {
            for name in SURVIVORS {
                if let Some(megabytes) = resident(storm.stack().pid(name)) {
                    self.samples.entry(name).or_default().push(megabytes);
                }
            }
            deadline::pause(Duration::from_secs(1)).await;
        }
    }

    /// One line for each service: by quarters of the storm.
    pub fn lines(&self) -> Vec<String> {
        let quarters = |all: &Vec<f64>| {
            let texts: Vec<String> = quarters(all).iter().map(|it| format!("{it:.1}")).collect();
            texts.join(" → ")
        };
        self.samples.iter().map(|(name, all)| format!("{name} {} MB", quarters(all))).collect()
    }

    pub fn violations(&self, length: Duration) -> Vec<String> {
        if length < JUDGED_FROM {
            return Vec::new();
        }
        let grows = |all: &Vec<f64>| {
            let [_, _, third, last] = quarters(all);
            last > third * (1.0 + GROWTH_SHARE_MAX) && last > third + GROWTH_MB_MAX
        };
        let growing = self.samples.iter().filter(|(_, all)| grows(all));
        growing.map(|(name, _)| format!("{name} grows and grows")).collect()
    }
}

/// The mean of each quarter.
fn quarters(all: &[f64]) -> [f64; 4] {
    [0, 1, 2, 3].map(|number| {
        let part = &all[all.len() * number / 4..all.len() * (number + 1) / 4];
        let (sum, count) = part.iter().fold((0.0, 0.0), |(sum, count), it| (sum + it, count + 1.0));
        sum / f64::max(count, 1.0)
    })
}

fn resident(pid: i32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_is_told_from_a_plateau() {
        let long = JUDGED_FROM;
        let of = |samples: Vec<f64>| Memory { samples: BTreeMap::from([("worker-1", samples)]) };
        let leak: Vec<f64> = (0..400).map(|at| 50.0 + f64::from(at) / 4.0).collect();
        let plateau: Vec<f64> = (0..400).map(|at| 50.0 + f64::from(at.min(100)) / 4.0).collect();

        assert_eq!(of(leak).violations(long).len(), 1);
        assert_eq!(of(plateau.clone()).violations(long).len(), 0);
        assert_eq!(of(plateau).lines(), ["worker-1 62.4 → 75.0 → 75.0 → 75.0 MB"]);
    }

    #[test]
    fn our_own_memory_can_be_read() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(resident(own).unwrap() > 1.0);
    }
}
