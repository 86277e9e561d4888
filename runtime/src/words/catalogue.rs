//! Each word in both languages, side by side: a text that has no translation does not compile.
//!
//! A text without arguments is a [`Both`], made by [`both`]; one with arguments is made by `say!`, which takes the two
//! templates and then what stands for `{0}`, `{1}`, ... in them, each of it [`Shown`]. That both templates use each
//! argument, and no other, is checked by the compiler.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use clap::builder::StyledStr;

use crate::printable::{Printable, Shown};

/// A language that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Language {
    /// English.
    #[value(name = "en", help = NO_HELP)]
    English,
    /// Chinese, in simplified characters.
    #[value(name = "zh", help = NO_HELP)]
    Chinese,
}

/// What clap is to say of a value: the flag says it all, and a comment of the source is in one language.
pub(crate) const NO_HELP: Option<&str> = None;

/// The language of this process.
static CHINESE: AtomicBool = AtomicBool::new(false);

impl Language {
    /// That of this process: English until it is said otherwise.
    #[must_use]
    pub fn current() -> Language {
        match CHINESE.load(Ordering::Relaxed) {
            true => Language::Chinese,
            false => Language::English,
        }
    }

    /// From now on the process speaks it.
    pub fn speak(self) {
        CHINESE.store(self == Language::Chinese, Ordering::Relaxed);
    }

    /// By its name for `--lang`: `en` or `zh`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Language> {
        match name {
            "en" => Some(Language::English),
            "zh" => Some(Language::Chinese),
            _ => None,
        }
    }

    /// That of a locale, by the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set and not empty; English where it
    /// is another or none.
    #[must_use]
    pub fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Language {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()))
            .unwrap_or_default();
        let language = locale.split(['_', '.', '@', '-']).next();
        match language.is_some_and(|language| language.eq_ignore_ascii_case("zh")) {
            true => Language::Chinese,
            false => Language::English,
        }
    }
}

/// A text without arguments. It is shown in the language of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Both {
    english: &'static str,
    chinese: &'static str,
}

/// A text in both languages.
#[must_use]
pub const fn both(english: &'static str, chinese: &'static str) -> Both {
    Both { english, chinese }
}

impl Both {
    /// The one in the language of the process.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.of(Language::current())
    }

    /// The one in this language.
    #[must_use]
    pub const fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }
}

impl fmt::Display for Both {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// What stands in the program itself.
impl Shown for Both {}

/// The help of clap.
impl From<Both> for StyledStr {
    fn from(both: Both) -> StyledStr {
        both.text().into()
    }
}

/// A sentence in the language of the process, with arguments: `say!("{0} joined", "{0} 来了", who)`.
macro_rules! say {
    ($english:literal, $chinese:literal $(, $arg:expr)* $(,)?) => {{
        const COUNT: usize = <[&str]>::len(&[$(stringify!($arg)),*]);
        const { $crate::words::catalogue::check($english, COUNT) }
        const { $crate::words::catalogue::check($chinese, COUNT) }
        $crate::words::catalogue::fill(
            $crate::words::catalogue::both($english, $chinese).text(),
            &[$(&$arg as &dyn $crate::printable::Shown),*],
        )
    }};
}
pub(crate) use say;

/// Sees that a template uses each of so many arguments, and no other.
///
/// # Panics
///
/// If it does not: at compile time, where `say!` uses it.
pub const fn check(template: &str, count: usize) {
    assert!(count <= 10, "a template has at most ten arguments");
    let bytes = template.as_bytes();
    let mut used = [false; 10];
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'{' {
            assert!(
                at + 2 < bytes.len() && bytes[at + 2] == b'}' && bytes[at + 1].is_ascii_digit(),
                "an argument is written {{0}}"
            );
            let number = (bytes[at + 1] - b'0') as usize;
            assert!(number < count, "there is no such argument");
            used[number] = true;
            at += 3;
        } else {
            at += 1;
        }
    }
    let mut number = 0;
    while number < count {
        assert!(used[number], "an argument is not used");
        number += 1;
    }
}

/// The template with its arguments; [`check`] has seen to it that they are there.
#[must_use]
pub fn fill(template: &'static str, args: &[&dyn Shown]) -> Printable {
    let mut line = Printable::default();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        line.push(before);
        let number = after.bytes().next().map(|digit| digit.wrapping_sub(b'0'));
        if let Some(arg) = number.and_then(|number| args.get(usize::from(number))) {
            line.push(arg);
        }
        rest = after.get(2..).unwrap_or_default();
    }
    line.push(rest);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_where_the_template_says() {
        assert_eq!(fill("a {1} b {0}{0}", &[&1_u64, &"x"]).as_str(), "a x b 11");
        assert_eq!(fill("plain", &[]).as_str(), "plain");
        // An argument is no template.
        assert_eq!(fill("{0}!", &[&"{0}"]).as_str(), "{0}!");
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let of = |all: &str, messages: &str, lang: &str| {
            Language::of_locale(|name| match name {
                "LC_ALL" => Some(all.to_owned()),
                "LC_MESSAGES" => Some(messages.to_owned()),
                "LANG" => Some(lang.to_owned()),
                _ => None,
            })
        };
        for chinese in ["zh_CN.UTF-8", "zh", "zh_TW", "zh-Hans", "ZH_CN"] {
            assert_eq!(of("", "", chinese), Language::Chinese, "{chinese}");
        }
        for other in ["", "C", "en_US.UTF-8", "zha_CN", "de_DE"] {
            assert_eq!(of("", "", other), Language::English, "{other}");
        }
        assert_eq!(of("C", "zh_CN", "zh_CN"), Language::English);
        assert_eq!(of("", "zh_CN", "en_US"), Language::Chinese);
        assert_eq!(Language::of_locale(|_| None), Language::English);
    }

    #[test]
    #[should_panic(expected = "not used")]
    fn an_argument_that_is_not_used_does_not_pass() {
        check("only {0}", 2);
    }

    #[test]
    #[should_panic(expected = "no such argument")]
    fn nor_does_one_that_is_not_there() {
        check("{0} and {1}", 1);
    }
}
