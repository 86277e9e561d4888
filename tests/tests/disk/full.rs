//! Row 50: the disk is full, for as long as nobody frees some of it, and the power goes meanwhile.

use parlance::log::Answer;
use parlance::log::disk::{Command, Keep};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::{
    Deed, Entry, KeyHash, Line, LoginEntry, Owner, Room, SessionKey, Settings,
};
use parlance_proto::text::Text;
use parlance_proto::wire::SayKind;
use parlance_tests::disk::{Disk, Drive, Image};

use super::bench::Bench;
use super::power::cut;
use super::story::{Showing, Story, fresh};

/// What is free when the talk begins.
const FREE: u64 = 600 << 10;
/// The file that the log puts space by in.
const RESERVE: usize = 4 << 20;

fn session(who: u8) -> SessionKey {
    SessionKey {
        owner: Owner::Key(KeyHash::from_bytes([who; 32])),
        session: [who; 16],
    }
}

fn login(fold: &Room, who: u8) -> Entry {
    Entry::Login(LoginEntry {
        session: session(who),
        attempt: fold.session(&session(who)).map_or(0, |known| known.attempt) + 1,
        nonce: who.into(),
        node: 7,
        name: Name::parse(&format!("user{who}")).expect("a name"),
        host: None,
        address: None,
    })
}

fn line(fold: &Room) -> Entry {
    let session = session(1);
    let known = fold.session(&session).expect("it logged in");
    let newest = fold.acked(&session);
    Entry::Line(Line {
        session,
        attempt: known.attempt,
        member: known.member,
        id: newest + 1,
        after: newest,
        deed: Deed::Say {
            kind: SayKind::Say,
            re: None,
            text: Text::parse(&format!("{} {}", newest + 1, "x".repeat(6_000))).expect("a text"),
        },
    })
}

/// A log in one room, and the story of it.
struct Talk {
    story: Story,
    drive: Drive,
    bench: Bench,
    room: RoomName,
}

impl Talk {
    fn begin() -> Talk {
        let disk = Disk::new(fresh());
        let drive = Drive::new(disk.clone());
        let bench = Bench::open(&drive, &disk, Keep::default(), 0).expect("a healthy disk");
        let mut talk = Talk {
            story: Story::on(disk),
            drive,
            bench,
            room: RoomName::lobby(),
        };
        let (epoch, settings) = (9, Settings::default());
        assert!(talk.append(|_| Entry::Founded { epoch, settings }));
        assert!(talk.append(|fold| login(fold, 1)));
        talk
    }

    /// Whether it is stored.
    fn append(&mut self, entry: impl Fn(&Room) -> Entry) -> bool {
        let fold = self.bench.rooms.get(&self.room).cloned();
        let entry = entry(&fold.unwrap_or_default());
        let proposal = self.bench.proposal(&self.room, entry);
        let commands = vec![Command::Append(vec![proposal])];
        let answers = self
            .story
            .turn(&mut self.bench, commands, Showing::Answered);
        let answers = answers.expect("a full disk is no end");
        match &answers[..] {
            [Answer::Appended { .. }] => true,
            [Answer::Failed { .. }] => false,
            other => panic!("{other:?}"),
        }
    }

    fn say(&mut self) -> bool {
        self.bench.now_ms += 100;
        self.append(line)
    }

    fn assert_all_is_read(&mut self) {
        let read = self.bench.read(&self.room).expect("what is stored is read");
        assert_eq!(read, self.story.events_of(&self.room));
    }

    fn fill(&mut self) {
        let disk = &self.story.disk;
        disk.set_capacity(Some(disk.image().size() + FREE));
        let mut said = 0;
        while self.say() {
            said += 1;
            assert!(said < 1_000, "it is full at some time");
        }
        assert!(said > 10, "{said}");
    }

    fn reserve(&self) -> usize {
        self.story
            .disk
            .image()
            .file("reserve")
            .map_or(0, <[u8]>::len)
    }
}

#[test]
fn logins_go_on_in_a_full_disk_and_lines_when_there_is_space() {
    let mut talk = Talk::begin();
    talk.fill();
    assert_eq!(talk.reserve(), 0, "it is given up");
    let mut refused = 0;
    for who in 2..40 {
        talk.bench.now_ms += 100;
        assert!(talk.append(|fold| login(fold, who)), "login {who}");
        let said = talk.say();
        assert!(
            !said || talk.reserve() == RESERVE,
            "a line took the space of the logins"
        );
        refused += u32::from(!said);
        talk.assert_all_is_read();
    }
    assert!(refused > 5, "{refused}");
    // The process ends and comes back. What its write-ahead log took is taken by somebody else.
    let rooms = talk.bench.rooms.clone();
    let now_ms = talk.bench.now_ms;
    let Talk {
        bench,
        story,
        drive,
        room,
    } = talk;
    drop(bench);
    story
        .disk
        .set_capacity(Some(story.disk.image().size() + (64 << 10)));
    let bench = Bench::open(&drive, &story.disk, Keep::default(), now_ms);
    let bench = bench.expect("a start in a full disk");
    assert_eq!(bench.rooms, rooms);
    let mut talk = Talk {
        story,
        drive,
        bench,
        room,
    };
    let full = (0..1_000).any(|_| !talk.say());
    assert!(full, "it is full at some time");
    assert!(talk.append(|fold| login(fold, 40)));
    talk.assert_all_is_read();

    talk.story.disk.set_capacity(None);
    talk.bench.now_ms += 1_100;
    assert!(talk.say(), "it recovers by itself");
    talk.bench.now_ms += 1_100;
    assert!(talk.say());
    assert_eq!(talk.reserve(), RESERVE, "it is taken back");
    talk.assert_all_is_read();
}

#[test]
fn a_power_loss_in_a_full_disk_takes_nothing() {
    let mut talk = Talk::begin();
    talk.fill();
    for who in 2..6 {
        assert!(talk.append(|fold| login(fold, who)));
        assert!(!talk.say());
    }
    talk.story.disk.set_capacity(None);
    talk.bench.now_ms += 1_100;
    assert!(talk.say());
    let drive = Drive::new(Disk::new(Image::default()));
    let starts = cut(&talk.story, 1, &drive).unwrap_or_else(|broken| panic!("{broken}"));
    println!("{starts} starts after a power loss in a full disk");
    assert!(starts > 200, "{starts}");
}
