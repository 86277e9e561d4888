//! What counts and what does not, in two processes at once, and what is kept of it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);
/// Some time in 2026.
const NOW: u64 = 1_790_000_000_000;

struct Rig {
    folder: TempDir,
    store: Store,
}

impl Rig {
    fn new() -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        Rig { folder, store }
    }

    fn make(&mut self, uses: u64) -> (Secret, u64) {
        self.store.make(uses, HOUR, &lobby(), NOW).unwrap()
    }

    fn check(&mut self, key: Option<u8>, proof: Option<&Secret>) -> Checked {
        self.check_in(&lobby(), key, proof, NOW)
    }

    fn check_in(
        &mut self,
        room: &RoomName,
        key: Option<u8>,
        proof: Option<&Secret>,
        now: u64,
    ) -> Checked {
        let key = key.map(self::key);
        let proof = proof.and_then(Secret::proof);
        let proof = proof.as_ref().map(|proof| proof.as_bytes());
        self.store.check(room, key.as_ref(), proof, now).unwrap()
    }

    fn uses(&self) -> Vec<u64> {
        let all = self.store.list().unwrap();
        all.iter().map(|invitation| invitation.uses).collect()
    }
}

fn lobby() -> RoomName {
    RoomName::lobby()
}

fn attic() -> RoomName {
    RoomName::parse("attic").unwrap()
}

fn key(byte: u8) -> KeyHash {
    KeyHash::from_bytes([byte; 32])
}

fn invited(id: u64) -> Checked {
    Checked::Invited(i64::try_from(id).unwrap())
}

#[test]
fn an_invitation_counts_as_often_as_it_says_and_who_came_in_returns_without() {
    let mut rig = Rig::new();
    let (secret, id) = rig.make(2);
    assert_eq!(rig.check(Some(1), None), Checked::Refused);
    assert_eq!(rig.check(Some(1), Some(&secret)), invited(id));
    assert_eq!(rig.uses(), [1]);
    assert_eq!(rig.check(Some(1), None), Checked::Known);
    assert_eq!(rig.check(Some(1), Some(&secret)), Checked::Known);
    assert_eq!(rig.uses(), [1], "who is known needs none");
    // A guest is nobody the next time.
    assert_eq!(rig.check(None, Some(&secret)), invited(id));
    assert_eq!(rig.check(None, Some(&secret)), Checked::Refused);
    assert_eq!(rig.check(Some(2), Some(&secret)), Checked::Refused);
    assert_eq!(rig.check(Some(1), None), Checked::Known);
}

#[test]
fn expired_revoked_of_another_room_and_wrong_are_refused_alike() {
    let mut rig = Rig::new();
    let (secret, id) = rig.make(9);
    let hour = 3_600_000;
    assert_eq!(
        rig.check_in(&lobby(), Some(1), Some(&secret), NOW + hour),
        Checked::Refused
    );
    assert_eq!(
        rig.check_in(&lobby(), Some(1), Some(&secret), NOW + hour - 1),
        invited(id)
    );
    assert_eq!(
        rig.check_in(&attic(), Some(2), Some(&secret), NOW),
        Checked::Refused
    );
    assert_eq!(
        rig.check_in(&attic(), Some(1), None, NOW),
        Checked::Refused,
        "known in one room is not known in another"
    );
    assert_eq!(
        rig.check(Some(2), Some(&Secret::new([0; 16]))),
        Checked::Refused
    );
    assert!(rig.store.revoke(id).unwrap());
    assert!(!rig.store.revoke(id).unwrap());
    assert!(!rig.store.revoke(u64::MAX).unwrap());
    assert_eq!(rig.check(Some(2), Some(&secret)), Checked::Refused);
    assert_eq!(rig.check(Some(1), None), Checked::Known, "who is in stays");
    assert_ne!(rig.make(1).1, id, "a number is not given again");
}

#[test]
fn a_proof_of_any_length_is_only_compared() {
    let mut rig = Rig::new();
    let (secret, _) = rig.make(1);
    let whole = secret.proof().unwrap();
    let longer = [whole.as_bytes(), &[0]].concat();
    for proof in [&whole.as_bytes()[..15], &longer, &secret.hash(), &[7; 256]] {
        let checked = rig.store.check(&lobby(), None, Some(proof), NOW).unwrap();
        assert_eq!(checked, Checked::Refused);
    }
    assert_eq!(rig.uses(), [1]);
}

#[test]
fn all_of_a_hash_is_compared() {
    let mut rig = Rig::new();
    let (secret, _) = rig.make(1);
    for place in 0..32 {
        let mut hash = secret.hash();
        hash[place] ^= 1;
        let stored = "UPDATE invitations SET hash = ?1";
        rig.store.db.execute(stored, [hash]).unwrap();
        assert_eq!(rig.check(None, Some(&secret)), Checked::Refused, "{place}");
    }
}

#[test]
fn each_of_many_is_found() {
    let mut rig = Rig::new();
    let all: Vec<(Secret, u64)> = (0..20).map(|_| rig.make(1)).collect();
    for (secret, id) in all.iter().rev() {
        assert_eq!(rig.check(None, Some(secret)), invited(*id));
    }
    assert_eq!(rig.uses(), [0; 20]);
}

