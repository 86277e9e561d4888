"""The cases of the vectors: what is encoded, and what must happen to what is not."""

import cbor2

KEY_ALICE, SESSION_ALICE = b"\x44" * 32, b"\x55" * 16
KEY_BOB, SESSION_BOB = b"\x22" * 32, b"\x33" * 16
MOST = 2**63 - 1
AT = 1764000000000

CLIENT_CODES = [
    "too-big", "malformed", "unexpected", "version", "bad-name", "bad-room", "taken", "full", "forbidden", "banned",
    "kicked", "stale", "session", "replaced", "timeout", "idle", "stalled", "busy", "shutdown", "quit",
]  # fmt: skip
ERROR_CODES = [
    "unsupported", "bad-text", "bad-name", "taken", "muted", "slow-mode", "not-allowed", "no-member", "no-event",
    "busy", "storage",
]  # fmt: skip
ACTS = ["kick", "ban", "ban-address", "unban", "mute", "unmute", "op", "deop", "redact", "slow"]

# One plain message of each tag: golden by itself, and what is wrong in a phase that does not allow it.
PLAIN = {
    "name": ["NAME", [1], "alice", "lobby", 50, None, None, None, None],
    "say": ["SAY", 7, 6, "say", None, "hi"],
    "nick": ["NICK", 8, 7, "alicia"],
    "topic": ["TOPIC", 9, 8, "standup at ten"],
    "mod": ["MOD", 10, 9, "mute", 4, 600, None],
    "tell": ["TELL", 1, 4, "psst"],
    "who": ["WHO", 2, 0],
    "ping": ["PING", 5],
    "pong": ["PONG", 5],
    "quit": ["QUIT", None],
    "client": ["CLIENT", 1, [2, 2, "alice", "127.0.0.1"], "lobby", None, 2, 6034, 2, 2, 0,
               [20480, 16384, 64, 100, 200], 30],
    "said": ["SAID", 3, AT, 1, 1, 1, "bob", "say", None, "hi"],
    "joined": ["JOINED", 3, AT, 3, 3, 0, "carol", "192.0.2.7", 3],
    "left": ["LEFT", 3, AT, 1, 1, 0, "bob", "127.0.0.1", 1, None],
    "renamed": ["RENAMED", 3, AT, 1, 1, 1, "bob", "robert"],
    "titled": ["TITLED", 3, AT, 1, 1, 1, "standup at ten"],
    "modded": ["MODDED", 3, AT, 1, 1, 1, "mute", 4, 600, None],
    "told": ["TOLD", 1, 2, "bob", "psst", None],
    "members": ["MEMBERS", 2, [[1, "bob", "127.0.0.1", 1], [2, "alice", None, 3]], None],
    "gap": ["GAP", 3, 9, "trimmed", 0, None, 2],
    "error": ["ERROR", 7, None, "muted", "you are muted for 10 minutes"],
    "bye": ["BYE", "shutdown", "the server is going down", 3],
}  # fmt: skip

FROM_CLIENT = ["name", "say", "nick", "topic", "mod", "tell", "who", "quit"]
BOTH_WAYS = ["ping", "pong"]
FROM_SERVER = ["client", "said", "joined", "left", "renamed", "titled", "modded", "told", "members", "gap", "error", "bye"]


def with_field(plain: str, index: int, value) -> list:
    """The plain message of that tag with one element replaced."""
    message = list(PLAIN[plain])
    message[index] = value
    return message


def login(**fields) -> list:
    order = ["tag", "versions", "name", "room", "history", "identity", "resume", "proof", "agent"]
    message = list(PLAIN["name"])
    for field, value in fields.items():
        message[order.index(field)] = value
    return message


def golden() -> list[tuple[str, list]]:
    cases = [(f"{tag}-plain", message) for tag, message in PLAIN.items()]
    cases += golden_logins() + golden_requests() + golden_events() + golden_answers()
    cases += [(f"error-{c}", ["ERROR", 1, None, c, ""]) for c in ERROR_CODES]
    cases += [(f"bye-{c}", ["BYE", c, "", None]) for c in CLIENT_CODES]
    return cases


