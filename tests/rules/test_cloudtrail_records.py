"""What trails record: selectors compared as sets of events, not as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulerun import run, told

from tfratchet.model import Resource
from tfratchet.rules.cloudtrail.records import lost_records, records_of
from tfratchet.values import canonical

TRAIL = "aws_cloudtrail.main"


def trail(text: str = "", name: str = "main", more: str = "is_multi_region_trail = true") -> str:
    return f'resource "aws_cloudtrail" "{name}" {{\nname = "{name}"\ns3_bucket_name = "logs"\n{more}\n{text}\n}}\n'


def data(*values: str, kind: str = "AWS::S3::Object", access: str = "All", management: str = "true") -> str:
    listed = ", ".join(f'"{v}"' for v in values)
    return f"""
    event_selector {{
      read_write_type           = "{access}"
      include_management_events = {management}
      data_resource {{
        type   = "{kind}"
        values = [{listed}]
      }}
    }}
    """


def advanced(*selectors: str) -> str:
    return "\n".join(f"advanced_event_selector {{\n{s}\n}}" for s in selectors)


def fields(**wanted: str) -> str:
    """``eventCategory="Data"`` → equals; ``resources_ARN__starts_with="..."`` → that operator."""
    found = []
    for key, value in wanted.items():
        name, _, operator = key.partition("__")
        listed = ", ".join(f'"{v}"' for v in value.split(","))
        found.append(f'field_selector {{\nfield = "{name.replace("_", ".")}"\n{operator or "equals"} = [{listed}]\n}}')
    return "\n".join(found)


MANAGEMENT = fields(eventCategory="Management")
S3_DATA = fields(eventCategory="Data", resources_type="AWS::S3::Object")


def selectors(base: str, head: str) -> list[str]:
    found = told(run(trail(base), trail(head), "TFR408", "TFR409"))
    return [f.removesuffix(f" {TRAIL}") for f in found]


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        # management events
        ("", 'event_selector {\n  read_write_type = "WriteOnly"\n}', ["TFR408 high"]),
        ("", 'event_selector {\n  exclude_management_event_sources = ["kms.amazonaws.com"]\n}', ["TFR408 medium"]),
        ("", data("arn:aws:s3", management="false"), ["TFR408 critical"]),
        ("", advanced(S3_DATA), ["TFR408 critical"]),  # no flag says so
        (advanced(MANAGEMENT), advanced(MANAGEMENT + "\n" + fields(readOnly="false")), ["TFR408 high"]),
        (
            advanced(MANAGEMENT),
            advanced(MANAGEMENT + "\n" + fields(eventSource__not_equals="kms.amazonaws.com,rdsdata.amazonaws.com")),
            ["TFR408 medium"],
        ),
        # data events
        (data("arn:aws:s3"), "", ["TFR409 high"]),  # only the data events go
        (data("arn:aws:s3"), data("arn:aws:s3:::logs/"), ["TFR409 medium"]),
        (data("arn:aws:s3:::a/", "arn:aws:s3:::b/"), data("arn:aws:s3:::a/"), ["TFR409 medium"]),
        (data("arn:aws:s3:::a/"), data("arn:aws:s3:::a/prefix"), ["TFR409 medium"]),
        (data("arn:aws:s3"), data("arn:aws:s3", access="WriteOnly"), ["TFR408 high", "TFR409 medium"]),
        (data("arn:aws:lambda", kind="AWS::Lambda::Function"), "", ["TFR409 medium"]),
        (
            data("arn:aws:s3") + data("arn:aws:lambda", kind="AWS::Lambda::Function"),
            data("arn:aws:s3"),
            ["TFR409 medium"],
        ),
        (advanced(MANAGEMENT, S3_DATA), advanced(MANAGEMENT), ["TFR409 high"]),
        (
            advanced(MANAGEMENT, S3_DATA),
            advanced(MANAGEMENT, S3_DATA + "\n" + fields(eventName="DeleteObject")),
            ["TFR409 medium"],
        ),
        (
            advanced(MANAGEMENT, S3_DATA),
            advanced(MANAGEMENT, S3_DATA + "\n" + fields(resources_ARN__not_starts_with="arn:aws:s3:::noisy/")),
            ["TFR409 medium"],
        ),
    ],
)
def test_narrower_selectors(base: str, head: str, expected: list[str]) -> None:
    assert selectors(base, head) == expected


EQUAL = [
    ("", "event_selector {\n}"),
    ("", 'event_selector {\n  read_write_type = "All"\n  include_management_events = true\n}'),
    ("", 'event_selector {\n  read_write_type = "ReadOnly"\n}\nevent_selector {\n  read_write_type = "WriteOnly"\n}'),
    ("", advanced(MANAGEMENT)),
    (data("arn:aws:s3"), data("arn:aws:s3:::")),
    (data("arn:aws:s3"), advanced(MANAGEMENT, S3_DATA)),
    (data("arn:aws:s3"), data("arn:aws:s3", access="ReadOnly") + data("arn:aws:s3", access="WriteOnly")),
    (data("arn:aws:s3:::a/", "arn:aws:s3:::b/"), data("arn:aws:s3:::b/") + data("arn:aws:s3:::a/")),
    (
        advanced(MANAGEMENT, S3_DATA),
        advanced(S3_DATA + "\n" + fields(readOnly="true"), S3_DATA + "\n" + fields(readOnly="false"), MANAGEMENT),
    ),
    (
        'event_selector {\n  exclude_management_event_sources = ["kms.amazonaws.com"]\n}',
        advanced(MANAGEMENT + "\n" + fields(eventSource__not_equals="kms.amazonaws.com")),
    ),
]


@pytest.mark.parametrize(("base", "head"), EQUAL)
def test_equal_selectors_in_another_form(base: str, head: str) -> None:
    assert selectors(base, head) == []
    assert selectors(head, base) == []


@pytest.mark.parametrize(
    ("base", "head"),
    [
        ("", data("arn:aws:s3")),
        (data("arn:aws:s3:::a/"), data("arn:aws:s3")),
        (data("arn:aws:s3:::a/prefix"), data("arn:aws:s3:::a/")),
        ('event_selector {\n  read_write_type = "WriteOnly"\n}', ""),
        (advanced(MANAGEMENT + "\n" + fields(eventSource__not_equals="kms.amazonaws.com")), advanced(MANAGEMENT)),
    ],
)
def test_wider_selectors_are_silent_and_the_way_back_is_not(base: str, head: str) -> None:
    assert selectors(base, head) == []
    assert selectors(head, base) != []


def test_another_trail_may_record_it() -> None:
    other = trail(data("arn:aws:s3"), "other")
    base, head = trail(data("arn:aws:s3")) + other, trail() + other
    assert told(run(base, head, "cloudtrail")) == []
    regional = trail(data("arn:aws:s3"), "other", more="")
    assert told(run(trail(data("arn:aws:s3")) + regional, trail() + regional, "cloudtrail")) == [f"TFR409 high {TRAIL}"]


def test_dynamic_selector_behind_a_variable() -> None:
    text = """
    variable "s3" { default = true }
    resource "aws_cloudtrail" "main" {
      name           = "main"
      s3_bucket_name = "logs"
      dynamic "event_selector" {
        for_each = var.s3 ? [1] : []
        content {
          data_resource {
            type   = "AWS::S3::Object"
            values = ["arn:aws:s3"]
          }
        }
      }
    }
    """
    plain = trail(data("arn:aws:s3"), more="")
    assert told(run(plain, text, "cloudtrail")) == []
    assert told(run(plain, text.replace("= true", "= false"), "cloudtrail")) == [f"TFR409 high {TRAIL}"]
    assert told(run(text, text.replace("default = true", ""), "cloudtrail")) == [f"TFR409 medium? {TRAIL}"]
    unknown = text.replace("default = true", "")
    assert told(run(unknown, unknown, "cloudtrail")) == []


def test_unknown_buckets() -> None:
    bucket = 'resource "aws_s3_bucket" "%s" {\n  bucket_prefix = "data"\n}\n'
    base = bucket % "data" + trail(data("${aws_s3_bucket.data.arn}/"))
    renamed = bucket % "docs" + trail(data("${aws_s3_bucket.docs.arn}/"))
    renamed += "moved {\n  from = aws_s3_bucket.data\n  to   = aws_s3_bucket.docs\n}\n"
    assert told(run(base, renamed, "cloudtrail")) == []
    narrower = bucket % "data" + trail(data("${aws_s3_bucket.data.arn}/secret/"))
    assert told(run(base, narrower, "cloudtrail")) == [f"TFR409 medium {TRAIL}"]
    assert told(run(narrower, base, "cloudtrail")) == []


# -- properties -------------------------------------------------------------------------------------------------------

_BASIC = st.fixed_dictionaries(
    {
        "read_write_type": st.sampled_from(["All", "ReadOnly", "WriteOnly"]),
        "include_management_events": st.booleans(),
        "exclude_management_event_sources": st.lists(
            st.sampled_from(["kms.amazonaws.com", "rdsdata.amazonaws.com"]), max_size=2, unique=True
        ),
        "data_resource": st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["AWS::S3::Object", "AWS::Lambda::Function"]),
                    "values": st.lists(
                        st.sampled_from(["arn:aws:s3", "arn:aws:s3:::a/", "arn:aws:s3:::a/b", "arn:aws:lambda"]),
                        min_size=1,
                        max_size=3,
                    ),
                }
            ),
            max_size=2,
        ),
    }
)


def resource(blocks: list[dict[str, object]]) -> Resource:
    return Resource(TRAIL, "aws_cloudtrail", "main", {"event_selector": blocks} if blocks else {})


@given(st.lists(_BASIC, min_size=1, max_size=3), st.lists(_BASIC, max_size=2))
def test_adding_selectors_never_loses_anything(some: list[dict[str, object]], more: list[dict[str, object]]) -> None:
    before, after = records_of(resource(some), canonical), records_of(resource(some + more), canonical)
    assert lost_records(before, [after]) == []


@given(st.lists(_BASIC, min_size=1, max_size=3))
def test_as_advanced_selectors_they_record_the_same(some: list[dict[str, object]]) -> None:
    """The same selection written with advanced selectors loses nothing, in either direction."""
    blocks: list[dict[str, object]] = []

    def select(**wanted: object) -> None:
        blocks.append({"field_selector": [{"field": k.replace("_", "."), **v} for k, v in wanted.items()]})  # type: ignore[dict-item]

    for selector in some:
        access = {
            "All": {},
            "ReadOnly": {"readOnly": {"equals": ["true"]}},
            "WriteOnly": {"readOnly": {"equals": ["false"]}},
        }
        chosen = access[str(selector["read_write_type"])]
        if selector["include_management_events"]:
            excluded = selector["exclude_management_event_sources"]
            limit = {"eventSource": {"not_equals": excluded}} if excluded else {}
            select(eventCategory={"equals": ["Management"]}, **chosen, **limit)
        for part in selector["data_resource"]:  # type: ignore[attr-defined]
            for value in part["values"]:
                whole = value in ("arn:aws:s3", "arn:aws:lambda")
                limit = {} if whole else {"resources_ARN": {"starts_with": [value]}}
                select(eventCategory={"equals": ["Data"]}, resources_type={"equals": [part["type"]]}, **chosen, **limit)
    basic = records_of(resource(some), canonical)
    if not blocks:  # a selector that selects nothing is not the same as no selector
        assert basic.records == ()
        return
    values: dict[str, object] = {"advanced_event_selector": blocks}
    rewritten = records_of(Resource(TRAIL, "aws_cloudtrail", "main", values), canonical)  # type: ignore[arg-type]
    assert lost_records(basic, [rewritten]) == []
    assert lost_records(rewritten, [basic]) == []
