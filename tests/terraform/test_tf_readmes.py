"""The examples in the READMEs of the modules work: they are planned, all in one root module, by the real provider."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import tf_harness

pytestmark = pytest.mark.terraform

PAGES = [tf_harness.TERRAFORM / "modules" / name / "README.md" for name in tf_harness.MODULES]
PAGES.append(tf_harness.TERRAFORM / "baseline" / "README.md")
EXAMPLES = [path / "README.md" for path in sorted((tf_harness.TERRAFORM / "examples").iterdir())]
ROOT = tf_harness.TERRAFORM.parent

# What a page takes for granted.
PROVIDERS = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "global"
  region = "us-east-1"
}
"""
_SOURCE = re.compile(r'"git::https://example\.com/tfratchet\.git//terraform/([a-z/-]+)\?ref=v[0-9.]+"')
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")


def usage(page: Path) -> str:
    """The Terraform examples of a page: what stands in front of the generated tables."""
    written = page.read_text().partition("<!-- tables -->")[0]
    blocks = re.findall(r"^```hcl\n(.*?)^```$", written, re.DOTALL | re.MULTILINE)
    assert blocks, f"{page} has no example"
    return "\n".join(blocks)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.parent.name)
def test_examples_are_formatted(page: Path, terraform_program: str, terraform_env: dict[str, str]) -> None:
    text = usage(page)
    assert _SOURCE.search(text), "no example calls the module by a pinned source"
    done = subprocess.run(
        [terraform_program, "fmt", "-"], input=text, env=terraform_env, capture_output=True, text=True, check=False
    )
    assert done.stdout == text, done.stderr


def test_examples_are_planned(tmp_path: Path, aws: str, terraform_program: str, terraform_env: dict[str, str]) -> None:
    copy = tf_harness.copy_modules(tmp_path / "terraform")
    root = copy / "roots" / "readmes"
    root.mkdir(parents=True)
    (root / "main.tf").write_text(PROVIDERS)
    called = set()
    for page in PAGES:
        text = usage(page)
        called |= set(_SOURCE.findall(text))
        (root / f"{page.parent.name}.tf").write_text(_SOURCE.sub(r'"../../\1"', text))
    assert called == {*(f"modules/{name}" for name in tf_harness.MODULES), "baseline"}
    tf_harness.pin(root / "main.tf")
    tf_harness.write_provider_override(root, aws)
    workspace = tf_harness.Workspace(root, terraform_program, terraform_env)
    workspace.init()
    assert {tuple(kinds) for kinds in tf_harness.actions(workspace.plan()).values()} == {("create",)}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLES, ROOT / "docs" / "modules.md"], ids=lambda path: path.parent.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Also: every page has a title and says which provider applied what."""
    text = page.read_text()
    assert text.startswith(f"# {page.parent.name}\n" if page.name == "README.md" else "# ")
    assert "3.39.0" in text
    for path, anchor in _LINK.findall(text):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}"
