//! Paying for an image: promised before the work, taken with it, given back without it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Key, Made};
use crate::credits::Credits;

/// Credits promised for one image. Dropped unused, it gives them back.
#[derive(Debug)]
pub struct Payment {
    key: Arc<Key>,
    price: Credits,
}

impl Key {
    /// Promises `price` for an image about to be made, or `None` when the balance, less what is
    /// promised already, does not suffice. So calls running at once never spend a credit twice.
    pub fn promise(self: &Arc<Self>, price: Credits) -> Option<Payment> {
        let mut books = self.books();
        books.settings.balance.checked_sub(books.promised)?.checked_sub(price)?;
        books.promised = books.promised.plus(price);
        drop(books);
        Some(Payment { key: Arc::clone(self), price })
    }
}

impl Payment {
    /// The image is made: takes the credits and records it, in one step.
    pub fn take(mut self, request_id: Box<str>) {
        let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| {
            u64::try_from(since.as_millis()).expect("milliseconds fit for 500 million years")
        });
        let mut books = self.key.books();
        let price = std::mem::take(&mut self.price);
        books.promised = books.promised.saturating_sub(price);
        // The balance may have been set lower since the promise.
        books.settings.balance = books.settings.balance.saturating_sub(price);
        books.taken = books.taken.plus(price);
        books.made.push(Made { request_id, price, at_ms });
    }
}

impl Drop for Payment {
    fn drop(&mut self) {
        let mut books = self.key.books();
        books.promised = books.promised.saturating_sub(self.price);
    }
}
