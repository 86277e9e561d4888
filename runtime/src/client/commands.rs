//! What a person types: a text, or a command that begins with a slash.

use parlance_proto::client::Roster;
use parlance_proto::name::{Name, NameError};
use parlance_proto::text::{Text, TextError, Topic, Why};

use super::moderating::{self, Typed};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// An empty line.
    Nothing,
    /// Say it.
    Say(Text),
    /// `/me`.
    Action(Text),
    /// `/nick`.
    Nick(Name),
    /// `/topic` with a text, or `-` for none.
    SetTopic(Option<Topic>),
    /// `/topic` alone.
    ShowTopic,
    /// `/msg`: to whom and what, still in one, since a name may have spaces.
    Tell(String),
    /// `/who`.
    Who,
    /// What a moderator does.
    Moderate(Typed),
    /// `/bans`.
    Bans,
    /// `/help`.
    Help,
    /// `/quit`.
    Quit(Option<Why>),
}

/// Why a line asks for nothing. It is never sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputError {
    /// No such command.
    Unknown(String),
    /// The command wants something after it.
    Incomplete(&'static str),
    /// It breaks the rules of texts.
    Text(TextError),
    /// It breaks the rules of names.
    Name(NameError),
    /// `/msg` to one who is not known to be here.
    NoMember(String),
    /// A command of a moderator for one who is neither here nor known from before.
    Nobody(String),
    /// `/redact` for one of whom no line was seen.
    NoLine(String),
}

impl std::error::Error for InputError {}

impl From<TextError> for InputError {
    fn from(error: TextError) -> InputError {
        InputError::Text(error)
    }
}

impl From<NameError> for InputError {
    fn from(error: NameError) -> InputError {
        InputError::Name(error)
    }
}

/// Reads a line.
///
/// # Errors
///
/// A command that does not exist or is not complete, a text or a name that breaks the rules.
pub fn parse(line: &str) -> Result<Input, InputError> {
    if line.is_empty() {
        return Ok(Input::Nothing);
    }
    let Some(command) = line.strip_prefix('/') else {
        return Ok(Input::Say(Text::parse(line)?));
    };
    if command.starts_with('/') {
        return Ok(Input::Say(Text::parse(command)?));
    }
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    let rest = rest.trim_matches(' ');
    match word {
        "me" => Ok(Input::Action(Text::parse(required(rest, "/me TEXT")?)?)),
        "nick" => Ok(Input::Nick(Name::parse(required(rest, "/nick NAME")?)?)),
        "msg" => Ok(Input::Tell(required(rest, "/msg NAME TEXT")?.to_owned())),
        "topic" => match rest {
            "" => Ok(Input::ShowTopic),
            "-" => Ok(Input::SetTopic(None)),
            topic => Ok(Input::SetTopic(Some(Topic::parse(topic)?))),
        },
        "who" => Ok(Input::Who),
        "bans" => Ok(Input::Bans),
        "help" => Ok(Input::Help),
        "quit" => match rest {
            "" => Ok(Input::Quit(None)),
            why => Ok(Input::Quit(Some(Why::parse(why)?))),
        },
        other => match moderating::parse(other, rest) {
            Some(typed) => Ok(Input::Moderate(typed?)),
            None => Err(InputError::Unknown(other.to_owned())),
        },
    }
}

fn required<'a>(rest: &'a str, usage: &'static str) -> Result<&'a str, InputError> {
    if rest.is_empty() {
        return Err(InputError::Incomplete(usage));
    }
    Ok(rest)
}

/// The member and the text of a `/msg`: the longest name of the roster that it begins with, by its very letters or, if
/// none fits, whatever their case.
///
/// # Errors
///
/// Nobody in the roster has such a name, nothing follows it, or the text breaks the rules.
pub fn addressee(told: &str, roster: &Roster) -> Result<(u64, Text), InputError> {
    let names = || {
        roster
            .iter()
            .map(|(number, member)| (number, member.name.as_str()))
    };
    let Some((number, text)) = named(told, names) else {
        let name = told.split(' ').next().unwrap_or_default();
        return Err(InputError::NoMember(name.to_owned()));
    };
    let text = required(text.trim_start_matches(' '), "/msg NAME TEXT")?;
    Ok((number, Text::parse(text)?))
}

