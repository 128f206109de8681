//! The database on a thread of its own: one connection, one thing after the other.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use crate::store::Store;

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// A handle to the database; the thread ends with the last one.
#[derive(Clone)]
pub struct Database {
    jobs: mpsc::Sender<Job>,
    path: PathBuf,
}

impl Database {
    /// Opens the file, or makes it, for the cluster with this genesis hash.
    ///
    /// # Errors
    /// A sentence saying what to change.
    pub fn open(path: &Path, genesis: &str) -> Result<Self, String> {
        let mut store = Store::open(path, genesis)?;
        let (jobs, waiting) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || waiting.iter().for_each(|job| job(&mut store)))
            .map_err(|error| {
                format!("this machine starts no thread ({error}): free some memory")
            })?;
        Ok(Self { jobs, path: path.to_owned() })
    }

    /// Does something with the database.
    ///
    /// # Errors
    /// A sentence when the database fails.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let (tell, told) = oneshot::channel();
        let job = Box::new(move |store: &mut Store| {
            // Whoever asked may have gone away.
            let _ = tell.send(work(store));
        });
        let place = self.path.display();
        let gone = || format!("{place}: the database's thread has ended; start again");
        self.jobs.send(job).map_err(|_| gone())?;
        let done = told.await.map_err(|_| gone())?;
        done.map_err(|error| {
            format!(
                "{place}: the database fails ({error}): check the disk and who may write the file"
            )
        })
    }
}
