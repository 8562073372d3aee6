"""``terraform test`` with mocked providers: validations and wiring of each module."""

from __future__ import annotations

import pytest
import tf_harness

pytestmark = pytest.mark.terraform

CASES = [
    (directory, file.name)
    for directory in [*(f"modules/{name}" for name in tf_harness.MODULES), "baseline"]
    for file in sorted((tf_harness.TERRAFORM / directory / "tests").glob("*.tftest.hcl"))
]


def test_each_module_has_tests() -> None:
    tested = {directory for directory, _ in CASES}
    assert tested == {*(f"modules/{name}" for name in tf_harness.MODULES), "baseline"}


@pytest.mark.parametrize(("directory", "file"), CASES, ids=[f"{d.split('/')[-1]}-{f.split('.')[0]}" for d, f in CASES])
def test_terraform_test(module_copy: tf_harness.MakeModule, directory: str, file: str) -> None:
    module_copy(directory).run("test", "-no-color", f"-filter=tests/{file}")
