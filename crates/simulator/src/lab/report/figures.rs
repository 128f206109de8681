//! Amounts and times, short.

/// An amount in dollars, short: $0, $940, $15.5k, $1.2M.
pub fn money(native: i128) -> String {
    let sign = if native < 0 { "−" } else { "" };
    let dollars = native.unsigned_abs() / 1_000_000;
    let tenths = |unit: u128| format!("{}.{}", dollars / unit, dollars % unit * 10 / unit);
    match dollars {
        0 if native != 0 => format!("{sign}$0.{:02}", native.unsigned_abs() % 1_000_000 / 10_000),
        0..10_000 => format!("{sign}${dollars}"),
        10_000..1_000_000 => format!("{sign}${}k", tenths(1_000)),
        _ => format!("{sign}${}M", tenths(1_000_000)),
    }
}

/// A length of time, short.
pub fn time(ms: u64) -> String {
    match ms / 1_000 {
        0 if ms > 0 => format!("{ms} ms"),
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{}.{} h", seconds / 3_600, seconds % 3_600 / 360),
    }
}

#[cfg(test)]
mod tests {
    use super::{money, time};

    #[test]
    fn amounts_and_times_are_short() {
        let amounts = [
            (0, "$0"),
            (15_000, "$0.01"),
            (940_000_000, "$940"),
            (15_510_000_000, "$15.5k"),
            (-1_260_000_000_000, "−$1.2M"),
        ];
        for (native, said) in amounts {
            assert_eq!(money(native), said);
        }
        for (ms, said) in
            [(400, "400 ms"), (61_000, "61 s"), (300_000, "5 min"), (9_000_000, "2.5 h")]
        {
            assert_eq!(time(ms), said);
        }
    }
}
