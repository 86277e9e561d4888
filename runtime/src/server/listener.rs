//! Taking connections in.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use parlance_proto::server::Origin;
use parlance_proto::text::Host;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;

use super::door;
use super::worker::Worker;

/// How many connections may wait to be taken: a whole room that comes back at once.
const BACKLOG: i32 = 1024;
/// The first wait when no connection can be taken; it doubles up to [`LONGEST_WAIT`].
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
/// See [`SHORTEST_WAIT`].
const LONGEST_WAIT: Duration = Duration::from_secs(1);

// What `accept` says when there is no room for a further socket, with the same numbers on every system that we run on
// but for the last, which is both of theirs.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const ENOMEM: i32 = 12;
const ENOBUFS: [i32; 2] = [105, 55];

/// A socket that listens.
#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    pub(super) fn bind(address: SocketAddr) -> io::Result<Listener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // Else a server that is started again waits for the old connections to be forgotten.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let socket = TcpListener::from_std(socket.into())?;
        let address = socket.local_addr()?;
        Ok(Listener { socket, address })
    }

    /// The address bound, with the port that was taken.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Takes connections in, for ever. Where the system has no room for one it waits, longer each time.
pub(super) async fn accept(listener: Listener, worker: Rc<Worker>) {
    let mut wait = SHORTEST_WAIT;
    loop {
        match listener.socket.accept().await {
            Ok((stream, address)) => {
                wait = SHORTEST_WAIT;
                door::arrive(&worker, stream, address);
            }
            Err(error) if is_exhaustion(&error) => {
                worker.watch().accept_waits(&error, wait);
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            // The one connection is broken (reset before it was taken): the next may do. Should this be an error that
            // stays, other tasks have their turn in between.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

fn is_exhaustion(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|code| matches!(code, ENFILE | EMFILE | ENOMEM) || ENOBUFS.contains(&code))
}

/// What the machine is told of where a connection comes from. Others see the host only where it is one of a machine
/// or network of their own, unless all are to be shown.
pub(super) fn origin(address: SocketAddr, show_hosts: bool) -> Origin {
    let ip = address.ip().to_canonical();
    let host = Host::parse(&ip.to_string()).ok();
    Origin {
        addr: host.clone(),
        host: host.filter(|_| show_hosts || is_near(ip)),
    }
}

/// Not 100.64.0.0/10: behind a carrier's translator strangers share that network, who are not to be told apart by
/// others. Where it is a team's own overlay network, the operator may show all hosts.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_hosts_are_shown_to_others() {
        for (ip, shown) in [
            ("127.0.0.1", true),
            ("192.168.1.9", true),
            ("::1", true),
            ("fe80::1", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:10.1.2.3", true),
            ("fd12:3456::1", true),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("100.64.0.1", false),
            ("8.8.8.8", false),
            ("::ffff:8.8.8.8", false),
            ("2001:db8::1", false),
        ] {
            let address = SocketAddr::new(ip.parse().unwrap(), 1);
            let near = origin(address, false);
            assert_eq!(near.host.is_some(), shown, "{ip}");
            assert!(near.addr.is_some());
            let all = origin(address, true);
            assert_eq!(
                (all.host, &all.addr),
                (near.addr.clone(), &near.addr),
                "{ip}"
            );
        }
    }

    #[test]
    fn running_out_is_told_from_a_broken_connection() {
        for code in [ENFILE, EMFILE, ENOMEM, ENOBUFS[0]] {
            assert!(is_exhaustion(&io::Error::from_raw_os_error(code)));
        }
        assert!(!is_exhaustion(&io::ErrorKind::ConnectionAborted.into()));
    }
}
