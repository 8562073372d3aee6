"""Records of CloudTrail for the tests, shaped as the service writes them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"
GUARD = f"arn:aws:iam::{ACCOUNT}:policy/RequireMFA"
CLI = "aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11.8"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.90.0"


def user(name: str) -> dict[str, Any]:
    """The identity of a user with long-lived keys."""
    return {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": "AKIAEXAMPLE",
        "userName": name,
    }


def session(role: str, name: str, mfa: str = "false") -> dict[str, Any]:
    """The identity of a session of a role."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        "accountId": ACCOUNT,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-11-20T08:00:00Z", "mfaAuthenticated": mfa},
        },
    }


def record(name: str, time: str = "2026-11-20T09:14:02Z", **fields: Any) -> dict[str, Any]:
    """A record; its source is that of IAM unless ``eventSource`` is given."""
    made = {
        "eventVersion": "1.10",
        "userIdentity": user("mallory"),
        "eventTime": time,
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": CLI,
        "requestParameters": None,
        "responseElements": None,
        "requestID": "6f0d2f3e-0000-4000-8000-000000000000",
        "eventID": f"{name}-{time}",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    return {**made, **fields}


def detach(
    who: str = "alice", time: str = "2026-11-20T09:14:02Z", policy: str = GUARD, **fields: Any
) -> dict[str, Any]:
    """DetachUserPolicy."""
    return record("DetachUserPolicy", time, **{"requestParameters": {"userName": who, "policyArn": policy}, **fields})


def log_name(day: str = "20261120", region: str = "us-east-1", mark: str = "abc") -> str:
    """The name of a log file as CloudTrail makes it."""
    return f"{ACCOUNT}_CloudTrail_{region}_{day}T0915Z_{mark}.json.gz"


def write_log(path: Path, records: Iterable[Mapping[str, Any]] | Any) -> Path:
    """A log file with these records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"Records": list(records) if not isinstance(records, Mapping) else records}
    path.write_bytes(gzip.compress(json.dumps(content).encode(), 1))
    return path
