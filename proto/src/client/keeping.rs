//! What the driver keeps for a client, and when that must be safe before anything else happens [HS-22] [DL-23].

use super::saved::Saved;
use super::view::View;
use super::{Action, Client, ClientConfig, Phase};
use crate::time::Instant;
use crate::wire::Resume;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Keeping {
    /// Whether the driver keeps anything.
    is_on: bool,
    /// What is kept is too old for what would be written or told next.
    owed: bool,
    /// The lines that were kept, counted, until the room has let us in with what was kept: it may have been too old.
    pub(super) unproven: Option<u64>,
    /// The cursor as far as the application has been told: what it was not told must come again.
    told: Option<Resume>,
}

impl Keeping {
    /// Something has happened that must not be forgotten.
    pub(super) fn owe(&mut self) {
        self.owed = self.is_on;
    }

    /// Nothing may be written before the driver has taken what is to be kept.
    pub(super) const fn holds_back(&self) -> bool {
        self.owed
    }

    /// The application is being told this, in a room of this epoch.
    pub(super) fn tell(&mut self, action: &Action, epoch: u64) {
        let since = match action {
            Action::Welcome { start, .. } => *start,
            Action::Event(event) => event.seq(),
            Action::Gap { to, .. } => *to,
            _ => return,
        };
        self.told = Some(Resume { epoch, since });
    }
}

impl Client {
    /// A client whose driver keeps its state over the end of the process [DL-23]; `saved` is what was kept, if
    /// anything. Otherwise as [`new`](Self::new).
    ///
    /// The driver calls [`poll_save`](Self::poll_save) before each [`poll_transmit`](Self::poll_transmit), and before it
    /// shows an action to anybody, and makes what it yields durable before it goes on. Nothing is transmitted before
    /// that is taken.
    ///
    /// The lines that were kept are in the outbox as pending, numbered from 1 as [`LineId`](super::LineId)s, and the
    /// cursor replaces [`ClientConfig::resume`]. The session is taken up again where such a line is not settled; else
    /// nothing depends on it, and a fresh one is as good.
    #[must_use]
    pub fn kept(config: ClientConfig, saved: Option<Saved>, seed: u64, now: Instant) -> Self {
        let mut client = Self::new(config, seed, now);
        client.keeping.is_on = true;
        if let Some(saved) = saved {
            client.restore(saved);
        }
        client.keeping.told = client.view.cursor;
        client
    }

    fn restore(&mut self, saved: Saved) {
        if saved.cursor.is_some() {
            self.view = View::at(saved.cursor);
        }
        if saved.lines.is_empty() {
            return;
        }
        let count = self
            .outbox
            .restore(saved.lines, saved.newest_id, saved.base);
        if self.config.identity.is_none() {
            // [DL-21] The session of a guest has ended with his link.
            let unknown = self.outbox.written_are_unknown();
            self.report(unknown);
            return self.outbox.fresh_session();
        }
        self.session = saved.session;
        self.attempt = saved.attempt;
        self.keeping.unproven = Some(count);
    }

    /// What must be made durable before anything is transmitted or told, if something has happened since the last time
    /// that must not be forgotten: a line was taken, or is failed or unknown, or a session or a connect of it began.
    pub fn poll_save(&mut self) -> Option<Saved> {
        if !core::mem::take(&mut self.keeping.owed) {
            return None;
        }
        // What was held back can go now.
        self.link.announced = false;
        self.announce();
        Some(self.saved())
    }

    /// What is to be kept as of now. [`poll_save`](Self::poll_save) is for what must be; this is also for what is only
    /// worth keeping (how far the person has read), and for the end.
    ///
    /// In the room it gives every line its `id` and calls it written: each may be written before the next time.
    pub fn saved(&mut self) -> Saved {
        let epoch = match self.phase {
            Phase::Live(_) | Phase::Quitting { .. } => Some(self.view.epoch()),
            Phase::Offline { .. } | Phase::Greeting { .. } | Phase::Ended => None,
        };
        Saved {
            session: self.session,
            attempt: self.attempt,
            lines: self.outbox.stored(epoch),
            newest_id: self.outbox.newest_id(),
            base: self.outbox.base(),
            cursor: self.keeping.told,
        }
    }

    /// Whether what was kept may be older than the truth. Called where the room says that it is: then its lines may
    /// have been written since, and are unknown [HS-22].
    pub(super) fn kept_was_old(&mut self) -> bool {
        let Some(count) = self.keeping.unproven.take() else {
            return false;
        };
        let unknown = self.outbox.give_up_restored(count);
        self.report(unknown);
        true
    }
}
