"""One AWS provider that stays up, for many short Terraform runs.

Terraform starts a provider anew for every walk of a graph, and this one takes half a second each time; ``terraform
test`` with mocks does little else. So its runs are attached to a provider that is there already
(``TF_REATTACH_PROVIDERS``, made for debuggers). Only for mocks: one process has room for one configuration, and a root
module with two regions has two.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping

import provider_mirror

# Ends with its standard input, even when the tests die.
_SCRIPT = '"$0" -debug & trap "kill $!" EXIT; cat >/dev/null'


@contextlib.contextmanager
def environment(mirror: provider_mirror.Mirror, env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start the provider; yields ``env`` with what attaches terraform to it."""
    (program,) = mirror.cli_config.parent.rglob(f"terraform-provider-aws_v{provider_mirror.APPLIED_VERSION}_*")
    process = subprocess.Popen(
        ["sh", "-c", _SCRIPT, str(program)],
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        found = next((m for line in process.stdout if (m := re.search(r"TF_REATTACH_PROVIDERS='(.*)'", line))), None)
        if found is None:
            raise RuntimeError("the provider did not start")
        yield {**env, "TF_REATTACH_PROVIDERS": found[1]}
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()
