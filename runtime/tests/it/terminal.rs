//! The program at a terminal, and a terminal that tells what was done to it.

use std::io::Write;
use std::num::NonZeroU16;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::harness::{Home, PARLANCE, Printed, SOON, wait_for};

const ROWS: NonZeroU16 = NonZeroU16::new(24).expect("not zero");
const COLUMNS: NonZeroU16 = NonZeroU16::new(80).expect("not zero");

/// The program at a terminal.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    pub(crate) printed: Printed,
    keys: Box<dyn Write + Send>,
    // It is closed last, or the program would be told that its terminal went away.
    _master: Box<dyn MasterPty + Send>,
    _home: Home,
}

impl Terminal {
    pub(crate) fn start(home: Home, args: &[&str]) -> Terminal {
        let size = PtySize {
            rows: ROWS.get(),
            cols: COLUMNS.get(),
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(PARLANCE);
        command.args(args);
        for (variable, value) in home.environment() {
            command.env(variable, value);
        }
        let child = pair.slave.spawn_command(command).expect("it starts");
        Terminal {
            child,
            printed: Printed::by(pair.master.try_clone_reader().expect("a reader")),
            keys: pair.master.take_writer().expect("a keyboard"),
            _master: pair.master,
            _home: home,
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a keyboard");
    }

    /// What stands on the screen, a string a line.
    pub(crate) fn screen(&self) -> Vec<String> {
        let mut screen = vt100::Parser::new(ROWS, COLUMNS, 0);
        screen.process(self.printed.text().as_bytes());
        let contents = screen.screen().contents();
        contents.lines().map(str::to_owned).collect()
    }

    /// Waits until the screen is this and nothing else.
    pub(crate) fn expect_screen(&self, expected: &[&str]) {
        let screen = || format!("{expected:#?}\nthere is {:#?}", self.screen());
        wait_for(SOON, screen, || (self.screen() == expected).then_some(()));
    }

    pub(crate) fn expect(&self, line: &str) {
        let seen = || format!("{line:?}; there is {:#?}", self.screen());
        wait_for(SOON, seen, || {
            self.screen().iter().any(|on| on == line).then_some(())
        });
    }

    /// Waits until it has printed this, as far as it has come: the end of a line is CR LF on a terminal.
    pub(crate) fn expect_printed(&self, ends: impl Fn(&str) -> bool) {
        let seen = || format!("there is {:?}", self.printed.text());
        wait_for(SOON, seen, || ends(&self.printed.text()).then_some(()));
    }

    /// All that it has printed, once it has ended: the last of it may come after its status.
    pub(crate) fn whole(&self) -> String {
        self.printed.whole()
    }

    pub(crate) fn status(&mut self) -> u32 {
        let seen = || format!("the end; there is {:?}", self.printed.text());
        let child = &mut self.child;
        wait_for(SOON, seen, || child.try_wait().expect("a child of ours")).exit_code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a terminal was made to do beside showing.
#[derive(Default)]
struct Witness(Vec<String>);

impl Witness {
    fn saw(&mut self, what: impl std::fmt::Debug) {
        self.0.push(format!("{what:?}"));
    }
}

impl vt100::Callbacks for Witness {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.saw("bell");
    }

    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.saw("visual bell");
    }

    fn resize(&mut self, _: &mut vt100::Screen, request: (u16, u16)) {
        self.saw(("resize", request));
    }

    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, name: &[u8]) {
        self.saw(("icon", name));
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.saw(("title", title));
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, kind: &[u8], data: &[u8]) {
        self.saw(("copy", kind, data));
    }

    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, kind: &[u8]) {
        self.saw(("paste", kind));
    }

    fn unhandled_char(&mut self, _: &mut vt100::Screen, c: char) {
        // This one draws U+FFFD as nothing, and calls it that.
        if c != char::REPLACEMENT_CHARACTER {
            self.saw(("character", c));
        }
    }

    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.saw(("control", byte));
    }

    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        self.saw(("escape", byte));
    }

    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        _: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        self.saw(("CSI", params, c));
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        self.saw(("OSC", params));
    }
}

/// Shows `printed` to a terminal as `cat` would, line by line.
///
/// # Panics
///
/// If a line does more than stand in its place: it changes what is above or below, a mode, a colour, the title or the
/// clipboard, or asks the terminal for something; or if it has a character by which a terminal of another kind would.
pub(crate) fn assert_only_shown(printed: &str) {
    let printed = printed.replace("\r\n", "\n");
    let acts = |c: char| {
        let format = matches!(
            u32::from(c),
            0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066 | 0x2067 | 0x206a..=0x206f | 0xfff9..=0xfffb
        );
        format || (c.is_control() && !"\t\n".contains(c))
    };
    for line in printed.lines() {
        assert!(!line.contains(acts), "{line:?}");
        let count = |c: char| line.matches(c).count();
        assert_eq!(count('\u{2068}'), count('\u{2069}'), "{line:?}");
    }
    let (rows, columns) = (
        NonZeroU16::new(3_000).expect("not zero"),
        NonZeroU16::new(250).expect("not zero"),
    );
    let mut terminal = vt100::Parser::new_with_callbacks(rows, columns, 0, Witness::default());
    let modes = |screen: &vt100::Screen| {
        let hidden = (screen.hide_cursor(), screen.alternate_screen());
        (
            screen.input_mode_formatted(),
            screen.attributes_formatted(),
            hidden,
        )
    };
    let fresh = modes(terminal.screen());
    for line in printed.split_inclusive('\n') {
        let (row, column) = terminal.screen().cursor_position();
        assert_eq!(column, 0, "{line:?} does not begin a row");
        let above = |screen: &vt100::Screen| screen.contents_between(0, 0, row, 0);
        let before = above(terminal.screen());
        terminal.process(line.replace('\n', "\r\n").as_bytes());
        let screen = terminal.screen();
        assert_eq!(above(screen), before, "{line:?}");
        let (after, _) = screen.cursor_position();
        assert!(after > row || !line.ends_with('\n'), "{line:?}");
        assert!(after < rows.get() - 1, "more than the screen holds");
        let below = screen.contents_between(after, 0, (after + 50).min(rows.get() - 1), 0);
        assert_eq!(below.trim(), "", "{line:?}");
        assert_eq!(modes(screen), fresh, "{line:?}");
    }
    assert_eq!(terminal.callbacks().0, Vec::<String>::new());
}
