"""Every single edit that weakens a module turns a test or check of this repository red."""

from __future__ import annotations

import mutations
import pytest

pytestmark = pytest.mark.terraform


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, server_url: str, terraform_program: str, mocks_env: dict[str, str]
) -> mutations.Bench:
    return mutations.Bench(tmp_path_factory.mktemp("mutations"), server_url, terraform_program, mocks_env)


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda m: m.what.replace(" ", "-"))
def test_mutation_is_caught(mutation: mutations.Mutation, bench: mutations.Bench) -> None:
    assert mutations.caught_by(mutation, bench) != ""


def test_page_is_in_step() -> None:
    """docs/mutations.md lists these edits, and none that survived."""
    text = mutations.PAGE.read_text().splitlines()
    lines = [line for line in text if line.startswith(("| modules/", "| baseline/"))]
    assert len(lines) == len(mutations.MUTATIONS) >= 25
    for line, mutation in zip(lines, mutations.MUTATIONS, strict=True):
        assert line.startswith(mutations.row(mutation))
        assert "**nothing**" not in line
