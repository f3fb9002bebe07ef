//! The levels of the Common European Framework of Reference.

crate::choice! {
    /// A level of the Common European Framework of Reference (CEFR).
    pub enum CefrLevel {
        /// Breakthrough.
        A1 = "A1",
        /// Waystage.
        A2 = "A2",
        /// Threshold.
        B1 = "B1",
        /// Vantage.
        B2 = "B2",
        /// Effective operational proficiency.
        C1 = "C1",
        /// Mastery.
        C2 = "C2",
    }
}
