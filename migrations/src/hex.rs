//! Feeds' ids as people and providers write them.

/// 32 bytes of hexadecimal digits.
pub fn read(digits: &str) -> Option<[u8; 32]> {
    let is_hexadecimal = digits.len() == 64 && digits.bytes().all(|it| it.is_ascii_hexdigit());
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2).filter(|_| is_hexadecimal)?, 16).ok()?;
    }
    Some(bytes)
}

/// The digits of bytes, in small letters.
pub fn write(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