def golden_logins() -> list[tuple[str, list]]:
    return [
        ("name-identity", login(identity=[KEY_ALICE, SESSION_ALICE, 1], agent="parlance 0.1")),
        ("name-resume", login(identity=[KEY_ALICE, SESSION_ALICE, 2], resume=[6034, 3], history=0)),
        ("name-resume-any-epoch", login(identity=[KEY_ALICE, SESSION_ALICE, 3], resume=[0, 0])),
        ("name-versions-most", login(versions=[4, 3, 2, 1])),
        ("name-proof-least", login(proof=b"\x00")),
        ("name-proof-most", login(proof=b"\x61" * 256)),
        ("name-agent-least", login(agent="")),
        ("name-agent-most", login(agent="a" * 64)),
        ("name-name-least", login(name="")),
        ("name-name-most", login(name="\U0001f980" * 32)),
        ("name-room-least", login(room="")),
        ("name-room-most", login(room="a" * 128)),
        ("name-longest", ["NAME", [MOST] * 4, "\U0001f980" * 32, "a" * 128, MOST, [b"\xff" * 32, b"\xff" * 16, MOST],
                          [MOST, MOST], b"\xff" * 256, "a" * 64]),
        ("name-unicode", login(name="张伟")),
    ]  # fmt: skip


def golden_requests() -> list[tuple[str, list]]:
    cases = [
        ("say-first", ["SAY", 1, 0, "say", None, "hello"]),
        ("say-action", ["SAY", 2, 1, "action", None, "waves"]),
        ("say-notice", ["SAY", 3, 2, "notice", None, "build 7 is green"]),
        ("say-answer", ["SAY", 4, 3, "say", 141, "yes\n\tindeed"]),
        ("say-text-least", ["SAY", 1, 0, "say", None, "a"]),
        ("say-text-most", ["SAY", 1, 0, "say", None, "a" * 16384]),
        ("say-text-most-wide", ["SAY", 1, 0, "say", None, "\u5f20" * 5461]),
        ("say-longest", ["SAY", MOST, MOST, "action", MOST, "a" * 16384]),
        ("say-quotes", ["SAY", 1, 0, "say", None, 'he said "a\\b"']),
        ("nick-name-most", ["NICK", 1, 0, "\U0001f980" * 32]),
        ("topic-clear", ["TOPIC", 1, 0, None]),
        ("topic-least", ["TOPIC", 1, 0, "a"]),
        ("topic-most", ["TOPIC", 1, 0, "a" * 512]),
        ("mod-longest", ["MOD", MOST, MOST, "ban-address", MOST, MOST, "a" * 256]),
        ("tell-most", ["TELL", MOST, MOST, "a" * 16384]),
        ("who-most", ["WHO", MOST, MOST]),
        ("ping-least", ["PING", 0]),
        ("pong-most", ["PONG", MOST]),
        ("quit-why", ["QUIT", "lunch"]),
        ("quit-why-least", ["QUIT", ""]),
        ("quit-why-most", ["QUIT", "a" * 256]),
    ]
    for nonce in (23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32):  # where a head grows
        cases.append((f"ping-{nonce}", ["PING", nonce]))
    return cases + [(f"mod-{act}", ["MOD", 1, 0, act, 4, None, None]) for act in ACTS]


def golden_events() -> list[tuple[str, list]]:
    cases = [
        ("said-action", ["SAID", 141, AT, 12, 3, 8, "alice", "action", 140, "waves"]),
        ("said-notice", ["SAID", 142, AT, 12, 3, 9, "alice", "notice", None, "x"]),
        ("said-erased", ["SAID", 141, AT, 12, 3, 8, "alice", "say", None, None]),
        ("said-longest", ["SAID", MOST, MOST, MOST, MOST, MOST, "\U0001f980" * 32, "action", MOST, "a" * 16384]),
        ("joined-no-host", ["JOINED", 142, AT, 13, 4, 0, "bob", None, 3]),
        ("joined-host-most", ["JOINED", 142, AT, 13, 4, 0, "bob", "a" * 64, MOST]),
        ("left-why", ["LEFT", 143, AT, 13, 4, 0, "bob", None, 2, "lunch"]),
        ("left-why-most", ["LEFT", 143, AT, 13, 4, 0, "bob", None, 0, "a" * 256]),
        ("titled-clear", ["TITLED", 145, AT, 12, 3, 9, None]),
        ("titled-most", ["TITLED", 145, AT, 12, 3, 9, "a" * 512]),
        ("modded-by-nobody", ["MODDED", 146, AT, 0, 0, 0, "redact", 141, None, None]),
        ("modded-why-most", ["MODDED", 146, AT, 12, 3, 9, "ban", 13, MOST, "a" * 256]),
    ]
    cases += [
        ("said-example", ["SAID", 141, AT, 12, 3, 7, "alice", "say", None, "hi"]),
        ("joined-example", ["JOINED", 142, AT + 500, 13, 4, 0, "bob", "127.0.0.1", 3]),
        ("left-example", ["LEFT", 143, AT + 1000, 13, 4, 0, "bob", "127.0.0.1", 2, None]),
        ("renamed-example", ["RENAMED", 144, AT + 2000, 12, 3, 8, "alice", "alicia"]),
        ("titled-example", ["TITLED", 145, AT + 3000, 12, 3, 9, "standup at ten"]),
        ("modded-example", ["MODDED", 146, AT + 4000, 12, 3, 10, "mute", 4, 600, None]),
    ]
    return cases + [(f"modded-{act}", ["MODDED", 146, AT, 12, 3, 9, act, 4, None, None]) for act in ACTS]


