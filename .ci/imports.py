"""Imports inside proto go one way, downwards (ARCHITECTURE.md, "Direction of imports"), and the ban on
clocks (clippy.toml) is lifted in runtime/src/clock.rs and in no other file of runtime/src.

A module may name modules of a lower layer, and modules of its own top-level folder. Test modules,
which stand at the foot of a file or in files of their own (`tests.rs`), may name anything.
"""

import pathlib
import re
import sys

# Top-level modules of proto/src, lowest first. Modules of one layer do not know each other,
# except in the lowest, where values may be made of values.
LAYERS = [
    {"time", "name", "text", "unicode", "rng", "transmit"},
    {"wire"},
    {"close"},
    {"legacy"},
    {"room"},
    {"server", "client"},
]
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}
ABOVE = len(LAYERS)  # lib.rs, and whatever is only for tests: may name all
FREE = {"lib", "generators"}

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "proto" / "src"
RUNTIME = ROOT / "runtime" / "src"


def uses(text):
    """(line number, top-level module) of each `crate::module` before the first test module."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*#\[cfg\(test\)\]", line):
            return
        code = line.split("//")[0]
        for module in re.findall(r"\bcrate::(\w+)", code):
            yield number, module
        for group in re.findall(r"\bcrate::\{([^}]*)", code):
            for module in re.findall(r"(?:^|,)\s*(\w+)", group):
                yield number, module


def allowed(mine, other):
    if mine == other or mine in FREE:
        return True
    low = RANK[mine] == 0 and RANK[other] == 0
    return low or RANK[other] < RANK[mine]


def main():
    faults, files = [], 0
    for path in sorted(SRC.rglob("*.rs")):
        inner = path.relative_to(SRC)
        mine = inner.parts[0].removesuffix(".rs")
        if path.stem == "tests" or "tests" in inner.parts:
            continue
        files += 1
        if mine not in RANK and mine not in FREE:
            faults.append(f"{inner}: module `{mine}` has no layer; give it one here and in ARCHITECTURE.md")
            continue
        for number, other in uses(path.read_text()):
            if other in RANK and not allowed(mine, other):
                faults.append(f"{inner}:{number}: `{mine}` must not know `{other}`")
    for path in sorted(RUNTIME.rglob("*.rs")):
        if path != RUNTIME / "clock.rs" and "disallowed_methods" in path.read_text():
            faults.append(f"runtime/src/{path.relative_to(RUNTIME)}: only clock.rs may lift disallowed_methods")
    print("\n".join(faults) or f"{files} files of proto: imports go downwards")
    return 1 if faults else 0


sys.exit(main())
