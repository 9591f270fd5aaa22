#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives the page in a real browser, and looks for what a user would mind.

    browser.py                                   scenes of mock.py × light, dark × 360, 1600 px, and what can be done
    browser.py --scenes client-3,server-200      some of them only

Wants chromium, chromium-driver and selenium. Screenshots land in screenshots/ beside this file. real.py does the same
with the real programs.
"""

import argparse
import base64
import contextlib
import json
import sys
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import mock

SHOTS = Path(__file__).resolve().parent / "screenshots"
WIDTHS = (360, 1600)
THEMES = ("light", "dark")

TEXTS = {
    "client-1": ["ENGARDE-CLIENT", "Camper van", "version 0.3.0", "The tunnel is alive, on one link.", "Carrying", "127.0.0.1:59401", "Loss"],
    "client-3": ["All 3 links carry it.", "Active 3", "Idle 2", "Excluded 1", "Starlink", "usb0", "Excluded in the file", "Share of wins", "io_uring"],
    "client-8": ["Active 8", "Degraded", "Silent", "Misses 14 %", "4711-0815-42", "2001:db8:85a3", "onerror=document.title", " ago"],
    "client-trouble": ["The tunnel is alive, on one link.", "1 of 3 links carries it; LTE, Telekom is recovering; Starlink is silent; Marina Wi-Fi bridge is blocked.", "a packet filter (EPERM)", "Carries again, watched for 10 s"],
    "client-blocked": ["The tunnel is down: this machine sends nothing to the server.", "Marina Wi-Fi bridge is blocked.", "Sent 0 bit/s"],
    "flapping": ["Active", "LTE, Telekom"],
    "server-empty": ["ENGARDE-SERVER", "Rack 4, Frankfurt", "No client is connected.", "Sessions 0", "Nobody has come"],
    "server-1": ["A session is one WireGuard client.", "1 client is connected", "Session 1", "Share of wins"],
    "server-3": ["3 clients are connected", "Session 3", "Share of wins", "Delay behind best"],
    "server-trouble": ["3 clients are connected, over 4 of 6 paths.", "3 paths are recovering, 1 path is silent, 1 path is blocked, 1 client has no path that carries.", "3 paths, all recovering", "2 paths: 1 carrying, 1 blocked", "1 path, silent", "Session 3"],
    "server-relapsed": ["1 client is connected, over 3 paths.", "3 paths are recovering.", "3 paths, all recovering"],
    "server-200": ["200", "Filter", "Session 200", "Unproven"],
}

# Text whose contrast to what lies behind it is below WCAG AA. Colours here are opaque throughout.
CONTRAST = """
const channels = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; })
  .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const bad = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || node.closest("template, script, noscript, .vh") || !node.checkVisibility()) continue;
  let behind = node, ground = [0, 0, 0, 0];
  while (behind && (ground = channels(getComputedStyle(behind).backgroundColor)).length === 4 && ground[3] === 0) behind = behind.parentElement;
  const style = getComputedStyle(node);
  const colours = [light(channels(node.closest("svg") ? style.fill : style.color)), light(ground)].sort((a, b) => b - a);
  const ratio = (colours[0] + .05) / (colours[1] + .05);
  const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) bad.add(`${ratio.toFixed(2)} ${node.className || node.tagName}: ${walker.currentNode.data.trim().slice(0, 30)}`);
}
return [...bad];
"""

# Elements that stick out of the window, or text cut off where it should not be.
STICKING_OUT = """
const out = [];
for (const node of document.querySelectorAll("body *")) {
  if (node.closest(".vh, .sprite, template, .cell i, .choice input") || !node.checkVisibility()) continue;
  const box = node.getBoundingClientRect();
  if (box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)) out.push(`${node.tagName}.${node.className.baseVal ?? node.className}`);
  if (node.matches("dd, dt, h4, p, button, .chip, .cell") && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0)
    out.push(`overflow in ${node.tagName}.${node.className}: ${node.textContent.slice(0, 40)}`);
}
return [...new Set(out)];
"""

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) for (const source of entry.sources) window.shifts.push([entry.value, source.node?.className || source.node?.nodeName, source.node?.textContent?.slice(0, 40)]);
}).observe({ type: "layout-shift" });
window.longest = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration); }).observe({ type: "longtask" });
"""

failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print(f"  FAILED: {what}", flush=True)


