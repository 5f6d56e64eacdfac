//! `ctl audit`: what `POST /api/admin/audit` answers.

use std::process::ExitCode;

use anyhow::Result;
use shared::ledger::audit::{self, AuditCheck, AuditReport};

use super::{migrated_database, say};

/// How to print it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As JSON, for other programs.
    #[arg(long)]
    json: bool,
}

/// 0 if every check found nothing, 1 if one did or could not be made.
pub async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let report = audit::run(&migrated_database().await?).await?;
    say(&if arguments.json { serde_json::to_string(&report)? } else { table(&report) })?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(report: &AuditReport) -> String {
    let width = report.checks.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let line = |check: &AuditCheck| {
        let found = match check.violations {
            None => format!("not made: {}", check.error.as_deref().unwrap_or_default()),
            Some(0) => "ok".to_owned(),
            Some(1) => "1 violation".to_owned(),
            Some(many) => format!("{many} violations"),
        };
        format!("{:width$}  {:>6} ms  {found}", check.name, check.elapsed_ms)
    };
    let lines: Vec<String> = report.checks.iter().map(line).collect();
    lines.join("\n")
}
