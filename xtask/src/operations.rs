//! What operators run, without running it: `cargo xtask operations`.

use std::process::Command;

use crate::command::{output, root, run};
use crate::setup;

/// The exposure that systemd may find in the service, out of ten: its own scale's "OK" ends at 4.
const MOST_EXPOSED: f64 = 2.0;

/// Debian's packages that have the checkers.
const PACKAGES: [&str; 2] = ["prometheus", "systemd"];

/// Tries the alerts on recorded series, and asks systemd how exposed the service is.
///
/// # Errors
/// When an alert fires where it should not or not where it should, or the service is exposed more
/// than the guide says.
pub fn check() -> Result<(), String> {
    setup::install_packages(&PACKAGES)?;
    let promtool = |what: &[&str]| run(Command::new("promtool").current_dir(root()).args(what));
    promtool(&["check", "rules", "keepers/ops/alerts.yml"])?;
    promtool(&["test", "rules", "keepers/ops/alerts-tests.yml"])?;
    let unit = "keepers/ops/holdfast-keeper.service";
    let mut analyse = Command::new("systemd-analyze");
    analyse.current_dir(root()).args(["security", "--no-pager", "--offline=true", unit]);
    let exposure = exposure(&output(&mut analyse)?).ok_or("systemd says no exposure level")?;
    if exposure > MOST_EXPOSED {
        return Err(format!(
            "{unit} is exposed at {exposure}, more than {MOST_EXPOSED}: `systemd-analyze security \
             --offline=true {unit}` says by what"
        ));
    }
    let guide = std::fs::read_to_string(root().join("docs/operators.md"))
        .map_err(|error| format!("docs/operators.md cannot be read: {error}"))?;
    let said = format!("exposure level of {exposure}");
    guide
        .contains(&said)
        .then_some(())
        .ok_or_else(|| format!("docs/operators.md should say that the service has an {said}"))
}

/// The number at the end of systemd's analysis.
fn exposure(analysis: &str) -> Option<f64> {
    let line = analysis.lines().find(|line| line.contains("Overall exposure level"))?;
    line.rsplit(": ").next()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::exposure;

    #[test]
    fn the_level_is_read_from_the_last_line() {
        let said = "✓ UMask=  fine\n\n→ Overall exposure level for a.service: 1.2 OK 🙂\n";
        assert_eq!(exposure(said), Some(1.2));
        assert_eq!(exposure("nothing"), None);
    }
}
