#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives the real programs' pages in a real browser: `real.py client|server URL ANSWERS [USER PASSWORD]`.

WebTests.swift starts it inside a machine of its laboratory and does what the laboratory has to: each line `do: WORDS`
on standard output is answered by a line at the end of the file ANSWERS.
"""

import json
import sys
import time
from pathlib import Path

from browser import Browser, check_accessibility, check_exclusion, check_guard, check_history, check_looks, check_lost, expect, finish

answers = Path(sys.argv[3])
asked = 0


def do(words):
    global asked
    asked += 1
    print(f"do: {words}", flush=True)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        lines = answers.read_text().split("\n")
        if len(lines) > asked:
            return lines[asked - 1]
        time.sleep(0.01)
    raise TimeoutError(words)


def counts(seconds=1.5):
    """How many packets came to the server over each link in a while."""
    before = json.loads(do("count"))
    time.sleep(seconds)
    return [now - then for now, then in zip(json.loads(do("count")), before)]


CARD = "[...document.querySelectorAll('.card')].find((n) => n.querySelector('h4').textContent.startsWith(%s))"


def state_of(title):
    return f"{CARD % json.dumps(title)}?.querySelector('.chip').textContent.trim()"


def until_state(browser, title, *words, seconds):
    began = time.monotonic()
    browser.wait(f"{json.dumps(words)}.includes({state_of(title)})", f"{title} turns {' or '.join(words)}", seconds)
    return time.monotonic() - began


def until_all_carry(browser, titles, seconds=25):
    for title in titles:
        until_state(browser, title, "Carrying", seconds=seconds)


def no_console(browser, place):
    for line in browser.console():
        expect(False, f"{place}: console {line}")


def check_cut(browser, url, name, titles):
    """Cuts each link another way, and measures until the page says so."""
    browser.open(url)
    until_all_carry(browser, titles)
    for index, (way, title) in enumerate(zip(("swallow", "down", "carrier"), titles)):
        do(f"{way} {index}")
        # At a server a path that is cut is silent, or blocked when its route went; at a client a link that is down is idle.
        took = until_state(browser, title, "Silent", "Blocked", "Idle", seconds=6)
        print(f"{name}: {title}, {way}: the page says “{browser.run('return ' + state_of(title))}” after {took:.1f} s", flush=True)
        expect(took <= 3, f"{name}: {way} took {took:.1f} s")
        time.sleep(1)
        browser.shot(f"{name}-{way}")
        do(f"restore {index}")
        took = until_state(browser, title, "Carrying", seconds=25)
        print(f"{name}: {title} is carrying again after {took:.1f} s", flush=True)
    no_console(browser, f"{name} cut")


def check_copies(browser, url, titles):
    """An exclusion by click stops copies on that link alone, an inclusion brings them back."""
    browser.open(url)
    until_all_carry(browser, titles)
    title, index = titles[1], 1
    before = counts()
    browser.click(f"Exclude {title}")
    until_state(browser, title, "Excluded", seconds=3)
    time.sleep(0.3)
    during = counts()
    browser.shot("real-client-excluded")
    browser.click(f"Include {title}")
    until_state(browser, title, "Carrying", seconds=5)
    after = counts()
    print(f"packets at the server in 1.5 s over each link: {before} before, {during} with {title} excluded, {after} after", flush=True)
    expect(min(before) > 300 and min(after) > 300, "copies on all links before and after")
    # Neighbour discovery may go on.
    expect(during[index] <= 4, f"copies on {title} though excluded: {during}")
    expect(min(during[:index] + during[index + 1:]) > 300, f"the others go on: {during}")
    no_console(browser, "copies")


def check_client(browser, url):
    titles = ["Fibre", "Wi-Fi", "c3"]
    browser.open(url)
    until_all_carry(browser, titles)
    check_looks(browser, url, "real-client", ["ENGARDE-CLIENT", "Camper van", "All 3 links carry it.", "Fibre", "c1", "Share of wins"])
    check_accessibility(browser, url, "real-client")
    check_history(browser, url, "real-client")
    check_history(browser, url, "real-client", 360, "dark")
    check_cut(browser, url, "real-client", titles)
    check_copies(browser, url, titles)
    check_exclusion(browser, url, "real-client")
    check_guard(browser, url, "real-client")
    until_all_carry(browser, titles)
    check_lost(browser, url, "real-client-lost", lambda: do("kill"), lambda: do("restart"))
    until_all_carry(browser, titles)
    check_looks(browser, url, "real-client-back", ["All 3 links carry it."], (1600,), ("dark",))


def check_server(browser, url):
    browser.open(url)
    titles = ["10.1.1.1:", "10.1.2.1:", "10.1.3.1:"]
    until_all_carry(browser, titles)
    check_looks(browser, url, "real-server", ["ENGARDE-SERVER", "1 client is connected, over 3 paths.", "10.1.1.1"])
    check_accessibility(browser, url, "real-server")
    check_history(browser, url, "real-server")
    check_cut(browser, url, "real-server", titles)
    check_lost(browser, url, "real-server-lost", lambda: do("kill"), lambda: do("restart"))
    until_all_carry(browser, titles)
    check_looks(browser, url, "real-server-back", ["1 client is connected, over 3 paths."], (360,), ("light",))


def main():
    browser = Browser(*sys.argv[4:6])
    try:
        {"client": check_client, "server": check_server}[sys.argv[1]](browser, sys.argv[2])
    finally:
        browser.quit()
    finish()


if __name__ == "__main__":
    main()
