"""Advanced event selectors: the real call that the module's block stands for, made with boto3 against moto.

Provider 3.39.0 does not know the block, and provider 6.62.0 is only there as a schema. So the values of the block are
worked out by a real plan (``tf_harness.selector_as_output``), sent as provider 5 and 6 send them, and read back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import tf_harness

pytestmark = pytest.mark.terraform

Fields = dict[str, dict[str, list[str]]]
EXPECTED: dict[str, Fields] = {
    "Management events": {"eventCategory": {"Equals": ["Management"]}},
    "Every function": {
        "eventCategory": {"Equals": ["Data"]},
        "resources.type": {"Equals": ["AWS::Lambda::Function"]},
    },
    "Objects but scratch": {
        "eventCategory": {"Equals": ["Data"]},
        "resources.type": {"Equals": ["AWS::S3::Object"]},
        "resources.ARN": {"NotStartsWith": ["arn:aws:s3:::scratch/"]},
        "readOnly": {"Equals": ["false"]},
    },
}


def request(rendered: str) -> list[dict[str, Any]]:
    """The selectors as the provider sends them: what is null is left out."""
    return [
        selector
        | {"FieldSelectors": [{k: v for k, v in f.items() if v is not None} for f in selector["FieldSelectors"]]}
        for selector in json.loads(rendered)
    ]


def put(endpoint: str, selectors: list[dict[str, Any]]) -> dict[str, Fields]:
    """Give a trail these selectors, and read them back: fields by name of the selector."""
    settings: Any = {
        "region_name": "us-east-1",
        "endpoint_url": endpoint,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
    boto3.client("s3", **settings).create_bucket(Bucket="example-logs")
    cloudtrail = boto3.client("cloudtrail", **settings)
    cloudtrail.create_trail(Name="objects", S3BucketName="example-logs")
    cloudtrail.put_event_selectors(TrailName="objects", AdvancedEventSelectors=selectors)
    found = cloudtrail.get_event_selectors(TrailName="objects")
    assert not found.get("EventSelectors")
    return {
        selector["Name"]: {
            field["Field"]: {test: values for test, values in field.items() if test != "Field"}
            for field in selector["FieldSelectors"]
        }
        for selector in found["AdvancedEventSelectors"]
    }


def wrong(found: dict[str, Fields]) -> Iterator[str]:
    """What is not as it should be, one line each."""
    for name in sorted(EXPECTED.keys() | found.keys()):
        if found.get(name) != EXPECTED.get(name):
            yield f"{name}: {found.get(name)}"


def test_the_api_takes_the_selectors(rendered: tf_harness.Rendered, aws: str) -> None:
    assert list(wrong(put(aws, request(rendered.selectors)))) == []
