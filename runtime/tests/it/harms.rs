//! What a server may send that does harm to whoever shows it as it is, and what is true and has to come through.

use parlance_proto::wire::{Act, Event, Joined, Left, Modded, Renamed, Said, SayKind, Titled};

/// What a terminal acts on: title, link, clipboard, graphics, questions, modes, colours, the cursor; and lines that would
/// pass for another's.
pub(crate) const SEQUENCES: [&str; 40] = [
    "\x1b]0;owned\x07",
    "\x1b]2;owned\x1b\\",
    "\u{9d}0;owned\u{9c}",
    "\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;b3duZWQ=\x07",
    "\u{9d}52;c;?\u{9c}",
    "\x1bPq#0;2;0;0;0\x1b\\",
    "\u{90}q#0\u{9c}",
    "\x1b_Gf=24;AAAA\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bXstring\x1b\\",
    "\x1b[6n",
    "\u{9b}6n",
    "\x1b[c",
    "\x1b]10;?\x07",
    "\x1b[21t",
    "\x1b[8;5;5t",
    "\x1b[2J",
    "\u{9b}2J",
    "\x1b[H",
    "\x1b[1A\x1b[2K",
    "\x1b[5;10r",
    "\x1b[?1049h",
    "\x1b[?1000h",
    "\x1b[?2004h",
    "\x1b[?25l",
    "\x1b[31m",
    "\x1b=",
    "\x1bc",
    "\x1bM",
    "\x1b(0",
    "\x1b",
    "\r[12:00] bob: forged",
    "\n[12:00] bob: forged",
    "\u{b}[12:00] bob: forged",
    "\u{c}[12:00] bob: forged",
    "\u{85}[12:00] bob: forged",
    "\u{2028}[12:00] bob: forged",
    "\u{2029}[12:00] bob: forged",
    "\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}",
];

/// Every C0, DEL and C1; what changes direction; what has no width; the separators; variation selectors; tags; what is
/// no character; private use; a mark that has nothing to sit on.
pub(crate) fn characters() -> impl Iterator<Item = char> {
    let controls = ('\0'..='\x1f').chain('\x7f'..='\u{9f}');
    let bidi = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{206f}');
    let marks = "\u{61c}\u{200e}\u{200f}\u{ad}\u{34f}\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{2064}\u{feff}\u{fff9}";
    let blank = "\u{115f}\u{3164}\u{2028}\u{2029}\u{fe00}\u{fe0f}\u{180b}\u{e0100}\u{e0001}\u{e0041}\u{e007f}";
    let none = "\u{fdd0}\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}\u{e000}\u{378}\u{301}\u{20e3}";
    let others = [marks, blank, none].map(str::chars);
    controls.chain(bidi).chain(others.into_iter().flatten())
}

/// All of it, in pieces that the shortest field has room for, each between letters that are shown.
pub(crate) fn harms() -> Vec<String> {
    let single = characters().map(String::from);
    let all = SEQUENCES.iter().map(|sequence| (*sequence).to_owned());
    let mut pieces = vec![String::new()];
    for harm in all.chain(single) {
        if pieces
            .last()
            .is_some_and(|piece| piece.len() + harm.len() > 50)
        {
            pieces.push(String::new());
        }
        pieces.last_mut().expect("one").push_str(&harm);
    }
    pieces
        .iter()
        .map(|piece| format!("harm {piece} end"))
        .collect()
}

/// What people write, which comes through; and the form in which a line has it.
pub(crate) const TRUE: [(&str, &str); 9] = [
    ("小明说你好", "小明说你好"),
    ("Ελένη", "Ελένη"),
    ("Привет", "Привет"),
    ("Nguyễn Zoë", "Nguyễn Zoë"),
    ("محمد", "\u{2068}محمد\u{2069}"),
    ("שלום", "\u{2068}שלום\u{2069}"),
    ("🦀 🇬🇷", "🦀 🇬🇷"),
    ("❤\u{fe0f}", "❤\u{fe0f}"),
    ("一二", "一二"),
];
pub(crate) const FAMILY: &str = "👨\u{200d}👩\u{200d}👧";

/// Every kind of event, with `name` and `words` wherever there is a string.
pub(crate) fn events(from: u64, name: &str, words: &str) -> Vec<Event> {
    let at = 1_763_999_999_000;
    let (member, session, name) = (2, 2, name.to_owned());
    let host = Some(name.clone());
    let words = Some(words.to_owned());
    let said = |seq, kind| {
        let (id, name, re, text) = (1, name.clone(), None, words.clone());
        Event::Said(Said {
            seq,
            at,
            member,
            session,
            id,
            name,
            kind,
            re,
            text,
        })
    };
    vec![
        Event::Joined(Joined {
            seq: from,
            at,
            member,
            session,
            id: 0,
            name: name.clone(),
            host: host.clone(),
            members: 2,
        }),
        said(from + 1, SayKind::Say),
        said(from + 2, SayKind::Action),
        said(from + 3, SayKind::Notice),
        Event::Renamed(Renamed {
            seq: from + 4,
            at,
            member,
            session,
            id: 2,
            old: name.clone(),
            new: name.clone(),
        }),
        Event::Titled(Titled {
            seq: from + 5,
            at,
            member,
            session,
            id: 3,
            topic: words.clone(),
        }),
        Event::Modded(Modded {
            seq: from + 6,
            at,
            member,
            session,
            id: 4,
            act: Act::Kick,
            who: Some(2),
            secs: Some(1),
            why: words.clone(),
        }),
        Event::Left(Left {
            seq: from + 7,
            at,
            member,
            session,
            id: 0,
            name,
            host,
            members: 1,
            why: words,
        }),
    ]
}

/// The events of every harm, and of what is true.
pub(crate) fn all_events() -> Vec<Event> {
    let mut all = Vec::new();
    for harm in harms() {
        all.extend(events(
            all.len() as u64 + 1,
            &harm,
            &format!("{harm} needle"),
        ));
    }
    for (plain, _) in TRUE {
        all.extend(events(
            all.len() as u64 + 1,
            plain,
            &format!("{plain} {FAMILY}"),
        ));
    }
    all
}
