#!/usr/bin/env python3
"""Makes the vectors of SPEC.md, and checks them.

    pip install 'cbor2<6' zcbor
    tests/vectors/make.py            # writes the blocks between the markers of SPEC.md
    tests/vectors/make.py --check    # fails if they are not up to date, or if the CDDL of SPEC.md disagrees

cbor2 is an encoder that shares no code with parlance, zcbor a second opinion on the CDDL. Nothing in `cargo test` needs
either: the tests read what stands in SPEC.md.
"""

import contextlib
import inspect
import io
import pathlib
import re
import sys

import cbor2

from cases import golden, negative

SPEC = pathlib.Path(__file__).resolve().parents[2] / "SPEC.md"
WIDEST = 320  # bytes: the longest unit looked for in a run
RUN = 48  # bytes: shorter runs are written out
MANY = 16  # equal parts: more are folded in the diagnostic column


def hex_column(data: bytes) -> str:
    """Hex with runs folded: `6162*3` is `616261626162`."""
    tokens, plain, i = [], b"", 0
    while i < len(data):
        unit, times = longest_run(data, i)
        if unit * times >= RUN and times > 2:
            if plain:
                tokens.append(plain.hex())
            plain = b""
            tokens.append(f"{data[i:i + unit].hex()}*{times}")
            i += unit * times
        else:
            plain += data[i : i + 1]
            i += 1
    if plain:
        tokens.append(plain.hex())
    return " ".join(tokens)


def longest_run(data: bytes, i: int) -> tuple[int, int]:
    best = (1, 1)
    for unit in range(1, min(WIDEST, (len(data) - i) // 2) + 1):
        if data[i : i + unit] != data[i + unit : i + 2 * unit]:
            continue
        times = 2
        while data[i + times * unit : i + (times + 1) * unit] == data[i : i + unit]:
            times += 1
        if unit * times > best[0] * best[1]:
            best = (unit, times)
    return best


def diagnostic(value) -> str:
    """The notation of RFC 8949, section 8, with long runs folded as SPEC.md says."""
    match value:
        case None:
            return "null"
        case int():
            return str(value)
        case bytes():
            if len(value) > MANY and len(set(value)) == 1:
                return f"h'{value[:1].hex()}'*{len(value)}"
            return f"h'{value.hex()}'"
        case str():
            if len(value) > MANY and len(set(value)) == 1:
                return f"{quoted(value[0])}*{len(value)}"
            return quoted(value)
        case list():
            if len(value) > MANY and all(item == value[0] for item in value):
                return f"[{diagnostic(value[0])}*{len(value)}]"
            return "[" + ", ".join(diagnostic(item) for item in value) + "]"
    raise TypeError(type(value))


def quoted(text: str) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "|": "\\u007c"}
    return '"' + "".join(escapes.get(c, c) for c in text) + '"'


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def golden_block() -> str:
    lines = []
    for name, value in golden():
        body = cbor2.dumps(value, canonical=True)
        lines.append(f"{name} | {hex_column(frame(body))} | {diagnostic(value)}")
    return fenced("vectors", lines)


def negative_block() -> str:
    lines = [f"{name} | {hex_column(data)} | {phase} | {outcome}" for name, data, phase, outcome in negative()]
    return fenced("negative", lines)


def fenced(kind: str, lines: list[str]) -> str:
    names = [line.split(" | ")[0] for line in lines]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    return "\n".join([f"```{kind}", *lines, "```"])


def between(text: str, kind: str, block: str) -> str:
    pattern = re.compile(rf"(<!-- vectors: {kind} -->\n).*?(<!-- end: {kind} -->)", re.S)
    assert len(pattern.findall(text)) == 1, f"SPEC.md needs one pair of markers for {kind}"
    return pattern.sub(lambda m: f"{m[1]}\n{block}\n\n{m[2]}", text)


def accepts(message, body: bytes) -> bool:
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            message.validate_str(body)
        return True
    except Exception:  # zcbor refuses in more than one way
        return False


def check_cddl(text: str) -> int:
    """Has zcbor judge every golden vector, and each one that is past a range."""
    from zcbor import DataTranslator

    prelude = pathlib.Path(inspect.getfile(DataTranslator)).with_name("prelude.cddl").read_text(encoding="utf-8")
    grammar = re.search(r"^```cddl\n(.*?)^```", text, re.S | re.M)[1]
    grammar = prelude + grammar.replace("from:", "from_:")  # zcbor names Python fields by labels
    message = DataTranslator.from_cddl(grammar, 256).my_types["message"]
    faults = 0
    for name, value in golden():
        if not accepts(message, cbor2.dumps(value, canonical=True)):
            print(f"{name}: refused by the CDDL")
            faults += 1
    past = [case for case in negative() if case[0].startswith("range-")]
    for name, data, _, _ in past:
        if accepts(message, data[4:]):
            print(f"{name}: accepted by the CDDL")
            faults += 1
    print(f"CDDL: {len(golden())} golden to accept, {len(past)} out of range to refuse, {faults} faults")
    return faults


def main() -> int:
    old = SPEC.read_text(encoding="utf-8")
    new = between(between(old, "golden", golden_block()), "negative", negative_block())
    if "--check" not in sys.argv[1:]:
        SPEC.write_text(new, encoding="utf-8")
        return 0
    if new != old:
        print("SPEC.md is not up to date: run tests/vectors/make.py")
    print(f"{len(golden())} golden and {len(negative())} negative vectors")
    return int(new != old) + check_cddl(new)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
