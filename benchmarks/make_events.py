"""Makes log files of CloudTrail as a busy account has them: ``make_events.py FOLDER [--mb 1000] [--seed 1]``.

Folders, names and records have the shapes that CloudTrail writes; nine records in ten are reads and calls of services,
one in some five hundred is a protected call. Files hold from a few to some thousand records, as in a real bucket.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"
REGIONS = ("us-east-1", "eu-central-1", "eu-west-1", "ap-southeast-2")
LEVEL = 4  # about as small as CloudTrail's own, and three times as fast to make as the best

_AGENTS = (
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/sts#1.30.3",
    "Boto3/1.34.144 md/Botocore#1.34.144 ua/2.0 os/linux#5.10.220 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython",
    "aws-cli/2.17.18 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.97 md/arch#x86_64 lang/python#3.11.8 cfg/retry-mode",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.2 (+https://www.terraform.io) terraform-provider-aws/5.60.0 aws-sdk-go-v2",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "config.amazonaws.com",
)

# (source, name, read-only, request parameters, response)
_USUAL: tuple[tuple[str, str, bool, Any, Any], ...] = (
    ("sts", "AssumeRole", True, {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/app-%(n)d", "roleSessionName": "s%(n)d"}, 1),
    ("kms", "Decrypt", True, {"encryptionContext": {"aws:s3:arn": "arn:aws:s3:::data-%(n)d/part"}}, None),
    (
        "kms",
        "GenerateDataKey",
        True,
        {"keySpec": "AES_256", "keyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/%(n)d"},
        None,
    ),
    ("ec2", "DescribeInstances", True, {"instancesSet": {}, "filterSet": {"items": [{"name": "tag:x%(n)d"}]}}, None),
    ("ec2", "DescribeVolumes", True, {"maxResults": 500, "volumeSet": {}, "filterSet": {}}, None),
    ("ec2", "RunInstances", False, {"instancesSet": {"items": [{"imageId": "ami-%(n)d", "minCount": 1}]}}, 1),
    ("s3", "GetBucketAcl", True, {"bucketName": "data-%(n)d", "Host": "data.s3.amazonaws.com", "acl": ""}, None),
    ("s3", "ListBuckets", True, {"Host": "s3.eu-central-1.amazonaws.com"}, None),
    ("logs", "CreateLogStream", False, {"logGroupName": "/aws/lambda/f%(n)d", "logStreamName": "2026/11/%(n)d"}, None),
    ("iam", "GetRole", True, {"roleName": "app-%(n)d"}, None),
    ("iam", "ListAttachedRolePolicies", True, {"roleName": "app-%(n)d", "maxItems": 100}, None),
    ("lambda", "UpdateFunctionConfiguration20150331v2", False, {"functionName": "f%(n)d", "timeout": 30}, 1),
)
_PROTECTED: tuple[tuple[str, str, bool, Any, Any], ...] = (
    ("iam", "DetachUserPolicy", False, {"userName": "u%(n)d", "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/mfa"}, None),
    (
        "iam",
        "AttachRolePolicy",
        False,
        {"roleName": "r%(n)d", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        None,
    ),
    (
        "iam",
        "PutUserPolicy",
        False,
        {"omitted": True, "originalSize": 131122, "reason": "requestParameters too large"},
        None,
    ),
    ("iam", "CreateAccessKey", False, {"userName": "u%(n)d"}, None),
    ("cloudtrail", "StopLogging", False, {"name": "main-%(n)d"}, None),
    ("s3", "PutBucketPolicy", False, {"bucketName": "data-%(n)d", "bucketPolicy": {"Version": "2012-10-17"}}, None),
)


def records(rng: random.Random, day: int, region: str) -> Iterator[str]:
    """Records without end, as text."""
    templates = [(_template(call, agent), call) for call in (*_USUAL, *_PROTECTED) for agent in _AGENTS]
    usual = [t for t, call in templates if call in _USUAL]
    protected = [t for t, call in templates if call in _PROTECTED]
    while True:
        template = rng.choice(protected if rng.random() < 0.002 else usual)
        second = rng.randrange(86_400)
        yield template % {
            "n": rng.randrange(100_000),
            "time": f"2026-11-{day:02d}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z",
            "id": f"{rng.getrandbits(128):032x}",
            "request": f"{rng.getrandbits(128):032x}",
            "key": f"{rng.getrandbits(64):016X}",
            "ip": f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}",
            "region": region,
        }


def _template(call: tuple[str, str, bool, Any, Any], agent: str) -> str:
    source, name, read_only, parameters, response = call
    issuer = {
        "type": "Role",
        "principalId": "AROAEXAMPLEEXAMPLE",
        "arn": f"arn:aws:iam::{ACCOUNT}:role/app-%(n)d",
        "accountId": ACCOUNT,
        "userName": "app-%(n)d",
    }
    attributes = {"creationDate": "%(time)s", "mfaAuthenticated": "false"}
    record = {
        "eventVersion": "1.10",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLEEXAMPLE:i-%(key)s",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app-%(n)d/i-%(key)s",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIA%(key)s",
            "sessionContext": {"sessionIssuer": issuer, "attributes": attributes, "ec2RoleDelivery": "2.0"},
        },
        "eventTime": "%(time)s",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "%(region)s",
        "sourceIPAddress": "%(ip)s",
        "userAgent": agent,
        "requestParameters": parameters,
        "responseElements": None
        if response is None
        else {"requestId": "%(request)s", "status": "pending", "n": "%(n)d"},
        "requestID": "%(request)s",
        "eventID": "%(id)s",
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{source}.%(region)s.amazonaws.com",
        },
    }
    return json.dumps(record, separators=(",", ":"))


def make(folder: Path, megabytes: float, seed: int = 1) -> tuple[int, int]:
    """Write log files with so many megabytes of text; gives the number of files and of records."""
    rng = random.Random(seed)
    written = files = count = 0
    while written < megabytes * 1e6:
        day, region = rng.randint(1, 23), rng.choice(REGIONS)
        source = records(rng, day, region)
        number = min(int(rng.lognormvariate(5.5, 1.2)) + 1, 8000)
        text = '{"Records":[' + ",".join(next(source) for _ in range(number)) + "]}"
        place = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / region / "2026" / "11" / f"{day:02d}"
        place.mkdir(parents=True, exist_ok=True)
        stamp = f"202611{day:02d}T{rng.randrange(24):02d}15Z"
        name = f"{ACCOUNT}_CloudTrail_{region}_{stamp}_{rng.getrandbits(64):016x}.json.gz"
        (place / name).write_bytes(gzip.compress(text.encode(), LEVEL))
        written, files, count = written + len(text), files + 1, count + number
    return files, count


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Makes log files of CloudTrail.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mb", type=float, default=1000, help="megabytes of text, before gzip")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    files, count = make(arguments.folder, arguments.mb, arguments.seed)
    print(f"{files:,} files, {count:,} records")


if __name__ == "__main__":
    main()
