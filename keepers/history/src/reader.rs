//! Reading the program's transactions into the database: the newest as they come, older ones page by page, what
//! is missing between them, and what became of those that were not final.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use holdfast_rpc::{Listed, Past};
use solana_commitment_config::CommitmentConfig;

use crate::database::Database;
use crate::source::Source;
use crate::store::{Entry, Happened, Span, Store, Window};

/// Transactions that are fetched at once.
const AT_ONCE: usize = 8;

/// Why a step was not made.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The endpoint does not show what is needed: another may.
    Source(String),
    /// The database fails.
    Database(String),
}

/// What there is between a part of the list and what was known below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Below {
    /// Nothing.
    Nothing,
    /// More, which the next page has.
    More,
    /// More, perhaps, of which the endpoint knows nothing: it keeps no transactions that old.
    Lost,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The slot up to which everything is known, where nothing is missing below the newest transaction.
    pub complete_to: Option<u64>,
    /// The slot up to which that is all there to stay: its blocks are final, and were listed since they are.
    pub final_to: Option<u64>,
    /// Whether older transactions are known to be missing, or may be.
    pub more: bool,
}

/// Reads from one endpoint at a time.
pub struct Reader {
    database: Database,
    /// Transactions that an endpoint is asked for at once, and that are written together.
    page: usize,
    /// What was fetched for a page that is not written yet.
    fetched: HashMap<String, Past>,
    happened: Vec<Happened>,
}

impl Reader {
    /// Writes so many transactions at a time.
    pub fn new(database: Database, page: usize) -> Self {
        Self { database, page, fetched: HashMap::new(), happened: Vec::new() }
    }

    /// Reads what is newest, then what has become final, then one page of what is older or missing.
    ///
    /// # Errors
    /// Where it ended; what was written before that stays.
    pub async fn step(&mut self, source: &impl Source) -> Result<Step, Failure> {
        let (confirmed, finalized) = (CommitmentConfig::confirmed(), CommitmentConfig::finalized());
        let reached = source.slot(confirmed).await.map_err(Failure::Source)?;
        // Before anything is listed: what is in these blocks is in every list from now on.
        let last_final = source.slot(finalized).await.map_err(Failure::Source)?;
        self.newest(source).await?;
        self.settle(source, last_final).await?;
        self.older(source, last_final).await?;
        let look = move |store: &mut Store| Ok((store.spans()?, store.final_to(last_final)?));
        let (spans, final_to) = self.database.with(look).await.map_err(Failure::Database)?;
        let more = spans.len() > 1 || spans.iter().any(|span| !span.begins);
        Ok(Step { complete_to: (spans.len() < 2).then_some(reached), final_to, more })
    }

    /// What was new in the steps since this was asked for, however they ended.
    pub fn take_happened(&mut self) -> Vec<Happened> {
        core::mem::take(&mut self.happened)
    }

    /// Has what is older than everything known read, where it seemed to be all, if this endpoint lists any of
    /// it.
    ///
    /// # Errors
    /// When the endpoint does not answer, or the database fails.
    pub async fn look_further_back(&self, source: &impl Source) -> Result<(), Failure> {
        let Some(oldest) = self.spans().await?.into_iter().next_back() else { return Ok(()) };
        let (before, confirmed) = (Some(oldest.bottom.as_str()), CommitmentConfig::confirmed());
        let listed = source.listed(before, None, 1, confirmed).await.map_err(Failure::Source)?;
        if listed.is_empty() {
            return Ok(());
        }
        self.database.with(|store| store.look_further_back()).await.map_err(Failure::Database)
    }

    async fn spans(&self) -> Result<Vec<Span>, Failure> {
        self.database.with(|store| store.spans()).await.map_err(Failure::Database)
    }

    async fn newest(&mut self, source: &impl Source) -> Result<(), Failure> {
        let floor = self.spans().await?.into_iter().next();
        let until = floor.as_ref().map(|span| span.top.as_str());
        let confirmed = CommitmentConfig::confirmed();
        let listed = source.listed(None, until, self.page, confirmed).await;
        let (entries, below) =
            self.entries(source, listed.map_err(Failure::Source)?, floor.as_ref()).await?;
        if entries.is_empty() {
            return Ok(());
        }
        let more = below != Below::Nothing;
        let written = self.database.with(move |store| store.write_newest(&entries, more)).await;
        let happened = self.written(written)?;
        self.happened.extend(happened);
        Ok(())
    }

    /// One page below the newest span, if anything may be there.
    async fn older(&mut self, source: &impl Source, last_final: u64) -> Result<(), Failure> {
        let mut spans = self.spans().await?.into_iter();
        let (Some(span), floor) = (spans.next(), spans.next()) else { return Ok(()) };
        if floor.is_none() && span.begins {
            return Ok(());
        }
        let until = floor.as_ref().map(|span| span.top.as_str());
        let (before, confirmed) = (Some(span.bottom.as_str()), CommitmentConfig::confirmed());
        let listed = source.listed(before, until, self.page, confirmed).await;
        let listed = listed.map_err(Failure::Source)?;
        if listed.is_empty() {
            // Endpoints that do not know where to start list nothing.
            must_know(source, &span.bottom).await?;
        }
        let (entries, below) = self.entries(source, listed, floor.as_ref()).await?;
        let more = below != Below::Nothing;
        let write = move |store: &mut Store| store.write_below(&entries, more, last_final);
        let written = self.database.with(write).await;
        self.written(written)?;
        match floor {
            Some(floor) if below == Below::Lost => must_know(source, &floor.top).await,
            _ => Ok(()),
        }
    }

