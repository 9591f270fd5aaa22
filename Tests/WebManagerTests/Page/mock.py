#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A program that is not there, for the page to show: `mock.py --scene client-3 --port 8080`.

Serves the page's files from the sources and API v2, as Documentation/openapi.yaml has it, from a scene with moving
figures, on 127.0.0.1 only.
"""

import argparse
import json
import math
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

PAGE = Path(__file__).resolve().parents[3] / "Sources/WebManager/Page"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
SPANS = {"lastSecond": 1, "last10Seconds": 10, "lastMinute": 60, "last15Minutes": 900}
STARTED = time.time()


def error(code, message):
    return {"status": "error", "code": code, "message": message}


UNKNOWN = error("not-found", "there is nothing here")


class Stretch:
    """One link or path: how well it does, and what crossed it."""

    def __init__(self, seed, megabits=4.0, loss=0.3, delay=4.0, wins=50.0, state="carrying", reason="", has_traffic=True):
        self.random = random.Random(seed)
        self.phase = self.random.random() * 6
        self.megabits, self.loss, self.delay, self.wins = megabits, loss, delay, wins
        self.state, self.reason = state, reason
        self.has_traffic = has_traffic
        self.since = STARTED - self.random.randint(90, 400_000)
        self.last = time.time() if has_traffic else None
        self.received = self.sent = 0

    def is_in(self):
        return self.state not in ("idle", "excluded")

    def turn(self, state, reason=""):
        if state != self.state:
            self.since = time.time()
        self.state, self.reason = state, reason

    def quality(self, seconds):
        now = time.time()
        brings = self.has_traffic and self.state not in ("silent", "idle", "excluded")
        wave = 1 + 0.4 * math.sin(now / 9 + self.phase) + 0.25 * math.sin(now / 2.3 + self.phase)
        wave += self.random.uniform(-0.1, 0.1) / math.sqrt(seconds)
        bits = max(0.0, self.megabits * 1e6 * wave)
        packets = int(bits / 8 / 1100 * seconds)
        loss = self.loss * self.random.choice((0, 0.5, 1, 1, 2)) if brings else 100.0
        is_sent = self.is_in() and self.has_traffic and self.state != "blocked"
        has_figures = self.has_traffic and self.is_in() and packets > 0
        figures = {
            "windowSeconds": seconds,
            "expectedDatagrams": packets,
            "receivedDatagrams": int(packets * (1 - loss / 100)),
            "firstDatagrams": int(packets * self.wins / 100),
            "lossPercent": min(100.0, loss) if has_figures else None,
            "winPercent": (self.wins if brings else 0.0) if has_figures else None,
            "delayP50Milliseconds": self.delay * self.random.uniform(0.8, 1.2) if has_figures and brings else None,
            "delayP99Milliseconds": (self.delay * 4 + 2) * self.random.uniform(0.8, 1.3) if has_figures and brings else None,
            "jitterMilliseconds": self.delay * 0.3 if has_figures and brings else None,
            "receivedDatagramsPerSecond": packets / seconds if brings else 0.0,
            "receivedBitsPerSecond": bits * (1 - loss / 100) if brings else 0.0,
            "sentDatagramsPerSecond": packets / seconds * 0.4 if is_sent else 0.0,
            "sentBitsPerSecond": bits * 0.22 if is_sent else 0.0,
        }
        if seconds == 1:
            self.received += int(figures["receivedBitsPerSecond"] / 8)
            self.sent += int(figures["sentBitsPerSecond"] / 8)
            if brings:
                self.last = now - self.random.random() * 0.2
        return figures

    def common(self):
        return {
            "state": self.state, "reason": self.reason, "stateSeconds": time.time() - self.since,
            "quality": {name: self.quality(seconds) for name, seconds in SPANS.items()},
            "lastReceivedSeconds": None if self.last is None else time.time() - self.last,
            "traffic": traffic(self.received, self.sent),
        }

    def history(self):
        if not self.has_traffic:
            return []
        end = int(time.time()) // 60 * 60
        chance = random.Random(self.phase)
        minutes = []
        for index in range(1439, 0, -1):
            if 700 < index < 790:
                continue
            storm = 300 < index < 345
            expected = int(60 * 400 * (1 + 0.6 * math.sin(index / 160)))
            loss = self.loss / 100 * chance.choice((0, 0, 1, 3)) + (0.25 * chance.random() if storm else 0)
            received = int(expected * (1 - min(1, loss)))
            delay = self.delay * chance.uniform(0.7, 1.4) * (5 if storm else 1)
            minutes.append({
                "startUnixSeconds": end - index * 60, "expectedDatagrams": expected, "receivedDatagrams": received,
                "firstDatagrams": int(received * self.wins / 100), "delayP50Milliseconds": delay,
                "delayP99Milliseconds": delay * 4 + 2, "receivedBytes": received * 1100, "sentBytes": received * 300})
        return minutes


def traffic(received, sent):
    return {
        "receivedDatagrams": received // 1100, "receivedBytes": received, "sentDatagrams": sent // 500,
        "sentBytes": sent, "sendFailures": 0, "kernelDrops": 0}


class Link:
    def __init__(self, name, label="", kind="", source="", destination="vpn.example.org:59501",
                 resolved="203.0.113.7:59501", **how):
        self.name, self.label, self.kind, self.source = name, label, kind, source
        self.destination, self.resolved = destination, resolved
        self.stretch = Stretch(name, **how)
        self.before = (self.stretch.state, self.stretch.reason)
        self.is_swapped = False

    def is_excluded(self):
        return (self.before[0] == "excluded") != self.is_swapped

    def swap(self, is_swapped):
        self.is_swapped = is_swapped
        if self.is_excluded():
            self.stretch.turn("excluded", "excluded on request" if is_swapped else "excluded in the file")
        elif self.before[0] == "excluded":
            self.stretch.turn("carrying")
            self.stretch.has_traffic = True
        else:
            self.stretch.turn(*self.before)

    def status(self):
        is_in = self.stretch.is_in()
        return {
            "name": self.name, "label": self.label, "kind": self.kind, **self.stretch.common(),
            "isExcluded": self.is_excluded(), "isExpected": not self.is_excluded(), "sourceAddress": self.source, "destination": self.destination,
            "destinationAddress": self.resolved if is_in else "", "fragmentedDatagrams": 0, "segmentationRefusal": ""}


def program(description, is_client):
    drops = [
        ("noCarryingLink", "no link carried", 0), ("foreignSource", "from an address that is not WireGuard’s", 12),
        ("notWireGuard", "not WireGuard", 1204), ("tooShort", "too short to be WireGuard’s", 0)]
    return {
        "version": "0.3.0", "description": description,
        "listenAddress": "127.0.0.1:59401" if is_client else "[::]:59501",
        "destination": "vpn.example.org:59501" if is_client else "127.0.0.1:51820",
        "protocolName": "wireguard", "engine": "io_uring (deferred task run)",
        "uptimeSeconds": time.time() - STARTED + 273_000, "unixSeconds": time.time(), "turns": 1_234_567,
        "systemCalls": 1_240_000,
        "drops": [{"name": n, "description": d, "count": c} for n, d, c in drops]}


class ClientScene:
    type = "client"

    def __init__(self, links, description="Camper van", is_flapping=False):
        self.links, self.description, self.is_flapping = links, description, is_flapping
        self.lock = threading.Lock()
        self.requests = []

    def status(self):
        if self.is_flapping:
            states = [("carrying", ""), ("degraded", "misses 14 % of what the others bring"), ("silent", "brings nothing while others do"),
                      ("idle", "no carrier")]
            self.links[1].stretch.turn(*states[int(time.time() / 3) % 4])
        links = [link.status() for link in self.links]
        used = [link for link in self.links if link.stretch.is_in() and link.stretch.has_traffic]
        received = sum(link.stretch.sent for link in used)
        sent = sum(link.stretch.received for link in used)
        scale = max(1, len(used))
        unique = 8_123_456 + sent // scale // 1100
        last = min((link["lastReceivedSeconds"] for link in links if link["lastReceivedSeconds"] is not None), default=None)
        return {
            "type": "client", "program": program(self.description, True), "wireGuardAddress": "127.0.0.1:51820",
            "wireGuardLastReceivedSeconds": 0.1, "serverLastReceivedSeconds": last, "uniqueDatagrams": unique,
            "duplicateDatagrams": int(unique * (scale - 1) * 0.97), "traffic": traffic(received // scale, sent // scale),
            "links": links, "missingLinks": []}

    def history(self, name):
        return next((link.stretch.history() for link in self.links if link.name == name), None)

    def change(self, name, verb, force):
        with self.lock:
            link = next((link for link in self.links if link.name == name), None)
            if link is None:
                return 200, {"status": "ok"}
            if verb == "include":
                if not link.is_excluded():
                    return 200, {"status": "already-included"}
                link.swap(not link.is_swapped)
                return 200, {"status": "ok"}
            if link.is_excluded():
                return 200, {"status": "already-excluded"}
            used = [other for other in self.links if other.stretch.is_in()]
            if used == [link] and not force:
                return 409, error("last-link", "this is the last link that carries the tunnel")
            link.swap(not link.is_swapped)
            return 200, {"status": "ok"}

    def reset(self):
        for link in self.links:
            if link.is_swapped:
                link.swap(False)


class ServerScene:
    type = "server"

    def __init__(self, paths_by_session, description="Rack 4, Frankfurt"):
        self.sessions = paths_by_session
        self.description = description

    def status(self):
        sessions, total_in, total_out = [], 0, 0
        for number, paths in self.sessions:
            is_proven = number % 67 != 5
            shown = [
                {"address": address, "name": address.rsplit(":", 1)[0].strip("[]"), **path.common(), "isProven": is_proven, "ageSeconds": time.time() - path.since}
                for address, path in paths]
            total_in += sum(path.received for _, path in paths)
            total_out += sum(path.sent for _, path in paths)
            from_client = max((path.received for _, path in paths), default=0)
            to_client = max((path.sent for _, path in paths), default=0)
            unique = from_client // 1100
            sessions.append({
                "id": 3 * number, "number": number if is_proven else 0, "isProven": is_proven, "ageSeconds": max((p["ageSeconds"] for p in shown), default=12.0),
                "lastReceivedSeconds": min((p["lastReceivedSeconds"] for p in shown), default=31.0),
                "upstreamPort": 40000 + number, "uniqueDatagrams": unique,
                "duplicateDatagrams": int(unique * (len(paths) - 0.98)), "traffic": traffic(to_client, from_client),
                "paths": shown})
        return {
            "type": "server", "program": program(self.description, False), "wireGuardAddress": "127.0.0.1:51820",
            "traffic": traffic(total_in, total_out), "unprovenSessions": sum(not s["isProven"] for s in sessions),
            "unprovenPaths": sum(len(s["paths"]) for s in sessions if not s["isProven"]), "sessions": sessions}

    def history(self, address):
        return next((p.history() for _, paths in self.sessions for a, p in paths if a == address), None)


def idle(name, reason, kind="", source=""):
    return Link(name, kind=kind, source=source, state="idle", reason=reason, has_traffic=False)


def client(count):
    links = [
        idle("lo", "loopback interface; name it in dstOverrides to use it", source="127.0.0.1"),
        Link("eth0", "Marina Wi-Fi bridge", source="192.168.1.20", loss=0.2, delay=0.4, wins=71),
        Link("wwan0", "LTE, Telekom", "wwan", "100.72.14.9", loss=2.2, delay=23, wins=8),
        Link("usb0", "Starlink", source="192.168.100.37", loss=0.6, delay=9, wins=21),
        idle("wg0", "wireguard tunnel; name it in dstOverrides to use it", "wireguard", "10.9.0.2"),
        Link("docker0", "", "bridge", "172.17.0.1", state="excluded", reason="excluded in the file", has_traffic=False)]
    if count == 1:
        return [links[0], links[1]]
    if count == 3:
        return links
    more = [
        Link("wlan0", "A very long label that somebody wrote with all the details of the contract, number 4711-0815-42", source="10.22.33.44",
             state="degraded", reason="misses 14 % of what the others bring", loss=14, delay=61, wins=0),
        Link("wlp3s0f1u2u4i0", "", source="2001:db8:85a3:1234:8a2e:370:7334:9999", destination="[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:59501",
             resolved="[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:59501", delay=12, wins=0),
        Link("wwan1", "<img src=x onerror=document.title='owned'>", "wwan", "100.65.2.3", state="silent",
             reason="brings nothing while others do", delay=30, wins=0),
        Link("enp2s0", "Fibre at the yard", source="198.51.100.77", loss=0.0, delay=0.0, wins=0, megabits=0.0004),
        Link("ppp0", "DSL backup", "ppp", "198.51.100.99", delay=18, wins=0),
        idle("enp5s0", "no carrier"), idle("wlan1", "down")]
    more[2].stretch.last = time.time() - 47
    return links + more


def server(count):
    chance = random.Random(7)
    sessions = []
    for number in range(1, count + 1):
        paths = []
        for index in range(3 if count <= 3 else chance.randint(1, 4)):
            address = f"198.51.{number % 250}.{index + 10}:{chance.randint(1024, 65000)}"
            if index == 1 and number % 3 == 1:
                address = f"[2001:db8:{number:x}:4ab2:{index}ff:fe12:3456:789a]:{chance.randint(1024, 65000)}"
            state, reason = "carrying", ""
            if index == 2 and number % 4 == 2:
                state, reason = "degraded", "misses 9 % of what the others bring"
            if (index == 1 and number % 9 == 3) or number % 50 == 44:
                state, reason = "silent", "brings nothing while others do"
            path = Stretch(f"{number}/{index}", megabits=chance.uniform(0.2, 6), loss=9 if state == "degraded" else 0.4,
                           delay=4 + 11 * index, wins=(70, 20, 8, 2)[index], state=state, reason=reason)
            if state == "silent":
                path.last = time.time() - 19
            paths.append((address, path))
        sessions.append((number, paths))
    return sessions


def troubled_client():
    """One link that carries again after a relapse, one that is refused by the kernel, one that is silent."""
    links = [
        Link("wwan0", "LTE, Telekom", "wwan", "100.72.14.9", state="recovering", reason="carries again, watched for 10 s"),
        Link("eth0", "Marina Wi-Fi bridge", source="192.168.1.20", state="blocked",
             reason="the kernel refuses its datagrams: a packet filter (EPERM)"),
        Link("usb0", "Starlink", source="192.168.100.37", state="silent", reason="brings nothing while other links deliver")]
    links[2].stretch.last = time.time() - 19
    return links


def troubled_server():
    """A client whose three paths have all relapsed and carry again, and one with a path for each trouble."""
    def path(name, state, reason=""):
        return Stretch(name, state=state, reason=reason)
    watched = "carries again, watched for 10 s"
    refused = "the kernel refuses its datagrams: a packet filter (EPERM)"
    return [
        (1, [(f"10.1.{index}.1:4711", path(f"1/{index}", "recovering", watched)) for index in (1, 2, 3)]),
        (2, [("192.0.2.1:1", path("2/1", "carrying")), ("192.0.2.2:2", path("2/2", "blocked", refused))]),
        (3, [("192.0.2.3:3", path("3/1", "silent", "no answer from the client"))])]


SCENES = {
    "client-1": lambda: ClientScene(client(1)),
    "client-3": lambda: ClientScene(client(3)),
    "client-8": lambda: ClientScene(client(8), "Camper van of the harbour rescue service, second vehicle, with the tall mast"),
    "client-trouble": lambda: ClientScene(troubled_client()),
    "client-blocked": lambda: ClientScene(troubled_client()[1:2]),
    "flapping": lambda: ClientScene(client(3)[1:4], "", is_flapping=True),
    "server-empty": lambda: ServerScene([]),
    "server-1": lambda: ServerScene(server(1)),
    "server-3": lambda: ServerScene(server(3)),
    "server-trouble": lambda: ServerScene(troubled_server()),
    "server-relapsed": lambda: ServerScene(troubled_server()[:1]),
    "server-200": lambda: ServerScene(server(200)),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-cache, private, max-age=0")
        self.end_headers()
        self.wfile.write(data)

    def is_out(self):
        outage = self.server.outage
        if outage == "down":
            self.close_connection = True
        elif outage == "hang":
            while self.server.outage == "hang":
                time.sleep(0.1)
            self.close_connection = True
        elif isinstance(outage, int):
            self.answer(outage, error("not-now", "not now"))
        return outage is not None and outage != "no-streams"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith("/api/") and self.is_out():
            return
        scene = self.server.scene
        if path == "/api/v2/status":
            self.answer(200, scene.status())
        elif path == "/api/v2/events":
            self.stream()
        elif path.startswith("/api/v2/") and path.endswith("/history"):
            name = unquote(path.split("/")[4])
            minutes = scene.history(name)
            self.answer(404, UNKNOWN) if minutes is None else self.answer(200, {"of": name, "minutes": minutes})
        else:
            file = PAGE / (path.lstrip("/") or "index.html")
            if self.server.outage == "down" or file.parent != PAGE or not file.is_file():
                self.answer(404, UNKNOWN)
            else:
                self.answer(200, file.read_bytes(), TYPES[file.suffix])

    def stream(self):
        if self.server.outage == "no-streams":
            return self.answer(503, error("too-many-streams", "too many event streams are open already"))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            while self.server.outage in (None, "hang"):
                if self.server.outage is None:
                    self.wfile.write(b"event: status\ndata: " + json.dumps(self.server.scene.status()).encode() + b"\n\n")
                    self.wfile.flush()
                time.sleep(1)
        except OSError:
            pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.is_out():
            return
        try:
            request = json.loads(body)
        except ValueError:
            return self.answer(400, error("bad-json", "the body must be JSON"))
        if self.headers.get("Content-Type") != "application/json" or not isinstance(request, dict):
            return self.answer(415, error("not-json", "Content-Type must be application/json"))
        scene = self.server.scene
        if self.path == "/api/v2/reset":
            scene.reset()
            self.answer(200, {"status": "ok"})
        elif self.path in ("/api/v2/include", "/api/v2/exclude"):
            self.answer(*scene.change(request.get("interface"), self.path.split("/")[-1], request.get("force") is True))
        else:
            self.answer(404, UNKNOWN)


class Mock(ThreadingHTTPServer):
    """A scene that is served until `stop`. `outage` is None, "down", "hang", "no-streams" or a code to answer."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, scene, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.scene = SCENES[scene]()
        self.outage = None
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def stop(self):
        self.outage = "down"
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scene", choices=SCENES, default="client-3")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    mock = Mock(arguments.scene, arguments.port)
    print(mock.url, flush=True)
    try:
        mock.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
