//! A client that moderates: its requests are lines like any other.

use super::*;
use crate::room::Moderating;
use crate::text::Why;
use crate::wire::{Act, Mod, UINT_END};

fn asked(act: Act, who: Option<u64>, secs: Option<u64>) -> Moderating {
    Moderating {
        act,
        who,
        secs,
        why: Some(Why::parse("spam").unwrap()),
    }
}

#[test]
fn an_act_is_a_line_of_the_chain() {
    let mut rig = Rig::live(config());
    rig.say("one");
    rig.client
        .moderate(asked(Act::Mute, Some(4), Some(600)), rig.now)
        .unwrap();
    let want = Message::Mod(Mod {
        id: 2,
        after: 1,
        act: Act::Mute,
        who: Some(4),
        secs: Some(600),
        why: Some("spam".into()),
    });
    assert_eq!(rig.sent().pop(), Some(want));
    assert_eq!(rig.pending(), [1, 2]);
    // It is settled by its event, as a line is, and refused as one.
    rig.client
        .moderate(asked(Act::Kick, Some(9), None), rig.now)
        .unwrap();
    rig.sent();
    let refused = Message::Error(Refused {
        id: Some(3),
        reference: None,
        code: ErrorCode::NotAllowed,
        text: "you may not do that".into(),
    });
    let actions = rig.hears(&refused);
    let [(3, LineState::Failed(failure))] = &changes(&actions)[..] else {
        panic!("{actions:?}")
    };
    let Failure::Refused { code, .. } = failure else {
        panic!("{failure:?}")
    };
    assert_eq!(*code, ErrorCode::NotAllowed);
    assert_eq!(rig.pending(), [1, 2]);
}

#[test]
fn numbers_that_the_wire_has_not_are_refused() {
    let mut rig = Rig::live(config());
    for (who, secs) in [(Some(UINT_END), None), (Some(1), Some(UINT_END))] {
        let refused = rig.client.moderate(asked(Act::Mute, who, secs), rig.now);
        assert_eq!(refused, Err(SayError::OutOfRange));
    }
    let largest = Some(UINT_END - 1);
    assert!(
        rig.client
            .moderate(asked(Act::Mute, largest, largest), rig.now)
            .is_ok()
    );
}
