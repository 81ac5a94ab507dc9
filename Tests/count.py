"""Sums the results in a folder: JUnit files, and NAME.stage files with "passed" or "failed".

count.py FOLDER            prints "N passed, N failed", and ", N skipped" where there are any
count.py --failed FOLDER   names what failed, a line each
"""

import pathlib
import sys
import xml.etree.ElementTree as tree


def tests(folder):
    """Every test as (name, "passed" | "failed" | "skipped")."""
    for stage in sorted(folder.glob("*.stage")):
        yield stage.stem, stage.read_text().strip()
    for file in sorted(folder.glob("*.xml")):
        try:
            cases = list(tree.parse(file).iter("testcase"))
        except tree.ParseError:
            yield f"{file.name} cannot be read", "failed"
            continue
        for case in cases:
            results = {child.tag for child in case}
            name = f"{case.get('classname')}.{case.get('name')}"
            if results & {"failure", "error"}:
                yield name, "failed"
            else:
                yield name, "skipped" if "skipped" in results else "passed"


def main(words):
    found = list(tests(pathlib.Path(words[-1])))
    if words[0] == "--failed":
        for name, result in found:
            if result == "failed":
                print(f"failed: {name}")
        return
    numbers = {word: sum(result == word for _, result in found)
               for word in ("passed", "failed", "skipped")}
    line = f"{numbers['passed']} passed, {numbers['failed']} failed"
    print(line + (f", {numbers['skipped']} skipped" if numbers["skipped"] else ""))


main(sys.argv[1:])
