crate::vocabulary! {
    /// Whose keys may serve a task.
    pub enum Route {
        /// The consumer's own keys that can serve it, else the market.
        Any = "any",
        /// Only the consumer's own keys.
        Own = "own",
        /// Only keys of others.
        Market = "market",
    }
}
