//! A client, and a server for it that is made up of messages.

use std::time::Duration;

use bytes::BytesMut;
use parlance_proto::client::{
    Action, Client, ClientConfig, Key, LineState, Reason, State, Transmit, Wake,
};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::CLIENT_FRAME;
use parlance_proto::text::{Text, Topic};
use parlance_proto::time::Instant;
use parlance_proto::wire::{
    Decoder, Granted, Login, Message, SayKind, Welcome, You, decode, encode_frame,
};

/// A client and its time.
#[derive(Clone, Debug)]
pub struct Bench {
    client: Client,
    now: Instant,
}

/// What a server says first, to be altered: session 3 of member 12, `alice`, in an empty history of epoch 99.
#[must_use]
pub fn welcome() -> Welcome {
    Welcome {
        version: 1,
        you: You {
            member: 12,
            session: 3,
            name: "alice".to_owned(),
            addr: None,
        },
        room: "lobby".to_owned(),
        topic: None,
        members: 2,
        epoch: 99,
        start: 0,
        head: 0,
        acked: 0,
        limits: Granted {
            frame: 20_480,
            text: 16_384,
            window: 64,
            rate: 100,
            burst: 200,
        },
        keepalive: 30,
    }
}

impl Bench {
    /// `alice`, with a key or as a guest, whose link is being opened.
    #[must_use]
    pub fn new(has_key: bool) -> Bench {
        Bench::with(1, has_key, |_| {})
    }

    /// The same with another seed, and as `set` makes her.
    #[must_use]
    pub fn with(seed: u64, has_key: bool, set: impl FnOnce(&mut ClientConfig)) -> Bench {
        let name = Name::parse("alice").expect("a name");
        let mut config = ClientConfig::new(name, RoomName::lobby());
        config.identity = has_key.then(|| Key::new([7; 32]));
        set(&mut config);
        let now = Instant::from_millis(5_000);
        let client = Client::new(config, seed, now);
        let mut bench = Bench { client, now };
        assert_eq!(bench.actions(), [Action::Connect]);
        bench
    }

    /// Let in by [`welcome`], and all is drained.
    #[must_use]
    pub fn live(has_key: bool) -> Bench {
        let mut bench = Bench::new(has_key);
        bench.let_in(welcome());
        bench.sent();
        bench
    }

    /// The link opens; gives the `NAME` that is sent.
    pub fn greet(&mut self) -> Login {
        self.client.connected(self.now);
        match self.sent().pop() {
            Some(Message::Name(login)) => login,
            other => panic!("NAME, and not {other:?}"),
        }
    }

    /// The link opens and the client is let in: what it said, and what it then did.
    pub fn let_in(&mut self, welcome: Welcome) -> (Login, Vec<Action>) {
        let login = self.greet();
        self.actions();
        let actions = self.hears(&Message::Client(welcome));
        (login, actions)
    }

    /// What the server says, and what the client does about it.
    pub fn hears(&mut self, message: &Message) -> Vec<Action> {
        let mut bytes = BytesMut::new();
        encode_frame(message, &mut bytes).expect("within its limits");
        self.receive(&bytes);
        self.actions()
    }

    /// Bytes come.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.client.receive(bytes, self.now);
    }

    /// The link is lost; gives what the client does about it.
    pub fn lose(&mut self) -> Vec<Action> {
        self.client.receive_reset(self.now);
        self.actions()
    }

    /// Says a text; gives the client's own number of the line.
    pub fn say(&mut self, text: &str) -> u64 {
        let text = Text::parse(text).expect("a text");
        let line = self.client.say(SayKind::Say, None, text, self.now);
        line.expect("room for it").get()
    }

    /// Asks for another name.
    pub fn nick(&mut self, name: &str) -> u64 {
        let name = Name::parse(name).expect("a name");
        self.client.nick(name, self.now).expect("room for it").get()
    }

    /// Sets the topic.
    pub fn topic(&mut self, topic: &str) -> u64 {
        let topic = Some(Topic::parse(topic).expect("a topic"));
        let line = self.client.set_topic(topic, self.now);
        line.expect("room for it").get()
    }

    /// Sends a private message; gives its reference.
    pub fn tell(&mut self, to: u64, text: &str) -> u64 {
        let text = Text::parse(text).expect("a text");
        self.client.tell(to, text, self.now).expect("a link")
    }

    /// The clock has jumped; gives what the client does about it.
    pub fn jump(&mut self) -> Vec<Action> {
        self.client.clock_jumped(self.now);
        self.actions()
    }

    /// The link could not be opened.
    pub fn fail_to_connect(&mut self) {
        self.client.connect_failed(self.now);
        self.actions();
    }

    /// What is due next, and in how long.
    #[must_use]
    pub fn due(&self) -> Option<(Duration, Reason)> {
        let Wake { at, reason } = self.client.poll_timeout()?;
        Some((at.saturating_duration_since(self.now), reason))
    }

    /// Time passes; the client wakes whenever it wants to on the way. Gives what it does.
    pub fn pass(&mut self, time: Duration) -> Vec<Action> {
        let target = self.now.saturating_add(time);
        while let Some(wake) = self.client.poll_timeout().filter(|wake| wake.at <= target) {
            self.now = wake.at.max(self.now);
            self.client.handle_timeout(self.now);
            let next = self.client.poll_timeout();
            assert!(
                next.is_none_or(|next| next.at > self.now),
                "handled, and due"
            );
        }
        self.now = target;
        self.actions()
    }

    /// Waits until the client wants a link again; gives how long that was.
    pub fn until_connect(&mut self) -> Duration {
        let (wait, reason) = self.due().expect("a wait");
        assert_eq!(reason, Reason::Retry);
        assert!(self.pass(wait).contains(&Action::Connect));
        wait
    }

    /// What the client wants done or tells, but for `Writable` and `Roster`.
    pub fn actions(&mut self) -> Vec<Action> {
        let all = std::iter::from_fn(|| self.client.poll());
        all.filter(|action| !matches!(action, Action::Writable | Action::Roster))
            .collect()
    }

    /// What the client writes now.
    pub fn sent(&mut self) -> Vec<Message> {
        let mut bytes = Vec::new();
        while let Some(item) = self.client.poll_transmit(self.now) {
            if let Transmit::Data(data) = item {
                bytes.extend_from_slice(&data);
            }
        }
        let (mut decoder, mut input) = (Decoder::default(), &bytes[..]);
        let mut messages = Vec::new();
        while let Some(body) = decoder
            .next(&mut input, CLIENT_FRAME)
            .expect("a legal length")
        {
            messages.push(decode(body).expect("a message"));
        }
        assert!(!decoder.is_mid_frame(), "whole frames");
        messages
    }

    /// The same without what it asks of the roster.
    pub fn lines(&mut self) -> Vec<Message> {
        let mut sent = self.sent();
        sent.retain(|message| !matches!(message, Message::Who(_)));
        sent
    }

    /// The lines that are not settled, by the client's own number.
    #[must_use]
    pub fn pending(&self) -> Vec<u64> {
        self.client.outbox().map(|line| line.line.get()).collect()
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> State {
        self.client.state()
    }

    /// The machine, to ask it things.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// The lines that were settled by `actions`, and how.
#[must_use]
pub fn settled(actions: &[Action]) -> Vec<(u64, LineState)> {
    let change = |action: &Action| match action {
        Action::Line { line, state, .. } => Some((line.get(), state.clone())),
        _ => None,
    };
    actions.iter().filter_map(change).collect()
}