    /// Marks what has become final, adds what was missed there, and takes back what is on no chain.
    async fn settle(&mut self, source: &impl Source, last_final: u64) -> Result<(), Failure> {
        let window = self.database.with(move |store| store.window(last_final)).await;
        let Some(window) = window.map_err(Failure::Database)? else { return Ok(()) };
        let slots = window.from..=window.to;
        let mut listed = Vec::new();
        if !slots.is_empty() {
            listed = self.listed_in(source, &window).await?;
        }
        let is_listed = |signature: &&String| listed.iter().any(|it| it.signature == **signature);
        let mut gone = Vec::new();
        for signature in window.waiting.iter().filter(|signature| !is_listed(signature)) {
            if !source.knows(signature).await.map_err(Failure::Source)? {
                gone.push(signature.clone());
            }
        }
        if listed.is_empty() || !gone.is_empty() {
            // An endpoint that does not keep these slots does not know what was in them.
            for signature in window.until.iter().chain(&window.before) {
                must_know(source, signature).await?;
            }
        }
        let listed = listed.into_iter().filter(|listed| slots.contains(&listed.slot)).collect();
        let entries = self.filled(source, listed).await?;
        let write = move |store: &mut Store| store.write_final(&window, &entries, &gone);
        let written = self.database.with(write).await;
        let happened = self.written(written)?;
        self.happened.extend(happened);
        Ok(())
    }

    /// All final transactions from right below a window to right above it, the newest first.
    async fn listed_in(
        &self,
        source: &impl Source,
        window: &Window,
    ) -> Result<Vec<Listed>, Failure> {
        let finalized = CommitmentConfig::finalized();
        let (mut all, mut before) = (Vec::<Listed>::new(), window.before.clone());
        loop {
            let page = source
                .listed(before.as_deref(), window.until.as_deref(), self.page, finalized)
                .await;
            let page = page.map_err(Failure::Source)?;
            let is_last =
                page.len() < self.page || page.last().is_none_or(|it| it.slot < window.from);
            all.extend(page);
            if is_last {
                return Ok(all);
            }
            before = all.last().map(|listed| listed.signature.clone());
        }
    }

    /// What is listed above a span, and what is below that.
    async fn entries(
        &mut self,
        source: &impl Source,
        mut listed: Vec<Listed>,
        floor: Option<&Span>,
    ) -> Result<(Vec<Entry>, Below), Failure> {
        let (full, all) = (listed.len() >= self.page, listed.len());
        let mut below = if full { Below::More } else { Below::Nothing };
        if let Some(floor) = floor {
            // An endpoint that does not know the floor lists what is below it too.
            let above = |it: &Listed| it.slot >= floor.top_slot && it.signature != floor.top;
            let count = listed.iter().take_while(|listed| above(listed)).count();
            listed.truncate(count);
            if count < all {
                below = Below::Nothing;
            } else if !full && !source.knows(&floor.top).await.map_err(Failure::Source)? {
                below = Below::Lost;
            }
        }
        Ok((self.filled(source, listed).await?, below))
    }

    /// Fetches what is not known of them.
    async fn filled(
        &mut self,
        source: &impl Source,
        listed: Vec<Listed>,
    ) -> Result<Vec<Entry>, Failure> {
        let asked = listed.clone();
        let missing = self.database.with(move |store| store.to_fetch(&asked)).await;
        let mut missing = missing.map_err(Failure::Database)?;
        missing.retain(|signature| !self.fetched.contains_key(signature));
        let fetch = |signature: String| async move {
            let past = source.past(&signature).await.map_err(Failure::Source)?;
            let past = past.ok_or_else(|| {
                Failure::Source(format!(
                    "an endpoint lists the transaction {signature} and does not keep it: name one with a \
                     longer history in rpc"
                ))
            })?;
            Ok::<_, Failure>((signature, past))
        };
        let mut fetching = stream::iter(missing).map(fetch).buffer_unordered(AT_ONCE);
        while let Some((signature, past)) = fetching.try_next().await? {
            self.fetched.insert(signature, past);
        }
        drop(fetching);
        let filled = listed.into_iter().map(|listed| {
            let past = self.fetched.get(&listed.signature).cloned();
            Entry { listed, past }
        });
        Ok(filled.collect())
    }

    /// What was written needs not be fetched again.
    fn written(&mut self, done: Result<Vec<Happened>, String>) -> Result<Vec<Happened>, Failure> {
        let happened = done.map_err(Failure::Database)?;
        self.fetched.clear();
        Ok(happened)
    }
}

/// Refuses an endpoint that does not know a transaction.
async fn must_know(source: &impl Source, signature: &str) -> Result<(), Failure> {
    if source.knows(signature).await.map_err(Failure::Source)? {
        return Ok(());
    }
    Err(Failure::Source(format!(
        "an endpoint does not know the transaction {signature} any more: name one with a longer history in rpc"
    )))
}
