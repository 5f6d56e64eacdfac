//! The part of a file that depends only on the size, made on first use and kept.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Size;

/// Templates by size; there are about twenty sizes.
#[derive(Debug)]
pub struct Templates(RwLock<Option<HashMap<Size, Arc<[u8]>>>>);

impl Templates {
    pub const fn new() -> Self {
        Self(RwLock::new(None))
    }

    /// The template of a size. Two threads may both make a missing one: it comes out the same.
    pub fn of(&self, size: Size, make: impl FnOnce(Size) -> Vec<u8>) -> Arc<[u8]> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(template) = kept.as_ref().and_then(|templates| templates.get(&size)) {
            return Arc::clone(template);
        }
        drop(kept);
        let template: Arc<[u8]> = make(size).into();
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert_default().insert(size, Arc::clone(&template));
        template
    }
}
