//! The scheduler: ends what nobody else will, sweeps what has run out, and looks after the books. Any
//! number may run; one leads at a time, which only saves work: every duty is bounded, may be repeated,
//! and is safe with two leaders at once.
//!
//! | where | what |
//! | --- | --- |
//! | `timetable` | every duty with its pace and its time limit |
//! | `duty` | one file per duty |
//! | `keeping` | keeps one duty going: activations, back-off, metrics, logs |
//! | `lead` | takes, renews and resigns the lead |
//! | `answering` | whether the database answered for long enough to declare anybody dead |
//! | `board` | the gauges only a leader shows |

pub mod answering;
mod backoff;
mod board;
mod config;
mod deps;
pub mod duty;
mod duty_settings;
mod health;
mod keeping;
mod lead;
mod report;
mod timetable;

use std::sync::Arc;

use operations::Service;
use operations::health::Health;

pub use config::Config;
pub use deps::Deps;
pub use duty_settings::DutySettings;
pub use lead::Lead;
pub use report::{DutyError, Report};
pub use timetable::{Duty, timetable};

/// Does its duties until a signal asks it to stop; then finishes the activations under way, within the
/// grace period, and resigns.
pub async fn run(config: Config, service: &mut Service) -> anyhow::Result<()> {
    service.arm_failpoints(shared::failpoint::arm)?;
    let deps = Arc::new(Deps::open(&config, service.stopping()).await?);
    let health = health::Dependencies::new(Arc::clone(&deps));
    service.serve(&Health::new(health, service.stopping())).await?;

    // The lead is kept until the last activation has ended: nobody need do the same again meanwhile.
    let lead = Arc::new(Lead::new());
    let (leading, own, ending) = (Arc::clone(&lead), Arc::clone(&deps), service.ending());
    service.upkeep("lead", async move { leading.keep(&own, &ending).await });
    for duty in timetable(&deps.settings) {
        let (deps, lead) = (Arc::clone(&deps), Arc::clone(&lead));
        service.work(duty.name, keeping::keep(duty, deps, lead, service.stopping()));
    }
    tracing::info!("watching");
    let endings = deps.endings.clone();
    service.until_drained().await;
    endings.flush().await;
    Ok(())
}
