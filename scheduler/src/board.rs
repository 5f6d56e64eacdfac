//! Gauges that describe the exchange and not this process: only the leader shows them, and when it
//! stops leading they are gone (`NaN`, which is not rendered) instead of old.

use std::collections::HashSet;

use metrics::{Label, gauge};
use parking_lot::Mutex;

/// One value of one gauge.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub name: &'static str,
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

type Series = (&'static str, Vec<(&'static str, String)>);

/// What is shown now.
#[derive(Debug, Default)]
pub(crate) struct Board {
    shown: Mutex<HashSet<Series>>,
}

impl Board {
    /// Shows these readings and blanks what is not among them any more: a deleted resource, a state
    /// nothing is in.
    pub fn show(&self, readings: Vec<Reading>) {
        let mut shown = self.shown.lock();
        let mut gone = std::mem::take(&mut *shown);
        for Reading { name, labels, value } in readings {
            set(name, &labels, value);
            let series = (name, labels);
            gone.remove(&series);
            shown.insert(series);
        }
        for (name, labels) in gone {
            set(name, &labels, f64::NAN);
        }
    }

    /// Blanks everything.
    pub fn clear(&self) {
        self.show(Vec::new());
    }
}

fn set(name: &'static str, labels: &[(&'static str, String)], value: f64) {
    let labels: Vec<Label> =
        labels.iter().map(|(key, value)| Label::new(*key, value.clone())).collect();
    gauge!(name, labels).set(value);
}
