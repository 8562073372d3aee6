"""Takes the picture of the HTML report that the README shows: the report about the change of ``tools/demo.py``.

    make report-image

Needs a Chromium (``tools/chromium.sh``). The picture depends on the fonts of the machine, so it is made by hand when
the page changes, not by ``make docs``.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGE = ROOT / "docs" / "images" / "report.png"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH = 1280
OPENED = "TFR202"
"""The rule of the finding that is shown with its details."""


def page() -> str:
    """The report about the demo's change."""
    sys.path.insert(0, str(ROOT / "tools"))
    import demo

    demo.build()
    done = demo.run(sys.executable, "-m", "tfratchet", "diff", "--format", "html", capture_output=True)
    if done.returncode != 1:
        sys.exit(f"the demo expects exit code 1, got {done.returncode}: {done.stderr}")
    return done.stdout


def take(html: str) -> None:
    """The upper part of the page, down to the graph."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("TFRATCHET_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        sys.exit("no Chromium: see tools/chromium.sh")
    IMAGE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "report.html"
        file.write_text(html, encoding="ascii")
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        tab.goto(file.as_uri())
        tab.locator("tr", has_text=OPENED).locator("summary").click()
        tab.mouse.move(0, 0)
        tab.evaluate("() => document.activeElement.blur()")
        box = tab.locator("#graph").bounding_box()
        if box is None:
            sys.exit("the report about the demo has no graph")
        size = {"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + 16}
        tab.screenshot(path=IMAGE, full_page=True, clip=size)
        browser.close()
    print(f"{IMAGE.relative_to(ROOT)}: {IMAGE.stat().st_size // 1024} KB")


if __name__ == "__main__":
    take(page())
