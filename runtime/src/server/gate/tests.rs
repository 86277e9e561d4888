use super::*;

const LIMITS: GateLimits = GateLimits {
    connections: 1_000,
    before_login: 1_000,
    per_address: 16,
    new_per_address: 32,
};

/// For where chance has no part: while there are less than half the strangers that may be, whatever is thrown will do.
const ANY: u64 = 7;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1_000)
}

/// One who comes and logs in.
fn member(gate: &mut Gate, address: &str, now: Instant) -> Result<Pass, Entrance> {
    match gate.enter(ip(address), now, ANY) {
        Entrance::Enter(mut pass) => {
            gate.logged_in(&mut pass);
            Ok(pass)
        }
        refused => Err(refused),
    }
}

fn come_and_go(gate: &mut Gate, address: &str, now: Instant) -> bool {
    member(gate, address, now)
        .map(|pass| gate.left(pass))
        .is_ok()
}

#[test]
fn each_limit_lets_so_many_in_and_not_one_more() {
    let full = |full| Err(Entrance::Tell(full));
    for (what, limits, addresses, most, then) in [
        (
            "in all",
            GateLimits {
                connections: 40,
                ..LIMITS
            },
            ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
            40,
            full(Full::Server),
        ),
        (
            "of one address",
            LIMITS,
            ["203.0.113.1"; 3],
            16,
            full(Full::Address),
        ),
        (
            "of one IPv6 network",
            LIMITS,
            ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1:2:3"],
            16,
            full(Full::Address),
        ),
        (
            "of an address, mapped or not",
            LIMITS,
            ["203.0.113.1", "::ffff:203.0.113.1", "::ffff:cb00:7101"],
            16,
            full(Full::Address),
        ),
        (
            "begun by an address, and still there",
            GateLimits {
                per_address: 0,
                ..LIMITS
            },
            ["203.0.113.1"; 3],
            32,
            full(Full::Address),
        ),
    ] {
        let mut gate = Gate::new(limits);
        let mut passes = Vec::new();
        for n in 0..most {
            passes.push(member(&mut gate, addresses[n % 3], at(0)).expect(what));
        }
        for address in addresses {
            assert_eq!(member(&mut gate, address, at(0)), then, "{what}");
        }
    }
}

#[test]
fn others_are_not_hurt_and_a_place_that_is_left_is_free() {
    let mut gate = Gate::new(LIMITS);
    let mut passes: Vec<_> = (0..16)
        .map(|_| member(&mut gate, "2001:db8::1", at(0)).unwrap())
        .collect();
    assert!(member(&mut gate, "2001:db8::1", at(1)).is_err());
    let (lowest, next) = ("2001:db8:0:1::1", "2001:db8:0:100::1");
    for other in [lowest, next, "2001:db7:ffff:ffff::1", "203.0.113.1"] {
        assert!(come_and_go(&mut gate, other, at(1)), "{other}");
    }
    gate.left(passes.pop().unwrap());
    assert!(member(&mut gate, "2001:db8::9", at(1)).is_ok());
    assert!(member(&mut gate, "2001:db8::1", at(1)).is_err());
}

#[test]
fn loopback_has_no_limit_but_the_total() {
    let limits = GateLimits {
        connections: 100,
        ..LIMITS
    };
    for address in ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"] {
        let mut gate = Gate::new(limits);
        let passes: Vec<_> = (0..100)
            .map(|_| member(&mut gate, address, at(0)).expect(address))
            .collect();
        assert_eq!(
            member(&mut gate, address, at(0)),
            Err(Entrance::Tell(Full::Server))
        );
        assert!(gate.known.is_empty());
        drop(passes);
    }
}

#[test]
fn new_connections_are_counted_over_ten_minutes_to_the_millisecond() {
    let mut gate = Gate::new(LIMITS);
    // One each ten seconds from 0 s on.
    for n in 0..32 {
        assert!(come_and_go(&mut gate, "203.0.113.1", at(n * 10)), "{n}");
    }
    // Tries that are refused do not put it off.
    for n in 32..60 {
        assert!(!come_and_go(&mut gate, "203.0.113.1", at(n * 10)), "{n}");
    }
    let just_before = Instant::from_millis(599_999);
    assert!(!come_and_go(&mut gate, "203.0.113.1", just_before));
    assert!(come_and_go(&mut gate, "203.0.113.1", at(600)));
    assert!(!come_and_go(&mut gate, "203.0.113.1", at(609)));
    assert!(come_and_go(&mut gate, "203.0.113.1", at(610)));
    // After ten quiet minutes all are free again.
    for n in 0..32 {
        assert!(come_and_go(&mut gate, "203.0.113.1", at(1_210)), "{n}");
    }
    assert!(!come_and_go(&mut gate, "203.0.113.1", at(1_210)));
}

