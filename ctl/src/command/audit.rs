//! `ctl audit`: what `POST /api/admin/audit` answers.

use std::process::ExitCode;

use anyhow::Result;
use shared::ledger::audit::{self, AuditReport};

use super::migrated_database;

/// How to print it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As JSON, for other programs.
    #[arg(long)]
    json: bool,
}

/// 0 if every check found nothing, 1 if one did.
pub async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let report = audit::run(&migrated_database().await?).await?;
    if arguments.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", table(&report));
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(report: &AuditReport) -> String {
    let width = report.checks.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut lines = String::new();
    for check in &report.checks {
        let found = match check.violations {
            0 => "ok".to_owned(),
            1 => "1 violation".to_owned(),
            many => format!("{many} violations"),
        };
        lines.push_str(&format!("{:width$}  {:>6} ms  {found}\n", check.name, check.elapsed_ms));
    }
    lines
}
