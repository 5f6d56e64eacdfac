//! The closed sets of words that describe a user.

crate::vocabulary! {
    /// What a user may do.
    pub enum Role {
        /// Makes images. Every user is a consumer.
        Consumer = "consumer",
        /// Hosts at least one key, or once did.
        ResourceProvider = "resource_provider",
        /// Runs the exchange.
        Admin = "admin",
    }
}

crate::vocabulary! {
    /// Whether a user may act.
    pub enum UserStatus {
        /// They may.
        Active = "active",
        /// They may not: an admin suspended them.
        Suspended = "suspended",
    }
}

crate::vocabulary! {
    /// The language a user is written to in.
    pub enum Locale {
        /// English.
        English = "en",
        /// Simplified Chinese.
        Chinese = "zh-CN",
    }
}
