//! `holdfast top`: a keeper that only looks, and a picture of what it sees.

mod draw;
mod keys;
mod landing;
mod tables;
mod view;

use std::io::IsTerminal;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use url::Url;

use crate::config::Config;
use crate::daemon::{self, Running};
use crate::output::{Failure, say};
use crate::preflight;
use draw::Picture;
use holdfast_rpc::Endpoint;
use keys::Choice;
use landing::Landing;
use view::{Places, View};

/// How often a keeper is asked what landed.
const ASKS: Duration = Duration::from_secs(2);
/// How long a single picture is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// After the first snapshot, how long endpoints and streams have to show what they are.
const LOOKS: Duration = Duration::from_secs(2);
/// How often it is looked whether the keyboard is still wanted.
const LISTENS: Duration = Duration::from_millis(200);
/// Width of a picture without a terminal.
const WIDTH: u16 = 120;

/// How the dashboard is shown.
#[derive(Debug, clap::Args)]
pub struct Form {
    /// A keeper's listen address, for what it sent and what landed
    #[arg(long, value_name = "URL")]
    keeper: Option<String>,
    /// Print one picture as text; what happens anyway without a terminal, and as JSON with --json
    #[arg(long)]
    once: bool,
}

/// What is needed for a picture.
struct Top {
    running: Running,
    silo: u16,
    places: Places,
    landing: watch::Receiver<Landing>,
}

/// Shows the dashboard until it is left, or one picture: as JSON, if that is asked for.
///
/// # Errors
/// A sentence saying what to change.
pub async fn top(config: &Config, form: &Form, json: bool) -> Result<(), Failure> {
    let keeper = form.keeper.as_deref().map(landing::address).transpose()?;
    let top = Top {
        running: Running::looking(config)?,
        silo: config.silo,
        places: Places {
            endpoints: config.rpc.0.iter().map(ToString::to_string).collect(),
            streams: config.streams().iter().map(ToString::to_string).collect(),
        },
        landing: follow(keeper),
    };
    if json || form.once || !std::io::stdout().is_terminal() {
        let view = top.once(config).await?;
        return say(printed(&view, json)?);
    }
    let coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // From here on a panic puts the terminal back first.
    let terminal = ratatui::try_init()
        .map_err(|reason| format!("the terminal cannot be used ({reason}): try --once"))?;
    let shown = top.shown(terminal, coloured).await;
    ratatui::restore();
    Ok(shown?)
}

/// One picture, as text or JSON.
fn printed(view: &View, json: bool) -> Result<String, String> {
    if json {
        return serde_json::to_string_pretty(view).map_err(|reason| reason.to_string());
    }
    Ok(Picture { view, choice: Choice::default(), coloured: false }.text(WIDTH))
}

/// Asks a keeper again and again what landed, if there is one to ask.
fn follow(keeper: Option<Url>) -> watch::Receiver<Landing> {
    let first = match keeper {
        None => Landing::NotAsked,
        Some(_) => Landing::Unanswered("not asked yet".to_owned()),
    };
    let (tell, told) = watch::channel(first);
    if let Some(keeper) = keeper {
        tokio::spawn(async move {
            let mut ticks = interval(ASKS);
            // Until nobody wants to know.
            while !tell.is_closed() {
                ticks.tick().await;
                tell.send_replace(landing::ask(&keeper).await);
            }
        });
    }
    told
}

impl Top {
    fn view(&self) -> View {
        let Running { keeper, .. } = &self.running;
        let landing = self.landing.borrow().clone();
        View::new(keeper, self.silo, &self.places, landing, self.running.now())
    }

    /// The first picture worth looking at.
    async fn once(mut self, config: &Config) -> Result<View, String> {
        let begun = Instant::now();
        let mut ticks = interval(daemon::TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut snapshot = None;
        loop {
            ticks.tick().await;
            self.running.turn();
            if self.running.keeper.mirror().is_some() {
                let since = snapshot.get_or_insert_with(Instant::now).elapsed();
                if since >= LOOKS {
                    return Ok(self.view());
                }
            } else if begun.elapsed() >= PATIENCE {
                preflight::venue(config, &Endpoint::all(&config.rpc)).await?;
                return Err(format!("no endpoint gave a snapshot within {PATIENCE:?}: check rpc"));
            }
        }
    }

    /// The picture on a terminal, until it is left or the process is stopped.
    async fn shown(mut self, mut terminal: DefaultTerminal, coloured: bool) -> Result<(), String> {
        let mut keys = keyboard();
        let mut ticks = interval(daemon::TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = daemon::stopped();
        tokio::pin!(stop);
        let mut choice = Choice::default();
        let mut view = self.view();
        while !choice.quits {
            tokio::select! {
                () = &mut stop => break,
                Some(event) = keys.recv() => choice.hear(&event, view.markets.len()),
                _ = ticks.tick() => self.running.turn(),
            }
            if !choice.paused {
                view = self.view();
            }
            let picture = Picture { view: &view, choice, coloured };
            terminal
                .draw(|frame| picture.draw(frame.area(), frame.buffer_mut()))
                .map_err(|reason| format!("the terminal cannot be written to ({reason})"))?;
        }
        Ok(())
    }
}

/// What is typed, as long as somebody wants to know. Reading it blocks, so it has its own thread.
fn keyboard() -> mpsc::Receiver<event::Event> {
    let (tell, told) = mpsc::channel(16);
    std::thread::spawn(move || {
        while !tell.is_closed() {
            match event::poll(LISTENS) {
                Ok(false) => {}
                Ok(true) => {
                    let Ok(event) = event::read() else { return };
                    if tell.blocking_send(event).is_err() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    });
    told
}
