"""The HTML page without a browser: its structure, that it asks for nothing, and text that tries to be more."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.more import ATTACHED, KEPT, NEW, STRONGER, Edge, Gain, More
from tfratchet.report import ReportOptions, render
from tfratchet.report.finish import rules_by_id

HOSTILE = (
    "</script></style></title></td></table><script>alert(1)</script><img src=x onerror=alert(1)>"
    "\" onmouseover=\"alert(1)' onfocus='alert(1) {{x}} `x` <!-- --> ]]> &lt; &#60; \x1b[2J\u202e\udcff\u2028\x00"
)
VOID = {"meta", "link", "input", "br"}
ALLOWED = {
    *("html", "head", "meta", "link", "title", "style", "body", "script", "a", "header", "div", "p", "span", "button"),
    *("h1", "h2", "ul", "li", "b", "nav", "main", "section", "form", "label", "input", "fieldset", "legend", "select"),
    *("option", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "dl", "dt", "dd", "code", "del"),
    *("ins", "em", "figure", "figcaption", "svg", "desc", "defs", "marker", "path", "g", "rect", "text", "footer"),
    "kbd",
}


class Page(HTMLParser):
    """What a parser sees: elements with their attributes, and the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, "elements are closed in order"

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.text.setdefault(tag, []).append(data)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {k.replace("_", "-").rstrip("-"): v for k, v in attributes.items()}
        return [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]

    def said(self, tag: str) -> str:
        return " ".join("".join(self.text.get(tag, [])).split())


def html(*args: Any, options: ReportOptions | None = None, **more: Any) -> str:
    return render("html", fakes.outcome(*args, **more), options or ReportOptions(rules=rules_by_id()))


def accepted(**more: Any) -> Any:
    return fakes.finding(suppressed=Suppression("ticket 7", "2027-01-31", "config"), **more)


def test_the_verdict_is_first() -> None:
    page = Page(html([fakes.finding(), fakes.finding(severity=Severity.LOW, address="x"), accepted(address="y")]))
    assert page.said("h1") == "This change takes away protection"
    assert [a["class"] for a in page.all("header")] == ["verdict high"]
    header = page.said("header")
    assert "1 high1 low1 accepted" in header
    assert (
        "Compared HEAD (123456789) with WORKTREE: 2 root modules, 14 resources; 3 values could not be known." in header
    )
    assert page.said("title") == "This change takes away protection · tfratchet"
    assert "exit code 1 (threshold: medium)" in page.said("footer")


def test_a_clean_page_and_one_that_is_not_whole() -> None:
    clean = Page(html())
    assert clean.said("h1") == "Nothing is taken away"
    assert [a["class"] for a in clean.all("header")] == ["verdict good"]
    assert clean.all("table") == []
    assert "No findings." in clean.said("section")
    assert clean.all("form") == []
    unsure = Page(html([fakes.finding()], errors=[Problem("syntax", "broken", Location("a.tf", 3))]))
    assert unsure.said("h1") == "Not everything was compared"
    assert "a.tf:3 broken" in unsure.said("section")
    assert "exit code 2" in unsure.said("footer")
    assert "Nothing is taken away" not in Page(html(errors=[Problem("syntax", "broken")])).said("body")
    assert "1 changed file, none of which" in Page(html(roots=0, resources=0)).said("header")


def test_a_report_on_an_account_speaks_of_the_account() -> None:
    found = [fakes.finding(), fakes.finding(address="x", head=Side("y"))]
    page = Page(html(found, options=ReportOptions(command="audit")))
    assert page.said("h1") == "This account is not as it should be"
    assert "change" not in page.said("header") + page.said("main")
    assert [a["class"] for a in page.all("code") if "class" in a] == ["good", "bad"] * 2
    assert page.all("del") == page.all("ins") == []
    assert "wanted" in page.said("dt")
    assert Page(html(options=ReportOptions(command="audit"))).said("h1") == "Nothing found"


def test_a_row_for_each_finding_with_its_details() -> None:
    found = fakes.finding(certainty=Certainty.POSSIBLE, depends_on=("var.a",), variant="p.tfvars", root="infra")
    gone = fakes.finding(head=None, severity=Severity.CRITICAL, family="mfa", rule="TFR301")
    page = Page(html([found, gone, accepted(address="z", severity=Severity.CRITICAL)]))
    rows = page.all("tr", role="row")[1:]
    assert [(r["data-severity"], r["data-family"], r["data-state"]) for r in rows] == [
        ("critical", "mfa", "0"),
        ("high", "detach", "0"),
        ("critical", "detach", "1"),
    ]
    assert [r["data-root"] for r in rows] == ["0", "1", "0"]
    options = [a["value"] for a in page.all("option")]
    assert options == ["", "detach", "mfa", "", "0", "1", "", "0", "1"]
    assert [a["value"] for a in page.all("input", name="severity")] == ["critical", "high"]
    said = page.said("tbody")
    for part in ("var.a", "infra with p.tfvars", "aws_iam_user_policy_attachment.mfa", "Put the attachment back."):
        assert part in said
    assert "gone" in said
    assert "users.tf:12 in base" in said
    assert "ticket 7 (config, until 2027-01-31)" in said
    assert page.said("del").startswith("require-mfa")


def test_nothing_to_choose_between_is_not_offered() -> None:
    page = Page(html([fakes.finding()]))
    assert page.all("select") == []
    assert len(page.all("input", name="severity")) == 1


