"""What the pages of docker/docs show is true of the binary: commands run, settings fit, links lead somewhere."""

import re
import subprocess

import pytest
import yaml

import conftest
from conftest import ROOT

PAGES = sorted((ROOT / "docker" / "docs").glob("*.md"))
LINKED = [*PAGES, ROOT / "README.md", *sorted((ROOT / "docker").glob("*/README.md")),
          *sorted((ROOT / "docker" / "examples").glob("*/README.md"))]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)


def commands():
    """Each line of a page's sh blocks that runs drainit."""
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in block.replace("\\\n", "").splitlines():
                if "drainit " in line and not line.startswith(("docker", "podman", "kubectl", "helm", "#")):
                    yield pytest.param(line, id=f"{page.stem}: {line}")


@pytest.mark.parametrize("line", commands())
def test_a_command_that_is_shown_does_what_is_said(bench, start, line):
    """A line that begins with ! fails with drainit's own 125; every other succeeds, or maps to 0."""
    fails = line.startswith("! ")
    box = start(["/bin/sh", "-c", line.removeprefix("! ")],
                env={"PATH": f"{bench}:/usr/local/bin:/usr/bin:/bin"})
    assert box.wait() == (125 if fails else 0), box.log.text()


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_named_is_an_option_of_this_drainit(bench, page):
    """Every DRAINIT_ variable and every option in a command or a yaml block is one that it has."""
    text = page.read_text()
    help_all = subprocess.run([bench / "drainit", "--help", "all"], capture_output=True, text=True,
                              check=True).stdout
    known = set(re.findall(r"--[a-z][a-z-]+", help_all))
    for name in re.findall(r"\bDRAINIT_([A-Z_]+)", text):
        assert "--" + name.lower().replace("_", "-") in known or name in ("VERSION", "DRIAN"), name
    for block in blocks(page, "yaml"):
        yaml.safe_load(block)


def test_the_man_page_has_every_option_of_the_help(bench):
    page = subprocess.run([ROOT / "docker" / "man", bench / "drainit"], capture_output=True, text=True,
                          check=True).stdout
    help_all = subprocess.run([bench / "drainit", "--help", "all"], capture_output=True, text=True,
                              check=True).stdout
    shown = page.replace("\\-", "-").replace("\\&", "")
    for line in help_all.splitlines()[2:]:
        if line.startswith("  "):
            for word in re.findall(r"--?[a-zA-Z][a-z-]*", line[:26]):
                assert re.search(rf"^\.B .*{word}", shown, re.M), word
        for word in line.split():
            assert word in shown or word.rstrip(":") in shown, word
    rendered = subprocess.run(["groff", "-man", "-Tascii", "-ww"], input=page, capture_output=True,
                              text=True, check=True)
    assert rendered.stderr == "" and conftest.binary().exists()
    assert "--drain MIN..MAX" in re.sub(".\b", "", rendered.stdout)
