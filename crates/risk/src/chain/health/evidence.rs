//! What providers' publish times prove about the time.

use crate::units::Millis;

/// What is known of one provider's publish times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderTimes {
    /// The provider's identifier of the feed that published last.
    pub feed: [u8; 32],
    /// When it did.
    pub newest: Millis,
    /// The newest publish time among its other feeds, zero where there is none.
    pub other: Millis,
}

impl ProviderTimes {
    /// Notes when one of the provider's feeds published.
    pub fn learn(&mut self, feed: [u8; 32], published: Millis) {
        if self.feed == feed {
            self.newest = self.newest.max(published);
        } else if published > self.newest {
            *self = Self { feed, newest: published, other: self.newest };
        } else {
            self.other = self.other.max(published);
        }
    }
}

/// The publish time that providers prove. Each proves what one of its feeds confirms of another's time,
/// or what its only feed says; of those the second-newest counts, or the only provider's. So one feed
/// that is wrong moves nothing, nor does one provider, as long as another is heard. Zero where nobody
/// published at `from` or later: who has been silent for long has no say.
pub fn proven_time(providers: &[ProviderTimes], from: Millis) -> Millis {
    confirmed(
        providers.iter().map(|provider| confirmed([provider.newest, provider.other], from)),
        from,
    )
}

/// The second-newest of the times at `from` or later, so that one that is wrong moves nothing, or the
/// only one. Zero where there is none.
fn confirmed(times: impl IntoIterator<Item = Millis>, from: Millis) -> Millis {
    let (mut newest, mut second) = (Millis(0), Millis(0));
    for time in times.into_iter().filter(|time| *time >= from) {
        if time > newest {
            (newest, second) = (time, newest);
        } else {
            second = second.max(time);
        }
    }
    if second.0 == 0 { newest } else { second }
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
