"""Log buckets: which buckets count, what protects them, and rewrites that change nothing."""

from __future__ import annotations

import pytest
from rulerun import root_of, run, run_pair, told

from build import pair as pair_of
from build import root
from tfratchet.rules.cloudtrail.bucket import log_buckets

BUCKET = "aws_s3_bucket.logs"
TRAIL = 'resource "aws_cloudtrail" "main" {\n  name = "main"\n  s3_bucket_name = aws_s3_bucket.logs.id\n}\n'


def bucket(text: str = "", name: str = "logs", trail: str = TRAIL) -> str:
    return f'resource "aws_s3_bucket" "{name}" {{\n  bucket = "acme-logs"\n  {text}\n}}\n' + trail


def split(kind: str, text: str, name: str = "logs") -> str:
    return f'resource "aws_s3_bucket_{kind}" "{name}" {{\n  bucket = aws_s3_bucket.logs.id\n  {text}\n}}\n'


def statement(effect: str, action: str, principal: str = '"*"', condition: str = "") -> str:
    more = f"Condition = {condition}" if condition else ""
    return f"""{{
      Effect    = "{effect}"
      Principal = {principal}
      Action    = "{action}"
      Resource  = "arn:aws:s3:::acme-logs/*"
      {more}
    }}"""


CLOUDTRAIL = '{ Service = "cloudtrail.amazonaws.com" }'
TLS = statement("Deny", "s3:*", condition='{ Bool = { "aws:SecureTransport" = "false" } }')
WRITE = statement("Allow", "s3:PutObject", CLOUDTRAIL)


def document(*statements: str) -> str:
    return f'policy = jsonencode({{ Version = "2012-10-17", Statement = [{", ".join(statements)}] }})'


VERSIONING = split("versioning", 'versioning_configuration {\n    status = "Enabled"\n  }')
SSE = """server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "%s"
      }
    }
  }"""
SPLIT_SSE = 'rule {\n apply_server_side_encryption_by_default {\n sse_algorithm = "%s"\n }\n }'
PUBLIC = (
    "block_public_acls = true\nblock_public_policy = true\nignore_public_acls = true\nrestrict_public_buckets = true"
)
LIFECYCLE = 'rule {\n id = "x"\n status = "%s"\n filter {}\n expiration {\n days = %s\n }\n }'
OWNERSHIP = 'rule {\n object_ownership = "%s"\n }'
LOCK = 'rule {\n default_retention {\n mode = "%s"\n days = %s\n }\n }'
LOGGING = 'target_bucket = "access-logs"\ntarget_prefix = ""'
PAB = split("public_access_block", PUBLIC)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (bucket() + VERSIONING, bucket(), "high aws_s3_bucket_versioning.logs"),
        (
            bucket() + VERSIONING,
            bucket() + VERSIONING.replace("Enabled", "Suspended"),
            "high aws_s3_bucket_versioning.logs",
        ),
        (bucket("versioning {\n enabled = true\n }"), bucket(), f"high {BUCKET}"),
        (bucket("versioning {\n enabled = true\n }"), bucket("versioning {\n enabled = false\n }"), f"high {BUCKET}"),
        (bucket(SSE % "aws:kms"), bucket(SSE % "AES256"), f"medium {BUCKET}"),
        (bucket(SSE % "AES256"), bucket(), f"low {BUCKET}"),  # S3 encrypts by default
        (bucket() + PAB, bucket(), "high aws_s3_bucket_public_access_block.logs"),
        (
            bucket() + PAB,
            bucket() + PAB.replace("block_public_acls = true", "block_public_acls = false"),
            "high aws_s3_bucket_public_access_block.logs",
        ),
        (bucket(), bucket() + PAB.replace("true", "false"), "high aws_s3_bucket_public_access_block.logs"),
        (
            bucket() + split("ownership_controls", OWNERSHIP % "BucketOwnerEnforced"),
            bucket() + split("ownership_controls", OWNERSHIP % "ObjectWriter"),
            "medium aws_s3_bucket_ownership_controls.logs",
        ),
        (
            bucket() + split("ownership_controls", OWNERSHIP % "BucketOwnerPreferred"),
            bucket(),
            "medium aws_s3_bucket_ownership_controls.logs",
        ),
        (bucket('acl = "private"'), bucket('acl = "public-read"'), f"high {BUCKET}"),
        (
            bucket(),
            bucket() + split("lifecycle_configuration", LIFECYCLE % ("Enabled", 90)),
            "high aws_s3_bucket_lifecycle_configuration.logs",
        ),
        (
            bucket() + split("lifecycle_configuration", LIFECYCLE % ("Enabled", 730)),
            bucket() + split("lifecycle_configuration", LIFECYCLE % ("Enabled", 400)),
            "medium aws_s3_bucket_lifecycle_configuration.logs",
        ),
        (bucket(), bucket("lifecycle_rule {\n enabled = true\n expiration {\n days = 30\n }\n }"), f"high {BUCKET}"),
        (
            bucket(),
            bucket("lifecycle_rule {\n enabled = true\n noncurrent_version_expiration {\n days = 30\n }\n }"),
            f"low {BUCKET}",
        ),
        (
            bucket() + split("object_lock_configuration", LOCK % ("COMPLIANCE", 365)),
            bucket() + split("object_lock_configuration", LOCK % ("GOVERNANCE", 365)),
            "high aws_s3_bucket_object_lock_configuration.logs",
        ),
        (
            bucket() + split("object_lock_configuration", LOCK % ("COMPLIANCE", 365)),
            bucket() + split("object_lock_configuration", LOCK % ("COMPLIANCE", 30)),
            "medium aws_s3_bucket_object_lock_configuration.logs",
        ),
        (
            bucket() + split("object_lock_configuration", LOCK % ("COMPLIANCE", 365)),
            bucket(),
            "high aws_s3_bucket_object_lock_configuration.logs",
        ),
        (bucket() + split("logging", LOGGING), bucket(), "high aws_s3_bucket_logging.logs"),
        (bucket('logging {\n target_bucket = "access-logs"\n }'), bucket(), f"high {BUCKET}"),
        (bucket(), bucket("force_destroy = true"), f"medium {BUCKET}"),
        (bucket(), bucket('force_destroy = "true"'), f"medium {BUCKET}"),
    ],
)
def test_weaker_protection(base: str, head: str, expected: str) -> None:
    assert told(run(base, head, "cloudtrail")) == [f"TFR411 {expected}"]
    assert all(f.endswith("low") or "TFR411" not in f for f in told(run(head, base, "TFR401")))


