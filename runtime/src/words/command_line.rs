//! What clap says by itself: the headings of a help page, and what is wrong with a command line.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::catalogue::{Both, Language, both, say};
use crate::printable::{Printable, printable};

/// What clap writes into a page of help, in its words; the English is exactly what it writes.
const PARTS: [Both; 14] = [
    both("Usage:", "用法："),
    both("Commands:", "命令："),
    both("Arguments:", "参数："),
    both("Options:", "选项："),
    both("[OPTIONS]", "[选项]"),
    both("<COMMAND>", "<命令>"),
    both("[COMMAND]", "[命令]"),
    both("[default: ", "[默认："),
    both("[possible values: ", "[可选值："),
    both("Possible values:", "可选值："),
    both(
        "Print help (see more with '--help')",
        "打印帮助（'--help' 更详细）",
    ),
    both(
        "Print help (see a summary with '-h')",
        "打印帮助（'-h' 更简短）",
    ),
    both("Print help", "打印帮助"),
    both("Print version", "打印版本"),
];

/// A page of help in the language of the process.
#[must_use]
pub fn help(page: &str) -> String {
    let mut page = page.to_owned();
    if Language::current() != Language::English {
        for part in PARTS {
            page = replaced(&page, part.of(Language::English), part.text());
        }
    }
    page
}

/// `page` with `new` for `old`, also where a line was broken at a space of it.
fn replaced(page: &str, old: &str, new: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    let first = old.split(' ').next().unwrap_or_default();
    while let Some(at) = rest.find(first) {
        out.push_str(&rest[..at]);
        match behind(&rest[at..], old) {
            Some(after) => {
                out.push_str(new);
                rest = after;
            }
            None => {
                out.push_str(first);
                rest = &rest[at + first.len()..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// What follows `old` at the beginning of `page`, where each of its spaces may be any white space.
fn behind<'a>(page: &'a str, old: &str) -> Option<&'a str> {
    let mut rest = page;
    for (nth, word) in old.split(' ').enumerate() {
        if nth > 0 {
            let trimmed = rest.trim_start();
            if trimmed.len() == rest.len() {
                return None;
            }
            rest = trimmed;
        }
        rest = rest.strip_prefix(word)?;
    }
    Some(rest)
}

/// A command, and the seed's form beside it.
#[must_use]
pub fn two_forms() -> Printable {
    say!(
        "--name and --port before a command are another form of this program",
        "命令之前的 --name 和 --port 是本程序的另一种形式"
    )
}

/// What is wrong with a command line, on one line; `shown` takes secrets out of what it quotes.
#[must_use]
pub fn error(error: &clap::Error, shown: impl Fn(&str) -> String) -> Printable {
    let quoted = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Printable::field(&shown(text)),
        Some(ContextValue::Strings(texts)) => Printable::field(&shown(&texts.join(", "))),
        Some(ContextValue::StyledStr(text)) => Printable::field(&shown(&text.to_string())),
        Some(ContextValue::Number(number)) => Printable::field(&number.to_string()),
        _ => Printable::default(),
    };
    let arg = quoted(ContextKind::InvalidArg);
    let value = quoted(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::InvalidValue if value.as_str().is_empty() => say!(
            "a value is required for '{0}' but none was supplied",
            "'{0}' 需要一个值",
            arg
        ),
        ErrorKind::InvalidValue => say!(
            "invalid value '{0}' for '{1}'{2}",
            "'{1}' 的值 '{0}' 不对{2}",
            value,
            arg,
            valid(&quoted(ContextKind::ValidValue))
        ),
        ErrorKind::UnknownArgument => say!(
            "unexpected argument '{0}' found{1}",
            "没有参数 '{0}'{1}",
            arg,
            similar(&quoted(ContextKind::SuggestedArg))
        ),
        ErrorKind::InvalidSubcommand => say!(
            "unrecognized subcommand '{0}'{1}",
            "没有命令 '{0}'{1}",
            quoted(ContextKind::InvalidSubcommand),
            similar(&quoted(ContextKind::SuggestedSubcommand))
        ),
        ErrorKind::ValueValidation => say!(
            "invalid value '{0}' for '{1}': {2}",
            "'{1}' 的值 '{0}' 不对：{2}",
            value,
            arg,
            why(error, &shown)
        ),
        ErrorKind::MissingRequiredArgument => say!(
            "the following required arguments were not provided: {0}",
            "缺少必需的参数：{0}",
            arg
        ),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            say!("a command is missing", "缺少命令")
        }
        ErrorKind::ArgumentConflict => {
            let other = quoted(ContextKind::PriorArg);
            match other == arg {
                true => say!(
                    "the argument '{0}' cannot be used multiple times",
                    "参数 '{0}' 不能写多次",
                    arg
                ),
                false => say!(
                    "the argument '{0}' cannot be used with '{1}'",
                    "参数 '{0}' 不能和 '{1}' 一起用",
                    arg,
                    other
                ),
            }
        }
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            say!(
                "the wrong number of values for '{0}'",
                "'{0}' 的值的个数不对",
                arg
            )
        }
        ErrorKind::NoEquals => say!("an equal sign is missing at '{0}'", "'{0}' 缺少等号", arg),
        ErrorKind::InvalidUtf8 => say!("an argument is not UTF-8 text", "有参数不是 UTF-8 文本"),
        _ => say!("the command line cannot be followed", "无法理解这个命令行"),
    }
}

