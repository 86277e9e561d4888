//! The fixtures, and members of the seed's wire at a server machine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parlance_proto::legacy::{BODY, Kind, Reader, Width, pickle, write_frame};
use parlance_proto::server::{Config, ConnId, Origin};
use parlance_proto::text::Host;
use parlance_tests::rig::Room;

/// Where the recordings of the seed's programs are.
pub(crate) fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/seed")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits");
    digits.chunks_exact(2).map(byte).collect()
}

/// One of the recordings: bytes of one direction.
pub(crate) fn capture(name: &str) -> Vec<u8> {
    let text = fixture(&format!("{name}.hex"));
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(unhex).collect()
}

/// Every recording, by name.
pub(crate) fn captures() -> BTreeMap<String, Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/seed");
    let files = std::fs::read_dir(folder).expect("the fixtures");
    let names = files.filter_map(|file| {
        let name = file
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a name");
        name.strip_suffix(".hex").map(str::to_owned)
    });
    names.map(|name| (name.clone(), capture(&name))).collect()
}

/// The texts in some frames of one width, and as what they were written.
pub(crate) fn texts(bytes: &[u8], width: Width) -> Vec<(Kind, String)> {
    let (mut reader, mut input) = (Reader::of_width(width), bytes);
    let mut all = Vec::new();
    while let Some(body) = reader.next(&mut input, BODY).expect("a legal header") {
        all.push(pickle::read(&body, 2 * 16_384).expect("a text"));
    }
    assert!(!reader.is_mid_frame(), "whole frames");
    all
}

/// A room that takes the seed's wire.
pub(crate) fn room() -> Room {
    room_with(|_| {})
}

pub(crate) fn room_with(set: impl FnOnce(&mut Config)) -> Room {
    let mut room = Room::with(set);
    room.take_seed_wire();
    room
}

pub(crate) fn near() -> Origin {
    let host = Host::parse("127.0.0.1").ok();
    Origin {
        addr: host.clone(),
        host,
    }
}

/// A client of the seed, as a program would write it.
pub(crate) struct Member {
    pub(crate) conn: ConnId,
    pub(crate) width: Width,
    pub(crate) kind: Kind,
}

impl Member {
    pub(crate) fn connect(room: &mut Room, width: Width, kind: Kind) -> Member {
        let conn = room.accept_from(near());
        Member { conn, width, kind }
    }

    /// Connects, logs in, and takes the welcome.
    pub(crate) fn join(room: &mut Room, name: &str, width: Width, kind: Kind) -> Member {
        let member = Member::connect(room, width, kind);
        member.say(room, &format!("NAME: {name}"));
        assert_eq!(member.hear(room), ["CLIENT: 127.0.0.1"], "{name}");
        member
    }

    pub(crate) fn wide(room: &mut Room, name: &str) -> Member {
        Member::join(room, name, Width::Wide, Kind::Str)
    }

    pub(crate) fn frame(&self, text: &str) -> Vec<u8> {
        let mut frame = Vec::new();
        write_frame(text, self.width, self.kind, &mut frame);
        frame
    }

    pub(crate) fn say(&self, room: &mut Room, text: &str) {
        room.receive(self.conn, &self.frame(text));
    }

    /// What it is told: all of it of its own width and kind.
    pub(crate) fn hear(&self, room: &mut Room) -> Vec<String> {
        self.hear_all(room).0
    }

    /// What it is told, and whether that is the last.
    pub(crate) fn hear_all(&self, room: &mut Room) -> (Vec<String>, bool) {
        let (bytes, ended) = room.take(self.conn);
        let kind = match self.kind {
            Kind::Str => Kind::Str,
            Kind::Unicode | Kind::Bytes => Kind::Unicode,
        };
        let texts = texts(&bytes, self.width)
            .into_iter()
            .map(|(as_what, text)| {
                assert_eq!(as_what, kind, "{text}");
                text
            });
        (texts.collect(), ended)
    }
}
