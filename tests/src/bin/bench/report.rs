//! What was measured, for people and for programs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::backlog::Backlog;
use crate::half_open::HalfOpen;
use crate::histogram::{median, percentile};
use crate::load::Outcome;
use crate::owners::Owners;
use crate::pickup::Pickup;
use crate::usage::PerTask;

/// Everything of one run.
#[derive(Debug, Default)]
pub struct Report {
    /// Each round's.
    pub lifecycles_per_second: Vec<f64>,
    pub tpcb_per_second: Vec<f64>,
    pub lifecycle_ms: Vec<f64>,
    pub submit_ms: Vec<f64>,
    pub pickup: Pickup,
    pub claim_batch: f64,
    pub settle_batch: f64,
    pub per_task: PerTask,
    pub rss_mb: BTreeMap<&'static str, f64>,
    pub slow: Option<Slow>,
    pub backlog: Option<Backlog>,
    pub owners: Option<Owners>,
    pub half_open: Option<HalfOpen>,
}

/// With a provider that takes 2 s ± 1 s.
#[derive(Debug)]
pub struct Slow {
    pub open: usize,
    pub per_second: f64,
    pub submit_ms: Vec<f64>,
}

impl Report {
    pub fn add_round(&mut self, outcome: Outcome) {
        self.lifecycles_per_second.push(outcome.per_second());
        self.lifecycle_ms.extend(outcome.lifecycles);
        self.submit_ms.extend(outcome.submits);
    }

    fn ratio(&self) -> f64 {
        let tpcb = median(&self.tpcb_per_second);
        if tpcb > 0.0 { median(&self.lifecycles_per_second) / tpcb } else { 0.0 }
    }

    /// The keys `.dev/bench.json` promises, and more beside them.
    pub fn json(&self) -> Value {
        let mut all = json!({
            "lifecycles_per_second": round(median(&self.lifecycles_per_second), 1),
            "tpcb_per_second": round(median(&self.tpcb_per_second), 1),
            "lifecycle_to_tpcb_ratio": round(self.ratio(), 3),
            "submit_ms": percentiles(&self.submit_ms, &[50, 95, 99]),
            "pickup_ms": percentiles(&self.pickup.answered, &[50, 99]),
            "submit_to_call_ms": percentiles(&self.pickup.written, &[50, 99]),
            "settle_batch_median": round(self.settle_batch, 1),
            "cpu_seconds_per_task": round(self.per_task.cpu_seconds(), 6),
            "transactions_per_task": round(self.per_task.transactions, 3),
            "rss_mb": rounded(&self.rss_mb, 1),
            "claim_batch_median": round(self.claim_batch, 1),
            "lifecycle_ms": percentiles(&self.lifecycle_ms, &[50, 95, 99]),
            "wal_bytes_per_task": round(self.per_task.wal_bytes, 0),
            "cpu_seconds_per_task_by": rounded(&self.per_task.cpu, 6),
            "rounds": {
                "lifecycles_per_second": self.lifecycles_per_second,
                "tpcb_per_second": self.tpcb_per_second,
            },
        });
        if let Some(slow) = &self.slow {
            all["slow"] = json!({
                "tasks_open": slow.open,
                "lifecycles_per_second": round(slow.per_second, 1),
                "submit_ms": percentiles(&slow.submit_ms, &[50, 95, 99]),
            });
        }
        if let Some(backlog) = &self.backlog {
            all["backlog"] = json!({
                "waiting": backlog.waiting,
                "tasks_per_second": round(backlog.per_second, 1),
                "tasks_per_second_of_few": round(backlog.per_second_of_few, 1),
                "many_to_few_ratio": round(backlog.per_second / backlog.per_second_of_few, 3),
                "newcomer_ms": round(backlog.newcomer_ms, 1),
            });
        }
        if let Some(owners) = &self.owners {
            all["owners"] = json!({
                "owners": owners.count,
                "own_tasks_waiting": owners.waiting,
                "claim_ms_without": round(owners.claim_ms_without, 3),
                "claim_ms_with": round(owners.claim_ms_with, 3),
                "with_to_without_ratio": round(owners.claim_ms_with / owners.claim_ms_without, 3),
            });
        }
        if let Some(it) = &self.half_open {
            let p99 = |samples: &[f64]| percentile(&mut samples.to_vec(), 99.0);
            all["half_open"] = json!({
                "connections": it.connections,
                "honest_ms_without": percentiles(&it.without_ms, &[50, 99]),
                "honest_ms_with": percentiles(&it.with_ms, &[50, 99]),
                "p99_with_to_without_ratio": round(p99(&it.with_ms) / p99(&it.without_ms), 2),
                "heads_closed_after_s": percentiles(&it.heads_s, &[50, 100]),
                "bodies_closed_after_s": percentiles(&it.bodies_s, &[50, 100]),
                "stop_s": round(it.stop_s, 2),
            });
        }
        all
    }

    /// A page.
    pub fn print(&self) {
        let all = self.json();
        println!();
        println!("  lifecycles      {:>10} /s", all["lifecycles_per_second"]);
        println!("  TPC-B           {:>10} /s", all["tpcb_per_second"]);
        println!("  ratio           {:>10}", all["lifecycle_to_tpcb_ratio"]);
        for (name, key) in [
            ("submit ms", "submit_ms"),
            ("lifecycle ms", "lifecycle_ms"),
            ("pick-up ms", "pickup_ms"),
            ("submit to call", "submit_to_call_ms"),
        ] {
            println!("  {name:<15} {}", all[key]);
        }
        println!("  claim batch     {:>10} (median)", all["claim_batch_median"]);
        println!("  settle batch    {:>10} (median)", all["settle_batch_median"]);
        println!("  transactions    {:>10} per task", all["transactions_per_task"]);
        println!("  WAL             {:>10} bytes per task", all["wal_bytes_per_task"]);
        println!("  processor       {:>10} s per task", all["cpu_seconds_per_task"]);
        println!("    by process    {}", all["cpu_seconds_per_task_by"]);
        println!("  memory MB       {}", all["rss_mb"]);
        for key in ["slow", "backlog", "owners", "half_open"] {
            if !all[key].is_null() {
                println!("  {key:<15} {}", all[key]);
            }
        }
    }

    /// Writes `.dev/bench.json` in the current folder.
    pub fn write(&self) -> Result<()> {
        let folder = Path::new(".dev");
        std::fs::create_dir_all(folder).context(".dev cannot be made")?;
        let path = folder.join("bench.json");
        let text = serde_json::to_string_pretty(&self.json())? + "\n";
        std::fs::write(&path, text)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        println!("\n  written to {}", path.display());
        Ok(())
    }
}

fn percentiles(samples: &[f64], percents: &[u32]) -> Value {
    let mut samples = samples.to_vec();
    let values = percents
        .iter()
        .map(|it| (format!("p{it}"), json!(round(percentile(&mut samples, f64::from(*it)), 2))));
    Value::Object(values.collect())
}

fn rounded(values: &BTreeMap<&'static str, f64>, places: i32) -> Value {
    let values = values.iter().map(|(name, it)| ((*name).to_owned(), json!(round(*it, places))));
    Value::Object(values.collect())
}

fn round(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale
}