#[test]
fn what_did_not_come_in_is_given_back() {
    let mut rig = Rig::new();
    let (secret, id) = rig.make(1);
    let Checked::Invited(number) = rig.check(Some(1), Some(&secret)) else {
        panic!()
    };
    rig.store
        .give_back(number, &lobby(), Some(&key(1)))
        .unwrap();
    assert_eq!(rig.uses(), [1]);
    assert_eq!(
        rig.check(Some(1), None),
        Checked::Refused,
        "it is not known"
    );
    assert_eq!(rig.check(Some(1), Some(&secret)), invited(id));
    // Another invitation's member is not forgotten for it.
    rig.store
        .give_back(number + 1, &lobby(), Some(&key(1)))
        .unwrap();
    assert_eq!(rig.check(Some(1), None), Checked::Known);
    // Nor does one that was revoked meanwhile come back.
    rig.store.revoke(id).unwrap();
    rig.store.give_back(number, &lobby(), None).unwrap();
    assert_eq!(rig.uses(), [0; 0]);
}

#[test]
fn two_processes_take_one_use_once() {
    let mut rig = Rig::new();
    let (secret, _) = rig.make(50);
    let folder = rig.folder.path();
    let take = || {
        let mut store = Store::open(folder).unwrap();
        let proof = secret.proof().unwrap();
        let taken = (0..40).filter(|_| {
            let checked = store.check(&lobby(), None, Some(proof.as_bytes()), NOW);
            checked.unwrap() != Checked::Refused
        });
        taken.count()
    };
    let taken: usize = std::thread::scope(|scope| {
        let all = [scope.spawn(take), scope.spawn(take)];
        all.map(|one| one.join().unwrap()).iter().sum()
    });
    assert_eq!(taken, 50);
    assert_eq!(rig.uses(), [0]);
}

#[test]
fn what_was_taken_and_known_is_there_at_the_next_start() {
    let mut rig = Rig::new();
    let (secret, id) = rig.make(3);
    rig.check(Some(1), Some(&secret));
    rig.store = Store::open(rig.folder.path()).unwrap();
    assert_eq!(rig.uses(), [2]);
    assert_eq!(rig.check(Some(1), None), Checked::Known);
    let listed = rig.store.list().unwrap();
    let (room, expires, made) = ("lobby".to_owned(), NOW + 3_600_000, NOW);
    let uses = 2;
    assert_eq!(
        listed,
        [Invitation {
            id,
            room,
            uses,
            expires,
            made
        }]
    );
}

#[test]
fn there_are_no_more_invitations_than_there_may_be_and_those_that_count_stay() {
    let mut rig = Rig::new();
    let (first, _) = rig.make(1);
    rig.check(None, Some(&first));
    rig.store
        .make(1, Duration::from_millis(1), &lobby(), NOW - 10)
        .unwrap();
    for _ in 2..INVITATIONS {
        rig.make(1);
    }
    // One is used up, and one has expired: there is room for two.
    rig.make(1);
    rig.make(1);
    assert_eq!(rig.store.list().unwrap().len() as u64, INVITATIONS);
    let refused = rig.store.make(1, HOUR, &lobby(), NOW);
    assert!(matches!(refused, Err(AccessError::Full)));
}

#[test]
fn what_expired_long_ago_is_forgotten() {
    let mut rig = Rig::new();
    rig.make(1);
    let later = NOW + 3_600_000 + REMEMBERED_MS;
    rig.store.make(1, HOUR, &lobby(), later).unwrap();
    assert_eq!(rig.uses().len(), 2);
    rig.store.make(1, HOUR, &lobby(), later + 1).unwrap();
    assert_eq!(rig.uses().len(), 2);
}

#[test]
fn of_too_many_keys_the_one_goes_that_has_not_come_for_the_longest_time() {
    let mut rig = Rig::new();
    rig.store.most_keys = 3;
    let (secret, _) = rig.make(9);
    for byte in 1..=3 {
        rig.check_in(&lobby(), Some(byte), Some(&secret), NOW + u64::from(byte));
    }
    // Within a day nothing is noted; after it, that 1 has come.
    let tomorrow = NOW + 2 + NOTED_MS;
    assert_eq!(
        rig.check_in(&lobby(), Some(1), None, NOW + 9),
        Checked::Known
    );
    assert_eq!(
        rig.check_in(&lobby(), Some(1), None, tomorrow),
        Checked::Known
    );
    let (secret, _) = rig.store.make(9, HOUR, &lobby(), tomorrow).unwrap();
    rig.check_in(&lobby(), Some(4), Some(&secret), tomorrow);
    for (byte, checked) in [
        (1, Checked::Known),
        (2, Checked::Refused),
        (3, Checked::Known),
        (4, Checked::Known),
    ] {
        assert_eq!(
            rig.check_in(&lobby(), Some(byte), None, tomorrow),
            checked,
            "{byte}"
        );
    }
}

#[test]
fn no_secret_is_in_the_file() {
    let mut rig = Rig::new();
    let (secret, _) = rig.make(1);
    rig.check(Some(1), Some(&secret));
    let proof = secret.proof().unwrap();
    let mut found = 0;
    for file in std::fs::read_dir(rig.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let has = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        assert!(!has(proof.as_bytes()));
        found += usize::from(has(&secret.hash()));
    }
    assert!(found > 0, "its hash is there: this test would see it");
}

#[test]
fn what_others_may_read_is_refused_and_nothing_is_made_so() {
    let rig = Rig::new();
    for file in std::fs::read_dir(rig.folder.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let path = rig.folder.path().join("access.db");
    for mode in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let refused = Store::open(rig.folder.path());
        assert!(matches!(refused, Err(AccessError::Readable { mode: is, .. }) if is == mode));
    }
}

#[test]
fn another_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.db");
    own(&path).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE pets (name TEXT)").unwrap();
    drop(db);
    let refused = Store::open(folder.path());
    assert!(matches!(refused, Err(AccessError::Foreign(_))));
}
