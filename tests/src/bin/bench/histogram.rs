//! Medians of the histograms a process has on its `/metrics`.

use std::collections::BTreeMap;

/// How many samples lie at or below each bound.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    buckets: BTreeMap<u64, f64>,
}

impl Histogram {
    /// Adds the buckets of `name` in one scrape.
    pub fn add(&mut self, metrics: &str, name: &str) {
        let start = format!("{name}_bucket{{");
        for line in metrics.lines().filter(|it| it.starts_with(&start)) {
            let bound = line.split("le=\"").nth(1).and_then(|it| it.split('"').next());
            let count = line.rsplit(' ').next().and_then(|it| it.parse::<f64>().ok());
            let (Some(bound), Some(count)) = (bound, count) else { continue };
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap_or(0.0) };
            // Positive floats sort like their bits.
            *self.buckets.entry(bound.to_bits()).or_default() += count;
        }
    }

    /// What came after `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |bits| earlier.buckets.get(bits).copied().unwrap_or(0.0);
        let buckets = self.buckets.iter().map(|(bits, now)| (*bits, now - before(bits)));
        Self { buckets: buckets.collect() }
    }

    /// The median of counts, evenly spread within its bucket; 0 without samples.
    pub fn median(&self) -> f64 {
        let total = self.buckets.values().copied().fold(0.0, f64::max);
        let (mut below_bound, mut below_count) = (0.0, 0.0);
        for (bits, count) in &self.buckets {
            let bound = f64::from_bits(*bits);
            if *count > 0.0 && *count >= total / 2.0 {
                let share = (total / 2.0 - below_count) / (count - below_count).max(1.0);
                let width = if bound.is_finite() { bound - below_bound } else { 0.0 };
                return (below_bound + width * share).max(1.0);
            }
            (below_bound, below_count) = (bound, *count);
        }
        0.0
    }
}

/// A percentile of samples, 0 to 100.
pub fn percentile(samples: &mut [f64], percent: f64) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    samples.sort_by(f64::total_cmp);
    let last = (samples.len() - 1) as f64;
    samples[(last * percent / 100.0).round() as usize]
}

/// The middle of a few rounds.
pub fn median(samples: &[f64]) -> f64 {
    percentile(&mut samples.to_vec(), 50.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_within_its_bucket() {
        let text = "x_bucket{le=\"1\"} 2\nx_bucket{le=\"2\"} 4\nx_bucket{le=\"4\"} 8\nx_bucket{le=\"+Inf\"} 8\n";
        let mut histogram = Histogram::default();
        histogram.add(text, "x");

        assert!((histogram.median() - 2.0).abs() < 1e-9, "{}", histogram.median());
        assert!(histogram.since(&histogram).median().abs() < 1e-9);
    }

    #[test]
    fn percentiles_of_a_hundred_are_what_one_expects() {
        let mut samples: Vec<f64> = (0..=100).map(f64::from).rev().collect();
        assert!((percentile(&mut samples, 99.0) - 99.0).abs() < 1e-9);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
    }
}
