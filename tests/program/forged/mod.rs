//! Every account slot of every instruction, generated from the instruction's own account list, with
//! accounts that do not belong there. What is not refused has to be listed here with its reason, and
//! the books have to add up afterwards.

mod attack;
mod scenes;

use attack::{Kind, attack};

use crate::world::World;

/// What may stand in a slot besides the account meant: slot, kind, and why it does no harm.
type Allowed = &'static [(usize, Kind, &'static str)];

const NOTHING: Allowed = &[];
const ANY_KEEPER: &str = "whoever acts may have the reward paid to any margin account of the silo";

macro_rules! attacks {
    ($($name:ident in $world:ident: $allowed:expr,)*) => {
        $(#[test]
        fn $name() {
            let mut world = World::$world();
            let scene = scenes::$name(&mut world);
            attack(&world, &scene, $allowed);
        })*
    };
}

attacks! {
    deposit in new: &[(4, Kind::SameKind, "anyone may add margin to any account of the silo")],
    withdraw in new: &[(5, Kind::SameKind, "the owner may send tokens to any account of the mint")],
    place_order in new: &[(3, Kind::SameKind, "the owner may trade in any market of the silo")],
    cancel_order in new: NOTHING,
    execute_order in new: &[(4, Kind::SameKind, ANY_KEEPER), (4, Kind::Duplicate, ANY_KEEPER)],
    flag in new: NOTHING,
    liquidate in new: &[(4, Kind::SameKind, ANY_KEEPER)],
    mature_profit in new: NOTHING,
    refresh_market in new: NOTHING,
    observe in new: &[
        (1, Kind::SameKind, "any market's stored readings are evidence"),
        (1, Kind::OtherSilo, "any market's stored readings are evidence"),
        (2, Kind::SameKind, "any market's stored readings are evidence"),
        (2, Kind::OtherSilo, "any market's stored readings are evidence"),
        (1, Kind::Duplicate, "the same evidence twice changes nothing"),
        (2, Kind::Duplicate, "the same evidence twice changes nothing"),
    ],
    request_pool in new: &[(4, Kind::SameKind, "the owner may pay from any account they control")],
    cancel_pool_request in new: &[(3, Kind::SameKind, "the owner may be refunded to any account of the mint")],
    execute_pool_request in new: NOTHING,
    reconcile_vaults in new: NOTHING,
    collect_fees in new: &[(3, Kind::SameKind, "any account of the receiver's")],
    close_margin_account in new: NOTHING,
    open_margin_account in new: &[(0, Kind::Stranger, "whoever signs may pay the rent")],
    create_exchange in bare: NOTHING,
    create_silo in new: &[(3, Kind::OtherSilo, "the admin may choose any mint of six decimals")],
    list_market in new: NOTHING,
}
