"""Settings, pre-commit and CI of a repository that uses the baseline, as text. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tfratchet.initialise.source import ModuleSource


def configuration(break_glass: Sequence[str]) -> str:
    """``tfratchet.toml``."""
    names = "".join(f"  {_toml(arn)},\n" for arn in sorted(break_glass))
    return (
        "# Settings of tfratchet: see docs/configuration.md of tfratchet. They count from the next change on.\n"
        'fail_on = "medium"\n\n'
        "# Principals that guards may exempt: the same as in the baseline.\n"
        f"break_glass = [\n{names}]\n"
    )


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def pre_commit(source: ModuleSource) -> str:
    """``.pre-commit-config.yaml``: the same revision as the modules, or the tfratchet that is installed."""
    if not source.repository:
        return (
            "repos:\n  - repo: local\n    hooks:\n      - id: tfratchet\n        name: tfratchet\n"
            "        entry: tfratchet diff --staged\n        language: system\n        pass_filenames: false\n"
            "        always_run: true\n"
        )
    return (
        f"repos:\n  - repo: {source.repository}\n    rev: {source.ref}\n    hooks:\n"
        "      - id: tfratchet\n      - id: tfratchet-checkov\n"
    )


def github(source: ModuleSource, root: str) -> str:
    """A workflow of GitHub Actions for pull requests. ``root`` is the directory of the root module."""
    # Downloaded modules are read by tfratchet. Without them it only sees the arguments of the call.
    get = (
        "      - uses: hashicorp/setup-terraform@v3\n        with:\n          terraform_wrapper: false\n"
        f"      - run: terraform -chdir={root} get\n"
    )
    return (
        "# What does this pull request take away from the security baseline?\n"
        "name: tfratchet\n\non:\n  pull_request:\n\npermissions:\n  contents: read\n\njobs:\n  diff:\n"
        "    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with:\n"
        "          fetch-depth: 0\n          persist-credentials: false\n      - uses: actions/setup-python@v5\n"
        '        with:\n          python-version: "3.12"\n'
        f'      - run: python -m pip install "{source.requirement}"\n'
        f"{get if source.repository else ''}"
        # The name of a branch is not ours: it reaches the shell as a variable, never as text of the script.
        "      - env:\n          BASE: origin/${{ github.base_ref }}\n"
        '        run: tfratchet diff --base "$BASE" --merge-base --head HEAD --format github\n'
    )


def gitlab(source: ModuleSource, root: str) -> str:
    """A job of GitLab CI for merge requests, and one before it that gets the modules. ``root``: as for ``github``."""
    rules = "  rules:\n    - if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME\n"
    get = (
        "tfratchet-modules:\n"
        '  image:\n    name: hashicorp/terraform:1.11\n    entrypoint: [""]\n'
        f"{rules}  script:\n    - terraform -chdir={root} get\n"
        f"  artifacts:\n    paths:\n      - {root}/.terraform/modules\n\n"
    )
    needs = "  needs: [tfratchet-modules]\n"
    return (
        "# What does this merge request take away from the security baseline?\n"
        f"{get if source.repository else ''}"
        f"tfratchet:\n  image: python:3.12-slim\n{needs if source.repository else ''}{rules}"
        '  variables:\n    GIT_DEPTH: "0"\n  before_script:\n'
        "    - apt-get update -q && apt-get install -qy git\n"
        f'    - python -m pip install "{source.requirement}"\n'
        "  script:\n"
        '    - git fetch origin "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"\n'
        "    - tfratchet diff --base FETCH_HEAD --merge-base --head HEAD --output gitlab=gl-code-quality-report.json\n"
        "  artifacts:\n    when: always\n    reports:\n      codequality: gl-code-quality-report.json\n"
    )
