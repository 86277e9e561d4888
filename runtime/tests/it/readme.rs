//! README.md: what it tells a reader to type works.

use std::path::Path;

use crate::documented::{Scene, program};

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    std::fs::read_to_string(path).expect("a README.md")
}

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let blocks = text.split(start.as_str()).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect()
}

#[test]
fn every_command_works() {
    let text = readme();
    let mut scene = Scene::new();
    let mut played = Vec::new();
    for block in blocks(&text, "sh") {
        for line in block.lines() {
            let command = line.split(" #").next().unwrap_or_default().trim();
            if !command.is_empty() {
                scene.play(command);
                played.push(command);
            }
        }
    }
    for word in [
        "serve",
        "join --name alice",
        "send",
        "tail",
        "--name server --port",
        "cargo test",
    ] {
        assert!(
            played.iter().any(|command| command.contains(word)),
            "README does not tell of {word}"
        );
    }
}

#[test]
fn every_command_of_the_transcripts_works() {
    let text = readme();
    for block in blocks(&text, "console") {
        let mut scene = Scene::new();
        for line in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            scene.play(line.split(" #").next().unwrap_or_default().trim());
        }
    }
}

#[test]
fn every_block_is_of_a_kind_that_is_looked_at() {
    let text = readme();
    let fences: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("```"))
        .collect();
    for fence in fences.iter().step_by(2) {
        assert!(["```sh", "```console"].contains(fence), "{fence}");
    }
    assert_eq!(fences.len() % 2, 0);
}

#[test]
#[should_panic(expected = "what is this to do?")]
fn a_command_that_nobody_knows_fails() {
    Scene::new().play("parlance dance");
}

#[test]
fn commands_are_taken_apart() {
    assert_eq!(
        program("cargo run --release -- serve"),
        Some(("", vec!["serve"]))
    );
    assert_eq!(
        program("echo a | parlance send"),
        Some(("echo a ", vec!["send"]))
    );
    assert_eq!(program("parlances serve"), None);
    assert_eq!(
        blocks("a\n```sh\nb\n```\nc\n```sh\nd\n```\n", "sh"),
        ["b\n", "d\n"]
    );
}