class Browser:
    def __init__(self, user=None, password=None):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
                     "--disable-background-networking", "--no-first-run", "--lang=en"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(20)
        if user:
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.command("Network.enable")
            self.command("Network.setExtraHTTPHeaders", headers={"Authorization": f"Basic {token}"})

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def resize(self, width, height):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def open(self, url, width=1600, theme="light", height=900):
        self.resize(width, height)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.driver.get("about:blank")
        self.console()
        self.driver.get(url)
        self.wait("document.querySelector('#view > *') !== null", "the page shows a status")

    def wait(self, condition, what, seconds=8):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(f"return !!({condition})"):
                return True
            time.sleep(0.1)
        expect(False, f"{what} (within {seconds} s)")
        return False

    def text(self):
        return self.run("return document.body.innerText")

    def unseen(self):
        """What is on the page, and only not laid out because it is far below."""
        return self.run("return [...document.querySelectorAll('.session')].map((n) => ' ' + n.textContent).join('')")

    def console(self):
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def shot(self, name, is_whole=True):
        SHOTS.mkdir(exist_ok=True)
        width, height = self.run("return [innerWidth, innerHeight]")
        if is_whole:
            # A taller window, not a capture beyond it: what is far below is laid out only when it is seen.
            tall = min(self.run("return document.documentElement.scrollHeight"), 4000)
            self.resize(width, max(height, tall))
            time.sleep(0.5)
        (SHOTS / f"{name}.png").write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))
        self.resize(width, height)

    def button(self, name):
        """The visible button of this accessible name."""
        for node in self.driver.find_elements(By.TAG_NAME, "button"):
            if node.is_displayed() and (node.get_attribute("aria-label") or node.text) == name:
                return node
        return None

    def click(self, name):
        node = self.button(name)
        expect(node is not None, f"a button “{name}”")
        if node:
            self.run("arguments[0].scrollIntoView({block: 'center'})", node)
            node.click()
        return node

    def names_in(self, group):
        return self.run(f"return [...document.querySelectorAll('section[aria-label={group}] h4')].map((n) => n.textContent)")

    def quit(self):
        self.driver.quit()


def check_looks(browser, url, name, texts=(), widths=WIDTHS, themes=THEMES, seconds=3.0):
    """No console error, nothing sticks out, contrast, no shifts while figures move, texts there; with screenshots."""
    for width in widths:
        for theme in themes:
            place = f"{name} {width} {theme}"
            print(f"looks: {place}", flush=True)
            browser.open(url, width, theme)
            time.sleep(1.5)
            browser.run(SHIFTS)
            browser.run("window.marked = document.querySelector('.card, .session')")
            time.sleep(seconds)
            # Names are compared without regard to line breaks between elements.
            said = " ".join((browser.text() + browser.unseen()).split())
            for text in texts:
                expect(text in said, f"{place}: “{text}” is shown")
            expect(browser.run("return document.documentElement.scrollWidth <= innerWidth"), f"{place}: no horizontal scroll")
            for problem in browser.run(STICKING_OUT)[:5]:
                expect(False, f"{place}: {problem}")
            for problem in browser.run(CONTRAST)[:5]:
                expect(False, f"{place}: contrast {problem}")
            expect(browser.run("return !window.marked || window.marked.isConnected"), f"{place}: updated in place")
            if name != "flapping":
                shifts = browser.run("return window.shifts")
                expect(sum(shift[0] for shift in shifts) < 0.005, f"{place}: layout shifts {shifts[:4]}")
            longest = browser.run("return window.longest")
            expect(longest < 250, f"{place}: the page was busy for {longest} ms")
            for line in browser.console():
                expect(False, f"{place}: console {line}")
            browser.shot(f"{name}-{width}-{theme}")


def check_accessibility(browser, url, name):
    """Controls have names, headings step down one by one, landmarks are there, and the page is quiet while nothing changes."""
    print(f"accessibility: {name}", flush=True)
    browser.open(url)
    time.sleep(1)
    browser.command("Accessibility.enable")
    nodes = browser.command("Accessibility.getFullAXTree")["nodes"]
    roles = {}
    levels = []
    for node in nodes:
        if node.get("ignored"):
            continue
        role = node.get("role", {}).get("value", "")
        label = node.get("name", {}).get("value", "")
        roles.setdefault(role, []).append(label)
        if role in ("button", "link", "radio", "searchbox", "slider", "dialog", "heading", "image", "group") and role not in ("group", "image"):
            expect(label.strip(), f"{name}: a {role} without a name")
        if role == "heading":
            levels += [p["value"]["value"] for p in node.get("properties", []) if p["name"] == "level"]
    for role in ("main", "banner", "region"):
        expect(role in roles, f"{name}: landmark {role}")
    expect(levels[:1] == [1] and all(b <= a + 1 for a, b in zip(levels, levels[1:])), f"{name}: headings {levels}")
    browser.command("Accessibility.disable")
    browser.run("window.said = 0; new MutationObserver(() => window.said++).observe(document.querySelector('[aria-live]'), {childList: true, characterData: true, subtree: true})")
    time.sleep(3)
    if name != "flapping":
        expect(browser.run("return window.said") == 0, f"{name}: nothing is announced while nothing changes")