#[test]
fn a_limit_of_zero_is_none() {
    let off = GateLimits {
        per_address: 0,
        new_per_address: 0,
        ..LIMITS
    };
    let mut gate = Gate::new(off);
    let passes: Vec<_> = (0..900)
        .map(|_| member(&mut gate, "203.0.113.1", at(0)).unwrap())
        .collect();
    assert!(gate.known.is_empty(), "nothing is remembered for nothing");
    drop(passes);

    let mut gate = Gate::new(GateLimits {
        new_per_address: 0,
        ..LIMITS
    });
    for _ in 0..900 {
        assert!(come_and_go(&mut gate, "203.0.113.1", at(0)));
    }
    assert!(gate.known.is_empty());
}

#[test]
fn who_came_unnamed_counts_for_his_address_once_it_is_known() {
    let mut gate = Gate::new(LIMITS);
    let mut passes = Vec::new();
    for n in 0..18 {
        let Entrance::Enter(mut pass) = gate.enter_unnamed(ANY) else {
            panic!("{n} was refused");
        };
        let named = gate.name(&mut pass, ip("203.0.113.1"), at(0));
        assert_eq!(named.is_ok(), n < 16, "{n}");
        match named {
            Ok(()) => passes.push(pass),
            Err(full) => {
                assert_eq!(full, Full::Address);
                gate.left(pass);
            }
        }
    }
    assert_eq!((gate.live, gate.strangers), (16, 16));
    assert!(member(&mut gate, "203.0.113.1", at(0)).is_err());
    passes.into_iter().for_each(|pass| gate.left(pass));
    assert_eq!((gate.live, gate.strangers), (0, 0));
    assert!(member(&mut gate, "203.0.113.1", at(0)).is_ok());
}

#[test]
fn strangers_become_members_once_and_leave_once() {
    let mut gate = Gate::new(LIMITS);
    let Entrance::Enter(mut pass) = gate.enter(ip("127.0.0.1"), at(0), ANY) else {
        panic!("an empty server");
    };
    assert_eq!((gate.live, gate.strangers), (1, 1));
    gate.logged_in(&mut pass);
    gate.logged_in(&mut pass);
    assert_eq!((gate.live, gate.strangers), (1, 0));
    gate.left(pass);
    assert_eq!((gate.live, gate.strangers), (0, 0));
}

#[test]
fn early_refusal_begins_at_half_and_is_certain_at_the_limit() {
    let limits = GateLimits {
        before_login: 256,
        ..LIMITS
    };
    // SplitMix64, so that a run can be had again.
    let mut state = 2026_u64;
    let mut dice = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    for strangers in [0, 1, 127, 128, 129, 160, 192, 224, 255, 256] {
        let mut gate = Gate::new(limits);
        gate.strangers = strangers;
        let tries = 10_000;
        let refused = (0..tries).filter(|_| gate.refuses_early(dice())).count();
        let expected = f64::from(strangers.saturating_sub(128)) / 128.0;
        let share = refused as f64 / f64::from(tries);
        if expected == 0.0 || expected == 1.0 {
            assert_eq!(share, expected, "{strangers}");
        } else {
            // Three times what a sum of so many tries strays by.
            let strays = 3.0 * (expected * (1.0 - expected) / f64::from(tries)).sqrt();
            assert!((share - expected).abs() < strays, "{strangers}: {share}");
        }
    }
}

#[test]
fn a_flood_of_silent_strangers_is_kept_below_the_limit_and_members_are_no_strangers() {
    let limits = GateLimits {
        connections: 10_240,
        before_login: 256,
        ..LIMITS
    };
    let mut gate = Gate::new(limits);
    let members: Vec<_> = (0..5_000)
        .map(|_| member(&mut gate, "127.0.0.1", at(0)).unwrap())
        .collect();
    let mut passes = Vec::new();
    for n in 0..10_000_u64 {
        // Other blocks for each, so that no other limit has a say.
        let address = IpAddr::V6(((0x2001_0db8_u128 << 96) | (u128::from(n) << 64)).into());
        match gate.enter(address, at(0), n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
            Entrance::Enter(pass) => passes.push(pass),
            other => assert_eq!(other, Entrance::Drop),
        }
    }
    assert!((200..=256).contains(&passes.len()), "{}", passes.len());
    for mut pass in members {
        gate.logged_in(&mut pass);
        gate.left(pass);
    }
    assert_eq!(gate.live as usize, passes.len());
}