/// Why a value will not do: our own words, or for numbers those of clap, which quote a range.
fn why(error: &clap::Error, shown: impl Fn(&str) -> String) -> Printable {
    use std::error::Error;

    use crate::cli::value::ValueError;

    match error.source() {
        Some(source) if source.is::<ValueError>() => Printable::field(&shown(&source.to_string())),
        Some(source) => {
            let text = shown(&source.to_string());
            match (text.split_once(" is not in "), Language::current()) {
                (Some((value, range)), _) => say!(
                    "{0} is not in {1}",
                    "{0} 不在 {1} 之内",
                    Printable::field(value),
                    Printable::field(range)
                ),
                (None, Language::English) => Printable::field(&text),
                (None, _) => printable![both("not such a number", "不是这样的数")],
            }
        }
        None => printable![both("it will not do", "不能用")],
    }
}

fn valid(values: &Printable) -> Printable {
    match values.as_str() {
        "" => Printable::default(),
        _ => say!(" [possible values: {0}]", " [可选值：{0}]", values),
    }
}

fn similar(other: &Printable) -> Printable {
    match other.as_str() {
        "" => Printable::default(),
        _ => say!(
            " (a similar one exists: '{0}')",
            "（有一个相近的：'{0}'）",
            other
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_across_two_lines() {
        let old = "[possible values: ";
        for page in [
            "a [possible values: b]",
            "a [possible\n      values: b]",
            "a [possible values:\n  b]",
        ] {
            assert_eq!(replaced(page, old, "("), "a (b]", "{page}");
        }
        assert_eq!(replaced("[possible] [poss", old, "("), "[possible] [poss");
        assert_eq!(replaced("Print helpers", "Print help", "x"), "xers");
    }

    #[test]
    fn the_parts_are_what_clap_writes() {
        use clap::{Arg, Command};

        let mut command = Command::new("x")
            .version("1")
            .arg(Arg::new("a").help("a"))
            .arg(Arg::new("b").long("b").default_value("c"))
            .arg(Arg::new("d").long("d").value_parser(["e", "f"]))
            .subcommand(Command::new("g"));
        let page = command.render_help().to_string();
        for part in [
            "Usage:",
            "Commands:",
            "Arguments:",
            "Options:",
            "[OPTIONS]",
            "[COMMAND]",
            "[default: ",
            "[possible values: ",
            "Print help",
            "Print version",
        ] {
            assert!(page.contains(part), "{part}: {page}");
            assert!(
                PARTS
                    .iter()
                    .any(|known| known.of(Language::English) == part),
                "{part}"
            );
        }
    }
}
