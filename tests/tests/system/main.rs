//! What the contract promises and the design relies on, held against real processes.

#[cfg(test)]
mod accounts;
mod admin;
#[cfg(test)]
mod compose;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod events;
#[cfg(test)]
mod fairness;
#[cfg(test)]
mod finished;
#[cfg(test)]
mod generation;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lost_worker;
mod main_job;
#[cfg(test)]
mod market;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod pages;
mod providers;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod wallet;
