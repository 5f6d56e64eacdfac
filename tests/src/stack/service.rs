//! One process of a stack and where it answers.

use std::collections::BTreeMap;

/// A service of the product.
#[derive(Debug, Clone)]
pub struct Service {
    /// `worker-2`.
    pub name: String,
    /// The binary.
    pub program: &'static str,
    /// Where clients find it, if it is an api.
    pub api_url: Option<String>,
    /// Where its metrics and health are.
    pub metrics_url: String,
    pub env: BTreeMap<String, String>,
}
