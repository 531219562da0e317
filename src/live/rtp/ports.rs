//! The UDP ports on which RTP is received.
//!
//! In: requests for a port. Out: bound sockets on even ports of the configured range; a port that was given back rests for a minute, or the last
//! packets of one call would be heard in the next.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a port rests.
const REST: Duration = Duration::from_secs(60);

/// The ports.
#[derive(Debug)]
pub struct Ports {
    ip: IpAddr,
    /// First and last; `None`: the system chooses.
    range: Option<(u16, u16)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Where the search goes on.
    next: u16,
    resting: VecDeque<(Instant, u16)>,
}

impl Ports {
    /// Even ports of a range at an address of ours; without a range the system chooses.
    pub fn new(ip: IpAddr, range: Option<(u16, u16)>) -> Self {
        let next = range.map_or(0, |(first, _)| first);
        Self { ip, range, state: Mutex::new(State { next, ..State::default() }) }
    }

    /// Binds a port. `None`: none is free.
    pub fn take(&self) -> Option<(UdpSocket, u16)> {
        let Some((first, last)) = self.range else { return self.bind(0) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.resting.front().is_some_and(|(since, _)| since.elapsed() >= REST) {
            state.resting.pop_front();
        }
        for _ in 0..=last.saturating_sub(first) / 2 {
            let port = state.next.max(first).next_multiple_of(2);
            let port = if port > last { first.next_multiple_of(2) } else { port };
            state.next = port.checked_add(2).unwrap_or(first);
            if port <= last
                && !state.resting.iter().any(|(_, resting)| *resting == port)
                && let Some(bound) = self.bind(port)
            {
                return Some(bound);
            }
        }
        None
    }

    /// A port is no longer used.
    pub fn give_back(&self, port: u16) {
        if self.range.is_some() {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.resting.push_back((Instant::now(), port));
        }
    }

    fn bind(&self, port: u16) -> Option<(UdpSocket, u16)> {
        let socket = UdpSocket::bind(SocketAddr::new(self.ip, port)).ok()?;
        socket.set_nonblocking(true).ok()?;
        let port = socket.local_addr().ok()?.port();
        Some((socket, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_even_few_and_rest() {
        let ip = IpAddr::from([127, 0, 0, 1]);
        // A stretch below the system's own, of which others may hold some.
        let ports = Ports::new(ip, Some((20_101, 20_112)));
        let taken: Vec<_> = std::iter::from_fn(|| ports.take()).collect();
        assert!((1..=6).contains(&taken.len()), "{}", taken.len());
        assert!(taken.iter().all(|(_, port)| port % 2 == 0));
        for (socket, port) in taken {
            drop(socket);
            ports.give_back(port);
        }
        assert!(ports.take().is_none());
        assert!(Ports::new(ip, None).take().is_some());
        assert!(Ports::new(ip, Some((65_534, 65_535))).take().is_none_or(|(_, p)| p == 65_534));
    }
}
