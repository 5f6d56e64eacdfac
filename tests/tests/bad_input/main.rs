//! Bad input: every operation of the committed document, as every kind of caller, with hundreds of
//! generated requests each. Whatever is sent, the answer is one the document declares, and a refusal
//! leaves no trace in any table.
//!
//! A run prints its seed; `AETHERFLOW_TEST_SEED` repeats it, `AETHERFLOW_TEST_CASES` sets how many
//! requests an operation gets from each caller.

#![expect(clippy::cast_possible_truncation, reason = "bounds of a schema are small")]

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod case;
#[cfg(test)]
mod document;
#[cfg(test)]
mod fingerprint;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod law;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod values;
#[cfg(test)]
mod world;
