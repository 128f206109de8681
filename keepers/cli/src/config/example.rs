//! A configuration to start from.

/// Every setting with its default and what it means.
pub const EXAMPLE: &str = r#"# holdfast.toml: every setting with its default. Flags and environment variables (HOLDFAST_RPC,
# HOLDFAST_FEES__PERCENTILE, ...) come first, then this file, then ~/.config/solana/cli/config.yml.

# RPC endpoints, the preferred one first. Two or more of different operators let the keeper tell a
# halted chain from a frozen endpoint.
rpc = ["http://127.0.0.1:8899"]
# WebSocket endpoints. Empty: next to the RPC endpoints.
websocket = []
# The cluster this is for; another one is refused. Mainnet:
# genesis = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
# The manifest that `holdfast-migrate` wrote: gives genesis and feeds where they are not set.
# deployment = "holdfast-deployment.json"

# Pays and signs.
# keypair = "/etc/holdfast/id.json"
# A guardian's key. With it the keeper strains the venue for ten minutes when prices stand still
# everywhere, or when slots are slow or skipped and the program has not noticed.
# guardian_keypair = "/etc/holdfast/guardian.json"
# SHA-256 of what was announced: an upgrade's program, or the hash that `holdfast change show` prints. With
# a guardian's key every change that is not listed is taken back, an empty list takes back all. Not set:
# none is.
# announced = []
# Told of each change that appears, with a POST of JSON.
# webhook = "https://example.com/hook"
# The wallet must hold at least this, lamports.
least_lamports = 50000000

# The silo, and the number of the wallet's margin account in it that rewards are paid into.
silo = 0
account = 0
# Wallets of all keepers of this venue, this one's included: they take turns. Empty: it is alone.
keepers = []
# Feed accounts of the markets. Markets whose feeds are not named are refreshed by others.
feeds = []

# Decide and log, send nothing.
dry_run = false
# Where metrics, /healthz and /readyz are served.
# listen = "127.0.0.1:9464"
# "text" or "json".
log = "text"

# Micro-lamports per compute unit.
[fees]
# Percentile of recent fees on the accounts written that a first attempt pays; urgency raises it.
percentile = 60
floor = 1000
# At its cap a transaction goes on at that price.
cap_exits = 5000000
cap_liquidations = 2000000
cap_chores = 100000

[leaders]
# Send to the current and the next leader over QUIC as well, besides the endpoints.
send = false
# Connections are made with this keypair; leaders serve stake first. Not set: the wallet's.
# identity = "/etc/holdfast/identity.json"

# Bringing prices to the accounts of the markets' feeds, which are in feeds. Of each service one host is asked at
# a time; empty: others bring its prices. A token that a host asks for stands before its name.
[prices]
# Hosts of Hermes, for Pyth's pull feeds. Pyth's own host, and one that has its key in the path:
# hermes = ["https://:TOKEN@pyth.dourolabs.app/hermes", "https://example.com/KEY"]
hermes = []
# Hosts of Crossbar, for Switchboard's feeds: one of your own first, then the public one.
# crossbar = ["http://127.0.0.1:8080", "https://crossbar.switchboard.xyz"]
crossbar = []
# Hosts of Stork's REST API, for Stork's feeds. It hands nothing out without a token:
# stork = ["https://:TOKEN@rest.jp.stork-oracle.network"]
stork = []
# Which of the accounts of a feed in Pyth's push oracle is written to: the one of this shard.
shard = 0
# A price that differs from the stored one by so many basis points is brought; so is one that somebody waits
# for, and one that replaces a price of half of its market's age limit.
moved_bps = 20
# At most so many are begun within a minute, and none once fees of so many lamports were paid within an hour.
# The last quarter of each is kept for prices that somebody waits for or that prove the time.
posts_a_minute = 20
lamports_an_hour = 20000000

# Watching accounts of yours: `holdfast guard run`.
[guard]
# Their addresses, in this silo. Anybody's are warned about and topped up; reductions and stops take the
# owner's keypair.
accounts = []
# Lines: equity in percent of the maintenance margin. At 100 an account can be flagged and liquidated; 0: never.
# Warn below this.
warn_percent = 200
# Add margin below this; it takes a budget.
top_up_percent = 0
# Reduce the largest position below this, where margin is not added: the budget is spent, or a deposit was
# refused.
reduce_percent = 0
# So far margin is added and positions are reduced.
to_percent = 200
# All lines are this much higher while the venue or the chain is strained.
strained_percent = 50
# Margin added within so many hours, all accounts together, at most: millionths of a unit of the collateral.
budget = 0
budget_hours = 24
# The token account it comes out of: the keypair's own, or one whose owner has approved the keypair to spend
# of it. Not set: the keypair's associated token account.
# source = "..."
# Keep a stop this far behind the best price of every position, in hundredths of a percent; 0: none.
trail_bps = 0
# Move a stop once it can be better by this.
trail_step_bps = 50
# How much worse than the price, or than a stop's level, orders may execute.
slippage_bps = 200
# What was spent and told, so that a restart repeats nothing. One guard at a time uses it.
state = "holdfast-guard.json"
# Where to tell of it: "slack", "discord", "telegram" (with the chat), or "json".
# [[guard.webhooks]]
# form = "telegram"
# url = "https://api.telegram.org/botTOKEN/sendMessage"
# chat = "123456"
"#;
