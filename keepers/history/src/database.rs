//! The database on two threads of its own, each with a connection: one writes, one thing after the other, and one
//! answers questions meanwhile, so that nobody who asks for much holds up reading.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::oneshot;

use crate::store::Store;

/// What waits for a thread, at most: whoever asks for more is refused.
const WAITING: usize = 256;

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// A handle to the database; the threads end with the last one.
#[derive(Clone)]
pub struct Database {
    jobs: SyncSender<Job>,
    questions: SyncSender<Job>,
    path: PathBuf,
}

impl Database {
    /// Opens the file, or makes it, for the cluster with this genesis hash.
    ///
    /// # Errors
    /// A sentence saying what to change.
    pub fn open(path: &Path, genesis: &str) -> Result<Self, String> {
        let jobs = started("database", Store::open(path, genesis)?)?;
        let questions = started("questions", Store::open(path, genesis)?)?;
        Ok(Self { jobs, questions, path: path.to_owned() })
    }

    /// Does something with the database.
    ///
    /// # Errors
    /// A sentence when the database fails.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        self.done(&self.jobs, work).await
    }

    /// Asks the database something, without waiting for what is being written.
    ///
    /// # Errors
    /// A sentence when the database fails.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        self.done(&self.questions, move |store: &mut Store| question(store)).await
    }

    async fn done<T: Send + 'static>(
        &self,
        thread: &SyncSender<Job>,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let (tell, told) = oneshot::channel();
        let job = Box::new(move |store: &mut Store| {
            // Whoever asked may have gone away.
            let _ = tell.send(work(store));
        });
        let place = self.path.display();
        let gone = || format!("{place}: the database's thread has ended; start again");
        thread.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                format!("{place}: {WAITING} questions wait already; ask later")
            }
            TrySendError::Disconnected(_) => gone(),
        })?;
        let done = told.await.map_err(|_| gone())?;
        done.map_err(|error| {
            format!(
                "{place}: the database fails ({error}): check the disk and who may write the file"
            )
        })
    }
}

/// A thread that works on an open database until nobody can ask it for more.
fn started(name: &str, mut store: Store) -> Result<SyncSender<Job>, String> {
    let (jobs, waiting) = sync_channel::<Job>(WAITING);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || waiting.iter().for_each(|job| job(&mut store)))
        .map_err(|error| format!("this machine starts no thread ({error}): free some memory"))?;
    Ok(jobs)
}
