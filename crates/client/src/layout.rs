//! The account layouts that this version reads.

use anchor_lang::Discriminator;
use holdfast::state::{
    ChainHealth, Change, Exchange, MarginAccount, Market, PoolRequest, Silo, VERSION,
};

/// The layout of one kind of account. All begin with the discriminator and the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The kind.
    pub name: &'static str,
    /// What its accounts begin with.
    pub discriminator: &'static [u8],
    /// Bytes of such an account, unless they differ from one to the next.
    pub length: Option<usize>,
}

/// Every kind there is.
pub const LAYOUTS: [Layout; 7] = [
    fixed::<ChainHealth>("ChainHealth"),
    Layout { name: "Change", discriminator: Change::DISCRIMINATOR, length: None },
    fixed::<Exchange>("Exchange"),
    fixed::<MarginAccount>("MarginAccount"),
    fixed::<Market>("Market"),
    fixed::<PoolRequest>("PoolRequest"),
    fixed::<Silo>("Silo"),
];

impl Layout {
    /// The layout of an account of `length` bytes that begins with `head`.
    ///
    /// # Errors
    /// A phrase saying why this version does not read it.
    pub fn identify(head: &[u8], length: usize) -> Result<&'static Self, String> {
        let known = LAYOUTS.iter().find(|layout| head.starts_with(layout.discriminator));
        let layout = known.ok_or("its kind is unknown")?;
        let name = layout.name;
        match head.get(layout.discriminator.len()) {
            Some(&VERSION) => {}
            Some(version) => {
                return Err(format!("{name} of layout version {version}, read is {VERSION}"));
            }
            None => return Err(format!("{name} without a layout version")),
        }
        match layout.length {
            Some(expected) if expected != length => {
                Err(format!("{name} of {length} bytes, read are {expected}"))
            }
            _ => Ok(layout),
        }
    }
}

const fn fixed<T: Discriminator>(name: &'static str) -> Layout {
    let discriminator = T::DISCRIMINATOR;
    Layout { name, discriminator, length: Some(discriminator.len() + size_of::<T>()) }
}
