//! A bot: hears what others say, and answers each as a notice.
//!
//! Two rules keep bots from talking to each other for ever, and they hold without being asked for: a bot hears neither
//! what it has said itself, from whichever device, nor notices; and what it says is a notice.

use parlance_proto::client::{Action, EndReason};
use parlance_proto::text::Text;
use parlance_proto::wire::{Event, Said, SayKind};

use super::Login;
use super::connector::Connector;
use super::output::complain;
use super::verdict;
use crate::exit::Exit;
use crate::printable::printable;
use crate::words;

/// What was said, where a bot that is the member `me` may answer it.
#[must_use]
pub fn answerable(event: &Event, me: Option<u64>) -> Option<&Said> {
    match event {
        Event::Said(said)
            if Some(said.member) != me && said.kind != SayKind::Notice && said.text.is_some() =>
        {
            Some(said)
        }
        _ => None,
    }
}

/// Joins and answers what others say from then on, until the room ends it: `answer` is asked about each message, and
/// what it gives is said as a notice that answers that message.
///
/// # Errors
///
/// How it ended, where the end was none of a room: no runtime, or no state folder.
pub fn run(
    login: Login,
    mut answer: impl FnMut(&Said) -> Option<String>,
) -> Result<EndReason, Exit> {
    let fault = |error| {
        complain(words::cause(&error));
        Exit::Fault
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(fault)?;
    let reason = runtime.block_on(async {
        let mut connector = Connector::new(login).map_err(|error| {
            complain(error);
            Exit::Fault
        })?;
        Ok(answer_all(&mut connector, &mut answer).await)
    });
    runtime.shutdown_background();
    reason
}

async fn answer_all(
    connector: &mut Connector,
    answer: &mut impl FnMut(&Said) -> Option<String>,
) -> EndReason {
    let mut lost = None;
    loop {
        match connector.next().await {
            Action::Event(event) => {
                let me = connector.client().me().map(|me| me.member);
                if let Some(said) = answerable(&event, me)
                    && let Some(text) = answer(said)
                {
                    say(connector, said.seq, &text);
                }
            }
            Action::Welcome { .. } => lost = None,
            Action::Lost { why, .. } => verdict::lost(connector, why, &mut lost),
            Action::Ended { reason } => return reason,
            _ => {}
        }
    }
}

/// Says it; what cannot be said is told on stderr, and the bot goes on.
fn say(connector: &mut Connector, re: u64, text: &str) {
    let said = match Text::parse(text) {
        Ok(text) => connector
            .with(|client, now| client.say(SayKind::Notice, Some(re), text, now))
            .map_err(|error| words::say_error(&error)),
        Err(error) => Err(words::text_error(&error)),
    };
    if let Err(why) = said {
        complain(printable![words::line_refused(None, &why)]);
    }
}