INLINE = bucket(
    "\n".join(
        [
            'acl = "private"',
            "versioning {\n enabled = true\n }",
            SSE % "aws:kms",
            'logging {\n target_bucket = "access-logs"\n }',
            "lifecycle_rule {\n enabled = true\n expiration {\n days = 400\n }\n }",
            document(TLS, WRITE),
        ]
    )
)
SPLIT = "".join(
    [
        bucket(),
        split("acl", 'acl = "private"'),
        VERSIONING,
        split("server_side_encryption_configuration", SPLIT_SSE % "aws:kms"),
        split("logging", LOGGING),
        split("lifecycle_configuration", LIFECYCLE % ("Enabled", 400)),
        split("policy", document(TLS, WRITE)),
    ]
)


def test_inline_arguments_split_into_resources_of_their_own() -> None:
    """The upgrade to provider 4, common in real history."""
    assert told(run(INLINE, SPLIT, "cloudtrail")) == []
    assert told(run(SPLIT, INLINE, "cloudtrail")) == []


@pytest.mark.parametrize("part", ["versioning", "logging", "policy", "server_side_encryption_configuration"])
def test_a_part_forgotten_in_the_upgrade_is_told(part: str) -> None:
    kept = [r for r in SPLIT.split("resource ") if not r.startswith(f'"aws_s3_bucket_{part}"')]
    assert len(kept) == len(SPLIT.split("resource ")) - 1
    assert [f.split()[0] for f in told(run(INLINE, "resource ".join(kept), "cloudtrail"))] == (
        ["TFR411", "TFR411"] if part == "policy" else ["TFR411"]
    )


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (bucket(), bucket() + VERSIONING),
        (bucket(), bucket("force_destroy = false")),
        (bucket(), bucket() + split("lifecycle_configuration", LIFECYCLE % ("Disabled", 30))),
        (
            bucket(),
            bucket('lifecycle_rule {\n enabled = true\n tags = {\n t = "y"\n }\n expiration {\n days = 30\n }\n }'),
        ),
        (
            bucket(),
            bucket('lifecycle_rule {\n enabled = true\n transition {\n days = 30\n storage_class = "GLACIER"\n }\n }'),
        ),
        (bucket('acl = "private"'), bucket()),
        (bucket('acl = "private"'), bucket('acl = "log-delivery-write"')),
        (bucket(), bucket() + split("public_access_block", "block_public_acls = true\nblock_public_policy = true")),
        (bucket() + split("versioning", 'versioning_configuration {\n status = "Disabled"\n }'), bucket()),
    ],
)
def test_no_loss(base: str, head: str) -> None:
    assert told(run(base, head, "cloudtrail")) == []


