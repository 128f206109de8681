//! Who says what: endpoints and streams, and the operators behind them. Sources of one operator are
//! one witness, because whoever runs a node can make all its interfaces say the same.

/// Where something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// By an endpoint, in an answer.
    Endpoint(usize),
    /// By a stream.
    Stream(usize),
}

impl Source {
    /// Whether it is a stream.
    pub const fn is_stream(self) -> bool {
        matches!(self, Self::Stream(_))
    }
}

/// Which operator runs which endpoint and stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    endpoints: Vec<usize>,
    streams: Vec<usize>,
}

/// A set of operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Witnesses(u64);

impl Operators {
    /// The operators of endpoints and streams, by number. Beyond 64 operators numbers are shared,
    /// which makes several of them one witness and never one of them several.
    pub const fn new(endpoints: Vec<usize>, streams: Vec<usize>) -> Self {
        Self { endpoints, streams }
    }

    /// As many endpoints and streams of as many operators.
    pub fn separate(endpoints: usize, streams: usize) -> Self {
        Self::new((0..endpoints).collect(), (endpoints..endpoints + streams).collect())
    }

    /// How many endpoints there are.
    pub const fn endpoints(&self) -> usize {
        self.endpoints.len()
    }

    /// How many streams there are.
    pub const fn streams(&self) -> usize {
        self.streams.len()
    }

    /// The operator of a source, as a set of one.
    pub fn of(&self, source: Source) -> Witnesses {
        let number = match source {
            Source::Endpoint(endpoint) => self.endpoints.get(endpoint),
            Source::Stream(stream) => self.streams.get(stream),
        };
        number.map_or(Witnesses(0), |number| Witnesses(1 << (number % 64)))
    }
}

impl Witnesses {
    /// With those of another set.
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Without those of another set.
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether all of another set are in it.
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// How many there are.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl FromIterator<Self> for Witnesses {
    fn from_iter<T: IntoIterator<Item = Self>>(sets: T) -> Self {
        sets.into_iter().fold(Self::default(), Self::and)
    }
}
