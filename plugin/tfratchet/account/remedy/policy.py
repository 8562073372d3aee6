"""The IAM policy that making and undoing acts takes, beside what ``tfratchet audit`` reads."""

from __future__ import annotations

import json

from tfratchet.account.acts import ACTS


def actions() -> list[str]:
    """Every IAM action that some act makes, sorted."""
    return sorted({action for act in ACTS for action in act.needs})


def policy_text() -> str:
    """The policy document, as JSON."""
    statement = {"Sid": "TfratchetRemediate", "Effect": "Allow", "Action": actions(), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