def golden_answers() -> list[tuple[str, list]]:
    widest = [MOST, "\U0001f980" * 32, "a" * 64, 31]
    return [
        ("client-example", ["CLIENT", 1, [12, 3, "alice", "127.0.0.1"], "lobby", None, 2, 4242, 90, 140, 6,
                            [20480, 16384, 64, 100, 200], 30]),
        ("members-example", ["MEMBERS", 2, [[4, "carol", None, 1], [12, "alicia", "127.0.0.1", 3]], None]),
        ("gap-example", ["GAP", 1, 89, "trimmed", 6, None, 2]),
        ("client-no-addr", with_field("client", 2, [2, 2, "alice", None])),
        ("client-topic-most", with_field("client", 4, "a" * 512)),
        ("client-longest", ["CLIENT", MOST, [MOST, MOST, "\U0001f980" * 32, "a" * 64], "a" * 128, "a" * 512, MOST, MOST,
                            MOST, MOST, MOST, [MOST] * 5, MOST]),
        ("client-no-rate", with_field("client", 10, [20480, 16384, 64, 0, 0])),
        ("told-to-sender", ["TOLD", 12, 4, "alicia", "psst", 1]),
        ("told-longest", ["TOLD", MOST, MOST, "\U0001f980" * 32, "a" * 16384, MOST]),
        ("members-none", ["MEMBERS", 2, [], None]),
        ("members-more", ["MEMBERS", 2, [[4, "carl", None, 8]], 4]),
        ("members-most", ["MEMBERS", MOST, [widest] * 256, MOST]),
        ("gap-newer", ["GAP", 12, 12, "newer", 6, "standup at ten", 2]),
        ("gap-topic-most", ["GAP", 1, MOST, "trimmed", MOST, "a" * 512, MOST]),
        ("error-ref", ["ERROR", None, 1, "no-member", "bob has no connection"]),
        ("error-neither", ["ERROR", None, None, "bad-text", "a reason has no control characters"]),
        ("error-text-most", ["ERROR", MOST, MOST, "storage", "a" * 256]),
        ("bye-text-most", ["BYE", "busy", "a" * 256, MOST]),
        ("bye-unknown-code", ["BYE", "a-code-of-a-later-version", "", None]),
        ("bye-code-least", ["BYE", "x", "", None]),
        ("bye-code-most", ["BYE", "a" * 32, "", None]),
    ]  # fmt: skip


# ---- what is refused ----


def negative() -> list[tuple[str, bytes, str, str]]:
    return lengths() + phases() + cbor_rules() + utf8_rules() + ranges() + refusals()


def body(value) -> bytes:
    return value if isinstance(value, bytes) else cbor2.dumps(value, canonical=True)


def frames(*bodies) -> bytes:
    return b"".join(len(b).to_bytes(4, "big") + b for b in map(body, bodies))


