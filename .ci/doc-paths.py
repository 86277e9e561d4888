"""Every path that a document names in backquotes exists, so that the documents cannot rot in silence."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
# A path: no spaces, and a folder, or an ending that only files have.
PATH = re.compile(r"^\.?[\w.-]+(/[\w.-]*)+$|^[\w.-]+\.(md|toml|lock)$|^LICENSE-[A-Z]+$")


def main():
    faults, count = [], 0
    for name in DOCUMENTS:
        text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text(), flags=re.M | re.S)
        named = set(re.findall(r"`([^`\n]+)`", text)) | set(re.findall(r"\]\(([^)#:]+)\)", text))
        for path in sorted(filter(PATH.match, named)):
            if path.startswith("target/"):
                continue
            count += 1
            if not (ROOT / path).exists():
                faults.append(f"{name}: {path} does not exist")
    print("\n".join(faults) or f"{count} paths exist")
    return 1 if faults else 0


sys.exit(main())
