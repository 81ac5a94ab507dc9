"""What python3-yaml reads, for YAMLOracleTests: manifests of this repository, or made documents.

    yaml_oracle.py files            every YAML and JSON file under docker
    yaml_oracle.py made SEED COUNT  so many documents

For each a line of its name, one of its length, its bytes, and a line of what it is: "refused" or all
documents in one notation.

PyYAML reads YAML 1.1 by the book. kubectl reads with sigs.k8s.io/yaml, so here plain scalars are what
its resolver says: no base 60 (1:30 is a text), no dates, `y` and `n` are true and false, 0o17 and
0x1F are numbers, 08 is a float, what does not fit into 64 bits is one, too. A name in a mapping is
its text, whatever it would be as a value; one that comes again replaces the first. An anchor may be
defined again. DIFFERENCES are the texts that both read, but not alike, or that only one reads.
"""

import pathlib
import random
import re
import sys

import yaml

DIFFERENCES = {
    "a tab between tokens is a blank to libyaml and kubectl, and an error to PyYAML": rb"\t",
    "a complex name (`? a`) is no name of a Kubernetes field and is not read": rb"\? ",
    "two \\u escapes of a surrogate pair are one letter, as in JSON; PyYAML keeps two halves": rb"ud83d",
    "a tag of a collection stands before it in its own line only": rb"!!map",
    "after `...` a document may begin without `---`": rb"\.\.\.\r?\n(?!---)",
    "a byte order mark before `---` or `%`, which PyYAML takes for text": rb"\xef\xbb\xbf[-%]",
    "`!` alone makes a text of a number": rb"!( |\r|\n|$)",
}


class Kubectl(yaml.SafeLoader):
    """Scalars as sigs.k8s.io/yaml resolves them."""

    def compose_node(self, parent, index):
        if not self.check_event(yaml.AliasEvent):
            self.anchors.pop(self.peek_event().anchor, None)
        return super().compose_node(parent, index)


TAG = "tag:yaml.org,2002:"
OURS = ("bool", "int", "float", "timestamp", "null")
Kubectl.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag.rpartition(":")[2] not in OURS]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def resolve(tag, pattern, first):
    Kubectl.add_implicit_resolver(TAG + tag, re.compile(pattern), first)


resolve("bool", r"^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE"
                r"|off|Off|OFF)$", list("yYtToOnNfF"))
resolve("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""])
resolve("int", r"^[-+]?(?:0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|0[bB]_*[01][01_]*|0[oO]_*[0-7][0-7_]*"
               r"|0_*[0-7][0-7_]*_*|0_*|[1-9][0-9_]*)$", list("+-0123456789"))
resolve("float", r"^(?:[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?_*[0-9][0-9_]*)?"
                 r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
                 r"|[-+]\._*[0-9][0-9_]*(?:[eE][-+]?[0-9_]+)?)$", list("+-.0123456789"))


class Float(str):
    """As it was written: --lint has no use for its value."""


def whole(loader, node):
    text = loader.construct_scalar(node).replace("_", "")
    sign = -1 if text[0] == "-" else 1
    text = text.lstrip("+-").lower()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(text[:2], 8 if text[0] == "0" and len(text) > 1 else 10)
    value = sign * int(text[2:] if text[:2] in ("0x", "0b", "0o") else text, base)
    return value if abs(value) < 1 << 63 else Float(node.value)


def mapping(loader, node):
    loader.flatten_mapping(node)
    found = {}
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode) or name.tag == TAG + "null":
            raise yaml.YAMLError("no name")
        found[name.value] = loader.construct_object(value, deep=True)
    return found


Kubectl.add_constructor(TAG + "int", whole)
Kubectl.add_constructor(TAG + "float", lambda loader, node: Float(node.value))
Kubectl.add_constructor(TAG + "bool", lambda loader, node: loader.construct_scalar(node).lower()
                        in ("y", "yes", "true", "on"))
for tag_of_text in ("merge", "value"):
    Kubectl.add_constructor(TAG + tag_of_text, lambda loader, node: loader.construct_scalar(node))
Kubectl.add_constructor(TAG + "map", mapping)


def quoted(text):
    return '"' + re.sub(r'[\0-\x1f"\\\x7f]', lambda found: f"<{ord(found[0])}>", text) + '"'


def shown(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Float):
        return "float " + value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + "".join(shown(item) + "," for item in value) + "]"
    if isinstance(value, dict):
        pairs = (f"{quoted(name)}:{shown(item)}," for name, item in value.items())
        return "{" + "".join(sorted(pairs, key=str.encode)) + "}"
    return quoted(value)


def oracle(text):
    try:
        return "".join(" " + shown(document) for document in yaml.load_all(text, Kubectl)
                       if document is not None)
    except (yaml.YAMLError, ValueError):
        return "refused"


