//! The worker over real sockets, in one thread with its peers.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use parlance_proto::close::CloseReason;
use parlance_proto::name::RoomName;
use parlance_proto::server::{Config, Note, Server, Ticket};
use parlance_proto::wire::{
    ByeCode, Decoder, Event, Login, Message, Say, SayKind, decode, encode_frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep, timeout};

use super::listener::Listener;
use super::worker::Worker;
use super::{Peer, Watch, run};
use crate::clock::Clock;
use crate::log::memory::MemoryLog;
use crate::log::{Answer, Log, Proposal};

/// Nothing here takes a second where all is well.
const LONG: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Seen {
    closed: RefCell<Vec<CloseReason>>,
}

impl Watch for Seen {
    fn listening(&self, _address: SocketAddr) {}
    fn accepted(&self, _peer: Peer) {}
    fn closed(&self, _peer: Peer, reason: &CloseReason) {
        self.closed.borrow_mut().push(reason.clone());
    }
    fn accept_waits(&self, error: &std::io::Error, _wait: Duration) {
        panic!("{error}");
    }
}

/// A log that has nothing to say until some time after it was asked, as one on disk.
struct LateLog {
    inner: MemoryLog,
    held: VecDeque<Answer>,
    due: Option<Pin<Box<Sleep>>>,
    ready: VecDeque<Answer>,
}

impl LateLog {
    fn new(clock: Clock) -> LateLog {
        LateLog {
            inner: MemoryLog::new(clock, 1 << 20),
            held: VecDeque::new(),
            due: None,
            ready: VecDeque::new(),
        }
    }
}

impl Log for LateLog {
    fn append(&mut self, batch: &mut Vec<Proposal>) {
        self.inner.append(batch);
    }
    fn made(&mut self, room: &RoomName, pos: u64, event: Option<Event>) {
        self.inner.made(room, pos, event);
    }
    fn read(&mut self, room: &RoomName, ticket: Ticket, after: u64, limit: usize) {
        self.inner.read(room, ticket, after, limit);
    }
    fn pass(&mut self, room: RoomName, note: Note) {
        self.inner.pass(room, note);
    }
    fn forget(&mut self, room: &RoomName) {
        self.inner.forget(room);
    }
    fn poll(&mut self) -> Option<Answer> {
        while let Some(answer) = self.inner.poll() {
            self.held.push_back(answer);
        }
        self.ready.pop_front()
    }
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let due = self
            .due
            .get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(20))));
        if due.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.due = None;
        self.ready.append(&mut self.held);
        Poll::Ready(())
    }
}

/// Asks the server to end, once: a second time would cut the end short.
#[derive(Default)]
struct Stop {
    notify: Notify,
    asked: Cell<bool>,
}

impl Stop {
    fn ask(&self) {
        if !self.asked.replace(true) {
            self.notify.notify_one();
        }
    }
}

/// Runs a server over `log` while `test` talks to it; the reasons for which its connections ended.
fn serve<F: Future<Output = ()>>(
    log: impl FnOnce(Clock) -> Box<dyn Log>,
    test: impl FnOnce(SocketAddr, Rc<Stop>) -> F,
) -> Vec<CloseReason> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let seen = Rc::new(Seen::default());
    runtime.block_on(async {
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listener.address();
        let clock = Clock::start();
        let server = Server::new(Config::default(), 7);
        let watch = Rc::clone(&seen) as Rc<dyn Watch>;
        let worker = Worker::new(clock, server, log(clock), None, watch);
        let stop = Rc::new(Stop::default());
        let never = async || std::future::pending().await;
        let serving = run(
            worker,
            listener,
            1,
            async || stop.notify.notified().await,
            never,
        );
        let tested = async {
            test(address, Rc::clone(&stop)).await;
            stop.ask();
        };
        timeout(LONG, async { tokio::join!(serving, tested) })
            .await
            .expect("in time");
    });
    seen.closed.take()
}

fn in_memory(clock: Clock) -> Box<dyn Log> {
    Box::new(MemoryLog::new(clock, 1 << 20))
}

struct Member {
    socket: TcpStream,
    decoder: Decoder,
    messages: VecDeque<Message>,
}

