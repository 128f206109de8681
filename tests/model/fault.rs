//! What a step of the model can do wrong.

/// A rule that a step broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokenRule {
    /// A guarded instruction acted on something looser than the stricter of before and after.
    LooseGuard,
    /// Loosening skipped a state.
    Skipped,
    /// The chain was disrupted and the venue is not in shelter.
    Missed,
    /// Something was disrupted again though nothing new had happened.
    Twice,
    /// Tightened though nothing was wrong.
    FalseAlarm,
    /// Shelter ended before its grace, or it or strain before the time a guardian asked for.
    LeftShelter,
    /// Thaw or throttling ended before its time.
    Hurried,
    /// Normal again although there was a reason for care within the hold.
    Restless,
    /// A change without a transition to report, or the other way round.
    Unreported,
    /// The venue's clock went backwards, or fell behind the cluster's.
    Backwards,
    /// The venue's clock ran ahead of the true time though the baseline is right, or further ahead
    /// of the cluster's without a price to say so.
    Ahead,
    /// A guardian brought another state than asked for, or loosened.
    Guardian,
    /// A look was kept within two seconds of another.
    Spam,
}

/// Changes of state that jitter can bring, however long it lasts: a tightening, or the way from
/// shelter to throttled.
pub const JITTER_CHANGES: u8 = 2;
