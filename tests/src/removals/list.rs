// The removals: the twelve rules of the delivery model, and pieces of the machinery.

/// One thing taken out.
pub(crate) struct Removal {
    /// Its name.
    pub(crate) name: &'static str,
    /// What the rule says, or what goes wrong without it.
    pub(crate) what: &'static str,
    /// File, text to find, text to put there.
    pub(crate) patches: &'static [(&'static str, &'static str, &'static str)],
}

impl Removal {
    /// The files that are changed.
    pub(crate) fn files(&self) -> String {
        let mut files: Vec<&str> = self.patches.iter().map(|(file, ..)| *file).collect();
        files.dedup();
        files.join(", ")
    }
}

const PRESENCE: &str = "proto/src/room/presence.rs";
const LINES_OF_ROOM: &str = "proto/src/room/lines.rs";
const LINES: &str = "proto/src/server/lines.rs";
const FANOUT: &str = "proto/src/server/fanout.rs";
const HANDLE: &str = "proto/src/client/handle.rs";

/// All of them; the rules first, in the order of the model's table.
pub(crate) const REMOVALS: &[Removal] = &[
    Removal {
        name: "attach",
        what: "a leave names the login that it ends",
        patches: &[(
            "proto/src/room/members.rs",
            ".is_none_or(|login| login.attempt != attempt)",
            ".is_none()",
        )],
    },
    Removal {
        name: "attempt",
        what: "an older connect of the same session is refused",
        patches: &[(PRESENCE, "(used || older).then_some(LoginRefusal::Stale)", "{ let _ = (used, older); None }")],
    },
    Removal {
        name: "after",
        what: "the client names the predecessor, and the fold takes only the next link",
        patches: &[(LINES_OF_ROOM, "if line.after != session.newest || line.attempt", "if line.attempt")],
    },
    Removal {
        name: "repropose",
        what: "on an unknown outcome the server proposes again, in order",
        patches: &[(LINES, "if self.tickets.copies(&entry) == 0 {", "if self.tickets.copies(&entry) > 9 {")],
    },
    Removal {
        name: "balance",
        what: "a leave is published exactly if its join was",
        patches: &[(PRESENCE, "let event = who.announced.then(|| {", "let event = self.announces().then(|| {")],
    },
    Removal {
        name: "evict",
        what: "a forgotten session is not taken for a new one",
        patches: &[(PRESENCE, "return returns.then_some(LoginRefusal::Session);", "let _ = returns; return None;")],
    },
    Removal {
        name: "echo",
        what: "one's own message is known by session and id, not by member",
        patches: &[(
            "proto/src/client/view.rs",
            "event.session() == me.session && event.id() != 0",
            "event.member() == me.member && event.id() != 0",
        )],
    },
    Removal {
        name: "gsess",
        what: "a guest has a session of his own, made by the server",
        patches: &[("proto/src/server/login.rs", "session: self.rng.bytes16(),", "session: [0; 16],")],
    },
    Removal {
        name: "gaproster",
        what: "the roster is dropped at a GAP and asked for again",
        patches: &[(HANDLE, "            self.view.roster.clear();\n            self.ask_roster();", "")],
    },
    Removal {
        name: "gapack",
        what: "a GAP tells `acked`",
        patches: &[(HANDLE, "self.outbox.settle(gap.acked)", "self.outbox.settle(0)")],
    },
    Removal {
        name: "void",
        what: "a refusal by the fold is final",
        patches: &[(LINES_OF_ROOM, "session.refused.filter(|(id, _)| line.id <= *id)", "session.refused.filter(|_| false)")],
    },
    Removal {
        name: "copies",
        what: "no ERROR while another copy is out or in doubt",
        patches: &[(LINES, "if proposed.maybe {", "if why == AppendFailure::Unknown {")],
    },
    Removal {
        name: "login of a line",
        what: "a line of an older login of its session is dropped",
        patches: &[(LINES_OF_ROOM, " || line.attempt != session.attempt {", " {")],
    },
    Removal {
        name: "doubt",
        what: "what left the window with a refused predecessor may be in the log all the same",
        patches: &[(LINES, "maybe: id <= doubt,", "maybe: doubt == u64::MAX,")],
    },
    Removal {
        name: "read on",
        what: "forgets to read on after a pause",
        patches: &[(
            "proto/src/server/flow.rs",
            "        self.actions.push_back(Action::Reading(conn));\n    }",
            "        if !reads {\n            self.actions.push_back(Action::Reading(conn));\n        }\n    }",
        )],
    },
    Removal {
        name: "cut",
        what: "the cursor is off by one where a piece of the stream was cut",
        patches: &[(
            "proto/src/room/stream.rs",
            "let upto = self.first.saturating_add(len(last));",
            "let upto = self.first.saturating_add(len(last)).saturating_add(u64::from(end < chunk.end()));",
        )],
    },
    Removal {
        name: "stall",
        what: "the stall deadline is never armed",
        patches: &[
            ("proto/src/server/peer.rs", "self.due.stall = Some(stall); // [LV-6]", ""),
            ("proto/src/server/due.rs", "self.stall = Some(stall);\n", "\n"),
        ],
    },
    Removal {
        name: "gap twice",
        what: "GAP is said twice",
        patches: &[(
            FANOUT,
            "self.moved(conn, to, now);\n                Some(Transmit::Data(bytes))",
            "self.moved(conn, to, now);\n                Some(Transmit::Data([&bytes[..], &bytes[..]].concat().into()))",
        )],
    },
    Removal {
        name: "mid-frame",
        what: "an answer goes out in mid-frame",
        patches: &[(
            FANOUT,
            "            Some(Next::Piece(bytes, upto)) => {\n",
            "            Some(Next::Piece(bytes, upto)) if bytes.len() > 60 => {\n                let seat = self.peers.get_mut(&conn)?.seat_mut()?;\n                let rest = bytes.slice(60..);\n                seat.page = Some(Box::new(super::peer::Page { piece: Piece { bytes: rest, upto }, share: 0 }));\n                Some(Transmit::Data(bytes.slice(..60)))\n            }\n            Some(Next::Piece(bytes, upto)) => {\n",
        )],
    },
    Removal {
        name: "too soon",
        what: "a line is shown before the log has it",
        patches: &[(
            "proto/src/server/append.rs",
            "        let by = now.saturating_add(self.config.limits.ticket_deadline);\n        let ticket",
            "        let mut early = self.rooms.get(id).map(|room| room.fold.clone()).unwrap_or_default();\n        let (pos, at) = (early.pos().saturating_add(1), early.at());\n        if let Some(event) = early.apply(pos, at, &entry).event {\n            self.publish(id, event, now);\n        }\n        let by = now.saturating_add(self.config.limits.ticket_deadline);\n        let ticket",
        )],
    },
    Removal {
        name: "own head",
        what: "a page of history ends at the worker's own head",
        patches: &[(FANOUT, " || event.seq() > room.fold.head() {", " {")],
    },
    Removal {
        name: "kept late",
        what: "a client's driver goes on before what must be kept is kept",
        patches: &[(
            "tests/src/sim/lives.rs",
            "let Some(saved) = saved else { return };",
            "let Some(saved) = saved else { return };\n        if self.rng.chance(50) {\n            return;\n        }",
        )],
    },
    Removal {
        name: "kept attempt",
        what: "an attempt is kept before it is used",
        patches: &[(
            "proto/src/client/mod.rs",
            "            self.keeping.owe();\n            self.link = Link::opened",
            "            self.link = Link::opened",
        )],
    },
    Removal {
        name: "kept id",
        what: "a line is kept with its id, and as written, before it is written",
        patches: &[("proto/src/client/keeping.rs", "Some(self.view.epoch()),", "None,")],
    },
    Removal {
        name: "kept fate",
        what: "that a line failed is kept before it is told",
        patches: &[(HANDLE, "if state != LineState::Sent {", "if false {")],
    },
];
