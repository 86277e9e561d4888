//! What a run and a thousand runs come to.

use core::fmt;

use parlance_proto::close::{CloseReason, Refusal};

use super::log::Fate;

macro_rules! stats {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What was counted in one run.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Stats {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Stats {
            /// Every count with its name.
            #[must_use]
            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }

        impl Stats {
            /// Adds another run's counts.
            pub fn add(&mut self, other: &Stats) {
                $(self.$name += other.$name;)*
            }

            /// One where there was any.
            #[must_use]
            pub fn any(&self) -> Stats {
                Stats { $($name: u64::from(self.$name > 0),)* }
            }
        }
    };
}

stats! {
    /// Events shown to people.
    delivered,
    /// Lines typed.
    typed,
    /// Private texts that arrived.
    told,
    /// Logins by which a known session came back.
    resumed,
    /// Connections closed since a newer connect of their session took over.
    replaced,
    /// Logins of a person who was in the room with another client.
    second_devices,
    /// Gaps told.
    gaps,
    /// Times that a welcome client was not read for a while, and then again.
    pauses,
    /// Appends certainly not stored.
    failed,
    /// Appends of unknown outcome.
    unknown,
    /// Gaps told to one who was in the room and had had events on that link.
    live_gaps,
    /// Reads from the log.
    reads,
    /// Cursors dropped by a client.
    restarted,
    /// Sessions that the room had forgotten.
    sessions_lost,
    /// Connections closed as stalled.
    stalled,
    /// Connections closed as idle.
    idle,
    /// Connections closed for what they said.
    violated,
    /// Connections closed for want of memory.
    shed,
    /// Questions whom to let in.
    asked,
    /// Of these, never answered.
    unanswered,
    /// Places given back.
    unused,
    /// Acts of moderation, each as often as it was shown.
    acts,
    /// Lines refused since their sender may not, or not now.
    kept_off,
    /// Connections ended by a moderator.
    put_out,
    /// Logins refused to those who are kept out.
    kept_out,
    /// Connections opened.
    opened,
    /// Connections closed.
    closed,
    /// Connections that died with their worker.
    orphaned,
    /// Workers that died.
    crashes,
    /// Workers that began from a checkpoint.
    restored,
    /// Logs that lost a tail.
    tails,
    /// Logs that were lost whole.
    amnesias,
    /// Links cut.
    cuts,
    /// Links gone dark.
    dark,
    /// Readers that stalled.
    stalls,
    /// Clients that slept.
    sleeps,
    /// Strangers.
    strangers,
    /// Clients asked to quit.
    quits,
    /// Clients that were killed.
    kills,
    /// Clients that started with lines of an earlier life.
    pending_lives,
    /// Times that a client's state was kept.
    saves,
}

impl Stats {
    /// Counts why a connection closed.
    pub fn count_close(&mut self, reason: &CloseReason) {
        match reason {
            CloseReason::Replaced => self.replaced += 1,
            CloseReason::Stalled => self.stalled += 1,
            CloseReason::Idle => self.idle += 1,
            CloseReason::Violated(_) => self.violated += 1,
            CloseReason::PutOut { .. } => self.put_out += 1,
            CloseReason::Refused(Refusal::Banned) => self.kept_out += 1,
            _ => {}
        }
    }

    /// Counts what the log does with an append.
    pub fn count_fate(&mut self, fate: Fate) {
        self.failed += u64::from(fate == Fate::Refused);
        self.unknown += u64::from(fate.is_unknown());
    }
}

/// The outcome of one run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed that makes it again.
    pub seed: u64,
    /// What was counted.
    pub stats: Stats,
    /// What was wrong, the first first.
    pub faults: Vec<String>,
    /// A digest of all that happened.
    pub digest: u64,
    /// Steps of the world.
    pub steps: u64,
}

/// The outcome of many runs.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many runs.
    pub runs: u64,
    /// The sum of what was counted.
    pub sum: Stats,
    /// In how many runs there was any.
    pub runs_with: Stats,
    /// Steps of all worlds.
    pub steps: u64,
    /// Seeds that failed, with what was wrong first.
    pub failed: Vec<(u64, String)>,
}

impl Summary {
    /// Takes in one run.
    pub fn take(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.sum.add(&outcome.stats);
        self.runs_with.add(&outcome.stats.any());
        self.steps += outcome.steps;
        if let Some(first) = outcome.faults.first() {
            self.failed.push((outcome.seed, first.clone()));
        }
    }

    /// Joins another summary's runs.
    pub fn join(&mut self, other: Summary) {
        self.runs += other.runs;
        self.sum.add(&other.sum);
        self.runs_with.add(&other.runs_with);
        self.steps += other.steps;
        self.failed.extend(other.failed);
        self.failed.sort();
    }

    /// What must happen in one run of twenty at least, lest the runs prove little; what did not.
    #[must_use]
    pub fn too_rare(&self) -> Vec<String> {
        let with = &self.runs_with;
        let wanted = [
            ("a resume", with.resumed),
            ("a take-over", with.replaced),
            ("a second device", with.second_devices),
            ("a GAP", with.gaps),
            ("a pause", with.pauses),
            ("a failed append", with.failed),
            ("an unknown append", with.unknown),
            ("a start with lines of an earlier life", with.pending_lives),
            ("a question whom to let in", with.asked),
            ("a place given back", with.unused),
            ("an act of moderation", with.acts),
            ("a line kept off by one", with.kept_off),
            ("a connection ended by a moderator", with.put_out),
            ("a login kept out by one", with.kept_out),
            ("a connection closed for want of memory", with.shed),
        ];
        let rare = wanted.into_iter().filter(|(_, runs)| runs * 20 < self.runs);
        rare.map(|(what, runs)| format!("only {runs} of {} runs had {what}", self.runs))
            .collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.runs.max(1);
        writeln!(
            f,
            "{} runs, {} steps each, {} events delivered each",
            self.runs,
            self.steps / runs,
            self.sum.delivered / runs
        )?;
        for ((name, sum), (_, with)) in self.sum.all().into_iter().zip(self.runs_with.all()) {
            writeln!(
                f,
                "  {name:<16} {sum:>9} in {with:>6} runs ({:>3} %)",
                with * 100 / runs
            )?;
        }
        for (seed, what) in self.failed.iter().take(10) {
            writeln!(f, "seed {seed}: {what}")?;
            writeln!(
                f,
                "  replay: cargo run -p parlance-tests --bin sim -- --seed {seed} --trace"
            )?;
        }
        if self.failed.len() > 10 {
            writeln!(f, "and {} more", self.failed.len() - 10)?;
        }
        Ok(())
    }
}
