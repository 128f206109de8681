//! Which of several hosts that say the same is asked: one at a time, the next when it fails, and who
//! failed not before a pause.

use holdfast_risk::Millis;

/// The first pause after a failure; it doubles with each further one.
const FIRST_PAUSE: Millis = Millis(1_000);
const LONGEST_PAUSE: Millis = Millis(30_000);
/// The longest pause that a host may ask for.
const LONGEST_ASKED: Millis = Millis(120_000);

/// Hosts, by their numbers.
#[derive(Debug)]
pub struct Hosts {
    all: Vec<Host>,
    at: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Host {
    failures: u32,
    pause: Millis,
}

impl Hosts {
    /// So many hosts, of which none has failed.
    pub fn new(count: usize) -> Self {
        Self { all: vec![Host::default(); count], at: 0 }
    }

    /// Whom to ask now.
    ///
    /// # Errors
    /// The moment from which on there is somebody to ask.
    pub fn choose(&mut self, now: Millis) -> Result<usize, Millis> {
        let count = self.all.len();
        let turn = (0..count).map(|step| (self.at + step) % count);
        if let Some(host) = turn.into_iter().find(|host| self.all[*host].pause <= now) {
            self.at = host;
            return Ok(host);
        }
        Err(self.all.iter().map(|host| host.pause).min().unwrap_or(Millis(u64::MAX)))
    }

    /// A host served what was wanted.
    pub fn served(&mut self, host: usize) {
        if let Some(known) = self.all.get_mut(host) {
            known.failures = 0;
        }
    }

    /// A host failed, and may have asked to be left alone for so long: the next one's turn.
    pub fn failed(&mut self, host: usize, asked: Option<Millis>, now: Millis) {
        let next = (host + 1) % self.all.len().max(1);
        let Some(known) = self.all.get_mut(host) else { return };
        let pause = FIRST_PAUSE.0.saturating_mul(1 << known.failures.min(10)).min(LONGEST_PAUSE.0);
        let asked = asked.map_or(0, |asked| asked.0.min(LONGEST_ASKED.0));
        known.failures = known.failures.saturating_add(1);
        known.pause = now.after(Millis(pause.max(asked)));
        self.at = next;
    }
}

#[cfg(test)]
mod tests {
    use holdfast_risk::Millis;

    use super::Hosts;

    #[test]
    fn one_is_asked_until_it_fails_and_then_the_next() {
        let mut hosts = Hosts::new(3);
        assert_eq!([0, 1].map(|at| hosts.choose(Millis(at))), [Ok(0); 2]);
        hosts.failed(0, None, Millis(10));
        assert_eq!(hosts.choose(Millis(10)), Ok(1));
        // Whoever is right goes on being asked, also when the first could be again.
        assert_eq!(hosts.choose(Millis(50_000)), Ok(1));
        hosts.failed(1, None, Millis(50_000));
        hosts.failed(2, None, Millis(50_000));
        assert_eq!(hosts.choose(Millis(50_000)), Ok(0));
    }

    #[test]
    fn the_pause_doubles_until_it_serves() {
        let mut hosts = Hosts::new(1);
        for (failure, pause) in
            [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].iter().enumerate()
        {
            let at = 100_000 * failure as u64;
            hosts.failed(0, None, Millis(at));
            assert_eq!(hosts.choose(Millis(at)), Err(Millis(at + pause)));
            assert_eq!(hosts.choose(Millis(at + pause)), Ok(0));
        }
        hosts.served(0);
        hosts.failed(0, None, Millis(0));
        assert_eq!(hosts.choose(Millis(0)), Err(Millis(1_000)));
    }

    #[test]
    fn who_asks_to_be_left_alone_is_but_not_for_ever() {
        let mut hosts = Hosts::new(2);
        hosts.failed(0, Some(Millis(60_000)), Millis(0));
        hosts.failed(1, Some(Millis(u64::MAX)), Millis(0));
        assert_eq!(hosts.choose(Millis(59_999)), Err(Millis(60_000)));
        assert_eq!(hosts.choose(Millis(60_000)), Ok(0));
        hosts.failed(0, None, Millis(60_000));
        assert_eq!(hosts.choose(Millis(61_000)), Err(Millis(62_000)));
        assert_eq!(Hosts::new(0).choose(Millis(0)), Err(Millis(u64::MAX)));
    }
}
