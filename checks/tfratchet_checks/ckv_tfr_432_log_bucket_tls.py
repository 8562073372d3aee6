"""CKV_TFR_432: the bucket of a trail accepts requests without TLS.

What: the bucket that a trail writes to, whose policy has no Deny of `s3:*` to everybody with `aws:SecureTransport =
false`.

Why: logs are read in clear text, on the way, by whoever listens. (The built-in CKV_AWS_379 looks at any bucket.
Rule TFR411 of `tfratchet diff` tells when the bucket gets weaker.)

Bad: a policy that only allows CloudTrail to write. Good: with a statement more::

    {
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_bucket__ import LogBucketCheck
    from tfratchet_checks.__tfr_check__ import LOGGING
    from tfratchet_checks.__tfr_policy__ import Statement
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_bucket__ import LogBucketCheck
    from __tfr_check__ import LOGGING
    from __tfr_policy__ import Statement
    from __tfr_values__ import Unresolved


class LogBucketTls(LogBucketCheck):
    """Logs travel encrypted."""

    id = "CKV_TFR_432"
    title = "Ensure the policy of a trail's bucket denies requests without TLS"
    categories = (LOGGING,)

    def judge_bucket(self) -> Any:
        document = self.policy()
        if any(map(_denies_clear_text, document.statements)):
            return self.passed()
        odd = any(
            s.opaque_conditions
            or not s.certain
            or isinstance(s.effect, Unresolved)
            or any(c.lower is None for c in s.conditions)
            for s in document.statements
            if s.effect != "Allow"
        )
        if odd or not document.complete:
            return self.unknown(f"the bucket policy could not be read to its end: {document.why}")
        return self.failed("no Deny with aws:SecureTransport = false for everybody and s3:*", "policy")


def _denies_clear_text(statement: Statement) -> bool:
    if statement.effect != "Deny" or len(statement.conditions) != 1 or statement.opaque_conditions:
        return False
    condition = statement.conditions[0]
    clear = condition.key == "aws:securetransport" and condition.operator == "bool" and condition.lower == ("false",)
    everybody = "*" in (statement.principals or {}).get("AWS", ())
    return clear and everybody and any(a in ("s3:*", "*") for a in statement.actions or ())


check = LogBucketTls()