# -- policies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "head", "words"),
    [
        (document(TLS, WRITE), document(WRITE), "no longer denied"),
        (document(TLS, WRITE), document(TLS.replace("s3:*", "s3:GetObject"), WRITE), "no longer denied"),
        (document(TLS, WRITE), document(TLS), "CloudTrail may no longer write"),
        (document(WRITE), document(WRITE, statement("Allow", "s3:GetObject")), "open to everybody"),
    ],
)
def test_weaker_policy(base: str, head: str, words: str) -> None:
    found = run(bucket(base), bucket(head), "cloudtrail")
    assert told(found) == [f"TFR411 high {BUCKET}"]
    assert words in found[0].message


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (document(TLS, WRITE), document(WRITE, TLS)),
        (document(TLS.replace("s3:*", "s3:GetObject"), WRITE), document(TLS, WRITE)),
        (
            document(WRITE),
            document(WRITE, statement("Allow", "s3:GetObject", '{ AWS = "arn:aws:iam::111122223333:root" }')),
        ),
        (
            document(WRITE),
            document(
                WRITE,
                statement("Allow", "s3:GetObject", condition='{ StringEquals = { "aws:PrincipalOrgID" = "o-1" } }'),
            ),
        ),
        (
            document(TLS, WRITE),
            document(TLS, WRITE).replace('"arn:aws:s3:::acme-logs/*"', '"${aws_s3_bucket.logs.arn}/*"'),
        ),
    ],
)
def test_policy_that_does_the_same_or_more(base: str, head: str) -> None:
    outside = [bucket() + split("policy", text) for text in (base, head)]  # a reference to itself cannot be inline
    assert told(run(outside[0], outside[1], "cloudtrail")) == []


def test_bucket_that_a_module_makes_now() -> None:
    """What the module does by itself is not known: only a low finding says so."""
    base = bucket("versioning {\n enabled = true\n }\n" + document(TLS, WRITE))
    head = 'module "bucket" {\n  source = "example/s3-bucket/aws"\n  name = "acme"\n}\n'
    head += TRAIL.replace("aws_s3_bucket.logs.id", "module.bucket.id")
    assert told(run(base, head, "cloudtrail")) == ["TFR411 low? module.bucket"]


def test_policy_of_a_bucket_that_is_made_elsewhere() -> None:
    text = """
    module "bucket" {
      source = "example/s3-bucket/aws"
    }
    resource "aws_s3_bucket_policy" "logs" {
      bucket = module.bucket.name
      %s
    }
    """
    found = run(text % document(TLS, WRITE), text % document(WRITE), "cloudtrail")
    assert told(found) == ["TFR411 high aws_s3_bucket_policy.logs"]


# -- which buckets count ----------------------------------------------------------------------------------------------


def test_buckets_that_count() -> None:
    text = """
    resource "aws_s3_bucket" "named" { bucket = "acme-cloudtrail" }
    resource "aws_s3_bucket" "plain" { bucket = "acme-data" }
    resource "aws_s3_bucket" "written" { bucket_prefix = "x" }
    resource "aws_s3_bucket" "literal" { bucket = "central" }
    resource "aws_cloudtrail" "a" {
      name           = "a"
      s3_bucket_name = aws_s3_bucket.written.id
    }
    resource "aws_cloudtrail" "b" {
      name           = "b"
      s3_bucket_name = "central"
    }
    """
    assert {b.address for b in log_buckets(root_of(text))} == {"aws_s3_bucket.written", "aws_s3_bucket.literal"}
    # the name alone counts where nothing surer is beside it
    alone = 'resource "aws_s3_bucket" "named" { bucket = "acme-cloudtrail" }'
    assert {b.address for b in log_buckets(root_of(alone))} == {"aws_s3_bucket.named"}


def test_other_buckets_are_left_alone() -> None:
    plain = 'resource "aws_s3_bucket" "data" {\n  bucket = "acme-data"\n  %s\n}\n'
    assert run(plain % "versioning {\n enabled = true\n }", plain % "force_destroy = true", "cloudtrail") == []


