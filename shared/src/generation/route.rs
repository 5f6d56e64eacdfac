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

impl Route {
    /// Whether a key may serve; `own`: the consumer hosts it.
    pub const fn admits(self, own: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Own => own,
            Self::Market => !own,
        }
    }
}
