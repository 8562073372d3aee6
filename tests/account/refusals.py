"""An account in moto of which single calls go wrong, by botocore's own hook before a call is sent."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.loaders
import botocore.session

from tfratchet.account.session import Account

REGION = "us-east-1"
_LOADER = botocore.loaders.create_loader()


def account(region: str = REGION) -> Account:
    """An account with fake keys, for moto. Its session has handlers of its own, and shares the models of the services:
    reading these takes longer than everything else.
    """
    core = botocore.session.Session()
    core.register_component("data_loader", _LOADER)
    return Account(boto3.Session("x", "x", region_name=region, botocore_session=core), region)


def client(service: str) -> Any:
    """A client that makes what a test needs."""
    return boto3.client(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")


def refuse(found: Account, operation: str, code: str = "AccessDenied", times: int | None = None) -> None:
    """Answer ``iam.GetUser`` (service and operation) with an error, the first ``times`` calls (None: always)."""
    left = [times]

    def answer(**_: Any) -> tuple[Any, dict[str, Any]] | None:
        if left[0] is not None:
            if left[0] == 0:
                return None
            left[0] -= 1
        return SimpleNamespace(status_code=403, headers={}), {
            "Error": {"Code": code, "Message": f"made up: {code}"},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }

    found.session.events.register_first(f"before-call.{operation}", answer)


def reply(found: Account, operation: str, make: Callable[[int], dict[str, Any]]) -> None:
    """Answer an operation without moto; ``make`` gets the number of the call, from 0."""
    count = [0]
    lock = threading.Lock()

    def answer(**_: Any) -> tuple[Any, dict[str, Any]]:
        with lock:
            number = count[0]
            count[0] += 1
        return SimpleNamespace(status_code=200, headers={}), {
            **make(number),
            "ResponseMetadata": {"HTTPStatusCode": 200},
        }

    found.session.events.register_first(f"before-call.{operation}", answer)


def record(found: Account) -> Counter[str]:
    """Every operation that is called from now on: ``iam.GetUser``, with how often."""
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    def note(model: Any, **_: Any) -> None:
        with lock:
            seen[f"{model.service_model.service_id.hyphenize()}.{model.name}"] += 1

    found.session.events.register_first("provide-client-params", note)
    return seen
