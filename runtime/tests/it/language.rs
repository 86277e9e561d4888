//! The program in Chinese, and how it comes to speak it.

use std::net::TcpListener;

use crate::harness::{Home, SOON, Server};
use crate::peer::{Peer, say};

const COMMANDS: [&[&str]; 19] = [
    &[],
    &["serve"],
    &["join"],
    &["send"],
    &["tail"],
    &["ask"],
    &["who"],
    &["invite"],
    &["invite", "list"],
    &["invite", "revoke"],
    &["load"],
    &["log"],
    &["log", "search"],
    &["log", "import"],
    &["identity"],
    &["identity", "export"],
    &["identity", "import"],
    &["trust"],
    &["mod"],
];

fn is_chinese(text: &str) -> bool {
    text.contains(|c| matches!(c, '\u{3400}'..='\u{9fff}'))
}

/// Words of English in a row, outside what is typed as it stands.
fn english(page: &str) -> Option<&str> {
    page.lines().find(|line| {
        let line = line.trim_start();
        let typed = ["parlance ", "printf ", "echo ", "用法："];
        if typed.iter().any(|typed| line.starts_with(typed)) {
            return false;
        }
        let mut row = 0;
        line.split(' ').any(|word| {
            let is_word = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
            row = if is_word { row + 1 } else { 0 };
            row == 2
        })
    })
}

#[test]
fn every_page_of_help_is_in_both_languages() {
    for command in COMMANDS {
        for flag in ["--help", "-h"] {
            let help = |lang: &str| {
                let args = command.iter().copied().chain([flag, "--lang", lang]);
                let end = Home::new().start(args).finish(SOON);
                assert_eq!((end.status, end.err.as_str()), (0, ""), "{command:?}");
                end.out
            };
            let (en, zh) = (help("en"), help("zh"));
            assert!(!is_chinese(&en), "{command:?}: {en}");
            assert_eq!(english(&zh), None, "{command:?}: {zh}");
            // As many flags in the one as in the other, each with words.
            let flags = |page: &str| -> Vec<String> {
                let of_flag = |c: char| c.is_ascii_lowercase() || c == '-';
                let words = page.split(|c| !of_flag(c));
                let flags = words.filter(|word| word.len() > 3 && word.starts_with("--"));
                flags.map(str::to_owned).collect()
            };
            let own = |page: &str| {
                flags(page)
                    .into_iter()
                    .collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(own(&en), own(&zh), "{command:?}: {zh}");
            for heading in [
                "Usage:",
                "Options:",
                "Arguments:",
                "Commands:",
                "[default",
                "Print ",
            ] {
                assert!(!zh.contains(heading), "{command:?}: {heading} in {zh}");
            }
        }
    }
}

#[test]
fn a_page_that_is_english_would_be_found() {
    assert!(english("  --flag <X>  How many there are").is_some());
    assert_eq!(english("  --flag <X>  多少个 tail --json"), None);
}

#[test]
fn the_locale_decides_unless_it_is_said() {
    let help = |variables: &[(&str, &str)], args: &[&str]| {
        let home = Home::new();
        let mut command = home.parlance(args);
        command.env_remove("LC_ALL");
        command.envs(variables.iter().copied());
        let end = home.run(command).finish(SOON);
        assert_eq!(end.status, 0, "{}", end.err);
        is_chinese(&end.out)
    };
    assert!(!help(&[], &["--help"]));
    assert!(help(&[("LANG", "zh_CN.UTF-8")], &["--help"]));
    assert!(help(
        &[("LC_MESSAGES", "zh_CN.UTF-8"), ("LANG", "C")],
        &["--help"]
    ));
    assert!(!help(
        &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")],
        &["--help"]
    ));
    assert!(help(&[("LC_ALL", "C")], &["--lang", "zh", "--help"]));
    assert!(!help(
        &[("LC_ALL", "zh_CN.UTF-8")],
        &["who", "--help", "--lang=en"]
    ));
}

#[test]
fn what_goes_wrong_is_told_in_chinese() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let server = Server::start(&[]);
    let taken = server.place();
    let _alice = home.join(&server, "alice");
    for (args, status, words) in [
        (
            &["send", &place, "--timeout", "200ms", "x"][..],
            6,
            "连接被拒绝",
        ),
        (
            &["send", "--nonsense", "--lang", "zh"],
            2,
            "没有参数 '--nonsense'",
        ),
        (&["dance"], 2, "没有命令 'dance'"),
        (&["send", "--timeout", "never"], 2, "不是时间"),
        (&["serve", "--rooms", "0"], 2, "0 不在 1..=4294967295 之内"),
        (&["join", "--name", "a\nb"], 2, "名字里有 U+000A"),
        (&["join", "--room", "Lobby"], 2, "房间名里有 U+004C"),
        (&["trust", "x", "--pin", "short"], 2, "不是服务器的公钥指纹"),
        (&["log", "check", "none"], 1, "没有日志"),
        (&["identity", "import", "none"], 1, "没有这个文件或目录"),
        (
            &["serve", "--listen", "0.0.0.0:0", "--tls", "off"],
            2,
            "会是明文",
        ),
        (
            &["send", &taken, "--name", "alice", "x", "--key", "none"],
            1,
            "没有这个文件或目录",
        ),
    ] {
        let args = args.iter().copied().chain(["--lang", "zh"]);
        let args: Vec<&str> = args.collect();
        let end = Home::new().start(&args).finish(SOON);
        assert_eq!(end.status, status, "{args:?}: {}", end.err);
        assert!(end.err.contains(words), "{args:?}: {}", end.err);
        assert_eq!(english(&end.err), None, "{args:?}: {}", end.err);
    }
    // The words of a server are not shown where those of the code say it all.
    let args = ["send", &taken, "--name", "alice", "--lang", "zh", "x"];
    let end = Home::new().start(args).finish(SOON);
    assert_eq!(end.status, 5, "{}", end.err);
    assert!(end.err.contains("名字已被占用"), "{}", end.err);
    assert_eq!(english(&end.err), None, "{}", end.err);
}