#[test]
fn limits_of_one_are_limits() {
    let limits = GateLimits {
        connections: 2,
        before_login: 1,
        per_address: 1,
        new_per_address: 1,
    };
    let mut gate = Gate::new(limits);
    let Entrance::Enter(mut pass) = gate.enter(ip("203.0.113.1"), at(0), 0) else {
        panic!("an empty server");
    };
    assert_eq!(
        gate.enter(ip("203.0.113.2"), at(0), ANY),
        Entrance::Drop,
        "the one place before login is taken"
    );
    gate.logged_in(&mut pass);
    assert!(member(&mut gate, "203.0.113.2", at(0)).is_ok());
    assert_eq!(
        gate.enter(ip("203.0.113.3"), at(0), ANY),
        Entrance::Tell(Full::Server)
    );
    gate.left(pass);
    assert_eq!(
        gate.enter(ip("203.0.113.1"), at(599), ANY),
        Entrance::Tell(Full::Address)
    );
    assert!(member(&mut gate, "203.0.113.1", at(600)).is_ok());
}

fn v4(number: usize) -> String {
    let number = u32::try_from(number).unwrap() + 0x0b00_0000;
    std::net::Ipv4Addr::from(number).to_string()
}

#[test]
fn what_is_remembered_is_bounded_and_forgotten() {
    let mut gate = Gate::new(LIMITS);
    for n in 0..2 * REMEMBERED {
        assert!(come_and_go(&mut gate, &v4(n), at(0)));
        assert_eq!(gate.known.len(), gate.gone.len());
    }
    assert_eq!(gate.known.len(), REMEMBERED);
    // Those with a connection are never forgotten, however many come after.
    let here = member(&mut gate, "203.0.113.1", at(1)).unwrap();
    for n in 0..REMEMBERED {
        come_and_go(&mut gate, &v4(n), at(2));
    }
    assert!(
        gate.known
            .contains_key(&Block::of(ip("203.0.113.1")).unwrap())
    );
    gate.left(here);
    // Each that comes takes two with it that say nothing any more.
    for n in 0..=REMEMBERED {
        come_and_go(&mut gate, &v4(n % 2), at(1_000));
    }
    assert!(gate.known.len() <= 3, "{}", gate.known.len());
    assert_eq!(gate.known.len(), gate.gone.len());
}

/// What the gate is to do, as plainly as it can be said.
#[derive(Default)]
struct Plain {
    came: Vec<(usize, Instant)>,
    here: Vec<usize>,
}

#[test]
fn it_decides_as_a_list_of_all_that_ever_came_would() {
    let limits = GateLimits {
        connections: 20,
        before_login: 1_000,
        per_address: 4,
        new_per_address: 6,
    };
    for seed in 1..=20_u64 {
        let mut random = seed;
        let mut draw = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % 1_000_003).unwrap() % below
        };
        let (mut gate, mut plain) = (Gate::new(limits), Plain::default());
        let mut passes: Vec<(usize, Pass)> = Vec::new();
        let mut now = at(0);
        for _ in 0..3_000 {
            now = now.saturating_add(Duration::from_millis(draw(40_000) as u64));
            if draw(2) == 0 && !passes.is_empty() {
                let (who, pass) = passes.swap_remove(draw(passes.len()));
                gate.left(pass);
                let place = plain.here.iter().position(|&here| here == who);
                plain.here.remove(place.unwrap());
                continue;
            }
            let who = draw(8);
            let live = plain.here.iter().filter(|&&here| here == who).count();
            let recent = plain.came.iter().filter(|&&(came, then)| {
                came == who && now.saturating_duration_since(then) < NEW_WINDOW
            });
            let expected = if plain.here.len() >= 20 {
                Some(Full::Server)
            } else if live >= 4 || recent.count() >= 6 {
                Some(Full::Address)
            } else {
                None
            };
            match (gate.enter(ip(&v4(who)), now, ANY), expected) {
                (Entrance::Enter(pass), None) => {
                    passes.push((who, pass));
                    plain.came.push((who, now));
                    plain.here.push(who);
                }
                (Entrance::Tell(full), Some(expected)) => assert_eq!(full, expected),
                (other, expected) => panic!("seed {seed}: {other:?}, not {expected:?}"),
            }
            assert_eq!(gate.live as usize, plain.here.len());
            let known: usize = gate.known.values().map(|known| known.live as usize).sum();
            assert_eq!(known, plain.here.len());
        }
    }
}
