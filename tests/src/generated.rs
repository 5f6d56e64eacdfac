//! How much a generated test generates, and from what.

/// The seed of a generated run: `AETHERFLOW_TEST_SEED`, else a random one. Print it.
pub fn seed() -> u64 {
    number("AETHERFLOW_TEST_SEED").unwrap_or_else(rand::random)
}

/// How many cases of each kind to generate: `AETHERFLOW_TEST_CASES`, else `usual`.
pub fn cases(usual: usize) -> usize {
    let asked = number("AETHERFLOW_TEST_CASES").map(usize::try_from);
    asked.map_or(usual, |it| it.expect("a number of cases"))
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name} is not a number: {error}")))
}
