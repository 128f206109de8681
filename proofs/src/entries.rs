//! The theorems by name, each as a function from numbers to a code.

use crate::given::{Answer, Given, Stop, WORDS};

/// A theorem.
#[derive(Clone, Copy, Debug)]
pub struct Theorem {
    /// Its name.
    pub name: &'static str,
    /// Whether it is among those that are proved in two minutes.
    pub fast: bool,
    /// What it says of some numbers.
    pub entry: fn(&[u64; WORDS]) -> u8,
}

/// It holds for these numbers.
pub const HOLDS: u8 = 0;
/// It says nothing about these numbers.
pub const VOID: u8 = 1;
/// It is false for these numbers.
pub const BROKEN: u8 = 2;

const fn code(answer: Answer) -> u8 {
    match answer {
        Ok(()) => HOLDS,
        Err(Stop::Void) => VOID,
        Err(Stop::Broken) => BROKEN,
    }
}

macro_rules! theorems {
    ($($speed:ident $module:ident::$name:ident;)*) => {
        /// All of them.
        pub const THEOREMS: &[Theorem] = &[
            $(Theorem { name: stringify!($name), fast: theorems!($speed), entry: $name }),*
        ];
        $(
            #[doc = concat!("[`crate::", stringify!($module), "::", stringify!($name), "`].")]
            pub fn $name(words: &[u64; WORDS]) -> u8 {
                code(crate::$module::$name(&mut Given::new(words)))
            }
        )*
    };
    (fast) => { true };
    (slow) => { false };
}

theorems! {
    fast math::mul_div_is_exact;
    fast ledger::settle_conserves;
    fast ledger::settle_moves_claims_with_the_account;
    fast ledger::settle_leaves_debt_or_profit;
}
