//! Many hands reach for the same thing. What `tests/system` already promises is not repeated here:
//! one idempotency key from sixteen clients (`delivery`), exact holds from thirty-two (`delivery`),
//! a stolen refresh token (`identity`).

#[cfg(test)]
mod cancel_settle;
#[cfg(test)]
mod capacity;
#[cfg(test)]
mod tabs;
#[cfg(test)]
mod wallet;
