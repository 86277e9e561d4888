//! The laws of what a server writes to one connection, held against every piece before it goes out.

use parlance_proto::wire::{Decoder, Event, Message, decode};

/// What a connection was written so far.
#[derive(Clone, Debug, Default)]
pub struct Tap {
    /// The newest event that was written or passed over; none before `CLIENT`.
    cursor: Option<u64>,
    over: bool,
}

impl Tap {
    /// Takes a piece: whole frames, `CLIENT` or `BYE` first, nothing after `BYE`, and each event or gap right after the
    /// one before.
    ///
    /// # Errors
    ///
    /// The law that is broken.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), String> {
        let (mut decoder, mut input) = (Decoder::default(), piece);
        while let Some(body) = decoder
            .next(&mut input, 1 << 16)
            .map_err(|error| error.to_string())?
        {
            let message = decode(body).map_err(|error| format!("{error} in {body:02x?}"))?;
            self.message(message)?;
        }
        if decoder.is_mid_frame() {
            return Err("a piece ends in mid-frame".into());
        }
        Ok(())
    }

    fn message(&mut self, message: Message) -> Result<(), String> {
        if self.over {
            return Err(format!("after BYE comes {message:?}"));
        }
        let first = self.cursor.is_none();
        match message {
            Message::Client(welcome) if first => self.cursor = Some(welcome.start),
            Message::Bye(_) => self.over = true,
            _ if first => return Err(format!("before CLIENT comes {message:?}")),
            Message::Client(_) => return Err("CLIENT is said twice".into()),
            Message::Gap(gap) => self.advance(gap.from, gap.to)?,
            other => {
                if let Ok(event) = Event::try_from(other) {
                    self.advance(event.seq(), event.seq())?;
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, from: u64, to: u64) -> Result<(), String> {
        let due = self.cursor.map_or(1, |cursor| cursor + 1);
        if from != due || to < from {
            return Err(format!("P2 {from} to {to} is written where {due} is due"));
        }
        self.cursor = Some(to);
        Ok(())
    }
}