impl Member {
    async fn join(address: SocketAddr, name: &str) -> Member {
        let mut member = Member {
            socket: TcpStream::connect(address).await.unwrap(),
            decoder: Decoder::default(),
            messages: VecDeque::new(),
        };
        let login = Login {
            versions: vec![1],
            name: name.to_owned(),
            room: "lobby".to_owned(),
            history: 0,
            identity: None,
            resume: None,
            proof: None,
            agent: None,
        };
        member.send(login.into()).await;
        assert!(matches!(member.next().await, Some(Message::Client(_))));
        member
    }

    async fn send(&mut self, message: Message) {
        let mut out = BytesMut::new();
        encode_frame(&message, &mut out).unwrap();
        self.socket.write_all(&out).await.unwrap();
    }

    async fn say(&mut self, id: u64, text: &str) {
        let say = Say {
            id,
            after: id - 1,
            kind: SayKind::Say,
            re: None,
            text: text.to_owned(),
        };
        self.send(say.into()).await;
    }

    /// The next message; none at the end of the stream.
    async fn next(&mut self) -> Option<Message> {
        while self.messages.is_empty() {
            let mut buffer = [0; 4096];
            let count = timeout(LONG, self.socket.read(&mut buffer))
                .await
                .unwrap()
                .unwrap();
            if count == 0 {
                return None;
            }
            let mut input = &buffer[..count];
            while let Some(body) = self.decoder.next(&mut input, 65_536).unwrap() {
                self.messages.push_back(decode(body).unwrap());
            }
        }
        self.messages.pop_front()
    }

    async fn said(&mut self) -> String {
        loop {
            if let Some(Message::Said(said)) = self.next().await {
                return format!("{}: {}", said.name, said.text.unwrap_or_default());
            }
        }
    }
}

async fn two_talk(address: SocketAddr, _stop: Rc<Stop>) {
    let mut alice = Member::join(address, "alice").await;
    let mut bob = Member::join(address, "bob").await;
    for id in 1..=100 {
        alice.say(id, &format!("line {id}")).await;
    }
    for id in 1..=100 {
        let line = format!("alice: line {id}");
        assert_eq!(alice.said().await, line);
        assert_eq!(bob.said().await, line);
    }
}

#[test]
fn what_one_says_all_hear_in_order() {
    serve(in_memory, two_talk);
}

#[test]
fn a_log_that_answers_later_makes_no_difference() {
    serve(|clock| Box::new(LateLog::new(clock)), two_talk);
}

#[test]
fn garbage_gets_last_words_and_hurts_nobody() {
    let closed = serve(in_memory, async |address, _stop| {
        let mut alice = Member::join(address, "alice").await;
        let mut stranger = TcpStream::connect(address).await.unwrap();
        stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        // The server waits two seconds for the stranger to close: the half-close has to be there before.
        timeout(Duration::from_secs(1), stranger.read_to_end(&mut answer))
            .await
            .expect("half-closed")
            .unwrap();
        match decode(&answer[4..]) {
            Ok(Message::Bye(bye)) => assert_eq!(bye.code, ByeCode::TOO_BIG),
            other => panic!("{other:?}"),
        }
        drop(stranger);
        alice.say(1, "still here").await;
        assert_eq!(alice.said().await, "alice: still here");
    });
    assert!(matches!(closed[0], CloseReason::Violated(_)), "{closed:?}");
}

#[test]
fn at_the_end_everybody_is_told_and_one_who_does_not_listen_is_not_waited_for() {
    // Never closed by its owner while the server runs.
    let kept = RefCell::new(None);
    serve(in_memory, async |address, stop| {
        let mut alice = Member::join(address, "alice").await;
        let deaf = Member::join(address, "deaf").await;
        stop.ask();
        loop {
            match alice.next().await {
                Some(Message::Bye(bye)) => {
                    assert_eq!(bye.code, ByeCode::SHUTDOWN);
                    assert_eq!(bye.retry, Some(1));
                    break;
                }
                Some(_) => {}
                None => panic!("no last words"),
            }
        }
        assert_eq!(alice.next().await, None, "half-closed after them");
        drop(alice);
        sleep(Duration::from_millis(100)).await;
        assert!(
            TcpStream::connect(address).await.is_err(),
            "nobody is let in any more"
        );
        kept.replace(Some(deaf));
    });
    assert!(kept.take().is_some());
}
