"""``tfratchet audit`` of accounts of two sizes, the whole process against moto's server in a process of its own.

The server answers from the same two cores, and most of the time is its own: AWS answers in parallel, moto does not.
Every tenth user has something against them, so that calls of their own are made for these: two to five each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from run import BIN, Row, command, timed

USERS = 5_000
SECONDS = 60

_SERVER = """
import sys
from datetime import datetime, timezone
from moto.iam.models import iam_backends
from moto.server import ThreadedMotoServer

iam = iam_backends["123456789012"]["aws"]
iam.create_group("staff", "/")
iam.put_group_policy("staff", "guard", sys.argv[2])
iam.put_group_policy("staff", "work", sys.argv[3])
for number in range(int(sys.argv[1])):
    name = f"user-{number:05d}"
    user = iam.create_user("us-east-1", name)
    iam.add_user_to_group("staff", name)
    if number % 3 == 0:
        iam.create_access_key(name)
    else:
        iam.create_login_profile(name, "Correct-horse-battery-1")
        user.password_last_used = datetime.now(timezone.utc)
        if number % 10:
            iam.enable_mfa_device(name, f"arn:aws:iam::123456789012:mfa/{name}", "123456", "654321")
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


def _document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@contextmanager
def account(users: int) -> Iterator[dict[str, str]]:
    """A server with so many users; gives the environment of a process that asks it."""
    without = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    guard = _document({"Effect": "Deny", "NotAction": ["iam:EnableMFADevice"], "Resource": "*", "Condition": without})
    work = _document({"Effect": "Allow", "Action": ["s3:*", "iam:*"], "Resource": "*"})
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(users), guard, work],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a line for each request
        env=env,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        if not port:
            raise SystemExit("the moto server did not start")
        yield env | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}
    finally:
        server.communicate(timeout=20)


def measured(users: int) -> float:
    """Seconds of one whole run."""
    with account(users) as env, tempfile.TemporaryDirectory() as folder:
        os.environ.update(env)
        return timed(command([BIN / "tfratchet", "audit", "--format", "json"], Path(folder), [1]), 1)


def rows() -> Iterator[Row]:
    """Five thousand users, beside five hundred."""
    small, large = measured(USERS // 10), measured(USERS)
    yield Row(
        f"audit of {USERS:,} users, moto's server on the same cores",
        f"{large:.1f} s",
        f"{USERS // 10:,} users {small:.1f} s",
        f"under {SECONDS} s",
        large < SECONDS,
    )
