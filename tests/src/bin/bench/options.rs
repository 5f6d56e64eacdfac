//! What is measured, and for how long.

/// Whole lifecycles per second against pgbench TPC-B, alternating in the same run.
///
/// Without options a run of a minute shows that everything works; `--full` measures.
#[derive(Debug, Clone, clap::Parser)]
pub struct Options {
    /// Three rounds of twenty seconds, TPC-B at scale 100, the slow provider, the long queue, owners with own tasks
    #[arg(long)]
    pub full: bool,
    /// Rounds of lifecycles and TPC-B, each after the other
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Seconds of each half of a round
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Scale of TPC-B: 100,000 accounts each
    #[arg(long, default_value_t = 10)]
    scale: u32,
    /// Clients that submit and wait; the same number of pgbench clients
    #[arg(long, default_value_t = 64)]
    pub clients: usize,
    /// Hosted keys
    #[arg(long, default_value_t = 500)]
    pub resources: usize,
    /// Users whose tasks the clients submit
    #[arg(long, default_value_t = 200)]
    pub consumers: usize,
    /// Worker processes: one fills two cores that they share with everything else
    #[arg(long, default_value_t = 1)]
    pub workers: usize,
    /// Seconds with a provider that takes 2 s ± 1 s and 32 tasks open per client; 0 leaves it out
    #[arg(long, default_value_t = 0)]
    slow_seconds: u64,
    /// Tasks waiting while throughput is measured once more; 0 leaves it out
    #[arg(long, default_value_t = 0)]
    backlog: usize,
    /// Owners whose own tasks wait while the time of a claim is measured once more; 0 leaves it out
    #[arg(long, default_value_t = 0)]
    owners: usize,
    /// Half-open connections, from 50 addresses with a slow body each, beside honest requests; 0 leaves it out
    #[arg(long, default_value_t = 0)]
    half_open: usize,
    /// Leave out TPC-B
    #[arg(long)]
    pub no_tpcb: bool,
}

impl Options {
    pub fn rounds(&self) -> usize {
        if self.full { self.rounds.max(3) } else { self.rounds }
    }

    pub fn seconds(&self) -> u64 {
        if self.full { self.seconds.max(20) } else { self.seconds }
    }

    pub fn scale(&self) -> u32 {
        if self.full { self.scale.max(100) } else { self.scale }
    }

    pub fn slow_seconds(&self) -> u64 {
        if self.full { self.slow_seconds.max(20) } else { self.slow_seconds }
    }

    pub fn owners(&self) -> usize {
        if self.full { self.owners.max(500) } else { self.owners }
    }

    pub fn half_open(&self) -> usize {
        if self.full { self.half_open.max(5_000) } else { self.half_open }
    }

    pub fn backlog(&self) -> usize {
        if self.full { self.backlog.max(10_000) } else { self.backlog }
    }
}
