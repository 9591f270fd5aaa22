// SPDX-License-Identifier: GPL-2.0-or-later

import { announce, arrange, chip, fill, show, stamp, text } from "./dom.js";
import { age, count, duration, isLate, list, rate, several } from "./format.js";
import { Card, word } from "./card.js";
import { Overview, say } from "./overview.js";
import { Meter, Trail } from "./sparkline.js";
import { openHistory } from "./history.js";

/** Up to this many, sessions show their paths from the start, and each change of a path is announced. */
const fewSessions = 6;

const inState = (paths, state) => paths.filter((path) => path.state === state).length;

/** A session's state and the word for it, from its paths'. */
export function stateOf({ isProven, paths }) {
  if (!isProven) return ["waiting", "Unproven"];
  if (paths.length === 0) return ["idle", "No path"];
  const carrying = inState(paths, "carrying");
  if (carrying === paths.length) return ["carrying", "Carrying"];
  if (inState(paths, "silent") === paths.length) return ["silent", "Silent"];
  return ["degraded", carrying > 0 ? "Partly" : "Degraded"];
}

/** "3 paths: 2 carrying, 1 silent". */
function pathsInWords(paths) {
  const states = ["carrying", "degraded", "silent"].filter((state) => inState(paths, state) > 0);
  const number = several(paths.length, "path");
  if (states.length < 2) return [number, paths.length > 1 ? `all ${states[0]}` : states[0]].filter(Boolean).join(", ");
  return `${number}: ${states.map((state) => `${inState(paths, state)} ${state}`).join(", ")}`;
}

export function judge({ program, sessions, wireGuardAddress }) {
  if (!wireGuardAddress) {
    return say("unresolved", "silent", "No WireGuard", `There is no address for ${program.destination}.`,
      "Nothing can be handed to WireGuard until its name resolves.");
  }
  if (sessions.length === 0) {
    return say("empty", "waiting", "No clients", "No client is connected.", "A client appears here with its first handshake.");
  }
  const proven = sessions.filter((session) => session.isProven);
  const waiting = sessions.length - proven.length;
  if (proven.length === 0) {
    return say("unproven", "waiting", "Waiting", "No client has been proven yet.",
      `${several(waiting, "session waits", "sessions wait")} for WireGuard’s answer.`);
  }
  const number = (state) => proven.filter((session) => stateOf(session)[0] === state).length;
  const silent = number("silent"), partly = number("degraded");
  const paths = proven.reduce((sum, session) => sum + session.paths.length, 0);
  const remarks = [[silent, "silent"], [partly, "with a path that falls short"], [waiting, "more not proven yet"]]
    .filter(([some]) => some > 0).map(([some, words]) => `${count(some)} ${words}`);
  const icon = silent === 0 ? "carrying" : silent < proven.length ? "degraded" : "silent";
  return say(icon, icon, several(proven.length, "client"),
    `${several(proven.length, "client is", "clients are")} connected, over ${several(paths, "path")}.`,
    remarks.length > 0 ? `${list(remarks)}.` : "All paths carry.");
}

class Session {
  #data = null;
  #meter = new Meter();
  #paths = new Map();
  #view;

