//! The keys of the demo: one for each owner, so unlike each other that the choice can be followed.

/// A key at the simulated provider and the offer its owner makes with it.
#[derive(Debug)]
pub struct DemoKey {
    pub name: &'static str,
    /// Credits per unit of the provider, whose reference price is 0.5.
    pub price: &'static str,
    /// Units in its account at the provider.
    pub balance: u32,
}

/// Enough for thirty thousand images.
const AMPLE: u32 = 100_000;

/// By owner. The cheapest has less than one image left in its account; the dearest is just within
/// what a request pays that names no ceiling of its own.
pub const DEMO_KEYS: [DemoKey; 3] = [
    DemoKey { name: "Meadow key", price: "0.45", balance: AMPLE },
    DemoKey { name: "Puddle key", price: "0.42", balance: 2 },
    DemoKey { name: "Summit key", price: "0.55", balance: AMPLE },
];