def raw(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


def violated(code: str) -> str:
    return f"ends: violated ({code})"


def lengths() -> list[tuple[str, bytes, str, str]]:
    def head(length: int) -> bytes:
        return length.to_bytes(4, "big")

    cases = []
    for phase, limit in [("AwaitName", 1024), ("Live", 20480), ("client:Greeting", 65536), ("client:Live", 65536)]:
        bad = violated if phase.startswith("client") else "BYE {}".format
        short = phase.replace(":", "-").lower()
        cases += [
            (f"length-0-{short}", head(0), phase, bad("too-big")),
            (f"length-limit-{short}", head(limit) + b"\0" * limit, phase, bad("malformed")),
            (f"length-past-limit-{short}", head(limit + 1), phase, bad("too-big")),
            (f"length-2-31-{short}", head(2**31), phase, bad("too-big")),
            (f"length-most-{short}", head(2**32 - 1), phase, bad("too-big")),
        ]
    return cases + [
        ("length-past-limit-after-name-limit", head(1025) + b"\0" * 1025, "Live", "BYE malformed"),
        ("length-three-bytes", b"\0\0\0", "AwaitName", "waits"),
        ("length-alone", head(27), "AwaitName", "waits"),
        ("length-one-byte-missing", frames(PLAIN["name"])[:-1], "AwaitName", "waits"),
        ("length-one-byte-missing-live", frames(["SAY", 1, 0, "say", None, "hi"])[:-1], "Live", "waits"),
        ("tls-hello", raw("160301 0200 010001fc0303"), "AwaitName", "BYE too-big"),
        ("http-get", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "AwaitName", "BYE too-big"),
        ("ssh-banner", b"SSH-2.0-OpenSSH_9.6\r\n", "AwaitName", "BYE too-big"),
    ]


def phases() -> list[tuple[str, bytes, str, str]]:
    cases = []
    for tag, message in PLAIN.items():
        data = frames(message)
        if tag != "name":
            cases.append((f"awaitname-{tag}", data, "AwaitName", "BYE unexpected"))
        if tag == "name" or tag in FROM_SERVER:
            cases.append((f"live-{tag}", data, "Live", "BYE unexpected"))
        if tag not in ("client", "bye"):
            cases.append((f"greeting-{tag}", data, "client:Greeting", violated("unexpected")))
        if tag == "client" or tag in FROM_CLIENT:
            cases.append((f"client-live-{tag}", data, "client:Live", violated("unexpected")))
    return cases


def cbor_rules() -> list[tuple[str, bytes, str, str]]:
    ping, say = "64 50494e47", "63 534159"
    rules = {
        # heads that are not the shortest
        "uint-1-byte-more": f"82 {ping} 1805",
        "uint-2-bytes-more": f"82 {ping} 190005",
        "uint-4-bytes-more": f"82 {ping} 1a00000005",
        "uint-8-bytes-more": f"82 {ping} 1b0000000000000005",
        "uint-256-in-4": f"82 {ping} 1a00000100",
        "array-head-long": f"9802 {ping} 05",
        "text-head-long": f"82 7804 50494e47 05",
        "null-in-two-bytes": f"86 {say} 01 00 63736179 f816 626869",
        # indefinite lengths
        "array-indefinite": f"9f {ping} 05 ff",
        "tag-indefinite": "82 7f 62 5049 62 4e47 ff 05",
        "text-indefinite": f"86 {say} 01 00 63736179 f6 7f 6168 6169 ff",
        "break-alone": "ff",
        "break-inside": f"82 {ping} ff",
        # more, or less, than one item
        "trailing-byte": f"82 {ping} 05 00",
        "trailing-message": f"82 {ping} 05 82 {ping} 05",
        "truncated-head": f"82 {ping} 19",
        "truncated-text": f"86 {say} 01 00 63736179 f6 6a 6869",
        "truncated-array": f"82 {ping}",
        "array-head-alone": "82",
        # heads that claim the rest of the world
        "array-2-32": f"9affffffff {ping}",
        "array-2-64": f"9bffffffffffffffff {ping}",
        "arrays-nested-huge": "9bffffffffffffffff" * 20,
        "arrays-nested-deep": "81" * 1000,
        "text-2-32": f"86 {say} 01 00 63736179 f6 7affffffff 6869",
        "text-2-64": f"86 {say} 01 00 63736179 f6 7bffffffffffffffff 6869",
        "bytes-2-63": f"82 {ping} 5b8000000000000000",
        "map-2-64": "bbffffffffffffffff",
        "tag-text-huge": "82 7a7fffffff 50494e47 05",
        # other types
        "map-as-message": f"a1 {ping} 05",
        "map-as-field": f"82 {ping} a0",
        "cbor-tag-on-message": f"c6 82 {ping} 05",
        "cbor-tag-self-described": f"d9d9f7 82 {ping} 05",
        "cbor-tag-on-field": f"82 {ping} c1 05",
        "bignum": f"82 {ping} c24105",
        "float-half": f"82 {ping} f94500",
        "float-single": f"82 {ping} fa40a00000",
        "float-double": f"82 {ping} fb4014000000000000",
        "nan": f"82 {ping} f97e00",
        "undefined": f"82 {ping} f7",
        "false": f"82 {ping} f4",
        "simple": f"82 {ping} e0",
        "reserved-head": f"82 {ping} 1c",
        "negative": f"82 {ping} 20",
        "text-for-uint": f"82 {ping} 6135",
        "bytes-for-text": f"86 {say} 01 00 63736179 f6 426869",
        "null-for-uint": f"82 {ping} f6",
        "null-for-text": f"86 {say} 01 00 63736179 f6 f6",
        "undefined-for-null": "82 64 51554954 f7",
        "array-for-uint": f"82 {ping} 80",
        "uint-as-message": "05",
        "text-as-message": ping,
        # tags and lengths
        "array-empty": "80",
        "tag-missing": "81 05",
        "tag-bytes": "82 44 50494e47 05",
        "tag-unknown": "82 64 50494e58 05",
        "tag-lower": "82 64 70696e67 05",
        "tag-empty": "82 60 05",
        "tag-long": "82 78 20" + "61" * 32 + "05",
        "tag-alone": f"81 {ping}",
        "array-long": f"83 {ping} 05 05",
        "array-short-say": f"85 {say} 01 00 63736179 f6",
        "array-long-say": f"87 {say} 01 00 63736179 f6 626869 f6",
    }
    cases = [(f"cbor-{name}", frames(raw(hex)), "Live", "BYE malformed") for name, hex in rules.items()]
    for name in ("array-indefinite", "trailing-byte", "array-2-64", "map-as-message", "tag-unknown", "truncated-array"):
        data = frames(raw(rules[name]))
        cases.append((f"cbor-{name}-awaitname", data, "AwaitName", "BYE malformed"))
        cases.append((f"cbor-{name}-greeting", data, "client:Greeting", violated("malformed")))
        cases.append((f"cbor-{name}-client", data, "client:Live", violated("malformed")))
    return cases


def utf8_rules() -> list[tuple[str, bytes, str, str]]:
    bad = {
        "overlong": "c080", "overlong-3": "e08080", "surrogate": "eda080", "above-10ffff": "f4908080", "cut": "c3",
        "continuation": "80", "ff": "ff", "latin-1": "61e962",
    }  # fmt: skip
    cases = []
    for name, hex in bad.items():
        data = raw(hex)
        text = bytes([0x60 + len(data)]) + data
        say = body(["SAY", 1, 0, "say", None, "x"])[:-2]
        cases.append((f"utf8-{name}", frames(say + text), "Live", "BYE malformed"))
    tag = raw("82 62 c328 05")
    cases.append(("utf8-in-tag", frames(tag), "Live", "BYE malformed"))
    name = body(PLAIN["name"]).replace(b"\x65alice", b"\x65ali\xc3\x28")
    cases.append(("utf8-in-name", frames(name), "AwaitName", "BYE malformed"))
    return cases


def ranges() -> list[tuple[str, bytes, str, str]]:
    """One past each limit of section 4. The CDDL refuses all of these too."""
    past = 2**63
    who = [1, "a", None, 1]
    from_client = {
        "uint": ["PING", past], "uint-most": ["PING", 2**64 - 1], "id-0": ["SAY", 0, 0, "say", None, "x"],
        "id": ["SAY", past, 0, "say", None, "x"], "after": ["SAY", 1, past, "say", None, "x"],
        "re": ["SAY", 1, 0, "say", past, "x"], "kind": ["SAY", 1, 0, "shout", None, "x"],
        "text-0": ["SAY", 1, 0, "say", None, ""], "text-16385": ["SAY", 1, 0, "say", None, "a" * 16385],
        "nick-id-0": ["NICK", 0, 0, "x"], "nick-129": ["NICK", 1, 0, "a" * 129], "nick-null": ["NICK", 1, 0, None],
        "topic-id-0": ["TOPIC", 0, 0, "x"], "topic-0": ["TOPIC", 1, 0, ""], "topic-513": ["TOPIC", 1, 0, "a" * 513],
        "mod-id-0": ["MOD", 0, 0, "kick", 4, None, None], "mod-act": ["MOD", 1, 0, "explode", 4, None, None],
        "mod-why-257": ["MOD", 1, 0, "kick", 4, None, "a" * 257], "mod-who": ["MOD", 1, 0, "kick", past, None, None],
        "mod-secs": ["MOD", 1, 0, "mute", 4, past, None],
        "tell-0": ["TELL", 1, 1, ""], "tell-16385": ["TELL", 1, 1, "a" * 16385], "tell-ref": ["TELL", past, 1, "x"],
        "tell-to": ["TELL", 1, past, "x"], "who-ref": ["WHO", past, 0], "who-from": ["WHO", 0, past],
        "pong": ["PONG", past], "quit-257": ["QUIT", "a" * 257],
    }  # fmt: skip
    logins = {
        "versions-0": login(versions=[]), "versions-5": login(versions=[1, 2, 3, 4, 5]),
        "versions-past": login(versions=[past]), "versions-uint": login(versions=1), "name-129": login(name="a" * 129),
        "room-129": login(room="a" * 129), "history": login(history=past), "history-null": login(history=None),
        "key-31": login(identity=[b"\x44" * 31, SESSION_ALICE, 1]), "key-33": login(identity=[b"\x44" * 33, SESSION_ALICE, 1]),
        "session-15": login(identity=[KEY_ALICE, b"\x55" * 15, 1]), "session-17": login(identity=[KEY_ALICE, b"\x55" * 17, 1]),
        "attempt-0": login(identity=[KEY_ALICE, SESSION_ALICE, 0]), "attempt": login(identity=[KEY_ALICE, SESSION_ALICE, past]),
        "identity-short": login(identity=[KEY_ALICE, SESSION_ALICE]), "identity-long": login(identity=[KEY_ALICE, SESSION_ALICE, 1, None]),
        "resume-short": login(resume=[1]), "resume-long": login(resume=[1, 1, 1]), "epoch": login(resume=[past, 1]),
        "since": login(resume=[1, past]), "proof-0": login(proof=b""), "proof-257": login(proof=b"\x61" * 257),
        "proof-text": login(proof="secret"), "agent-65": login(agent="a" * 65), "name-short": PLAIN["name"][:-1],
        "name-long": PLAIN["name"] + [None],
    }  # fmt: skip
    from_server = {
        "client-keepalive": with_field("client", 11, past), "client-you-short": with_field("client", 2, [2, 2, "alice"]),
        "client-limits-short": with_field("client", 10, [20480, 16384, 64, 100]),
        "client-addr-65": with_field("client", 2, [2, 2, "alice", "a" * 65]), "client-topic-0": with_field("client", 4, ""),
        "client-topic-513": with_field("client", 4, "a" * 513), "said-seq": with_field("said", 1, past),
        "said-at": with_field("said", 2, past), "said-text-0": with_field("said", 9, ""),
        "said-text-16385": with_field("said", 9, "a" * 16385), "said-kind": with_field("said", 7, "shout"),
        "said-name-129": with_field("said", 6, "a" * 129), "joined-host-65": with_field("joined", 7, "a" * 65),
        "left-why-257": with_field("left", 9, "a" * 257), "renamed-new-129": with_field("renamed", 7, "a" * 129),
        "titled-0": with_field("titled", 6, ""), "titled-513": with_field("titled", 6, "a" * 513),
        "modded-act": with_field("modded", 6, "explode"), "told-0": with_field("told", 4, ""),
        "told-16385": with_field("told", 4, "a" * 16385), "members-257": ["MEMBERS", 2, [who] * 257, None],
        "members-flat": ["MEMBERS", 2, who, None], "members-host-65": ["MEMBERS", 2, [[1, "a", "a" * 65, 1]], None],
        "gap-why": with_field("gap", 3, "lost"), "gap-topic-0": with_field("gap", 5, ""),
        "error-code": with_field("error", 3, "nope"), "error-text-257": with_field("error", 4, "a" * 257),
        "bye-code-0": with_field("bye", 1, ""), "bye-code-33": with_field("bye", 1, "a" * 33),
        "bye-text-257": with_field("bye", 2, "a" * 257), "bye-text-null": with_field("bye", 2, None),
    }  # fmt: skip
    cases = [(f"range-{name}", frames(m), "Live", "BYE malformed") for name, m in from_client.items()]
    cases += [(f"range-{name}", frames(m), "AwaitName", "BYE malformed") for name, m in logins.items()]
    cases += [(f"range-{name}", frames(m), "client:Live", violated("malformed")) for name, m in from_server.items()]
    # What the CDDL does not say, and what zcbor, which counts characters, does not see.
    return cases + [
        ("bye-code-upper", frames(with_field("bye", 1, "Shutdown")), "client:Live", violated("malformed")),
        ("text-wide-16386", frames(["SAY", 1, 0, "say", None, "张" * 5462]), "Live", "BYE malformed"),
    ]


def refusals() -> list[tuple[str, bytes, str, str]]:
    """Well-formed, and yet refused, dropped, or a fault of the order."""

    def say(text: str, after: int = 0, re=None) -> list:
        return ["SAY", 1, after, "say", re, text]

    names = [
        ("version-none", login(versions=[2, 3]), "BYE version"),
        ("version-before-name", login(versions=[2], name="", room=""), "BYE version"),
        ("name-empty", login(name=""), "BYE bad-name"),
        ("name-33", login(name="a" * 33), "BYE bad-name"),
        ("name-space-first", login(name=" alice"), "BYE bad-name"),
        ("name-control", login(name="a\x1bb"), "BYE bad-name"),
        ("name-zero-width", login(name="al\u200bice"), "BYE bad-name"),
        ("name-not-nfc", login(name="e\u0301ve"), "BYE bad-name"),
        ("name-reserved", login(name="server"), "BYE bad-name"),
        ("name-looks-reserved", login(name="ѕеrvеr"), "BYE bad-name"),
        ("name-before-room", login(name="", room=""), "BYE bad-name"),
        ("room-empty", login(room=""), "BYE bad-room"),
        ("room-33", login(room="a" * 33), "BYE bad-room"),
        ("room-path", login(room="../x"), "BYE bad-room"),
        ("room-upper", login(room="Lobby"), "BYE bad-room"),
        ("name-taken-by-guest", login(name="bob"), "BYE taken"),
        ("name-taken-by-key", login(name="bob", identity=[KEY_ALICE, SESSION_ALICE, 1]), "BYE taken"),
        ("name-taken-by-look", login(name="bоb"), "BYE taken"),
        ("attempt-lower", login(name="bob", identity=[KEY_BOB, SESSION_BOB, 1]), "BYE stale"),
        ("attempt-again", login(name="bob", identity=[KEY_BOB, SESSION_BOB, 2]), "BYE stale"),
        ("session-unknown", login(name="bob", identity=[KEY_BOB, b"\x34" * 16, 2]), "BYE session"),
        ("session-of-another-key", login(name="eve", identity=[KEY_ALICE, SESSION_BOB, 2]), "BYE session"),
    ]
    live = [
        ("say-control", say("a\x07b"), "ERROR bad-text"),
        ("say-escape", say("\x1b]0;x\x07"), "ERROR bad-text"),
        ("say-carriage-return", say("a\r\nb"), "ERROR bad-text"),
        ("say-line-separator", say("a\u2028b"), "ERROR bad-text"),
        ("say-override", say("\u202eevil"), "ERROR bad-text"),
        ("say-isolate", say("\u2066x\u2069"), "ERROR bad-text"),
        ("say-not-nfc", say("e\u0301"), "ERROR bad-text"),
        ("say-private-use", say("\ue000"), "ERROR bad-text"),
        ("say-unassigned", say("\u0378"), "ERROR bad-text"),
        ("say-answers-0", say("x", re=0), "ERROR no-event"),
        ("say-answers-past-head", say("x", re=3), "ERROR no-event"),
        ("say-orphan", say("x", after=5), "ignored"),
        ("say-orphan-with-bad-text", say("a\x07b", after=5), "ignored"),
        ("nick-bad", ["NICK", 1, 0, "a\tb"], "ERROR bad-name"),
        ("nick-empty", ["NICK", 1, 0, ""], "ERROR bad-name"),
        ("nick-reserved", ["NICK", 1, 0, "server"], "ERROR bad-name"),
        ("nick-taken", ["NICK", 1, 0, "bob"], "ERROR taken"),
        ("nick-taken-by-look", ["NICK", 1, 0, "bоb"], "ERROR taken"),
        ("topic-control", ["TOPIC", 1, 0, "a\x1bb"], "ERROR bad-text"),
        ("mod-by-another", ["MOD", 1, 0, "kick", 2, None, None], "ERROR not-allowed"),
        ("mod-an-operator", ["MOD", 1, 0, "kick", 1, None, None], "ERROR not-allowed"),
        ("tell-nobody", ["TELL", 1, 99, "psst"], "ERROR no-member"),
        ("tell-control", ["TELL", 1, 1, "a\x07b"], "ERROR bad-text"),
        ("quit-control", ["QUIT", "a\x07b"], "ERROR bad-text"),
        ("pong-unasked", ["PONG", 5], "ignored"),
    ]
    def mod(act, who=2, secs=None, why=None, id=2, after=1):
        return ["MOD", id, after, act, who, secs, why]

    operator = [(f"mod-does-{act}", mod(act, None if act == "slow" else 1 if act == "redact" else 2), "done")
                for act in ACTS if act not in ("unban", "deop")]
    operator += [
        ("mod-does-deop", mod("deop", 5), "done"),
        ("mod-does-it-for-a-while", mod("ban", 2, 60, "spam"), "done"),
        ("mod-without-a-ban", mod("unban", 2), "ERROR no-member"),
        ("mod-nobody", mod("kick", 9), "ERROR no-member"),
        ("mod-kick-one-away", mod("kick", 4), "ERROR no-member"),
        ("mod-ban-one-away", mod("ban", 4), "done"),
        ("mod-op-a-guest", mod("op", 3), "ERROR not-allowed"),
        ("mod-ban-a-guest", mod("ban", 3), "ERROR not-allowed"),
        ("mod-ban-an-operator", mod("ban", 5), "ERROR not-allowed"),
        ("mod-mute-oneself", mod("mute", 1), "ERROR not-allowed"),
        ("mod-deop-none", mod("deop", 2), "ERROR not-allowed"),
        ("mod-redact-nothing", mod("redact", 99), "ERROR no-event"),
        ("mod-redact-0", mod("redact", 0), "ERROR no-event"),
        ("mod-why-control", mod("kick", 2, why="a\x07b"), "ERROR bad-text"),
        ("mod-kick-for-a-while", mod("kick", 2, 5), "ERROR unsupported"),
        ("mod-redact-for-a-while", mod("redact", 1, 5), "ERROR unsupported"),
        ("mod-kick-nobody-named", mod("kick", None), "ERROR unsupported"),
        ("mod-slow-somebody", mod("slow", 2, 5), "ERROR unsupported"),
        ("mod-again", mod("mute", 2, id=1, after=0), "ignored"),
        ("mod-orphan", mod("mute", 2, id=4, after=3), "ignored"),
    ]
    muted = [
        ("muted-says", say("hi"), "ERROR muted"),
        ("muted-renames", ["NICK", 1, 0, "alicia"], "ERROR muted"),
        ("muted-sets-the-topic", ["TOPIC", 1, 0, "tea"], "ERROR muted"),
        ("muted-tells", ["TELL", 1, 1, "psst"], "ERROR muted"),
        ("muted-moderates", ["MOD", 1, 0, "unmute", 2, None, None], "ERROR not-allowed"),
        ("muted-says-nonsense", say("a\x07b"), "ERROR bad-text"),
    ]
    slow = [
        ("slow-says", ["SAY", 2, 1, "say", None, "two"], "ERROR slow-mode"),
        ("slow-does", ["SAY", 2, 1, "action", None, "waves"], "ERROR slow-mode"),
    ]
    client = [
        ("event-jump", with_field("said", 1, 4), violated("jump")),
        ("event-again", with_field("said", 1, 2), "ignored"),
        ("event-0", with_field("said", 1, 0), "ignored"),
        ("gap-jump", ["GAP", 4, 9, "trimmed", 0, None, 2], violated("jump")),
        ("gap-from-cursor", ["GAP", 2, 9, "trimmed", 0, None, 2], violated("jump")),
        ("gap-again", ["GAP", 1, 2, "trimmed", 0, None, 2], "ignored"),
        ("pong-unasked-client", ["PONG", 5], "ignored"),
    ]
    version = ("version-not-offered", frames(with_field("client", 1, 2)), "client:Greeting", violated("version"))
    cases = [version]
    cases += [(name, frames(message), "AwaitName", outcome) for name, message, outcome in names]
    cases += [(name, frames(message), "Live", outcome) for name, message, outcome in live]
    for phase, all in (("Operator", operator), ("Muted", muted), ("Slow", slow)):
        cases += [(name, frames(message), phase, outcome) for name, message, outcome in all]
    return cases + [(name, frames(message), "client:Live", outcome) for name, message, outcome in client]