  constructor(view, isOpen) {
    this.#view = view;
    Object.assign(this, stamp("session"));
    this.root.open = isOpen;
    this.root.addEventListener("toggle", () => this.root.open && this.#data && this.#drawPaths());
  }

  /** Every second, also while it is closed or filtered out. */
  follow(now, data, isAnnounced) {
    this.#data = data;
    // Received and sent are as the server sees WireGuard, so the client's the other way round.
    this.#meter.add(now, data.traffic.sentBytes, data.traffic.receivedBytes);
    const paths = new Map();
    for (const path of data.paths) {
      const known = this.#paths.get(path.address) ?? { card: null, trail: new Trail(), path };
      known.trail.add(now, path.quality.lastSecond);
      if (known.path.state !== path.state && isAnnounced) announce(`Session ${data.id}, ${path.address}: ${word(path)}.`);
      known.path = path;
      paths.set(path.address, known);
    }
    this.#paths = paths;
  }

  matches(needles) {
    const { id, upstreamPort, paths } = this.#data;
    const all = [`session ${id} ${stateOf(this.#data)[1]} port ${upstreamPort}`]
      .concat(paths.map((path) => `${path.address} ${path.state}`)).join(" ").toLowerCase();
    return needles.every((needle) => all.includes(needle));
  }

  draw() {
    const data = this.#data, slots = this.slots;
    chip(slots.chip, ...stateOf(data));
    fill(slots, {
      title: data.id === 0 ? "Everybody" : `Session ${data.id}`,
      subtitle: data.upstreamPort > 0 ? `port ${data.upstreamPort}` : "",
      paths: pathsInWords(data.paths),
      from: rate(this.#meter.bitsPerSecond(0)),
      to: rate(this.#meter.bitsPerSecond(1)),
      last: age(data.lastReceivedSeconds),
    });
    slots.last.classList.toggle("late", isLate(data.lastReceivedSeconds));
    if (this.root.open) this.#drawPaths();
  }

  #drawPaths() {
    const data = this.#data;
    text(this.slots.facts, [
      `Here for ${duration(data.ageSeconds)}${data.isProven ? "" : ", not yet answered by WireGuard"}`,
      data.upstreamPort > 0 && `WireGuard knows it as port ${data.upstreamPort}`,
      `${several(data.uniqueDatagrams, "datagram")} kept, ${several(data.duplicateDatagrams, "copy", "copies")} dropped`,
    ].filter(Boolean).join(" · "));
    arrange(this.slots.cards, [...this.#paths.values()].map((known) => {
      known.card ??= this.#makeCard(known);
      known.card.draw(known.path, known.path.address, known.path.isProven ? "" : "not proven", this.#view.span);
      return known.card.root;
    }));
  }

  #makeCard({ path: { address }, trail }) {
    const path = `api/v2/paths/${encodeURIComponent(address)}/history`;
    const card = new Card(() => openHistory(`Session ${this.#data.id}, ${address}`, path, this.#view.now), trail);
    show(card.slots.addresses, false);
    return card;
  }
}

export class ServerView {
  #overview;
  #sessions = new Map();
  #slots;
  #status = null;

  constructor() {
    const { root, slots } = stamp("sessions");
    const redraw = () => this.#status && this.#draw();
    this.#overview = new Overview("From clients", "To clients", "WireGuard is at", redraw);
    slots.filterBox.after(this.#overview.choice);
    this.parts = [this.#overview.root, root];
    this.#slots = slots;
    slots.filter.addEventListener("input", redraw);
  }

  get span() { return this.#overview.span; }
  get now() { return this.#status.program.unixSeconds; }

  update(status) {
    this.#status = status;
    this.#overview.follow(status);
    const isFew = status.sessions.length <= fewSessions;
    const sessions = new Map();
    for (const data of status.sessions) {
      const session = this.#sessions.get(data.id) ?? new Session(this, isFew);
      session.follow(this.now, data, isFew);
      sessions.set(data.id, session);
    }
    this.#sessions = sessions;
    return this.#draw();
  }

  #draw() {
    const { program, sessions, wireGuardAddress } = this.#status, slots = this.#slots;
    const verdict = judge(this.#status);
    const sum = (key) => sessions.reduce((total, session) => total + session[key], 0);
    this.#overview.draw(program, verdict, sum("uniqueDatagrams"), sum("duplicateDatagrams"), [
      "copies included", "copies included", `protocol: ${program.protocolName}`,
      wireGuardAddress === program.destination ? "" : wireGuardAddress || "no address",
    ]);
    const needles = slots.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = [...this.#sessions.values()];
    let shown = 0;
    for (const session of all) {
      const isShown = session.matches(needles);
      show(session.root, isShown);
      if (!isShown) continue;
      shown += 1;
      session.draw();
    }
    arrange(slots.sessions, all.map((session) => session.root));
    text(slots.count, shown < all.length ? `${count(shown)} of ${count(all.length)}` : count(shown));
    show(slots.filterBox, all.length > fewSessions || needles.length > 0);
    show(slots.explain, all.length > 0);
    show(slots.columns, shown > 0);
    show(slots.sessions, shown > 0);
    show(slots.empty, shown === 0);
    text(slots.empty, all.length > 0 ? "No session matches the filter." : `Nobody has come to ${program.listenAddress} yet.`);
    return verdict;
  }
}
