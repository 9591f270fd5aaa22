#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes pictures of both pages while the demo takes links away.

    Tests/WebManagerTests/Page/screenshots.py BIN FOLDER     BIN has engarde and engarde-demo; FOLDER gets client.png and server.png

Needs Chromium and selenium: apt-get install chromium chromium-driver python3-selenium
"""
import os
import re
import subprocess
import sys
import time

try:
    from selenium import webdriver
except ImportError:
    sys.exit("screenshots need selenium and Chromium: apt-get install chromium chromium-driver python3-selenium")


def addresses(demo):
    """The two pages' addresses, which the demo prints before it begins."""
    said = ""
    for line in demo.stdout:
        said += line
        found = re.findall(r"http://127\.0\.0\.1:\d+/", line)
        if len(found) == 2:
            return found
    sys.exit("the demo has no pages to look at:\n" + said)


def main(programs, folder):
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1200,900"):
        options.add_argument(word)
    os.makedirs(folder, exist_ok=True)
    demo = subprocess.Popen(
        [os.path.join(programs, "engarde-demo"), "--phase-seconds", "12"], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    try:
        urls = addresses(demo)
        browser = webdriver.Chrome(options=options)
        try:
            for name, url in zip(("client", "server"), urls):
                browser.get(url)
                # The trails of the figures need some seconds of them, and the second phase has taken a link away.
                time.sleep(16)
                path = os.path.join(folder, name + ".png")
                browser.save_screenshot(path)
                print(path)
        finally:
            browser.quit()
    finally:
        demo.terminate()
        demo.wait()


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