def check_history(browser, url, name, width=1600, theme="light"):
    print(f"history: {name} {width} {theme}", flush=True)
    browser.open(url, width, theme)
    button = browser.driver.find_element(By.CSS_SELECTOR, ".card [data-slot=history]")
    browser.run("arguments[0].focus()", button)
    button.send_keys(Keys.ENTER)
    browser.wait("document.querySelector('#history').open && !/Asking/.test(document.querySelector('#history-summary').textContent)", "history opens")
    said = browser.run("return document.querySelector('#history-summary').textContent")
    expect("24 hours" in said, f"history says “{said}”")
    if browser.run("return !document.querySelector('#history-body').hidden"):
        expect(browser.run("return document.querySelectorAll('#history .chart').length") == 2, "two charts")
        expect(browser.run("return [...document.querySelectorAll('#history .chart')].every((n) => n.querySelectorAll('path').length > 4)"), "charts with something in them")
    expect(browser.run("const d = document.querySelector('#history'); return d.scrollWidth <= d.clientWidth"), "history: no horizontal scroll")
    for problem in browser.run(CONTRAST)[:5]:
        expect(False, f"history {theme}: contrast {problem}")
    browser.shot(f"{name}-history-{width}-{theme}", is_whole=False)
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait("!document.querySelector('#history').open", "Escape closes the history")
    expect(browser.run("return document.activeElement === arguments[0]", button), "the focus is back on the history's button")
    for line in browser.console():
        expect(False, f"history: console {line}")


def check_exclusion(browser, url, name):
    """Excludes the first active link by keyboard, includes it again; leaves things as they were."""
    print(f"exclusion: {name}", flush=True)
    browser.open(url)
    title = browser.names_in("Active")[0]
    button = browser.button(f"Exclude {title}")
    browser.run("arguments[0].focus()", button)
    button.send_keys(Keys.ENTER)
    browser.wait(f"[...document.querySelectorAll('section[aria-label=Excluded] h4')].some((n) => n.textContent === {json.dumps(title)})", "the link is among the excluded")
    expect(browser.run("return document.activeElement === arguments[0]", button), "the focus stays on the button of the card that moved")
    browser.wait(f"document.querySelector('#announcer').textContent.includes({json.dumps(title)})", "the exclusion is announced")
    browser.click(f"Include {title}")
    browser.wait(f"[...document.querySelectorAll('section[aria-label=Active] h4')].some((n) => n.textContent === {json.dumps(title)})", "the link is active again")
    for line in browser.console():
        expect(False, f"exclusion: console {line}")


def check_guard(browser, url, name):
    """Excludes until one link is left, is asked, keeps it; is asked again, forces; resets."""
    print(f"guard: {name}", flush=True)
    browser.open(url)
    for title in browser.names_in("Active")[:-1]:
        browser.click(f"Exclude {title}")
        browser.wait(f"![...document.querySelectorAll('section[aria-label=Active] h4')].some((n) => n.textContent === {json.dumps(title)})", f"{title} is out")
    (last,) = browser.names_in("Active")
    button = browser.click(f"Exclude {last}")
    browser.wait("document.querySelector('#guard').open", "the guard asks")
    expect(last in browser.text(), "the guard names the link")
    expect(browser.run("return document.activeElement.id") == "guard-keep", "the safe answer has the focus")
    browser.shot(f"{name}-guard", is_whole=False)
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.wait("!document.querySelector('#guard').open", "the guard closes")
    time.sleep(1.5)
    expect(browser.names_in("Active") == [last], "kept")
    expect(browser.run("return document.activeElement === arguments[0]", button), "the focus is back")
    browser.click(f"Exclude {last}")
    browser.wait("document.querySelector('#guard').open", "the guard asks again")
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait("!document.querySelector('#guard').open", "Escape keeps the link")
    time.sleep(1.2)
    expect(browser.names_in("Active") == [last], "kept after Escape")
    browser.click(f"Exclude {last}")
    browser.wait("document.querySelector('#guard').open", "the guard asks a third time")
    browser.click("Exclude it anyway")
    browser.wait("document.querySelector('#headline').textContent.includes('no link is in use')", "the tunnel is said to be down")
    browser.shot(f"{name}-down")
    browser.click("Reset exclusions")
    browser.wait("document.querySelectorAll('section[aria-label=Active] h4').length > 0", "reset brings the links back")
    for line in browser.console():
        expect(False, f"guard: console {line}")