#[test]
fn a_conversation_in_chinese() {
    let home = Home::new();
    let mut command = home.parlance(["serve", "--listen", "127.0.0.1:0"]);
    command.env("LC_ALL", "zh_CN.UTF-8");
    let server = home.run(command);
    server.expect_err("监听在 127.0.0.1:");
    server.expect_err("\n");
    let err = server.err();
    let address = err
        .trim()
        .rsplit(' ')
        .next()
        .expect("an address")
        .to_owned();
    let mut alice = home.start(["join", &address, "--name", "alice", "--lang", "zh"]);
    alice.expect_err("已连接，名字是 alice，现有 1 人；/help 列出命令");
    alice.expect_out("--> alice@127.0.0.1 加入了，现有 1 人");
    let (mut bob, _) = Peer::guest(address.parse().expect("an address"), "bob");
    bob.send(&say(1, "你好"));
    alice.expect_out("] bob: 你好\n");
    for line in [
        "/topic 茶",
        "/topic -",
        "/nick 小红",
        "/who",
        "/help",
        "/mee",
        "/msg nobody x",
    ] {
        alice.say(line);
    }
    for words in [
        "设置了话题：茶",
        "清除了话题",
        "alice 改名为 小红",
        "  现有 2 人",
        "谁在这里",
    ] {
        alice.expect_out(words);
    }
    alice.expect_err("没有命令 /mee");
    alice.expect_err("这里没有人叫 nobody");
    alice.say("/quit 喝茶");
    let end = alice.finish(SOON);
    assert_eq!(english(&end.err), None, "{}", end.err);
    server.signal("TERM");
    let end = server.finish(SOON);
    assert!(end.err.contains("正在关闭"), "{}", end.err);
}

/// The seed's form needs no flag to speak Chinese, and one to speak English.
#[test]
fn the_seeds_form_is_chinese_unless_english_is_said() {
    let start = |flags: &[&str]| {
        let home = Home::new();
        let args = ["--name", "server", "--port", "0"];
        home.start(args.iter().chain(flags))
    };
    for (flags, words, end) in [
        (&[][..], "服务器监听在端口: ", "关闭服务器..."),
        (&["--lang", "zh"], "服务器监听在端口: ", "关闭服务器..."),
        (&["--lang", "en"], "listening on port: ", "shutting down..."),
    ] {
        let server = start(flags);
        server.expect_out(words);
        server.expect_out("\n");
        let out = server.out();
        let port = out.trim().rsplit(' ').next().unwrap_or_default();
        let home = Home::new();
        let args = ["--name", "alice", "--port", port];
        let mut alice = home.start(args.iter().chain(flags));
        alice.expect_out("alice@127.0.0.1]> ");
        let english = flags.contains(&"en");
        assert_eq!(is_chinese(&alice.out()), !english, "{}", alice.out());
        alice.close_stdin();
        assert_eq!(alice.finish(SOON).status, 0);
        server.signal("INT");
        let finished = server.finish(SOON);
        assert!(finished.out.contains(end), "{}", finished.out);
        assert_eq!(is_chinese(&finished.out), !english, "{}", finished.out);
    }
    // What is wrong with its command line, too.
    let wrong = Home::new()
        .start(["--name", "alice", "--port", "x"])
        .finish(SOON);
    assert_eq!(wrong.status, 2);
    assert!(is_chinese(&wrong.err), "{}", wrong.err);
    let wrong = Home::new().start(["--name", "alice"]).finish(SOON);
    assert_eq!(wrong.status, 2);
}
