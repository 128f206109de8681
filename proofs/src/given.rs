//! What a theorem is given, and what it answers.

/// Words a theorem may read.
pub const WORDS: usize = 96;

/// The numbers a theorem speaks of: every one of them can be anything.
pub struct Given<'a> {
    words: &'a [u64; WORDS],
    next: usize,
}

/// Why a theorem says nothing, or that it is false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its precondition does not hold for these numbers.
    Void,
    /// It is false for these numbers.
    Broken,
}

/// What a theorem says of some numbers: nothing, that it holds, or that it is false.
pub type Answer = Result<(), Stop>;

impl<'a> Given<'a> {
    /// Numbers to speak of.
    pub const fn new(words: &'a [u64; WORDS]) -> Self {
        Self { words, next: 0 }
    }

    /// The next number.
    pub fn u64(&mut self) -> u64 {
        let word = self.words[self.next];
        self.next += 1;
        word
    }

    /// The next number as a signed one.
    pub fn i64(&mut self) -> i64 {
        self.u64().cast_signed()
    }

    /// The next number, cut to 32 bits.
    #[expect(clippy::cast_possible_truncation, reason = "any 32 bits will do")]
    pub fn u32(&mut self) -> u32 {
        self.u64() as u32
    }

    /// The next number, cut to 16 bits.
    #[expect(clippy::cast_possible_truncation, reason = "any 16 bits will do")]
    pub fn u16(&mut self) -> u16 {
        self.u64() as u16
    }

    /// The next number's lowest bit.
    pub fn bool(&mut self) -> bool {
        self.u64() & 1 == 1
    }
}

/// One of this many cases, which are proved one by one: it comes first of all that is given.
///
/// # Errors
/// [`Stop::Void`] for a number that is none.
pub fn case(given: &mut Given, cases: u64) -> Result<u64, Stop> {
    let number = given.u64();
    assume(number < cases)?;
    Ok(number)
}

/// The theorem speaks only of what meets this condition.
///
/// # Errors
/// [`Stop::Void`] where it does not hold.
pub const fn assume(condition: bool) -> Answer {
    if condition { Ok(()) } else { Err(Stop::Void) }
}

/// The theorem says that this holds.
///
/// # Errors
/// [`Stop::Broken`] where it does not.
pub const fn claim(condition: bool) -> Answer {
    if condition { Ok(()) } else { Err(Stop::Broken) }
}

/// The theorem speaks only of what the rules accept.
///
/// # Errors
/// [`Stop::Void`] where they refuse.
pub fn accepted<T, E>(outcome: Result<T, E>) -> Result<T, Stop> {
    outcome.map_err(|_| Stop::Void)
}

/// Reminds the solvers that where `less` is at most `more` it still is when both are multiplied by
/// `factor`. It says nothing about the numbers and does nothing: a theorem holds with it or without,
/// but a solver that multiplies seldom does not find out by itself.
#[inline(never)]
pub fn scaled(less: u128, more: u128, factor: u128) {
    let _ = core::hint::black_box((less, more, factor));
}
