//! A wrong price, as a feed shows one now and then.

/// A wrong price that a feed shows.
#[derive(Clone, Copy, Debug)]
pub struct WrongPrint {
    /// Percent of the true price.
    pub percent: u32,
    /// The first second in which it is shown.
    pub from: usize,
    /// In how many it is.
    pub seconds: usize,
}

impl WrongPrint {
    /// Whether it is shown in a second.
    pub fn is_shown(&self, second: usize) -> bool {
        (self.from..self.from + self.seconds).contains(&second)
    }
}
