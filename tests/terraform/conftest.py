"""Fixtures for the tests of the Terraform modules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import moto_server
import provider_mirror
import pytest
import running_provider
import tf_harness


@pytest.fixture(scope="session")
def mirror() -> provider_mirror.Mirror:
    """Provider mirror and schema, built once. Without the packages: a visible skip, or a failure where all must run."""
    try:
        return provider_mirror.ensure()
    except provider_mirror.MirrorError as error:
        if os.environ.get("TFRATCHET_REQUIRE_ALL") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    with moto_server.server() as endpoint:
        yield endpoint


@pytest.fixture
def aws(server_url: str) -> str:
    """URL of an empty moto server."""
    moto_server.reset(server_url)
    return server_url


@pytest.fixture(scope="session")
def terraform_env(mirror: provider_mirror.Mirror) -> dict[str, str]:
    """Environment of terraform processes."""
    return provider_mirror.environment(mirror)


@pytest.fixture(scope="session")
def mocks_env(mirror: provider_mirror.Mirror, terraform_env: dict[str, str]) -> Iterator[dict[str, str]]:
    """Environment of terraform processes that mock the provider: they share one that is running."""
    with running_provider.environment(mirror, terraform_env) as env:
        yield env


@pytest.fixture
def workspace(
    tmp_path: Path, aws: str, terraform_program: str, terraform_env: dict[str, str]
) -> tf_harness.MakeWorkspace:
    """A function that copies ``terraform/``, adapts it to provider 3.39.0 and gives an initialised root module."""

    def make(root: str, *, prevent_destroy: bool = False) -> tf_harness.Workspace:
        copy = tf_harness.copy_modules(tmp_path / "terraform", prevent_destroy=prevent_destroy)
        tf_harness.write_provider_override(copy / root, aws)
        made = tf_harness.Workspace(copy / root, terraform_program, terraform_env)
        made.init()
        return made

    return make


@pytest.fixture(scope="session")
def module_copy(
    tmp_path_factory: pytest.TempPathFactory, terraform_program: str, mocks_env: dict[str, str]
) -> tf_harness.MakeModule:
    """A function that gives a module of one copy of ``terraform/``, adapted to provider 3.39.0 and initialised.

    For ``terraform test`` with mocks.
    """
    copy = tf_harness.copy_modules(tmp_path_factory.mktemp("modules") / "terraform")
    ready: dict[str, tf_harness.Workspace] = {}

    def make(directory: str) -> tf_harness.Workspace:
        if directory not in ready:
            ready[directory] = tf_harness.Workspace(copy / directory, terraform_program, mocks_env)
            ready[directory].init()
        return ready[directory]

    return make


@pytest.fixture(scope="session")
def rendered(
    tmp_path_factory: pytest.TempPathFactory, server_url: str, terraform_program: str, terraform_env: dict[str, str]
) -> tf_harness.Rendered:
    """Every policy and event pattern that the modules make, rendered by a real plan."""
    copy = tf_harness.copy_modules(tmp_path_factory.mktemp("rendered") / "terraform")
    return tf_harness.render_policies(copy, server_url, terraform_program, terraform_env)
