//! What is answered is there at the next start, as it was.

use super::*;

#[test]
fn what_was_answered_is_there_at_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let other = RoomName::parse("other").unwrap();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 5);
    bench.talk(&other, 3);
    bench.talk(&lobby, 2);
    let before = (bench.rooms.clone(), bench.read(&lobby, 0));
    assert_eq!(before.1.len(), 8, "a join and seven lines");
    // As after `kill -9`: nothing is finished.
    drop(bench);
    let mut bench = Bench::open(home.path());
    assert_eq!((bench.rooms.clone(), bench.read(&lobby, 0)), before);
    assert_eq!(bench.writer.store().node(), 7);
    bench.writer.finish().unwrap();
    drop(bench);
    let mut bench = Bench::open(home.path());
    assert_eq!((bench.rooms.clone(), bench.read(&lobby, 0)), before);
    bench.talk(&lobby, 1);
    assert_eq!(said(&bench.read(&lobby, 8)), [(9, "line 8".to_owned())]);
}

#[test]
fn a_checkpoint_takes_the_place_of_the_entries_before_it() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 50);
    bench.checkpoint(&lobby);
    assert_eq!(bench.writer.store().facts.settled, 52);
    bench.talk(&lobby, 3);
    let rooms = bench.rooms.clone();
    drop(bench);
    let bench = Bench::open(home.path());
    assert_eq!(bench.rooms, rooms);
    assert_eq!(bench.writer.store().rooms[&lobby].since, Some(53));
}

#[test]
fn a_checkpoint_is_asked_for_once_there_is_much_to_fold() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 1);
    let many = (2..=20_000).map(line).collect();
    bench.append(&lobby, many);
    let asked = |bench: &mut Bench| bench.writer.turn(Vec::new(), times(0)).unwrap().due;
    // Asked with the turn that made it so; not again before it comes.
    assert!(asked(&mut bench).is_empty());
    assert!(bench.writer.asked.contains(&lobby));
    bench.checkpoint(&lobby);
    assert!(bench.writer.asked.is_empty());
    assert!(asked(&mut bench).is_empty());
}

#[test]
fn pages_end_at_their_limit_and_go_on_in_what_is_not_stored_yet() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 4);
    let all = bench.read(&lobby, 0);
    let size = |event: &Event| {
        let message = parlance_proto::wire::Message::from(event.clone());
        parlance_proto::wire::encode(&message).unwrap().len()
    };
    for two in [0, 1, 2, 3] {
        let limit = size(&all[two]) + size(&all[two + 1]);
        for (limit, expected) in [(limit, 2), (limit - 1, 1), (0, 1)] {
            let command = Command::Read {
                room: lobby.clone(),
                ticket: Ticket::new(1),
                after: two as u64,
                limit,
            };
            let answers = bench.turn(vec![command]);
            let [Answer::History { events, .. }] = &answers[..] else {
                panic!("{answers:?}")
            };
            assert_eq!(events[..], all[two..two + expected]);
        }
    }
}

/// An empty room whose place is wanted goes with all that was said; one of the same name is another.
#[test]
fn a_room_that_is_forgotten_comes_back_as_another() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let other = RoomName::parse("other").unwrap();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 3);
    bench.talk(&other, 2);
    bench.turn(vec![Command::Forget(lobby.clone())]);
    bench.rooms.retain(|(name, _)| *name != lobby);
    bench.talk(&lobby, 1);
    let rooms = bench.rooms.clone();
    assert_eq!(said(&bench.read(&lobby, 0)), [(2, "line 1".to_owned())]);
    drop(bench);
    let mut bench = Bench::open(home.path());
    let mut sorted = rooms;
    sorted.sort_by(|(a, _), (b, _)| b.cmp(a));
    bench.rooms.sort_by(|(a, _), (b, _)| b.cmp(a));
    assert_eq!(bench.rooms, sorted);
    assert_eq!(said(&bench.read(&lobby, 0)), [(2, "line 1".to_owned())]);
}