/// Whom the beginning of `told` names, and what follows: the longest name that it begins with, by its very letters or, if
/// none fits, whatever their case. Of several of one name the first.
pub(super) fn named<'a, 'n, I: Iterator<Item = (u64, &'n str)>>(
    told: &'a str,
    names: impl Fn() -> I,
) -> Option<(u64, &'a str)> {
    let exact =
        names().filter_map(|(number, name)| Some((number, name.len(), told.strip_prefix(name)?)));
    let folded = names().filter_map(|(number, name)| {
        let head = told.get(..name.len())?;
        let same = head.to_lowercase() == name.to_lowercase();
        same.then(|| (number, name.len(), &told[name.len()..]))
    });
    longest(exact).or_else(|| longest(folded))
}

/// Of what follows a name: that of the longest name, where a space or nothing follows.
fn longest<'a>(found: impl Iterator<Item = (u64, usize, &'a str)>) -> Option<(u64, &'a str)> {
    found
        .filter(|(_, _, rest)| rest.is_empty() || rest.starts_with(' '))
        .reduce(|best, other| if other.1 > best.1 { other } else { best })
        .map(|(number, _, rest)| (number, rest))
}

#[cfg(test)]
mod tests {
    use parlance_proto::wire::Act;

    use super::*;

    fn text(text: &str) -> Text {
        Text::parse(text).unwrap()
    }

    #[test]
    fn commands_and_texts() {
        assert_eq!(parse(""), Ok(Input::Nothing));
        assert_eq!(parse("hi /there"), Ok(Input::Say(text("hi /there"))));
        assert_eq!(parse("  indented "), Ok(Input::Say(text("  indented "))));
        assert_eq!(parse("//shrug"), Ok(Input::Say(text("/shrug"))));
        assert_eq!(parse("/me waves "), Ok(Input::Action(text("waves"))));
        assert_eq!(
            parse("/nick Ann Lee"),
            Ok(Input::Nick(Name::parse("Ann Lee").unwrap()))
        );
        assert_eq!(parse("/topic"), Ok(Input::ShowTopic));
        assert_eq!(parse("/topic -"), Ok(Input::SetTopic(None)));
        assert_eq!(
            parse("/topic a b"),
            Ok(Input::SetTopic(Some(Topic::parse("a b").unwrap())))
        );
        assert_eq!(parse("/msg bob hi"), Ok(Input::Tell("bob hi".to_owned())));
        assert_eq!(parse("/who"), Ok(Input::Who));
        assert_eq!(parse("/bans"), Ok(Input::Bans));
        let (act, rest) = (Act::Kick, "Ann Lee".to_owned());
        assert_eq!(
            parse("/kick Ann Lee "),
            Ok(Input::Moderate(Typed { act, rest }))
        );
        assert_eq!(parse("/help"), Ok(Input::Help));
        assert_eq!(parse("/quit"), Ok(Input::Quit(None)));
        assert_eq!(
            parse("/quit bye"),
            Ok(Input::Quit(Some(Why::parse("bye").unwrap())))
        );
    }

    #[test]
    fn what_is_no_command_is_never_a_text() {
        for line in [
            "/",
            "/ hi",
            "/mee waves",
            "/QUIT",
            "/etc/passwd",
            "/\u{202e}",
        ] {
            assert!(matches!(parse(line), Err(InputError::Unknown(_))), "{line}");
        }
        for line in ["/me", "/me  ", "/nick", "/msg "] {
            assert!(
                matches!(parse(line), Err(InputError::Incomplete(_))),
                "{line}"
            );
        }
        assert!(matches!(parse("/nick server"), Err(InputError::Name(_))));
        assert!(matches!(parse("a\u{202e}b"), Err(InputError::Text(_))));
    }

    #[test]
    fn the_longest_name_is_meant() {
        let names = [
            (1, "Ann", "Ann Lee hi"),
            (2, "Ann Lee", "Ann Lee hi"),
            (3, "An", "Ann Lee hi"),
        ];
        let found = names
            .iter()
            .map(|&(number, name, told)| (number, name.len(), &told[name.len()..]));
        assert_eq!(longest(found), Some((2, " hi")));
        assert_eq!(longest([(3, 2, "n Lee hi")].into_iter()), None);
    }
}
