"""Trails: start them, make them record everything again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tfratchet.account.acts.base import TRAIL, Act, RefusedError, State, Subject
from tfratchet.account.acts.live import there
from tfratchet.account.session import error_code

if TYPE_CHECKING:
    from tfratchet.account.session import Account

DEFAULT_SELECTOR: Mapping[str, Any] = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}
"""What a trail has that nobody gave selectors (CloudTrail API, PutEventSelectors)."""


def basic(selectors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Event selectors in one form: every field there, lists sorted, they themselves too."""
    found = [
        {
            "ReadWriteType": s.get("ReadWriteType", "All"),
            "IncludeManagementEvents": bool(s.get("IncludeManagementEvents", True)),
            "DataResources": sorted(
                (
                    {"Type": r.get("Type", ""), "Values": sorted(r.get("Values", []))}
                    for r in s.get("DataResources", [])
                ),
                key=lambda r: (r["Type"], r["Values"]),
            ),
            "ExcludeManagementEventSources": sorted(s.get("ExcludeManagementEventSources", [])),
        }
        for s in selectors
    ]
    return sorted(found, key=json.dumps)


def advanced(selectors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Advanced event selectors in one form: what is empty is left out, everything sorted."""
    found = [
        {
            "Name": s.get("Name") or "",
            "FieldSelectors": sorted(
                ({k: sorted(v) if isinstance(v, list) else v for k, v in f.items() if v} for f in s["FieldSelectors"]),
                key=lambda f: str(f.get("Field")),
            ),
        }
        for s in selectors
    ]
    return sorted(found, key=json.dumps)


def selectors_of(basics: Sequence[Mapping[str, Any]], advanceds: Sequence[Mapping[str, Any]]) -> State:
    """Both kinds in one form; a trail that tells of none has the default one."""
    if advanceds and not basics:
        return {"event_selectors": [], "advanced": advanced(advanceds)}
    return {"event_selectors": basic(basics or [DEFAULT_SELECTOR]), "advanced": advanced(advanceds)}


class _TrailAct(Act):
    """An act on one trail, in its home region."""

    trail: str
    """ARN."""
    region: str

    @property
    def subject(self) -> Subject:
        return Subject(TRAIL, self.trail)

    def _client(self, account: Account) -> Any:
        return account.client("cloudtrail", self.region)

    @property
    def _name(self) -> str:
        return self.trail.rpartition("/")[2]


@dataclass(frozen=True)
class StartLogging(_TrailAct):
    """Starts a trail that was stopped."""

    kind: ClassVar[str] = "start-logging"
    needs: ClassVar[tuple[str, ...]] = (
        "cloudtrail:GetTrailStatus",
        "cloudtrail:StartLogging",
        "cloudtrail:StopLogging",
    )
    limits: ClassVar[str] = "undo stops it again"

    trail: str
    region: str

    def what(self) -> str:
        return f"start logging on trail {self._name} ({self.region})"

    def read(self, account: Account) -> State:
        with there(f"trail {self._name}"):
            return {"logging": bool(self._client(account).get_trail_status(Name=self.trail)["IsLogging"])}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"logging": True}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        self._client(account).start_logging(Name=self.trail)

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        self._client(account).stop_logging(Name=self.trail)


SETTINGS = {
    "multi_region": "IsMultiRegionTrail",
    "global_events": "IncludeGlobalServiceEvents",
    "validation": "EnableLogFileValidation",
}
_TOLD = {"EnableLogFileValidation": "LogFileValidationEnabled"}


@dataclass(frozen=True)
class UpdateTrail(_TrailAct):
    """Sets flags of a trail: all regions (always together with global events), log file validation.

    A trail of all regions without global service events is refused by CloudTrail (API reference, UpdateTrail).
    """

    kind: ClassVar[str] = "update-trail"
    needs: ClassVar[tuple[str, ...]] = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrail", "cloudtrail:UpdateTrail")

    trail: str
    region: str
    values: Mapping[str, bool] = field(default_factory=dict)
    """``multi_region``, ``global_events``, ``validation``."""

    def what(self) -> str:
        words = ", ".join(f"{k} = {str(v).lower()}" for k, v in self.values.items())
        return f"set trail {self._name} ({self.region}): {words}"

    def read(self, account: Account) -> State:
        with there(f"trail {self._name}"):
            found = self._client(account).get_trail(Name=self.trail)["Trail"]
        return {name: bool(found.get(_TOLD.get(word, word))) for name, word in SETTINGS.items()}

    def target(self, before: State) -> State:
        new = {**before, **self.values}
        return {**new, "global_events": new["global_events"] or new["multi_region"]}

    def do(self, account: Account, before: State) -> None:
        self._set(account, self.target(before))

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        self._set(account, before)

    def _set(self, account: Account, state: State) -> None:
        self._client(account).update_trail(Name=self.trail, **{word: state[n] for n, word in SETTINGS.items()})


@dataclass(frozen=True)
class PutSelectors(_TrailAct):
    """Gives a trail the event selectors that are declared, or makes it record all management events again.

    Without declared ones nothing that is recorded now is lost: of basic selectors one is widened to all management
    events; to advanced ones a selector for management events is added.
    """

    kind: ClassVar[str] = "put-event-selectors"
    needs: ClassVar[tuple[str, ...]] = ("cloudtrail:GetEventSelectors", "cloudtrail:PutEventSelectors")

    trail: str
    region: str
    event_selectors: Sequence[Mapping[str, Any]] = ()
    """As the API takes them; empty, as ``advanced`` is: all management events beside what is recorded now."""
    advanced: Sequence[Mapping[str, Any]] = ()

    def what(self) -> str:
        which = "its declared event selectors" if self.event_selectors or self.advanced else "all management events"
        return f"trail {self._name} ({self.region}) records {which} again"

    def read(self, account: Account) -> State:
        with there(f"trail {self._name}"):
            found = self._client(account).get_event_selectors(TrailName=self.trail)
        return selectors_of(found.get("EventSelectors") or (), found.get("AdvancedEventSelectors") or ())

    def target(self, before: State) -> State:
        if self.event_selectors or self.advanced:
            return selectors_of(self.event_selectors, self.advanced)
        if before["advanced"]:
            return {"event_selectors": [], "advanced": with_management(before["advanced"])}
        first, *others = before["event_selectors"]
        widened = {**first, **{k: v for k, v in DEFAULT_SELECTOR.items() if k != "DataResources"}}
        return {"event_selectors": [widened, *others], "advanced": []}

    def do(self, account: Account, before: State) -> None:
        self._put(account, self.target(before))

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        self._put(account, before)

    def _put(self, account: Account, state: State) -> None:
        if state["advanced"]:
            selectors = [{k: v for k, v in s.items() if v} for s in state["advanced"]]
            self._client(account).put_event_selectors(TrailName=self.trail, AdvancedEventSelectors=selectors)
        else:
            self._client(account).put_event_selectors(TrailName=self.trail, EventSelectors=state["event_selectors"])


def with_management(selectors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Advanced selectors that record all management events beside what they record now."""
    everything = {"Field": "eventCategory", "Equals": ["Management"]}
    kept = [s for s in selectors if everything not in s["FieldSelectors"]]
    return advanced([{"Name": "Management events", "FieldSelectors": [everything]}, *kept])


@dataclass(frozen=True)
class PutInsights(_TrailAct):
    """Switches the declared insights of a trail on again."""

    kind: ClassVar[str] = "put-insight-selectors"
    needs: ClassVar[tuple[str, ...]] = ("cloudtrail:GetInsightSelectors", "cloudtrail:PutInsightSelectors")

    trail: str
    region: str
    insights: Sequence[str] = ()

    def what(self) -> str:
        return f"trail {self._name} ({self.region}) records insights: {', '.join(self.insights)}"

    def read(self, account: Account) -> State:
        client = self._client(account)
        try:
            with there(f"trail {self._name}"):
                found = client.get_insight_selectors(TrailName=self.trail).get("InsightSelectors") or ()
        except Exception as error:
            if error_code(error) != "InsightNotEnabledException":
                raise
            found = ()
        return {"insights": sorted(i["InsightType"] for i in found)}

    def target(self, before: State) -> State:
        return {"insights": sorted({*before["insights"], *self.insights})}

    def do(self, account: Account, before: State) -> None:
        self._put(account, self.target(before)["insights"])

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        self._put(account, before["insights"])

    def _put(self, account: Account, insights: Sequence[str]) -> None:
        selectors = [{"InsightType": i} for i in insights]
        self._client(account).put_insight_selectors(TrailName=self.trail, InsightSelectors=selectors)


__all__ = ["PutInsights", "PutSelectors", "RefusedError", "StartLogging", "UpdateTrail", "selectors_of"]
