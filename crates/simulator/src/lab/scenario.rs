//! What happens, as a file says it: where the price goes, and what goes wrong when.

use std::ops::RangeInclusive;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use holdfast_testkit::path::{Bar, built_in, millionths, straight};
use holdfast_testkit::recording;

/// A scenario file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Its name, as `--scenario` takes it.
    pub name: String,
    /// What happens, in a sentence.
    pub about: String,
    /// Where times and prices are from.
    #[serde(default)]
    pub source: String,
    /// What a slot takes while the chain is well, milliseconds.
    #[serde(default = "four_hundred")]
    pub slot_ms: u64,
    /// How old the epoch is when it begins, slots: the clock's bounds follow from it.
    #[serde(default = "half_an_epoch")]
    pub epoch_slots: u64,
    /// A look at least this often, milliseconds.
    #[serde(default = "three_seconds")]
    pub step_ms: u64,
    /// Where the price goes.
    pub prices: Route,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<ScenarioFault>,
}

const fn four_hundred() -> u64 {
    400
}

const fn half_an_epoch() -> u64 {
    216_000
}

const fn three_seconds() -> u64 {
    3_000
}

/// Where a price goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Route {
    /// The crash of 2025-10-10, put together from published figures.
    Crash,
    /// Straight legs between corners of seconds and dollars. Where `recorded` names a file that the
    /// data folder holds, that is played instead.
    Legs {
        /// The corners.
        corners: Vec<(u64, f64)>,
        /// The file.
        recorded: Option<String>,
        /// Where in the file to begin, seconds since 1970, and for how long.
        from: Option<(u64, u64)>,
    },
    /// Drawn: a random walk with jumps.
    Diffusion(Diffusion),
}

