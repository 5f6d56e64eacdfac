//! Hostile owners beside honest ones: whatever they list, their keys do, or they do with their keys,
//! consumers who choose nothing get their images at a fair price, and nobody earns what they must not.
//!
//! `AETHERFLOW_TEST_SEED` repeats the set-up of a run: who takes part, with which prices, limits and faults.

#[cfg(test)]
mod cast;
#[cfg(test)]
mod play;
#[cfg(test)]
mod verdict;

#[cfg(test)]
mod tests {
    use super::{cast::Cast, play, verdict};
    use tests::generated;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn fifty_hostile_owners_neither_stall_nor_overcharge_nor_milk_anybody() {
        let seed = generated::seed();
        eprintln!("seed {seed}");
        let cast = Cast::gather(seed).await;
        let tally = play::play(&cast).await;
        Box::pin(verdict::judge(cast, &tally)).await;
    }
}