def test_bucket_of_a_trail_in_another_root() -> None:
    """Only the policy says what the bucket is for."""
    text = bucket(document(WRITE) + "\n%s", trail="")
    found = run(text % "", text % "lifecycle_rule {\n enabled = true\n expiration {\n days = 90\n }\n }", "cloudtrail")
    assert told(found) == [f"TFR411 high {BUCKET}"]


# -- buckets that go --------------------------------------------------------------------------------------------------


def test_bucket_that_goes_with_its_trail_is_told_by_the_trail() -> None:
    assert told(run(bucket(), "", "cloudtrail")) == ["TFR401 critical aws_cloudtrail.main"]


def test_bucket_that_goes_alone() -> None:
    found = run(bucket(document(WRITE), trail=""), "", "cloudtrail")
    assert told(found) == [f"TFR411 high {BUCKET}"]
    assert found[0].lost == ("log bucket acme-logs",)
    head = f"removed {{\n  from = {BUCKET}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
    assert told(run(bucket(document(WRITE), trail=""), head, "cloudtrail")) == [f"TFR411 low {BUCKET}"]


def test_bucket_that_only_its_name_tells() -> None:
    named = 'resource "aws_s3_bucket" "x" {\n  bucket = "acme-cloudtrail"\n%s}\n'
    assert told(run(named % "", "", "cloudtrail")) == ["TFR411 low aws_s3_bucket.x"]
    assert told(run(named % "  force_destroy = true\n", "", "cloudtrail")) == ["TFR411 medium aws_s3_bucket.x"]


def test_bucket_that_goes_while_its_trail_writes_elsewhere() -> None:
    head = TRAIL.replace("aws_s3_bucket.logs.id", '"central"')
    assert told(run(bucket(), head, "cloudtrail")) == [f"TFR411 low {BUCKET}"]
    assert told(run(bucket("force_destroy = true"), head, "cloudtrail")) == [f"TFR411 high {BUCKET}"]


def test_bucket_in_the_place_of_another_is_one_finding() -> None:
    base = bucket('versioning {\n enabled = true\n }\nlogging {\n target_bucket = "a"\n }')
    head = 'resource "aws_s3_bucket" "new" {\n  bucket = "other"\n}\n' + TRAIL.replace("logs.id", "new.id")
    found = run(base, head, "cloudtrail")
    assert told(found) == ["TFR411 high aws_s3_bucket.new"]
    assert "versioning" in found[0].message
    assert "access logging" in found[0].message


def test_arguments_of_bucket_modules() -> None:
    source = "cloudposse/cloudtrail-s3-bucket/aws"

    def calls(base: dict[str, object], head: dict[str, object]) -> list[str]:
        sides = [root({}, calls={"module.bucket": {"source": source, **a}}) for a in (base, head)]
        return told(run_pair(pair_of(sides[0], sides[1]), "cloudtrail"))

    assert calls({"versioning_enabled": True}, {"versioning_enabled": False}) == ["TFR411 high module.bucket"]
    assert calls({"force_destroy": False}, {"force_destroy": True}) == ["TFR411 low module.bucket"]
    assert calls({"access_log_bucket_name": "a"}, {}) == ["TFR411 medium? module.bucket"]  # the default is not known
    assert calls({}, {"block_public_acls": True}) == []
    guard = '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}'
    assert calls({"policy": guard}, {"policy": "{}"}) == ["TFR411 high module.bucket"]
    assert calls({"policy": guard}, {"bucket_policies": [guard]}) == []
    assert calls({"name": "a"}, {"name": "a", "tags": {"a": "b"}}) == []


def test_unknown_values_are_possible() -> None:
    variable = 'variable "on" {}\n'
    head = variable + bucket() + VERSIONING.replace('"Enabled"', 'var.on ? "Enabled" : "Suspended"')
    assert told(run(bucket() + VERSIONING, head, "cloudtrail")) == ["TFR411 medium? aws_s3_bucket_versioning.logs"]
    assert told(run(head, head, "cloudtrail")) == []
    days = variable + bucket() + split("lifecycle_configuration", LIFECYCLE % ("Enabled", "var.on"))
    assert told(run(bucket(), days, "cloudtrail")) == ["TFR411 medium? aws_s3_bucket_lifecycle_configuration.logs"]
