use super::ChainCondition;

/// A row of the table in docs/keeper.md.
fn row(class: ChainCondition) -> String {
    let when = match class {
        ChainCondition::Healthy => "nothing below applies",
        ChainCondition::OracleStale => {
            "a market with positions has no price within its age limit and is not [closed](#markets-that-close)"
        }
        ChainCondition::SlowSlots => {
            "slots take 1.5 × the venue's baseline over 20 s, or of 8 to 16 transactions that ended within 5 minutes fewer than half landed"
        }
        ChainCondition::HighSkip => "20 % of slots skipped over 20 s, by block height",
        ChainCondition::StreamSilent => "no stream says anything while slots pass",
        ChainCondition::ForkSwitch => {
            "two operators' streams told of a slot whose parent is not the last one, within 3 s"
        }
        ChainCondition::BlockhashExpired => {
            "the blockhashes of most endpoints are 30 s old or expired"
        }
        ChainCondition::Restart => "most endpoints show a restart that the venue has not seen",
        ChainCondition::Halt => {
            "two endpoints agree on a slot that has stood for 10 s, and nobody shows a newer one"
        }
        ChainCondition::RpcStale => {
            "no endpoint is of use, or slots stand and no two endpoints agree"
        }
        ChainCondition::Disputed => {
            "operators contradict one another about an account, the time or where the chain is, for 3 s and with no majority"
        }
    };
    let does = class.consequence();
    let yes = |does: bool| if does { "✓" } else { "–" };
    format!(
        "| {} | {when} | {} | {} | {} | {} | {} | {} | {} |",
        class.name(),
        yes(does.observe),
        yes(does.exits),
        yes(does.risk),
        yes(does.chores),
        if does.fan_out { "all" } else { "one by one" },
        if does.poll { "snapshots" } else { "streams" },
        yes(does.ready),
    )
}

#[test]
fn the_documentation_has_the_table_of_consequences() {
    let page = include_str!("../../../../docs/keeper.md");
    let rows: Vec<_> = ChainCondition::ALL.map(row).to_vec();
    assert!(page.contains(&rows.join("\n")), "docs/keeper.md should say:\n{}", rows.join("\n"));
}
