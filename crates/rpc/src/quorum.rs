//! What several endpoints agree on.

/// The block height that more than half of the endpoints have reached: one that runs ahead, or
/// stands still, does not change it. `None` when there are none.
pub fn agreed_height(heights: impl IntoIterator<Item = u64>) -> Option<u64> {
    let mut heights: Vec<_> = heights.into_iter().collect();
    heights.sort_unstable_by_key(|height| core::cmp::Reverse(*height));
    heights.get(heights.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::agreed_height;

    #[test]
    fn more_than_half_have_reached_it() {
        assert_eq!(agreed_height([]), None);
        assert_eq!(agreed_height([7]), Some(7));
        assert_eq!(agreed_height([7, 9]), Some(7));
        assert_eq!(agreed_height([1_000, 7, 8]), Some(8));
        assert_eq!(agreed_height([0, 7, 8]), Some(7));
        assert_eq!(agreed_height([9, 9, 7, 0]), Some(7));
    }
}
