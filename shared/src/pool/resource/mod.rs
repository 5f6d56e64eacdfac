//! Hosted keys: what their owners do with them, what an admin may, and how both see them.

pub mod admin;
pub mod hosted;
pub mod owner;
pub mod sanction;
