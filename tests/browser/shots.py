"""Photographs the pages of a finished run for the documentation.

In: a folder that `lingting analyze --out` wrote, the id of a call in it, and where to put the images.
Out: `report-zh.png`, `report-en.png`, `report-tablet.png`, `index-zh.png`, `index-en-dark.png`.
"""

import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from webdriver import Browser  # noqa: E402

# Name, page (None: the call's), width, height, colour scheme, language, whether evidence plays.
SHOTS = [
    ("report-zh", None, 1280, 860, "light", "zh", True),
    ("report-en", None, 1280, 860, "dark", "en", True),
    ("report-tablet", None, 820, 1100, "light", "zh", False),
    ("index-zh", "index.html", 1280, 720, "light", "zh", False),
    ("index-en-dark", "index.html", 1280, 720, "dark", "en", False),
]


def shoot(run, call_id, out):
    with Browser() as browser:
        for name, page, width, height, scheme, language, play in SHOTS:
            browser.look(width, height, scheme)
            browser.open((run / (page or f"{call_id}.html")).resolve().as_uri())
            if not browser.js("return document.documentElement.lang").startswith(language):
                browser.click("#lang")
            if play:
                browser.js("scrollTo(0, 190); document.querySelector('.finding.v-not_met button.ev')?.click()")
                time.sleep(1.6)
            browser.photograph(out / f"{name}.png")


if __name__ == "__main__":
    shoot(pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]))
