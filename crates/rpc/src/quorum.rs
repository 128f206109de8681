//! What several endpoints agree on.

/// The height, slot or time that more than half of the sources have reached: one that runs ahead,
/// or stands still, does not change it. `None` when there are none.
pub fn agreed(reached: impl IntoIterator<Item = u64>) -> Option<u64> {
    let mut reached: Vec<_> = reached.into_iter().collect();
    reached.sort_unstable_by_key(|value| core::cmp::Reverse(*value));
    reached.get(reached.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::agreed;

    #[test]
    fn more_than_half_have_reached_it() {
        assert_eq!(agreed([]), None);
        assert_eq!(agreed([7]), Some(7));
        assert_eq!(agreed([7, 9]), Some(7));
        assert_eq!(agreed([1_000, 7, 8]), Some(8));
        assert_eq!(agreed([0, 7, 8]), Some(7));
        assert_eq!(agreed([9, 9, 7, 0]), Some(7));
    }
}