SCALARS = [
    "a", "b c", "yes", "No", "on", "017", "08", "0x1F", "1_000", "1e3", ".5", "-", "~", "null",
    '"q\\n\\u00e9\\x41"', "'it''s'", "a: b", "a #c", "#x", "http://x:80/", "{", "[", "a,b", "x: ", "- y",
    "*", "&z", "!!str 5", '!!int "5"', "1:30", "2001-01-01", '"a\n   b\n\n  c"', "'d\n e'",
    "plain\n    more\n\n    lines", '"\\\n   x"', "?", "? a", "@x", "%y", "`", "|", ">", "-1", "+1", ".inf",
    ".NaN", "<<", "=", "", "a:", "::", "-a", '"x" y', "0o17", "0b101", "_1", "1.", "1.e+5", "!", "é", "\t",
    '"\\ud83d\\ude00"', "key:v", "[a, b]", "{a: 1, b: [x]}", "{a, b: }", "[a: b, {c: d}]", "[]", "{}",
    '["x":1]', '{"a":1,"b":[1,2,{"c":null}]}', "[a,\n b\n , c,]", '{a: "x\n y", # c\n b: z}', "&a x", "*a",
    "- - x",
]
NAMES = ["a", "b", "c", '"q r"', "'s'", "x y", "<<", "on", "1", "a.b/c", "-x", "?y", "&k z"]
HEADERS = ["|", ">", "|-", ">-", "+|", "|2", "|+", " |1", ">9", "|3-"]


class Maker:
    """Documents that are nearly YAML."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def block(self, indent):
        text = " " + self.pick(HEADERS) + self.pick(["", " # c", "  "]) + "\n"
        inner = indent + self.pick([1, 2, 2, 3, 0])
        for _ in range(self.random.randint(0, 5)):
            text += self.pick([
                " " * inner + "text " + self.pick(["a", "b: c", "# d", "- x"]), "",
                " " * (inner + 2) + "deep", " " * self.random.randint(0, inner),
                " " * inner + "\ttab", "   "]) + "\n"
        return text

    def value(self, depth, indent):
        chance = self.random.random()
        if depth <= 0 or chance < 0.35:
            return " " + self.pick(SCALARS) + self.pick(["", "", "", " # c", "  "]) + "\n"
        if chance < 0.5:
            return self.block(indent)
        if chance < 0.8:
            start = self.pick(["", " &a", " !!map", " # c", ""]) + "\n"
            return start + self.map(depth - 1, indent + self.pick([1, 2, 2, 4]))
        return self.pick(["", " &b", ""]) + "\n" + self.list(depth - 1, indent + self.pick([0, 0, 2, 2]))

    def map(self, depth, indent):
        text = ""
        for index in range(self.random.randint(1, 4)):
            if self.random.random() < 0.08:
                text += self.pick(["\n", " " * indent + "# comment\n", "   \n", "#x\n"])
            name = self.pick(NAMES + [f"k{index}"] * 4)
            text += " " * (indent if self.random.random() < 0.985 else indent + 1)
            text += name + self.pick([":", ":", ":", " :"]) + self.value(depth, indent)
        return text

    def list(self, depth, indent):
        text = ""
        for _ in range(self.random.randint(1, 3)):
            chance = self.random.random()
            if chance < 0.5 or depth <= 0:
                text += " " * indent + "-" + self.value(0, indent)
            elif chance < 0.8:
                text += " " * indent + "- " + self.map(depth - 1, indent + 2)[indent + 2:]
            else:
                text += " " * indent + "-" + self.value(depth - 1, indent + 1)
        return text

    def document(self):
        text = self.pick(["", "", "---\n", "# c\n", "%YAML 1.1\n---\n", "--- # x\n"])
        for _ in range(self.pick([1, 1, 1, 2])):
            text += self.pick([self.map, self.map, self.map, self.list])(3, 0)
            text += self.pick(["", "", "---\n", "...\n", "---\n---\n"])
        if self.random.random() < 0.15:
            text = text.replace("\n", "\r\n")
        if self.random.random() < 0.1:
            text = text[:self.random.randint(0, len(text))]
        if self.random.random() < 0.1:
            text = text.rstrip("\n")
        return (b"\xef\xbb\xbf" if self.random.random() < 0.05 else b"") + text.encode()


def documents(words):
    if words[0] == "files":
        for path in sorted(pathlib.Path("docker").rglob("*")):
            if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
                yield str(path), path.read_bytes()
        return
    maker = Maker(int(words[1]))
    count = 0
    while count < int(words[2]):
        text = maker.document()
        if not any(re.search(pattern, text) for pattern in DIFFERENCES.values()):
            count += 1
            yield f"seed {words[1]}, document {count}", text


if __name__ == "__main__":
    for name_of, bytes_of in documents(sys.argv[1:]):
        head = f"{name_of}\n{len(bytes_of)}\n".encode()
        sys.stdout.buffer.write(head + bytes_of + oracle(bytes_of).encode() + b"\n")
