//! A way to a server that can go dark: nothing more comes through, and neither end is told.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// One link through it.
struct Link {
    near: TcpStream,
    far: TcpStream,
    /// Nothing gets to the server.
    up: Arc<AtomicBool>,
    /// Nothing gets to the client.
    down: Arc<AtomicBool>,
}

/// See the module.
pub(crate) struct Way {
    pub(crate) address: SocketAddr,
    links: Arc<Mutex<Vec<Link>>>,
    night: Arc<AtomicBool>,
}

impl Way {
    pub(crate) fn to(server: SocketAddr) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let way = Way {
            address: listener.local_addr().expect("an address"),
            links: Arc::default(),
            night: Arc::default(),
        };
        let (links, night) = (Arc::clone(&way.links), Arc::clone(&way.night));
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.expect("a link"), TcpStream::connect(server));
                let Ok(far) = far else { continue };
                let link = Link {
                    near: near.try_clone().expect("a socket"),
                    far: far.try_clone().expect("a socket"),
                    up: Arc::new(AtomicBool::new(night.load(Ordering::SeqCst))),
                    down: Arc::new(AtomicBool::new(night.load(Ordering::SeqCst))),
                };
                for (from, to, dark) in [(&near, &far, &link.up), (&far, &near, &link.down)] {
                    let from = from.try_clone().expect("a socket");
                    let to = to.try_clone().expect("a socket");
                    let dark = Arc::clone(dark);
                    thread::spawn(move || carry(from, to, &dark));
                }
                links.lock().expect("a lock").push(link);
            }
        });
        way
    }

    /// Where it begins, as a client is told.
    pub(crate) fn place(&self) -> String {
        self.address.to_string()
    }

    /// All links that are open now go dark. New ones are not.
    pub(crate) fn darken(&self) {
        for link in self.links.lock().expect("a lock").iter() {
            link.up.store(true, Ordering::SeqCst);
            link.down.store(true, Ordering::SeqCst);
        }
    }

    /// New links are dark from the beginning, or are not.
    pub(crate) fn fall_night(&self, night: bool) {
        self.night.store(night, Ordering::SeqCst);
    }

    /// What the server says on links that are open now does not arrive.
    pub(crate) fn mute_server(&self) {
        for link in self.links.lock().expect("a lock").iter() {
            link.down.store(true, Ordering::SeqCst);
        }
    }

    /// Both ends of all links are told that they are gone.
    pub(crate) fn cut(&self) {
        for link in self.links.lock().expect("a lock").drain(..) {
            // One end may be gone already.
            let _ = link.near.shutdown(Shutdown::Both);
            let _ = link.far.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, dark: &AtomicBool) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        let dark = dark.load(Ordering::SeqCst);
        // In the dark what was sent is taken, as by the buffers of a network, and so is its end.
        if count == 0 {
            if !dark {
                let _ = to.shutdown(Shutdown::Write);
            }
            return;
        }
        if !dark && to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
