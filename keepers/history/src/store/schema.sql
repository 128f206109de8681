-- Amounts are native units of the silo's mint, sizes and prices millionths, times as their names say. All of
-- them are integers.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What is known without a gap: everything from `bottom` up to `top`. With one span nothing is missing between
-- the oldest and the newest transaction.
CREATE TABLE span (
    id INTEGER PRIMARY KEY,
    top TEXT NOT NULL,
    top_slot INTEGER NOT NULL,
    bottom TEXT NOT NULL,
    bottom_slot INTEGER NOT NULL,
    -- 1 when no endpoint lists anything older.
    begins INTEGER NOT NULL,
    -- The slot up to which blocks were listed when they were final: nothing is left out there.
    settled INTEGER NOT NULL
);

-- The program's transactions. `rank` is 0 for the last one in its slot, -1 for the one before, and so on.
CREATE TABLE tx (
    signature TEXT PRIMARY KEY,
    slot INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    time_s INTEGER,
    failed INTEGER NOT NULL,
    -- 1 when its log was cut: events may be missing.
    truncated INTEGER NOT NULL,
    finalized INTEGER NOT NULL,
    -- Number of the one silo that it names; NULL when it names none or several.
    silo INTEGER
) WITHOUT ROWID;
CREATE INDEX tx_order ON tx (slot, rank);
CREATE INDEX tx_waiting ON tx (slot) WHERE finalized = 0;
CREATE INDEX tx_truncated ON tx (slot) WHERE truncated = 1;

-- Every event, with its bytes as the program wrote them. `idx` counts those of a transaction from zero.
CREATE TABLE event (
    signature TEXT NOT NULL,
    idx INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    time_s INTEGER,
    silo INTEGER,
    kind TEXT NOT NULL,
    -- The margin account that it is about.
    account TEXT,
    -- The index of the market that it is about.
    market INTEGER,
    data BLOB NOT NULL,
    PRIMARY KEY (signature, idx)
) WITHOUT ROWID;
CREATE INDEX event_order ON event (slot, rank, idx);
CREATE INDEX event_kind ON event (kind, slot, rank, idx);
CREATE INDEX event_account ON event (account, slot, rank, idx) WHERE account IS NOT NULL;

-- Everything that changed a position.
CREATE TABLE fill (
    signature TEXT NOT NULL,
    idx INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    time_s INTEGER,
    silo INTEGER,
    -- trade, liquidation or settlement.
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    market INTEGER NOT NULL,
    price INTEGER NOT NULL,
    -- How much the size changed by, without a sign.
    size INTEGER NOT NULL,
    -- 1 for a buy, -1 for a sale; 0 where the event does not say: a liquidation of the whole position.
    side INTEGER NOT NULL,
    -- The position afterwards, long when positive.
    position INTEGER NOT NULL,
    realised INTEGER NOT NULL,
    -- Zero for a liquidation, whose event does not say: it follows from the market's indexes.
    carry INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    -- The penalty's parts: to the liquidator and to insurance.
    reward INTEGER NOT NULL,
    to_insurance INTEGER NOT NULL,
    debt INTEGER NOT NULL,
    bad_debt INTEGER NOT NULL,
    insured INTEGER NOT NULL,
    PRIMARY KEY (signature, idx)
) WITHOUT ROWID;
CREATE INDEX fill_account ON fill (account, slot, rank, idx);
CREATE INDEX fill_market ON fill (silo, market, slot, rank, idx);

-- Every price that a market took.
CREATE TABLE price (
    signature TEXT NOT NULL,
    idx INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    silo INTEGER NOT NULL,
    market INTEGER NOT NULL,
    published_ms INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    believed INTEGER NOT NULL,
    reference INTEGER NOT NULL,
    -- 10^-15 per hour.
    funding_rate INTEGER NOT NULL,
    -- Millionths of a native unit per whole base unit, since the market began.
    carry_long INTEGER NOT NULL,
    carry_short INTEGER NOT NULL,
    PRIMARY KEY (signature, idx)
) WITHOUT ROWID;
CREATE INDEX price_order ON price (silo, market, published_ms, slot, rank, idx);
CREATE INDEX price_place ON price (silo, market, slot, rank, idx);

-- A minute of the index price, which is the middle of low and high, rounded down.
CREATE TABLE candle (
    silo INTEGER NOT NULL,
    market INTEGER NOT NULL,
    minute_ms INTEGER NOT NULL,
    open INTEGER NOT NULL,
    high INTEGER NOT NULL,
    low INTEGER NOT NULL,
    close INTEGER NOT NULL,
    prices INTEGER NOT NULL,
    PRIMARY KEY (silo, market, minute_ms)
) WITHOUT ROWID;

-- What the pools were worth when accounts were read, at the newest prices in a slot whose block is final.
CREATE TABLE worth (
    silo INTEGER NOT NULL,
    -- liquidity or insurance.
    pool TEXT NOT NULL,
    slot INTEGER NOT NULL,
    -- When the newest of the prices was published.
    published_ms INTEGER NOT NULL,
    worth INTEGER NOT NULL,
    shares INTEGER NOT NULL,
    PRIMARY KEY (silo, pool, slot)
) WITHOUT ROWID;
CREATE INDEX worth_order ON worth (silo, pool, published_ms, slot);

-- The accounts' state when the history was begun, which sums of events start from while the history does not
-- reach back to the beginning. `value` is an integer as text: it may be wider than 64 bits.
CREATE TABLE base (line TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- How much there is: counting everything takes as long as there is much.
CREATE TABLE counter (
    transactions INTEGER NOT NULL,
    events INTEGER NOT NULL,
    not_final INTEGER NOT NULL,
    truncated INTEGER NOT NULL
);
INSERT INTO counter VALUES (0, 0, 0, 0);
CREATE TRIGGER tx_added AFTER INSERT ON tx BEGIN
    UPDATE counter SET transactions = transactions + 1, not_final = not_final + 1 - new.finalized,
        truncated = truncated + new.truncated;
END;
CREATE TRIGGER tx_removed AFTER DELETE ON tx BEGIN
    UPDATE counter SET transactions = transactions - 1, not_final = not_final - 1 + old.finalized,
        truncated = truncated - old.truncated;
END;
CREATE TRIGGER tx_final AFTER UPDATE OF finalized ON tx BEGIN
    UPDATE counter SET not_final = not_final + old.finalized - new.finalized;
END;
CREATE TRIGGER event_added AFTER INSERT ON event BEGIN UPDATE counter SET events = events + 1; END;
CREATE TRIGGER event_removed AFTER DELETE ON event BEGIN UPDATE counter SET events = events - 1; END;
