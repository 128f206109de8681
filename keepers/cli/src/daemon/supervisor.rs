//! Telling the service manager that the keeper decides: systemd's notification protocol, a datagram
//! to the socket that it names (sd_notify(3)).

use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// How often it is told.
const EVERY: Duration = Duration::from_secs(1);

/// The service manager that started this process and wants to hear from it, if there is one.
pub struct Supervisor {
    line: Option<(UnixDatagram, SocketAddr)>,
    told: Option<Instant>,
}

impl Supervisor {
    /// The one that the environment names.
    pub fn of_environment() -> Self {
        Self::at(&env::var("NOTIFY_SOCKET").unwrap_or_default())
    }

    /// The one at a socket: a path, or an abstract name that begins with `@`.
    fn at(name: &str) -> Self {
        let address = match name.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name.as_bytes()).ok(),
            None if name.is_empty() => None,
            None => SocketAddr::from_pathname(name).ok(),
        };
        let line = address.and_then(|address| {
            let socket = UnixDatagram::unbound().ok()?;
            // Nothing waits for whoever does not read.
            socket.set_nonblocking(true).ok()?;
            Some((socket, address))
        });
        Self { line, told: None }
    }

    /// The keeper has decided once more, in this state of things.
    pub fn decides(&mut self, class: &str) {
        let now = Instant::now();
        let first = self.told.is_none();
        if self.told.is_some_and(|at| now.duration_since(at) < EVERY) {
            return;
        }
        self.told = Some(now);
        let ready = if first { "READY=1\n" } else { "" };
        self.tell(&format!("{ready}WATCHDOG=1\nSTATUS={class}"));
    }

    /// It begins nothing more.
    pub fn stops(&self) {
        self.tell("STOPPING=1");
    }

    fn tell(&self, what: &str) {
        if let Some((socket, address)) = &self.line {
            // If it does not arrive, this process is restarted: there is nothing else to do about it.
            let _ = socket.send_to_addr(what.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::Supervisor;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 200];
        let length = socket.recv(&mut bytes).expect("it is told");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn it_says_that_it_begins_that_it_decides_and_that_it_stops() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        let mut supervisor = Supervisor::at(path.to_str().expect("text"));
        supervisor.decides("healthy");
        assert_eq!(heard(&socket), "READY=1\nWATCHDOG=1\nSTATUS=healthy");
        supervisor.decides("healthy");
        supervisor.told = None;
        supervisor.stops();
        assert_eq!(heard(&socket), "STOPPING=1", "not with every decision");
    }

    #[test]
    fn without_a_supervisor_nothing_is_said() {
        for name in ["", "/nowhere/at/all", "@nobody"] {
            let mut supervisor = Supervisor::at(name);
            supervisor.decides("halt");
            supervisor.stops();
        }
    }
}
