//! What can be the matter, and what follows.

/// What is the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChainCondition {
    /// Nothing.
    Healthy,
    /// The markets' prices are too old, the chain is well.
    OracleStale,
    /// Slots take long, or transactions do not land.
    SlowSlots,
    /// Leaders fail.
    HighSkip,
    /// No stream says anything while the chain moves.
    StreamSilent,
    /// Slots that were seen have been abandoned.
    ForkSwitch,
    /// No endpoint has a blockhash to sign with.
    BlockhashExpired,
    /// The chain was restarted and the venue does not know it yet.
    Restart,
    /// The chain stands still.
    Halt,
    /// No endpoint is usable: the fault is the keeper's own.
    RpcStale,
    /// Endpoints and streams contradict one another, and nobody can tell who is right.
    Disputed,
}

/// What a keeper does in a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatingPolicy {
    /// Observe the chain for the venue.
    pub observe: bool,
    /// Execute reductions and refresh prices.
    pub exits: bool,
    /// Flag, liquidate and execute openings.
    pub risk: bool,
    /// Everything that can wait.
    pub chores: bool,
    /// Send through every endpoint at once.
    pub fan_out: bool,
    /// Take snapshots instead of relying on streams.
    pub poll: bool,
    /// `/readyz` says yes.
    pub ready: bool,
}

impl ChainCondition {
    /// Every class, the least serious first.
    pub const ALL: [Self; 11] = [
        Self::Healthy,
        Self::OracleStale,
        Self::SlowSlots,
        Self::HighSkip,
        Self::StreamSilent,
        Self::ForkSwitch,
        Self::BlockhashExpired,
        Self::Restart,
        Self::Halt,
        Self::RpcStale,
        Self::Disputed,
    ];

    /// Its name in metrics, logs and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::OracleStale => "oracle stale",
            Self::SlowSlots => "slow slots",
            Self::HighSkip => "high skip",
            Self::StreamSilent => "stream silent",
            Self::ForkSwitch => "fork switch",
            Self::BlockhashExpired => "blockhash expired",
            Self::Restart => "restart",
            Self::Halt => "halt",
            Self::RpcStale => "rpc stale",
            Self::Disputed => "witnesses disagree",
        }
    }

    /// What follows: the one table, repeated in docs/keeper.md.
    pub const fn consequence(self) -> OperatingPolicy {
        let all = OperatingPolicy {
            observe: true,
            exits: true,
            risk: true,
            chores: true,
            fan_out: false,
            poll: false,
            ready: true,
        };
        let nothing = OperatingPolicy {
            observe: false,
            exits: false,
            risk: false,
            chores: false,
            poll: true,
            ..all
        };
        match self {
            Self::Healthy | Self::OracleStale => all,
            Self::SlowSlots => OperatingPolicy { fan_out: true, ..all },
            Self::HighSkip => OperatingPolicy { fan_out: true, chores: false, ..all },
            Self::StreamSilent => OperatingPolicy { poll: true, chores: false, ..all },
            Self::ForkSwitch => OperatingPolicy { poll: true, risk: false, chores: false, ..all },
            Self::Restart => {
                OperatingPolicy { fan_out: true, poll: true, risk: false, chores: false, ..all }
            }
            Self::BlockhashExpired | Self::Halt => nothing,
            Self::RpcStale | Self::Disputed => OperatingPolicy { ready: false, ..nothing },
        }
    }
}

#[cfg(test)]
#[path = "class_tests.rs"]
mod tests;
