"""A moto server on a free loopback port, in a process of its own, with a clean end.

``with server() as endpoint`` is all that a test needs. A process, not a thread: moto keeps its state in module globals,
which tests with ``mock_aws`` in the same process reset.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

_PROGRAM = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()  # until the parent closes its end, even when it dies
server.stop()
"""


@contextlib.contextmanager
def server(*, managed_policies: bool = True) -> Iterator[str]:
    """Start a moto server and yield its URL; it ends with the block.

    ``managed_policies``: whether it has AWS's own policies, which makes each start and reset some seconds longer.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    env["MOTO_IAM_LOAD_MANAGED_POLICIES"] = str(managed_policies).lower()
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError("the moto server did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def reset(endpoint: str) -> None:
    """Forget everything that was made on the server."""
    request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        answer.read()
