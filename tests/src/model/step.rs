//! What can happen in the little world, what can be wrong with it, and what was seen in it.

/// A mistake that the checker must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The log says that it stored a line which it did not keep.
    Forgetful,
    /// The driver stops reading at a pause and misses the end of it.
    Deaf,
    /// Somebody between server and log renumbers a repeat, so that it counts as the next line.
    Renumbering,
}

/// What can happen next. Clients are 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A client says its next line.
    Say(usize),
    /// A client opens the link that it wants.
    Connect(usize),
    /// One frame of a client's arrives. What is for a client arrives at once: a link that breaks before its line is
    /// stored loses the echo as well.
    Up(usize),
    /// A link breaks; the client knows at once.
    Cut(usize),
    /// The server finds out that a broken link is broken.
    Notice(usize),
    /// The log stores the append at this place of what is under way.
    Store(usize),
    /// The log refuses it.
    Refuse(usize),
    /// The log stores it, and loses the answer.
    StoreInSilence(usize),
    /// The log loses it, and the answer.
    Lose(usize),
    /// The server proposes again what it waited to propose.
    Retry,
}

/// What was seen on the way here, for what must happen sometimes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// A session came back.
    pub resumed: bool,
    /// A connection was closed in favour of a newer one.
    pub replaced: bool,
    /// The fold dropped a repeat.
    pub repeat: bool,
    /// The fold dropped an orphan.
    pub orphan: bool,
    /// A connection that was let in was not read.
    pub paused: bool,
}