def test_ids_are_unique_and_every_link_leads_somewhere_in_the_page() -> None:
    lost = ("user bob has policy require-mfa", "user bob is in group dev")
    twice = [fakes.finding(lost=lost, root=r) for r in ("a", "a", "b")]
    gains = (Gain(STRONGER, "x", "TFR202", "a"), Gain(ATTACHED, "y", "TFR101", "b"))
    page = Page(html(twice, [Problem("move", "moved")], [Problem("x", "y")], more=More(gains)))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = {(a["href"] or "")[1:] for a in page.all("a")}
    assert links <= set(ids)
    assert {"errors", "findings", "graph", "stronger", "attached", "notes", "rules", "rule-TFR101"} <= links
    named = {n for _, a in page.elements for key in ("aria-labelledby", "for") for n in (a.get(key) or "").split()}
    assert named <= set(ids)


def test_the_page_asks_for_nothing() -> None:
    text = html([fakes.finding(lost=("user bob has policy x",))], more=More((Gain(STRONGER, "x", "TFR202", "a"),)))
    page = Page(text)
    for _, attributes in page.elements:
        assert not {"src", "srcset", "action", "formaction", "background", "ping", "style"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
    assert [a["href"] for a in page.all("link")] == ["data:,"]
    assert re.findall(r"url\(([^)]*)\)", text) == ["#g0-lost"]
    assert "@import" not in text
    assert "http:" not in text
    assert "https:" not in text


def test_the_policy_allows_this_style_and_this_script_and_nothing_else() -> None:
    page = Page(html([fakes.finding()]))
    (policy,) = (a["content"] or "" for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        digest = hashlib.sha256("".join(page.text[element]).encode()).digest()
        assert rules.pop(directive) == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert rules == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}


def test_it_is_ascii_and_the_same_twice() -> None:
    found = [fakes.finding(message="ünï → 漢字")]
    assert html(found).isascii()
    assert html(found) == html(found)
    assert "ünï → 漢字" in Page(html(found)).said("summary")


def test_text_of_the_tree_is_nothing_but_text() -> None:
    place = Location(HOSTILE, 3)
    nasty = fakes.finding(
        rule=HOSTILE,
        title=HOSTILE,
        family=HOSTILE,
        address=HOSTILE,
        message=HOSTILE,
        base=Side(HOSTILE, place),
        head=Side(HOSTILE, place),
        root=HOSTILE,
        variant=HOSTILE,
        fix=HOSTILE,
        depends_on=(HOSTILE,),
        lost=(f"user {HOSTILE} has policy {HOSTILE}", f"user {HOSTILE} is in group {HOSTILE}"),
    )
    more = More(
        (
            Gain(STRONGER, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, place),
            Gain(ATTACHED, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, place),
        ),
        (Edge(f"group {HOSTILE}", f"policy {HOSTILE}", KEPT, root=HOSTILE, variant=HOSTILE),),
        (Problem("x", HOSTILE, place),),
    )
    excused = fakes.finding(suppressed=Suppression(HOSTILE, HOSTILE, HOSTILE), root="other")
    problem = Problem("x", HOSTILE, place)
    outcome = fakes.outcome([nasty, excused], [problem], [problem], more)
    text = render("html", outcome, ReportOptions(rules=rules_by_id(), command=HOSTILE))
    page = Page(text)
    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert len(page.all("script")) == len(page.all("style")) == len(page.all("title", id="g0-t")) == 1
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
    assert set("".join(c for c in text if not c.isprintable())) == {"\n"}
    said = page.said("body")
    assert all(c.isprintable() for c in said)
    assert "\\x1b[2J\\u202e\\xff" in said
    assert said.count("</script></style>") > 15


@pytest.mark.parametrize("number", [0, 1, 5_000])
def test_the_size_is_sensible(number: int) -> None:
    found = [
        fakes.finding(
            address=f'module.team["{i}"].aws_iam_user_policy_attachment.mfa["user{i}"]',
            lost=(f"user u{i} has policy p{i}", f"user u{i} is in group g{i}"),
        )
        for i in range(number)
    ]
    text = html(found)
    assert len(text) < 40_000 + 1_100 * number
    assert text.count("<tr ") == (number + 1 if number else 0)
    if number == 5_000:
        assert "9,850 more losses not drawn" in text
        assert "5,000 findings" in text


def test_what_is_stronger_is_listed_and_a_long_list_is_cut() -> None:
    gains = [Gain(STRONGER, f"s{i}", "TFR202", "a", location=Location("p.tf", i)) for i in range(700)]
    text = Page(html(more=More((*gains, Gain(ATTACHED, "policy read attached to user bob", "TFR101", "b"))))).said(
        "main"
    )
    assert "Stronger with this change 700" in text
    assert "s0 p.tf:0" in text
    assert "s499" in text
    assert "s500" not in text
    assert "and 200 more" in text
    assert "Newly attached, which is not judged here 1 policy read attached to user bob" in text


def test_the_graph_says_the_same_in_words() -> None:
    found = [
        fakes.finding(lost=("user bob has policy require-mfa",)),
        fakes.finding(lost=("user bob is in group dev",), certainty=Certainty.POSSIBLE),
    ]
    new = (Edge(f"user u{i}", "policy p", NEW) for i in range(4))
    page = Page(html(found, more=More((), (Edge("group dev", "policy read", KEPT), *new))))
    said = page.said("figure")
    for part in (
        "user bob loses policy require-mfa",
        "user bob possibly leaves group dev",
        "users u0, u1 and 2 more newly have policy p",
        "group dev keeps policy read",
        "Users, groups and policies of .",
    ):
        assert part in said
    assert [a["role"] for a in page.all("svg")] == ["img"]
    classes = [a["class"] for a in page.all("path") if (a["class"] or "").startswith("edge")]
    assert sorted(c or "" for c in classes) == ["edge kept", "edge lost", "edge lost possible", "edge new"]