/// A random walk with jumps, in integers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Diffusion {
    /// First price, dollars.
    pub start: u64,
    /// How long, minutes.
    pub minutes: u64,
    /// One standard deviation of a minute's move, millionths.
    pub minute_ppm: u64,
    /// Jumps per day on average.
    pub jumps_per_day: u64,
    /// Size of a jump at the most, basis points, up or down.
    pub jump_bps: u64,
    /// What a minute drifts by, millionths; negative falls.
    #[serde(default)]
    pub drift_ppm: i64,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScenarioFault {
    /// When, seconds after the path's beginning.
    pub at_s: u64,
    /// For how long, seconds.
    pub lasts_s: u64,
    /// What.
    pub what: FaultKind,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum FaultKind {
    /// No slot is made.
    Halt {
        /// Whether a hard fork ends it.
        #[serde(default)]
        restarts: bool,
    },
    /// Slots go on, and nothing but votes lands.
    VotesOnly,
    /// A slot takes this long.
    Slow {
        /// Milliseconds.
        slot_ms: u64,
    },
    /// This many leaders in a hundred make no block.
    Skip {
        /// Percent.
        percent: u64,
    },
    /// A minority's fork wins in the end: what landed in it vanishes when it is over.
    Fork,
    /// The cluster changes its nominal slot duration, for good.
    Nominal {
        /// Milliseconds.
        slot_ms: u64,
    },
    /// More is sent than blocks hold.
    Congestion {
        /// Percent of what they hold.
        load_percent: u64,
    },
    /// No feed publishes.
    FeedsSilent,
    /// The first feed of each market publishes this share of the price.
    FeedLies {
        /// Percent.
        percent: u64,
    },
    /// What feeds publish arrives this much later.
    FeedsLate {
        /// Milliseconds.
        ms: u64,
    },
    /// Feeds are no surer than this.
    FeedsUnsure {
        /// Basis points of the price.
        bps: u64,
    },
    /// The keeper's endpoints show the chain as it was this long ago.
    Rpc {
        /// Milliseconds.
        lag_ms: u64,
    },
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        scenario.check().map_err(|reason| format!("{name}: {reason}"))?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), String> {
        within("slot-ms", self.slot_ms, 100..=2_000)?;
        within("epoch-slots", self.epoch_slots, 0..=432_000)?;
        within("step-ms", self.step_ms, 1_000..=30_000)?;
        self.prices.check()?;
        for fault in &self.faults {
            within("at-s", fault.at_s, 0..=LONGEST_S)?;
            within("lasts-s", fault.lasts_s, 1..=604_800)?;
            match fault.what {
                FaultKind::Slow { slot_ms } => within("slow: slot-ms", slot_ms, 100..=60_000)?,
                FaultKind::Nominal { slot_ms } => within("nominal: slot-ms", slot_ms, 150..=800)?,
                FaultKind::Skip { percent } => within("skip: percent", percent, 1..=99)?,
                FaultKind::Congestion { load_percent } => {
                    within("congestion: load-percent", load_percent, 1..=100_000)?;
                }
                FaultKind::FeedLies { percent } => {
                    within("feed-lies: percent", percent, 1..=1_000)?
                }
                FaultKind::FeedsUnsure { bps } => within("feeds-unsure: bps", bps, 1..=5_000)?,
                FaultKind::FeedsLate { ms } => within("feeds-late: ms", ms, 1..=3_600_000)?,
                FaultKind::Rpc { lag_ms } => within("rpc: lag-ms", lag_ms, 1..=3_600_000)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The price's bars, from the data folder where it holds what the scenario names.
    ///
    /// # Errors
    /// What is wrong with the recorded file.
    pub fn bars(&self, data: Option<&Path>, seed: u64) -> Result<Vec<Bar>, String> {
        match &self.prices {
            Route::Crash => Ok(built_in()),
            Route::Diffusion(diffusion) => Ok(diffusion.bars(seed)),
            Route::Legs { corners, recorded, from } => {
                let file = recorded.as_ref().zip(data).map(|(name, folder)| folder.join(name));
                let Some(file) = file.filter(|file| file.exists()) else {
                    return Ok(straight(corners));
                };
                let mut bars = recording::read(&file)?.bars;
                if let Some((from, lasts)) = from {
                    let part = from * 1_000..(from + lasts) * 1_000;
                    bars.retain(|bar| part.contains(&bar.opened_ms));
                }
                Ok(bars)
            }
        }
    }

    /// Where its prices are from, in a word or two.
    pub fn prices_about(&self, data: Option<&Path>) -> String {
        match &self.prices {
            Route::Crash => "built in, from published figures".to_owned(),
            Route::Diffusion(_) => "drawn".to_owned(),
            Route::Legs { recorded, .. } => {
                let file = recorded.as_ref().zip(data).map(|(name, folder)| folder.join(name));
                let file = file.filter(|file| file.exists());
                file.map_or_else(
                    || "straight legs".to_owned(),
                    |file| {
                        format!(
                            "recorded, {}",
                            file.file_name().unwrap_or_default().to_string_lossy()
                        )
                    },
                )
            }
        }
    }

    /// The same with nothing going wrong but the price.
    pub fn without_faults(&self) -> Self {
        Self { faults: Vec::new(), ..self.clone() }
    }
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    what: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), String> {
    let (least, most) = (range.start(), range.end());
    let fits = range.contains(&value);
    fits.then_some(()).ok_or_else(|| format!("{what} is {value}: take {least} to {most}"))
}

impl Route {
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Crash => Ok(()),
            Self::Diffusion(diffusion) => diffusion.check(),
            Self::Legs { corners, from, .. } => {
                if corners.len() < 2 || !corners.is_sorted_by(|one, next| one.0 < next.0) {
                    return Err("corners: take at least two, each later than the one before".into());
                }
                for (second, price) in corners {
                    within("corners: a second", *second, 0..=LONGEST_S)?;
                    millionths(*price).ok_or_else(|| {
                        format!("corners: a price is {price}: take 0.01 to 1000000 dollars")
                    })?;
                }
                let Some((from, lasts)) = from else { return Ok(()) };
                within("from: seconds since 1970", *from, 0..=LAST_S)?;
                within("from: seconds to play", *lasts, 1..=LONGEST_S)
            }
        }
    }
}

/// The longest path, seconds: 31 days, as of recorded prices.
const LONGEST_S: u64 = 31 * 86_400;
/// The end of the year 2099, seconds since 1970.
const LAST_S: u64 = 4_102_444_799;
/// Bars of a drawn path.
const BAR_MS: u64 = 15_000;
/// The highest price that is drawn, millionths of a dollar.
const HIGHEST: i128 = 1_000_000_000_000;
/// When drawn paths begin.
const BEGINS_MS: u64 = 1_760_000_000_000;

impl Diffusion {
    fn check(&self) -> Result<(), String> {
        within("start", self.start, 1..=1_000_000)?;
        within("minutes", self.minutes, 1..=LONGEST_S / 60)?;
        within("minute-ppm", self.minute_ppm, 0..=100_000)?;
        within("jumps-per-day", self.jumps_per_day, 0..=5_760)?;
        within("jump-bps", self.jump_bps, 0..=5_000)?;
        within("drift-ppm", self.drift_ppm, -100_000..=100_000)
    }

    /// Draws the path. The same seed gives the same bars on every machine: no floating point.
    pub fn bars(&self, seed: u64) -> Vec<Bar> {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let mut price = i128::from(self.start) * 1_000_000;
        // A quarter of a minute has half a minute's deviation.
        let deviation = i128::from(self.minute_ppm) / 2;
        let bars = self.minutes * 60_000 / BAR_MS;
        let mut drawn = Vec::new();
        for index in 0..bars {
            // Twelve uniform draws, less their mean: a deviation of a thousand.
            let sum: i128 = (0..12).map(|_| i128::from(random.random_range(0..1_000_u32))).sum();
            let normal = sum - 5_994;
            let jumps = random.random_range(0..5_760_u64) < self.jumps_per_day;
            let most = i128::from(self.jump_bps) * 100;
            let jump = if jumps && most > 0 { random.random_range(-most..=most) } else { 0 };
            let move_ppm = deviation * normal / 1_000 + jump + i128::from(self.drift_ppm) / 4;
            let open = price;
            price = (price + price * move_ppm / 1_000_000).clamp(10_000, HIGHEST);
            let (open, close) = (open as u64, price as u64);
            drawn.push(Bar {
                opened_ms: BEGINS_MS + index * BAR_MS,
                lasted_ms: BAR_MS,
                open,
                high: open.max(close),
                low: open.min(close),
                close,
            });
        }
        drawn
    }
}

/// What is wrong at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// No slot is made.
    pub stands: bool,
    /// Nothing but votes lands.
    pub votes_only: bool,
    /// What a slot takes, if not the usual time.
    pub slot_ms: Option<u64>,
    /// Leaders in a hundred that make no block.
    pub failing_percent: u64,
    /// What is sent, percent of what blocks hold.
    pub load_percent: u64,
    /// No feed publishes.
    pub silent: bool,
    /// What the first feed publishes, percent of the price.
    pub lie_percent: Option<u64>,
    /// How much later what feeds publish arrives.
    pub late_ms: u64,
    /// Confidence at least so wide.
    pub unsure_bps: u64,
    /// How old what keepers see is.
    pub rpc_lag_ms: u64,
}

