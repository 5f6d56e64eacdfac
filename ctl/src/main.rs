//! The operator's command line: what is done once, by hand, or after something went wrong.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use command::{
    audit, create_admin, init_env, migrate, rebuild_balances, requeue, reset_totp, settings,
};

/// What an operator does by hand: migrate, make secrets and admins, audit, repair.
#[derive(Debug, Parser)]
#[command(
    name = "ctl",
    version,
    after_help = "Settings come from the environment; see `ctl settings`."
)]
struct Ctl {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Brings the database to this build's schema (`DATABASE_URL`: a superuser's).
    Migrate,
    /// Writes an `.env` with fresh secrets for docker compose.
    InitEnv(init_env::Arguments),
    /// Makes an admin, or makes a known user one (`DATABASE_URL`).
    CreateAdmin(create_admin::Arguments),
    /// Checks every invariant of the ledger; exits with 1 on a violation (`DATABASE_URL`).
    Audit(audit::Arguments),
    /// Sums balances anew from the journal, after a restore into another cluster (`DATABASE_URL`).
    RebuildBalances,
    /// Rings for every kind of job, so that workers look for whatever is due (`REDIS_URL`).
    Requeue,
    /// Ends a user's second factor and sessions, for who lost app and recovery codes (`DATABASE_URL`).
    ResetTotp(reset_totp::Arguments),
    /// Prints the table of settings.
    Settings,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Ctl::parse().command {
        Command::Migrate => migrate::run().await,
        Command::InitEnv(arguments) => init_env::run(&arguments),
        Command::CreateAdmin(arguments) => create_admin::run(arguments).await,
        Command::Audit(arguments) => audit::run(&arguments).await,
        Command::RebuildBalances => rebuild_balances::run().await,
        Command::Requeue => requeue::run().await,
        Command::ResetTotp(arguments) => reset_totp::run(arguments).await,
        Command::Settings => settings::run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("ctl: {error:#}");
        // As clap's own: 1 is kept for what an audit found.
        ExitCode::from(2)
    })
}
