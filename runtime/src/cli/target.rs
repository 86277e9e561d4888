//! Where a command is to go: a server, or a link to one of its rooms.

use std::str::FromStr;

use parlance_proto::name::RoomName;

use super::value::{Place, ValueError};
use crate::link::{Link, SCHEME, Secret};
use crate::tls::pin::Pin;

/// What stands where a server is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The server.
    pub place: Place,
    /// The room of a link.
    pub room: Option<RoomName>,
    /// Whose server it has to be, by the link.
    pub pin: Option<Pin>,
    /// What the link has to show there.
    pub invite: Option<Secret>,
}

impl From<Place> for Target {
    fn from(place: Place) -> Target {
        Target {
            place,
            room: None,
            pin: None,
            invite: None,
        }
    }
}

impl From<Link> for Target {
    fn from(link: Link) -> Target {
        Target {
            place: link.place(),
            room: Some(link.room),
            pin: link.pin,
            invite: link.invite,
        }
    }
}

impl FromStr for Target {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Target, ValueError> {
        if text.starts_with(SCHEME) {
            return text
                .parse::<Link>()
                .map(Target::from)
                .map_err(ValueError::Link);
        }
        text.parse::<Place>().map(Target::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkError;

    #[test]
    fn a_server_or_a_link() {
        let target: Target = "example.org:99".parse().unwrap();
        assert_eq!(target.place.to_string(), "example.org:99");
        assert_eq!((target.room, target.invite), (None, None));
        let target: Target = "parlance://[::1]:7/attic#invite=BwcHBwcHBwcHBwcHBwcHBw"
            .parse()
            .unwrap();
        assert_eq!(target.place.to_string(), "[::1]:7");
        assert_eq!(target.room.unwrap().as_str(), "attic");
        assert_eq!(target.invite, Some(Secret::new([7; 16])));
        for (text, error) in [
            ("parlance://h", ValueError::Link(LinkError::Room)),
            ("parlance:h", ValueError::Place),
            ("http://h/lobby", ValueError::Place),
        ] {
            assert_eq!(text.parse::<Target>(), Err(error), "{text}");
        }
    }
}