impl Weather {
    /// At `passed_ms` after the beginning.
    pub fn at(faults: &[ScenarioFault], passed_ms: u64) -> Self {
        let mut now = Self::default();
        let on = |fault: &&ScenarioFault| {
            let begins = fault.at_s * 1_000;
            (begins..begins + fault.lasts_s * 1_000).contains(&passed_ms)
        };
        for fault in faults.iter().filter(on) {
            match fault.what {
                FaultKind::Halt { .. } => now.stands = true,
                FaultKind::VotesOnly => now.votes_only = true,
                FaultKind::Slow { slot_ms } => now.slot_ms = now.slot_ms.max(Some(slot_ms)),
                FaultKind::Skip { percent } => {
                    now.failing_percent = now.failing_percent.max(percent)
                }
                FaultKind::Congestion { load_percent } => {
                    now.load_percent = now.load_percent.max(load_percent);
                }
                FaultKind::FeedsSilent => now.silent = true,
                FaultKind::FeedLies { percent } => now.lie_percent = Some(percent),
                FaultKind::FeedsLate { ms } => now.late_ms = now.late_ms.max(ms),
                FaultKind::FeedsUnsure { bps } => now.unsure_bps = now.unsure_bps.max(bps),
                FaultKind::Rpc { lag_ms } => now.rpc_lag_ms = now.rpc_lag_ms.max(lag_ms),
                FaultKind::Fork | FaultKind::Nominal { .. } => {}
            }
        }
        now
    }
}
