//! A few figures about figures.

/// A count as a figure to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of a measurement are far below 2^52")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// The value below which so many hundredths of all lie.
pub(crate) fn hundredth(values: &[f64], hundredths: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get((sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

/// The middle value.
pub(crate) fn median(values: &[f64]) -> f64 {
    hundredth(values, 50)
}

/// Milliseconds, for people.
pub(crate) fn ms(milliseconds: f64) -> String {
    format!("{milliseconds:.1} ms")
}

/// A time in milliseconds.
pub(crate) fn milliseconds(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