def check_lost(browser, url, name, stop, start, word="No answer from engarde since"):
    """`stop()` takes the program away, `start()` brings it back."""
    print(f"lost: {name}", flush=True)
    browser.open(url)
    time.sleep(2)
    stop()
    try:
        browser.wait(f"document.querySelector('#lost').textContent.includes({json.dumps(word)}) && !document.querySelector('#lost').hidden", "says that the program is lost", 12)
        expect(browser.run("return document.querySelector('#feed').textContent.trim()") == "No answer", "the chip says so")
        for problem in browser.run(CONTRAST)[:5]:
            expect(False, f"lost: contrast {problem}")
        browser.shot(name, is_whole=False)
    finally:
        start()
    browser.wait("document.querySelector('#lost').hidden && document.querySelector('#feed').textContent.includes('Live')", "recovers by itself", 20)
    browser.console()


def check_connections(browser, url):
    """Pages left behind hold none of the browser's few connections to a program, and live again when gone back to."""
    print("connections", flush=True)
    for _ in range(7):
        browser.open(url)
        time.sleep(1)
        code = browser.driver.execute_async_script(
            "const done = arguments[0]; fetch('api/v2/status', {signal: AbortSignal.timeout(3000)}).then((a) => done(a.status), () => done(0))")
        if code != 200:
            return expect(False, "a connection is free after pages were left")
    browser.driver.get("about:blank")
    browser.driver.back()
    browser.wait("document.querySelector('#feed').textContent.trim() === 'Live'", "lives after going back")
    before = browser.text()
    time.sleep(2.5)
    expect(browser.text() != before and browser.run("return document.querySelector('#lost').hidden"), "moves after going back")


def check_filter(browser, url):
    print("filter", flush=True)
    browser.open(url)
    box = browser.driver.find_element(By.CSS_SELECTOR, "input[type=search]")
    box.send_keys("silent")
    time.sleep(0.3)
    some = browser.run("return [...document.querySelectorAll('.session')].filter((n) => !n.hidden).length")
    expect(0 < some < 200, f"“silent” leaves {some} of 200")
    expect(f"{some} of 200" in browser.text(), "the count is said")
    box.send_keys(" nothing of the kind")
    browser.wait("document.querySelector('[data-slot=empty]').textContent.includes('matches')", "nothing matches")
    box.clear()
    box.send_keys("session 17 ")
    browser.run("document.querySelectorAll('.session:not([hidden]) summary')[0].click()")
    browser.wait("document.querySelectorAll('.session[open] .card').length > 0", "a session opens")
    browser.shot("server-200-filtered")
    for line in browser.console():
        expect(False, f"filter: console {line}")


@contextlib.contextmanager
def mocked(scene):
    program = mock.Mock(scene).start()
    try:
        yield program
    finally:
        program.stop()


def check_mocks(browser, scenes):
    for scene in scenes:
        with mocked(scene) as program:
            check_looks(browser, program.url, scene, TEXTS[scene])
            check_accessibility(browser, program.url, scene)
    with mocked("client-3") as program:
        check_exclusion(browser, program.url, "client-3")
        check_guard(browser, program.url, "client-3")
        check_connections(browser, program.url)
        check_history(browser, program.url, "client-3", 1600, "light")
        check_history(browser, program.url, "client-3", 360, "dark")
        for outage, word in (("down", "Trying again"), ("hang", "No answer from engarde since"), (503, "error 503"), (401, "name and password")):
            check_lost(browser, program.url, f"lost-{outage}", lambda: setattr(program, "outage", outage), lambda: setattr(program, "outage", None), word)
        print("streams refused", flush=True)
        program.outage = "no-streams"
        browser.open(program.url)
        browser.wait("document.querySelector('#feed').textContent.includes('asking')", "asks each second where streams are refused")
        time.sleep(5)
        expect(browser.run("return document.querySelector('#lost').hidden"), "polling keeps the page alive")
        program.outage = None
        browser.wait("document.querySelector('#feed').textContent.trim() === 'Live'", "goes back to the stream", 35)
        browser.open(program.url.replace("//", "//name:password@"))
        time.sleep(2)
        for line in browser.console():
            expect(False, f"with a name and password in the address: console {line}")
    with mocked("server-3") as program:
        check_history(browser, program.url, "server-3", 360, "light")
    with mocked("server-200") as program:
        check_filter(browser, program.url)


def finish():
    print(f"{len(failures)} failed" if failures else "all well")
    sys.exit(1 if failures else 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", default=",".join(mock.SCENES), help="empty for none")
    parser.add_argument("--looks-only", action="store_true")
    arguments = parser.parse_args()
    browser = Browser()
    try:
        scenes = [scene for scene in arguments.scenes.split(",") if scene]
        if arguments.looks_only:
            for scene in scenes:
                with mocked(scene) as program:
                    check_looks(browser, program.url, scene, TEXTS[scene])
        else:
            check_mocks(browser, scenes)
    finally:
        browser.quit()
    finish()


if __name__ == "__main__":
    main()
