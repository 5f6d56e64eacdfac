crate::vocabulary! {
    /// Where a task stands.
    pub enum TaskStatus {
        /// It waits for a resource; no attempt is running.
        Pending = "pending",
        /// An attempt is running, or its image is waiting to be settled.
        Processing = "processing",
        /// The image is there and has been charged.
        Completed = "completed",
        /// No image could be delivered. Nothing was charged.
        Failed = "failed",
        /// The consumer canceled it. Nothing was charged.
        Canceled = "canceled",
        /// It was charged, and the charge was given back.
        Refunded = "refunded",
    }
}

impl TaskStatus {
    /// Whether waiting for it makes no sense any more. (A completed task may still be refunded.)
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Processing)
    }
}

crate::vocabulary! {
    /// Why a task failed.
    pub enum TaskErrorCode {
        /// The prompt, or the image made from it, was refused by moderation.
        ContentBlocked = "content_blocked",
        /// The provider refused the request as invalid.
        InvalidRequest = "invalid_request",
        /// No attempt could start before the deadline.
        DeadlineExceeded = "deadline_exceeded",
        /// Every attempt failed.
        ProvidersFailed = "providers_failed",
        /// The image was made and could not be delivered.
        SettleFailed = "settle_failed",
    }
}

crate::vocabulary! {
    /// How an attempt ended, or that it is still running.
    pub enum AttemptState {
        /// The call is running.
        Calling = "calling",
        /// It made the image that was charged.
        Delivered = "delivered",
        /// The task itself was at fault.
        Refused = "refused",
        /// It made no image, and the provider billed nothing.
        Failed = "failed",
        /// It brought no image, but the provider may have billed one.
        Unknown = "unknown",
        /// It made an image after the task had ended. The platform paid for it.
        Surplus = "surplus",
    }
}

crate::vocabulary! {
    /// Why an attempt brought no image.
    pub enum ErrorClass {
        /// The provider does not know the key.
        KeyInvalid = "key_invalid",
        /// The key's account has no units left.
        KeyNoCredit = "key_no_credit",
        /// The key may not make this call.
        KeyForbidden = "key_forbidden",
        /// The key was called too often.
        RateLimited = "rate_limited",
        /// The prompt, or the image made from it, was refused by moderation.
        ContentBlocked = "content_blocked",
        /// The provider refused the request as invalid.
        UserError = "user_error",
        /// The provider does not offer the model.
        ModelGone = "model_gone",
        /// The provider failed and made no image.
        ProviderTransient = "provider_transient",
        /// An image may have been made, but none came back that can be delivered.
        Unknown = "unknown",
        /// The request never left.
        NotSent = "not_sent",
        /// Time ran out after the request was sent.
        Timeout = "timeout",
        /// The worker died while the call was running.
        Crashed = "crashed",
    }
}
