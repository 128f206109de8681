//! Amounts as people write them, taken exactly.

/// Decimals of amounts, shares, sizes and prices: the program takes no collateral of others.
pub const DECIMALS: usize = 6;

/// Millionths in a decimal number, such as `12.5`.
///
/// # Errors
/// A sentence when it is no positive number, has more than six decimals, or is too large.
pub fn millionths(text: &str) -> Result<u64, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return Err("write a positive decimal number, such as 12.5".to_owned());
    }
    if fraction.len() > DECIMALS {
        return Err(format!("it has {} decimals and can have {DECIMALS}", fraction.len()));
    }
    let all = format!("{whole}{fraction:0<DECIMALS$}");
    match all.parse() {
        Ok(0) => Err("it is zero: nothing would happen".to_owned()),
        Ok(value) => Ok(value),
        Err(_) => Err("it is larger than the venue can count".to_owned()),
    }
}

/// As [`millionths`], of a size: trades have a sign.
///
/// # Errors
/// As [`millionths`].
pub fn size(text: &str) -> Result<i64, String> {
    let size = millionths(text)?;
    i64::try_from(size).map_err(|_| "it is larger than the venue can count".to_owned())
}

#[cfg(test)]
#[path = "amount_tests.rs"]
mod tests;
