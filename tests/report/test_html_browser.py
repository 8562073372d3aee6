"""The HTML page in a real headless Chromium: nothing in the console, no request, filter, search, keyboard, colours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.more import ATTACHED, KEPT, NEW, STRONGER, Edge, Gain, More
from tfratchet.report import ReportOptions, render
from tfratchet.report.finish import rules_by_id

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
HOSTILE = '</script><script>alert(1)</script><img src=https://example.com/x onerror=alert(1)>" onclick="alert(1)'
Any_ = Any  # the objects of playwright, which is only there for the developers


@dataclass
class Tab:
    """One open page, and all that it said or asked for."""

    page: Any_
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def shown(self) -> list[str]:
        """The rules of the rows that can be seen."""
        found = self.page.locator("#findings tbody tr:visible td:nth-child(2)").all_text_contents()
        return [str(text) for text in found]

    @property
    def count(self) -> str:
        text = self.page.locator("#count").inner_text()
        assert isinstance(text, str)
        return text

    def focused(self) -> str:
        """The element that has the keyboard: its id, or its text."""
        text = self.page.evaluate(
            """() => {
                const e = document.activeElement;
                return e === document.body ? "" : e.id || e.name || e.innerText.split("\\n")[0];
            }"""
        )
        assert isinstance(text, str)
        return text


@pytest.fixture(scope="module")
def browser() -> Iterator[Any_]:
    program = os.environ.get("TFRATCHET_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        message = f"none of {', '.join(PROGRAMS)} is on PATH: see tools/chromium.sh"
        if os.environ.get("TFRATCHET_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    api = pytest.importorskip("playwright.sync_api", reason="playwright is for the developers")
    with api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


Opener = Callable[..., Tab]


@pytest.fixture
def tab(browser: Any_, tmp_path: Path) -> Iterator[Opener]:
    """Opens a report; at the end nothing may have been said in the console, and nothing asked for but the page."""
    opened: list[tuple[Tab, str]] = []

    def show(
        *args: Any, width: int = 1280, javascript: bool = True, scheme: str = "light", anchor: str = "", **more: Any
    ) -> Tab:
        file = tmp_path / f"report{len(opened)}.html"
        file.write_text(render("html", fakes.outcome(*args, **more), ReportOptions(rules=rules_by_id())))
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=javascript
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        new = Tab(page)
        page.on("console", lambda message: new.console.append(message.text))
        page.on("pageerror", lambda error: new.console.append(str(error)))
        page.on("dialog", lambda dialog: new.console.append(f"dialog {dialog.message}"))
        protocol = context.new_cdp_session(page)
        protocol.on("Network.requestWillBeSent", lambda event: new.requests.append(event["request"]["url"]))
        protocol.on("Log.entryAdded", lambda event: new.console.append(event["entry"]["text"]))
        protocol.send("Network.enable")
        protocol.send("Log.enable")
        page.goto(file.as_uri() + anchor)
        opened.append((new, file.as_uri()))
        return new

    yield show
    for one, address in opened:
        one.page.evaluate("() => 1")  # whatever it said before has arrived now
        one.page.context.close()
        assert one.console == []
        assert [r for r in one.requests if r != "data:,"] == [address]


def findings() -> list[Any]:
    return [
        fakes.finding(severity=Severity.CRITICAL, rule="TFR201", family="password", root="infra/prod", message="alpha"),
        fakes.finding(lost=("user bob has policy require-mfa", "user bob is in group dev"), root="infra/prod"),
        fakes.finding(
            severity=Severity.MEDIUM,
            rule="TFR403",
            family="cloudtrail",
            message="trail of gamma",
            certainty=Certainty.POSSIBLE,
            depends_on=("var.trail",),
        ),
        fakes.finding(severity=Severity.LOW, rule="TFR106", head=None, address="module.x.delta"),
        fakes.finding(
            severity=Severity.HIGH, rule="TFR104", address="e", suppressed=Suppression("ticket 9", None, "config")
        ),
    ]


def everything() -> dict[str, Any]:
    gains = (Gain(STRONGER, "a: 1 → 2", "TFR202", "a"), Gain(ATTACHED, "policy p attached to user q", "TFR101", "b"))
    edges = (
        Edge("user bob", "policy read", KEPT, root="infra/prod"),
        Edge("user bob", "group ops", NEW, certain=False, root="infra/prod"),
        Edge("group ops", "policy deploy", KEPT, root="infra/prod"),
    )
    notes = [Problem("move", f"note {i}", Location("a.tf", i + 1)) for i in range(5)]
    return {"notes": notes, "errors": [Problem("syntax", "broken", Location("b.tf", 2))], "more": More(gains, edges)}


def test_search_narrows_and_escape_shows_all_again(tab: Opener) -> None:
    one = tab(findings())
    assert one.count == "5 findings"
    search = one.page.locator("#search")
    search.fill("GAMMA")
    assert (one.shown(), one.count) == (["TFR403"], "1 of 5 findings")
    search.fill("var.trail")  # in the folded details
    assert one.shown() == ["TFR403"]
    search.fill("tfr10 delta")  # all words
    assert one.shown() == ["TFR106"]
    search.fill("nowhere to be found")
    assert (one.shown(), one.count) == ([], "0 of 5 findings")
    assert one.page.locator("#nothing").is_visible()
    search.press("Escape")
    assert one.count == "5 findings"
    assert not one.page.locator("#nothing").is_visible()
    assert one.page.locator("#count").get_attribute("aria-live") == "polite"


def test_filters_by_severity_family_root_and_state_together(tab: Opener) -> None:
    one = tab(findings())
    one.page.get_by_label("low").uncheck()
    assert one.count == "4 of 5 findings"
    one.page.get_by_label("State").select_option(label="open")
    assert one.shown() == ["TFR201", "TFR101", "TFR403"]
    one.page.get_by_label("Root module").select_option(label="infra/prod")
    assert one.shown() == ["TFR201", "TFR101"]
    one.page.get_by_label("Family").select_option(label="detach")
    assert one.shown() == ["TFR101"]
    one.page.get_by_label("high").uncheck()
    assert one.shown() == []
    one.page.get_by_role("button", name="Show all").click()
    assert one.count == "5 findings"
    assert one.focused() == "search"
    one.page.get_by_label("State").select_option(label="accepted")
    assert one.shown() == ["TFR104"]


def test_details_are_folded_and_open_by_keyboard(tab: Opener) -> None:
    one = tab(findings())
    details = one.page.locator("#findings tbody details")
    assert one.page.locator("#findings tbody details[open]").count() == 0
    details.first.locator("summary").focus()
    one.page.keyboard.press("Enter")
    assert one.page.locator("#findings tbody details[open]").count() == 1
    assert details.first.locator("dl").is_visible()
    unfold = one.page.locator("#unfold")
    unfold.press("Enter")
    assert one.page.locator("#findings tbody details[open]").count() == 5
    assert (unfold.inner_text(), unfold.get_attribute("aria-pressed")) == ("Close all", "true")
    unfold.press("Space")
    assert one.page.locator("#findings tbody details[open]").count() == 0


def test_the_keyboard_reaches_everything_in_order(tab: Opener) -> None:
    one = tab(findings(), **everything())
    seen = []
    for _ in range(60):
        one.page.keyboard.press("Tab")
        name = one.focused()
        if name == "":
            break
        seen.append(name)
        outline = one.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", f"the focus on {name} cannot be seen"
    wanted = [
        "Skip to the findings",
        "theme",
        "Errors",
        "Findings",
        "search",
        "severity",
        "family",
        "root",
        "state",
        "unfold",
    ]
    places = [seen.index(name) for name in wanted]
    assert places == sorted(places)
    assert "TFR201" in seen[places[-1] :]
    assert "alpha" in seen[places[-1] :]
    one.page.locator("body").press("/")
    assert one.focused() == "search"
    one.page.keyboard.type("a/b")
    assert one.page.locator("#search").input_value() == "a/b"


def test_a_link_to_a_rule_and_to_a_finding_open_it(tab: Opener) -> None:
    one = tab(findings())
    assert not one.page.locator("#rule-TFR403").get_attribute("open")
    one.page.get_by_role("link", name="TFR403").click()
    one.page.wait_for_function("() => document.getElementById('rule-TFR403').open")
    name = one.page.locator("#findings tbody tr").nth(1).get_attribute("id")
    other = tab(findings(), anchor=f"#{name}")
    other.page.wait_for_function("(id) => document.getElementById(id).querySelector('details').open", arg=name)


CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(rgba(getComputedStyle(e).backgroundColor));
    return chain.reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!text || !element.checkVisibility() || element.closest("script, style, title, desc")) continue;
    const style = getComputedStyle(element);
    const back = element instanceof SVGElement && !element.classList.contains("word")
      ? rgba(getComputedStyle(element.parentElement.querySelector("rect")).fill) : behind(element);
    const front = over(rgba(element instanceof SVGElement ? style.fill : style.color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const name = element.className.baseVal ?? element.className;
    if (ratio < 4.5) poor.push(`${element.tagName}.${name} ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_colour_schemes(tab: Opener, scheme: str) -> None:
    one = tab(findings(), scheme=scheme, **everything())
    one.page.locator("#unfold").click()
    assert one.page.evaluate(CONTRAST) == []
    page = one.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert page == ("rgb(246, 247, 249)" if scheme == "light" else "rgb(14, 17, 22)")


def test_the_colours_can_be_switched(tab: Opener) -> None:
    one = tab(findings())
    button = one.page.locator("#theme")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = one.page.evaluate(background)
    assert button.inner_text() == "Colours: automatic"
    button.click()
    assert (button.inner_text(), one.page.evaluate(background)) == ("Colours: light", light)
    button.press("Enter")
    assert button.inner_text() == "Colours: dark"
    assert one.page.evaluate(background) != light
    one.page.reload()
    assert button.inner_text() == "Colours: dark"
    button.click()
    assert one.page.evaluate(background) == light
    one.requests.pop()  # the second loading of the same page


def test_without_javascript_everything_is_there(tab: Opener) -> None:
    one = tab(findings(), javascript=False, **everything())
    assert len(one.shown()) == 5
    for hidden in ("#filter", "#theme", "#unfold", ".keys", "#nothing"):
        assert not one.page.locator(hidden).is_visible()
    one.page.locator("#findings tbody summary").first.click()
    assert one.page.locator("#findings tbody dl").first.is_visible()
    assert one.page.locator("svg.graph").is_visible()


@pytest.mark.parametrize("width", [320, 400, 800, 1280])
def test_nothing_sticks_out(tab: Opener, width: int) -> None:
    found = [*findings(), fakes.finding(address="x" * 300, message="y" * 300, root="z" * 100)]
    one = tab(found, width=width, **everything())
    one.page.locator("#unfold").click()
    assert one.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_on_paper_everything_is_open_and_nothing_is_a_button(tab: Opener) -> None:
    one = tab(findings(), **everything())
    one.page.emulate_media(media="print")
    one.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert one.page.locator("details:not([open])").count() == 0
    assert not one.page.locator("#filter").is_visible()
    one.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert one.page.locator("details[open]").count() == 0


def test_text_of_the_tree_runs_nothing(tab: Opener) -> None:
    nasty = fakes.finding(
        family=HOSTILE,
        address=HOSTILE,
        message=HOSTILE,
        base=Side(HOSTILE, Location(HOSTILE, 1)),
        root=HOSTILE,
        variant=HOSTILE,
        lost=(f"user {HOSTILE} has policy {HOSTILE}",),
    )
    one = tab([nasty, *findings()], more=More((Gain(STRONGER, HOSTILE, "TFR202", HOSTILE),)))
    one.page.locator("#search").fill("<script>alert(1)</script>")
    assert one.count == "1 of 6 findings"
    one.page.locator("#unfold").click()
    assert one.page.locator("img").count() == 0
    assert one.page.locator("script").count() == 1
    assert HOSTILE in one.page.locator("tbody").inner_text()


def test_a_script_that_is_not_ours_does_not_run(browser: Any_, tmp_path: Path) -> None:
    """The policy of the page, were escaping to fail one day."""
    text = render("html", fakes.outcome(findings()), ReportOptions())
    file = tmp_path / "spoiled.html"
    spoiled = (
        "<script>document.title = 'run'</script><img src='https://example.com/x' onerror=\"document.title = 'run'\">"
    )
    file.write_text(text.replace("<main>", f"<main>{spoiled}"))
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.title() == "This change takes away protection · tfratchet"
    assert sum("Content Security Policy" in text for text in refused) >= 2
    page.close()


def test_five_thousand_findings_can_be_searched(tab: Opener) -> None:
    one = tab([fakes.finding(address=f"a.b{i}", message=f"user{i} lost it") for i in range(5_000)])
    one.page.locator("#search").fill("user4999")
    assert one.count == "1 of 5,000 findings"
