"""Opens the pages of a run in headless Chromium, clicks them, and listens to what they complain of.

In: a folder written by `tests/it/report.rs`. Out: exit status 0 when all holds, 1 with the first
thing that does not, 77 when this machine has no Chromium.
"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from webdriver import Browser, available  # noqa: E402

ENTER, ARROW_LEFT = "\ue007", "\ue012"
NOW = "return document.getElementById('audio').currentTime"
PLAYING = "return !document.getElementById('audio').paused"
INK = """
  const c = document.getElementById('wave'), ink = new Set();
  const px = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  for (let i = 0; i < px.length; i += 4) if (px[i + 3] > 40) ink.add(px[i] >> 4 << 8 | px[i + 1] >> 4 << 4 | px[i + 2] >> 4);
  return ink.size"""
# Text against the first opaque background behind it, by WCAG 2; gives what is under 4.5 (3 when large).
CONTRAST = """
  const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)); };
  const behind = (node) => { const layers = []; for (let n = node; n; n = n.parentElement) layers.push(rgb(getComputedStyle(n).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]); };
  const bad = new Set();
  for (const node of document.querySelectorAll('body *')) {
    if (!node.checkVisibility() || node.disabled || ![...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim())) continue;
    const style = getComputedStyle(node), size = parseFloat(style.fontSize), ground = behind(node), ink = over(rgb(style.color), ground);
    const [a, b] = [lum(ink), lum(ground)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    if (ratio < (size >= 24 || (size >= 18.6 && style.fontWeight >= 700) ? 3 : 4.5)) bad.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return [...bad]"""
UNNAMED = """
  return [...document.querySelectorAll('button, a, input, select, canvas, [role]')]
    .filter((n) => n.checkVisibility() && !(n.getAttribute('aria-label') || n.textContent.trim() || n.closest('label')))
    .map((n) => n.outerHTML.slice(0, 90))"""


def hold(what, *seen):
    if not what:
        raise AssertionError(" ".join(str(item) for item in seen))


def check_quiet(browser, folder):
    """No complaint in the console, no request but for files of the run, and nothing ran that should not."""
    complaints = [entry["message"] for entry in browser.log("browser")]
    hold(not complaints, "console:", complaints)
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            hold(url.startswith(("data:", folder)), "request:", url[:120])
    hold(browser.js("return window.broken") is None, "call text was run as a script")


def check_looks(browser):
    for scheme in ("light", "dark"):
        for width, height in ((1280, 900), (820, 1180)):
            browser.look(width, height, scheme)
            wide = browser.js("return document.documentElement.scrollWidth - innerWidth")
            hold(wide <= 0, "wider than the window by", wide, "at", width)
        bad = browser.js(CONTRAST)
        hold(not bad, scheme, "contrast:", bad)
    hold(not browser.js(UNNAMED), "without a name:", browser.js(UNNAMED))
    browser.look(1280, 900)


def check_language(browser, css, zh, en):
    hold(browser.text(css) == zh, css, browser.text(css))
    browser.click("#lang")
    hold(browser.text(css) == en, css, browser.text(css))
    hold(browser.js("return document.documentElement.lang") == "en", "lang attribute")
    browser.click("#lang")
    hold(browser.text(css) == zh, css, "back to Chinese")


def play_by(browser, act, low, high, what):
    """After `act` the audio runs, and stands between two seconds."""
    browser.js("document.getElementById('audio').pause()")
    act()
    hold(browser.until(PLAYING), what, "does not play")
    now = browser.js(NOW)
    hold(low <= now <= high, what, "plays at", now, "not in", low, high)


def check_playback(browser):
    hold(browser.until("return document.getElementById('audio').readyState >= 2"), "the audio does not load")
    evidence = '.ev.phrase[data-start="9"]'
    play_by(browser, lambda: browser.click(evidence), 8.3, 9.2, "evidence")
    hold(browser.until(f"return document.getElementById('audio').currentTime >= 9.05"), "never reaches the evidence")
    hold(browser.until("return document.querySelector('[aria-current]')?.dataset.id === '2'"), "the transcript does not follow")
    hold(browser.until("return document.getElementById('audio').paused"), "does not stop after the evidence")
    now = browser.js(NOW)
    hold(10.6 <= now <= 11.3, "stops at", now)
    play_by(browser, lambda: browser.click('.u[data-id="1"] .time'), 3.9, 4.6, "an utterance")
    play_by(browser, lambda: browser.click('.u[data-id="2"] span[data-at="9.4"]'), 9.3, 10, "a word")
    browser.click("#play")
    hold(browser.until("return document.getElementById('audio').paused"), "pause")
    browser.js("const c = document.getElementById('wave'), r = c.getBoundingClientRect();"
               "c.dispatchEvent(new MouseEvent('click', {clientX: r.left + r.width / 2, clientY: r.top + 60, bubbles: true}))")
    hold(abs(browser.js(NOW) - 6) < 0.1, "a click on the waveform seeks to", browser.js(NOW))
    browser.js("document.getElementById('speed').value = '1.5'; document.getElementById('speed').dispatchEvent(new Event('change'))")
    hold(browser.js("return document.getElementById('audio').playbackRate") == 1.5, "speed")
    browser.click("#loop")
    play_by(browser, lambda: browser.click(evidence), 8.3, 9.4, "evidence in a loop")
    hold(browser.until("return document.getElementById('audio').currentTime > 10"), "the loop does not reach its end")
    hold(browser.until("return document.getElementById('audio').currentTime < 9.5"), "the loop does not begin again")
    hold(browser.js(PLAYING), "the loop stops")
    browser.click("#loop")
    browser.click("#play")


def check_keys(browser):
    browser.js("document.activeElement.blur(); document.getElementById('audio').pause()")
    browser.js("document.getElementById('audio').currentTime = 6")
    browser.until("return document.getElementById('clock').textContent.startsWith('00:06.0')")
    browser.key(ARROW_LEFT)
    hold(abs(browser.js(NOW) - 1) < 0.1, "arrow left goes to", browser.js(NOW))
    chosen = "return document.querySelector('.finding.chosen')?.dataset.key"
    for key, expected in (("k", "0.1"), ("j", "0.2"), ("k", "0.1")):  # the evidence clicked before was the gravest
        browser.key(key)
        hold(browser.js(chosen) == expected, key, "chooses", browser.js(chosen))
    play_by(browser, lambda: browser.key(ENTER), 8.3, 9.4, "Enter")
    browser.key(" ")
    hold(browser.until("return document.getElementById('audio').paused"), "Space pauses")


def check_findings(browser):
    count = "return document.querySelectorAll('.finding').length"
    hold(browser.js(count) == 6, "findings", browser.js(count))
    browser.click('#filters [data-value="violations"]')
    hold(browser.js(count) == 2, "violations", browser.js(count))
    browser.click('#filters [data-value="undetermined"]')
    hold(browser.js(count) == 1, "undetermined", browser.js(count))
    browser.click('#filters [data-value="all"]')
    browser.click('.u[data-id="2"] .chip')
    hold(browser.js("return document.querySelector('.finding.chosen')?.dataset.key") == "0.1", "a chip leads to its finding")
    page = browser.text("main")
    hold("199****6136" in page and "00006136" not in page, "personal data is shown")
    hold("谢谢观看" in browser.text(".rejected del"), "the rejected text is not shown as such")


def check_index(browser):
    rows = "return [...document.querySelectorAll('#rows tr th')].map((n) => n.textContent)"
    hold(browser.js(rows) == ["zh-1", "通话 #2", "silent"], "worst first:", browser.js(rows))
    browser.click("#columns th:nth-child(2) button")
    hold(browser.js(rows) == ["通话 #2", "silent", "zh-1"], "sorted by call:", browser.js(rows))
    browser.type("#find", "看着办")
    hold(browser.js(rows) == ["zh-1"], "found:", browser.js(rows))
    hold("not audio" in browser.text("#missed"), "failed inputs are not shown")
    browser.js("document.getElementById('find').value = ''; document.getElementById('find').dispatchEvent(new Event('input'))")
    browser.js("[...document.querySelectorAll('#rows a')].find((a) => a.textContent === '通话 #2').click()")
    hold(browser.until("return document.getElementById('wave') !== null"), "the link opens no page")


def run(folder):
    base = folder.resolve().as_uri() + "/"
    with Browser() as browser:
        browser.look(1280, 900)
        browser.open(base + "zh-1.html")
        hold(browser.text("#findings h2") == "评分结果", "nothing is drawn", browser.log("browser"))
        hold(browser.js(INK) > 3, "the waveform is blank")
        check_language(browser, "#findings h2", "评分结果", "Findings")
        check_findings(browser)
        check_playback(browser)
        check_keys(browser)
        check_looks(browser)
        check_quiet(browser, base)
        browser.open(base + "index.html")
        check_language(browser, "#calls h2", "通话", "Calls")
        check_looks(browser)
        check_index(browser)
        hold(browser.until("return document.getElementById('audio').readyState >= 2"), "a file beside the page does not load")
        play_by(browser, lambda: browser.click('.u[data-id="1"] .time'), 3.9, 4.6, "a file beside the page")
        browser.open(base + "silent.html")
        hold(browser.js("return document.getElementById('play').disabled && !document.getElementById('silent').hidden"),
             "a page without audio must say so")
        browser.click('.u[data-id="1"] .time')
        hold("00:04.0" in browser.text("#clock"), "without audio the position still moves")
        check_quiet(browser, base)


if __name__ == "__main__":
    if not available():
        sys.exit(77)
    try:
        run(pathlib.Path(sys.argv[1]))
    except AssertionError as failure:
        print("FAILED:", failure)
        sys.exit(1)
    print("the pages work")
