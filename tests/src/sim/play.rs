//! A script of one's own in the simulated world: who says what when, and what may go wrong meanwhile.

use std::time::Duration;

use parlance_proto::client::Action;
use parlance_proto::name::Name;
use parlance_proto::server::{Admission, Limits};
use parlance_proto::text::{Text, Topic};
use parlance_proto::time::Instant;
use parlance_proto::wire::SayKind;

use super::people::Wish;
use super::script::{Odds, Plan, Role};
use super::world::{Job, World, trace};
use super::{Outcome, outcome};

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Says a text.
    Say(String),
    /// Takes a name.
    Nick(String),
    /// Sets the topic.
    Topic(String),
    /// Leaves.
    Quit,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// When, after the beginning of the run.
    pub at: Duration,
    /// Who, by the place in [`Plan::cast`].
    pub who: usize,
    /// What.
    pub does: Does,
}

/// What somebody was shown, or what became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When.
    pub at: Instant,
    /// Who, by the place in the cast.
    pub who: usize,
    /// What the client told its application.
    pub what: Action,
}

/// What came of a script.
#[derive(Clone, Debug)]
pub struct Played {
    /// All that anybody was shown, in the order in which it was.
    pub transcript: Vec<Heard>,
    /// The verdict: which promises were broken, if any, and what was counted.
    pub verdict: Outcome,
}

impl Plan {
    /// A plan without mishaps: one server, a quick network, and people of these names, each with a key. Set
    /// [`odds`](Plan::odds) and the other fields to make it worse.
    #[must_use]
    pub fn calm(names: &[&str]) -> Plan {
        let cast = names.iter().zip(1..).map(|(name, key)| Role {
            name: (*name).to_owned(),
            key: Some(key),
            room: 0,
        });
        Plan {
            workers: 1,
            cast: cast.collect(),
            rooms: 1,
            settings: parlance_proto::room::Settings::default(),
            limits: Limits::default(),
            odds: Odds::default(),
            amnesia: false,
            trouble: Duration::from_secs(1),
            pace: 1000,
            misery: 1000,
            keep: 1000,
            history: 1000,
            antics: 0,
            delay: 1,
            echo: 2,
            edges: false,
            tight: false,
            texts: 100,
            nicks: 2,
            lag: 2,
            admission: Admission::Open,
            script: None,
            acts: 0,
            operators: Default::default(),
        }
    }
}

/// Plays `script` under `plan`; `seed` decides everything that the two leave open, so that the same three are the same
/// run. The promises are checked as after every run of the simulator: the first that was broken stands first in the
/// verdict.
///
/// # Panics
///
/// Where a cue names nobody of the cast, or a text or name that breaks the rules.
#[must_use]
pub fn play(seed: u64, mut plan: Plan, script: &[Cue]) -> Played {
    let last = script.iter().map(|cue| cue.at).max().unwrap_or_default();
    plan.trouble = plan
        .trouble
        .max(last.saturating_add(Duration::from_secs(1)));
    plan.script = Some(script.to_vec());
    outcome(World::planned(seed, plan))
}

impl World {
    /// Puts the script, if there is one, into the queue.
    pub(super) fn rehearse(&mut self) {
        let script = self.plan.script.clone().unwrap_or_default();
        for (at, cue) in script.iter().enumerate() {
            assert!(cue.who < self.plan.cast.len(), "{cue:?} is of nobody");
            let when = self.now.saturating_add(cue.at);
            self.at(when, Job::Cue { cue: at });
        }
    }

    /// Somebody does what the script says.
    pub(super) fn cue(&mut self, cue: usize) {
        let Some(Cue { who, does, .. }) =
            self.plan.script.as_ref().map(|script| script[cue].clone())
        else {
            return;
        };
        trace!(self, "p{who}: does {does:?}");
        let now = self.now;
        if self.people[who].ended.is_some() || self.people[who].down {
            return;
        }
        let client = &mut self.people[who].client;
        let (line, wish) = match does {
            Does::Say(words) => {
                let text = Text::parse(&words).expect("a text of the script is legal");
                (client.say(SayKind::Say, None, text, now), Wish::Said(words))
            }
            Does::Nick(name) => {
                let wanted = Name::parse(&name).expect("a name of the script is legal");
                (client.nick(wanted, now), Wish::Renamed(name))
            }
            Does::Topic(words) => {
                let topic = Topic::parse(&words).expect("a topic of the script is legal");
                (client.set_topic(Some(topic), now), Wish::Titled(words))
            }
            Does::Quit => {
                client.quit(None, now);
                self.people[who].quitting = true;
                return self.drain_person(who);
            }
        };
        if let Ok(line) = line {
            self.typed(who, line, wish);
        }
        self.drain_person(who);
    }
}
