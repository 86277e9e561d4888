//! The load generator against peers that do something wrong: whatever that is, it is told, and the exit status is 1.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::BytesMut;
use parlance_proto::wire::{
    Bye, ByeCode, Decoder, Granted, Message, Ping, Said, Say, Welcome, You, decode, encode_frame,
};

const MEMBERS: u64 = 3;
/// The event that something is done to: late enough for all to be in, early enough for others to follow.
const FAULT_AT: u64 = 20;

/// What is done to that event, for the last of the members, who only listens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// A ping comes before it, and it only after the pong.
    Ping,
    /// It is left out.
    Drop,
    /// It is left out, and the numbers go on without a hole.
    Hide,
    /// The line is taken and nobody is given it.
    Swallow,
    /// It comes twice.
    Repeat,
    /// It comes twice, the second time under the next number.
    Echo,
    /// It comes after the next one.
    Swap,
    /// The last words come in its place.
    Bye,
}

#[test]
fn a_right_peer_passes() {
    for fault in [Fault::None, Fault::Ping] {
        let output = load(fault);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
        assert!(
            text.contains(r#""losses":0"#) && text.contains(r#""repeats":0"#),
            "{text}"
        );
        assert!(!text.contains(r#""deliveries":0"#), "{text}");
    }
}

#[test]
fn what_is_lost_is_told() {
    // What one member was not given counts once, though its number and its text both tell of it.
    for fault in [Fault::Drop, Fault::Hide] {
        let text = wrong(fault);
        assert!(
            text.contains(r#""losses":1,"#) && text.contains(r#""repeats":0"#),
            "{text}"
        );
    }
    // What nobody was given counts for each.
    let text = wrong(Fault::Swallow);
    assert!(
        text.contains(r#""losses":3,"#) && text.contains(r#""repeats":0"#),
        "{text}"
    );
}

#[test]
fn what_is_repeated_is_told() {
    let text = wrong(Fault::Repeat);
    assert!(
        text.contains(r#""losses":0"#) && text.contains(r#""repeats":1,"#),
        "{text}"
    );
    // The others have one event less.
    let text = wrong(Fault::Echo);
    assert!(
        text.contains(r#""losses":2,"#) && text.contains(r#""repeats":1,"#),
        "{text}"
    );
}

#[test]
fn another_order_is_told() {
    let text = wrong(Fault::Swap);
    assert!(
        text.contains(r#""losses":1,"#) && text.contains(r#""repeats":1,"#),
        "{text}"
    );
}

#[test]
fn whoever_is_sent_away_says_why_and_has_no_figures() {
    let output = load(Fault::Bye);
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(stdout(&output), "");
    assert!(
        stderr(&output).contains("sent away by the server: busy"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn where_nobody_listens_it_says_so() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let output = program().args(["load", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
}

fn wrong(fault: Fault) -> String {
    let output = load(fault);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}{}", stderr(&output));
    assert!(stderr(&output).contains("not every member heard everything"));
    text
}

fn load(fault: Fault) -> Output {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || serve(&listener, fault));
    let members = MEMBERS.to_string();
    program()
        .args([
            "load",
            &address,
            "--json",
            "--clients",
            &members,
            "--senders",
            "2",
        ])
        .args(["--window", "4", "--duration", "300ms", "--warm-up", "10ms"])
        .output()
        .unwrap()
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_parlance"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A room that keeps nothing and checks nothing.
struct Room {
    fault: Fault,
    head: u64,
    members: Vec<Option<Member>>,
}

/// One member's side of it.
struct Member {
    socket: TcpStream,
    /// What is added to the numbers of its events; it may count as one less than nothing.
    shift: u64,
    /// The event that waits for the next one.
    late: Option<Vec<u8>>,
    /// What waits for a pong.
    waits: Option<Vec<u8>>,
}

fn serve(listener: &TcpListener, fault: Fault) {
    let room = Arc::new(Mutex::new(Room {
        fault,
        head: 0,
        members: Vec::new(),
    }));
    for number in 0..MEMBERS {
        let (socket, _) = listener.accept().unwrap();
        room.lock().unwrap().members.push(None);
        let room = Arc::clone(&room);
        thread::spawn(move || hear(socket, number as usize, &room));
    }
}

fn hear(mut socket: TcpStream, number: usize, room: &Mutex<Room>) {
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        let mut input = &buffer[..count];
        while let Some(body) = decoder.next(&mut input, 20_480).unwrap() {
            let room = &mut *room.lock().unwrap();
            match decode(body).unwrap() {
                Message::Name(login) => room.join(number, socket.try_clone().unwrap(), login.name),
                Message::Say(say) => room.say(number, say),
                Message::Pong(pong) => room.pong(number, pong.nonce),
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Room {
    fn join(&mut self, number: usize, socket: TcpStream, name: String) {
        let mut member = Member {
            socket,
            shift: 0,
            late: None,
            waits: None,
        };
        member.send(&frame(&Message::Client(welcome(number, name, self.head))));
        self.members[number] = Some(member);
    }

    fn say(&mut self, sender: usize, say: Say) {
        let fault = if self.head + 1 == FAULT_AT {
            self.fault
        } else {
            Fault::None
        };
        if fault == Fault::Swallow {
            self.fault = Fault::None;
            return;
        }
        self.head += 1;
        let said = Said {
            seq: self.head,
            at: 1,
            member: sender as u64 + 1,
            session: sender as u64 + 1,
            id: say.id,
            name: "somebody".to_owned(),
            kind: say.kind,
            re: None,
            text: Some(say.text),
        };
        let victim = self.members.len() - 1;
        for (number, member) in self.members.iter_mut().enumerate() {
            if let Some(member) = member {
                member.tell(&said, if number == victim { fault } else { Fault::None });
            }
        }
    }

    fn pong(&mut self, number: usize, nonce: u64) {
        assert_eq!(nonce, 7);
        let member = self.members[number].as_mut().unwrap();
        let waits = member.waits.take().unwrap();
        member.send(&waits);
    }
}

impl Member {
    fn tell(&mut self, said: &Said, fault: Fault) {
        let numbered = |shift: u64| {
            let seq = said.seq.wrapping_add(shift);
            frame(&Message::Said(Said {
                seq,
                ..said.clone()
            }))
        };
        let event = numbered(self.shift);
        match fault {
            Fault::None | Fault::Swallow => {
                self.send(&event);
                if let Some(late) = self.late.take() {
                    self.send(&late);
                }
            }
            Fault::Ping => {
                self.send(&frame(&Message::Ping(Ping { nonce: 7 })));
                self.waits = Some(event);
            }
            Fault::Drop => {}
            Fault::Hide => self.shift = u64::MAX,
            Fault::Repeat => {
                self.send(&event);
                self.send(&event);
            }
            Fault::Echo => {
                self.send(&event);
                self.shift = 1;
                self.send(&numbered(1));
            }
            Fault::Swap => self.late = Some(event),
            Fault::Bye => {
                let text = "come back later".to_owned();
                let code = ByeCode::BUSY;
                self.send(&frame(&Message::Bye(Bye {
                    code,
                    text,
                    retry: None,
                })));
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        match &mut self.waits {
            Some(waits) => waits.extend_from_slice(bytes),
            // The generator may be gone already.
            None => drop(self.socket.write_all(bytes)),
        }
    }
}

fn welcome(number: usize, name: String, head: u64) -> Welcome {
    Welcome {
        version: 1,
        you: You {
            member: number as u64 + 1,
            session: number as u64 + 1,
            name,
            addr: None,
        },
        room: "load".to_owned(),
        topic: None,
        members: MEMBERS,
        epoch: 1,
        start: head,
        head,
        acked: 0,
        limits: Granted {
            frame: 20_480,
            text: 16_384,
            window: 64,
            rate: 0,
            burst: 0,
        },
        keepalive: 30,
    }
}

fn frame(message: &Message) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).unwrap();
    out.to_vec()
}
