//! The task of a connection: it reads, and waits where a write has to.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use super::super::worker::Worker;
use super::Link;
use crate::tls::session::Received;

/// Runs the connection's task until the machine lets go of it.
pub(in crate::server) async fn run(worker: Rc<Worker>, link: Rc<Link>, mut input: OwnedReadHalf) {
    poll_fn(|cx| turn(&worker, &link, &mut input, cx)).await;
}

fn turn(
    worker: &Worker,
    link: &Rc<Link>,
    input: &mut OwnedReadHalf,
    cx: &mut Context<'_>,
) -> Poll<()> {
    link.park(cx.waker());
    if link.blocked.get() && link.socket.as_ref().poll_write_ready(cx).is_ready() {
        // Ready with an error, too: the write will meet it.
        link.blocked.set(false);
        worker.queue(link);
    }
    if link.reading.get() && !link.ended.get() {
        match worker.with_buffer(|buffer| read(worker, link, input, buffer, cx)) {
            Poll::Pending => {}
            // The others first; what is left, and what comes, is seen in the next turn.
            Poll::Ready(()) => cx.waker().wake_by_ref(),
        }
    }
    if link.ended.get() {
        return Poll::Ready(());
    }
    Poll::Pending
}

/// What came of reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// There may be more.
    Open,
    /// The peer says no more.
    Over,
    /// The link is good for nothing.
    Broken,
}

/// Gives the machine what arrived, or what TLS makes of it.
fn feed(worker: &Worker, link: &Link, bytes: &[u8]) -> Heard {
    let Some(tls) = &link.tls else {
        worker.with(|server, now| server.receive(link.id, bytes, now));
        return Heard::Open;
    };
    let received = worker.with(|server, now| {
        let hand = |said: &[u8]| server.receive(link.id, said, now);
        tls.borrow_mut().receive(bytes, hand)
    });
    match received {
        Ok(Received::Open) => Heard::Open,
        Ok(Received::Over) => Heard::Over,
        Err(error) => {
            link.write_last();
            worker.watch().tls_failed(link.peer, &error);
            Heard::Broken
        }
    }
}

/// Reads once, as much as the worker's buffer holds.
fn read(
    worker: &Worker,
    link: &Rc<Link>,
    input: &mut OwnedReadHalf,
    buffer: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<()> {
    let mut buffer = ReadBuf::new(buffer);
    let result = match Pin::new(input).poll_read(cx, &mut buffer) {
        Poll::Pending => return Poll::Pending,
        Poll::Ready(result) => result,
    };
    let bytes = buffer.filled();
    let heard = match result {
        Ok(()) if bytes.is_empty() => Heard::Over,
        Ok(()) => feed(worker, link, bytes),
        Err(_) => Heard::Broken,
    };
    if heard != Heard::Open {
        link.input_over.set(true);
        worker.with(|server, now| match heard {
            Heard::Over => server.receive_eof(link.id, now),
            _ => server.receive_reset(link.id, now),
        });
    }
    if link.tls_waits() || link.kept.borrow().is_some() {
        // The handshake has an answer, or what waited for its end may go.
        worker.queue(link);
    }
    // The edge may have come and gone while this was fed: what counts is how it stands now.
    link.set_reading(worker.wants_read(link.id));
    Poll::Ready(())
}
