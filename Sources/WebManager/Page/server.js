// SPDX-License-Identifier: GPL-2.0-or-later

import { announce, arrange, chip, fill, show, stamp, text } from "./dom.js";
import { age, count, duration, isLate, rate, several } from "./format.js";
import { Card, isWorking, shortcomings, word } from "./card.js";
import { Overview, say } from "./overview.js";
import { Meter, Trail } from "./sparkline.js";
import { openHistory } from "./history.js";

/** Up to this many, sessions show their paths from the start, and each change of a path is announced. */
const fewSessions = 6;

/** Paths of which it is known that their client is there. */
const proven = ({ paths }) => paths.filter((path) => path.isProven);
const titleOf = ({ id, isProven, number }) => (id === 0 ? "Everybody" : number > 0 ? `Session ${number}` : isProven ? "New client" : "New sender");

/** A session's state and the word for it, from its paths'. */
export function stateOf(session) {
  if (!session.isProven) return ["waiting", "Unproven"];
  const paths = proven(session);
  if (paths.length === 0) return ["idle", "No path"];
  if (paths.every(({ state }) => state === paths[0].state)) return [paths[0].state, word(paths[0])];
  return paths.some(isWorking) ? ["degraded", "Partly"] : ["silent", "Silent"];
}

/** "3 paths: 2 carrying, 1 silent"; "3 paths, all silent". */
function pathsInWords(session) {
  const paths = session.isProven ? proven(session) : session.paths;
  const number = several(paths.length, "path");
  if (!session.isProven || paths.length === 0) return number;
  const carrying = paths.filter(({ state }) => state === "carrying");
  const kinds = [{ state: "carrying", some: carrying }, ...shortcomings(paths)].filter(({ some }) => some.length > 0);
  if (kinds.length === 1) return `${number}, ${paths.length > 1 ? "all " : ""}${kinds[0].state}`;
  return `${number}: ${kinds.map(({ state, some }) => `${some.length} ${state}`).join(", ")}`;
}

export function judge({ program, sessions, unprovenSessions, wireGuardAddress }) {
  if (!wireGuardAddress) {
    return say("unresolved", "silent", "No WireGuard", `There is no address for ${program.destination}.`,
      "Nothing can be handed to WireGuard until its name resolves.");
  }
  const clients = sessions.filter((session) => session.isProven);
  const waiting = unprovenSessions > 0
    && `${several(unprovenSessions, "sender waits", "senders wait")} for WireGuard’s answer.`;
  if (clients.length === 0) {
    if (waiting) return say("unproven", "waiting", "Waiting", "No client has been proven yet.", waiting);
    return say("empty", "waiting", "No clients", "No client is connected.", "A client appears here with its first handshake.");
  }
  const paths = clients.flatMap(proven);
  const working = paths.filter(isWorking).length;
  const mute = clients.filter((session) => !proven(session).some(isWorking)).length;
  const connected = several(clients.length, "client is", "clients are");
  const over = working < paths.length ? `${count(working)} of ${several(paths.length, "path")}` : several(paths.length, "path");
  const remarks = shortcomings(paths).map(({ state, some }) => `${several(some.length, "path is", "paths are")} ${state}`);
  if (mute > 0 && mute < clients.length) remarks.push(`${several(mute, "client has", "clients have")} no path that carries`);
  const detail = [remarks.length > 0 ? `${remarks.join(", ")}.` : paths.length > 0 && "All paths carry.", waiting].filter(Boolean).join(" ");
  const icon = mute === 0 ? "carrying" : mute < clients.length ? "degraded" : "silent";
  if (working === 0) return say(icon, icon, several(clients.length, "client"), `${connected} known, and no path carries.`, detail);
  return say(icon, icon, several(clients.length, "client"), `${connected} connected, over ${over}.`, detail);
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
      if (known.path.state !== path.state && isAnnounced) announce(`${titleOf(data)}, ${path.address}: ${word(path)}.`);
      known.path = path;
      paths.set(path.address, known);
    }
    this.#paths = paths;
  }

  matches(needles) {
    const { upstreamPort, paths } = this.#data;
    const all = [`${titleOf(this.#data)} ${stateOf(this.#data)[1]} port ${upstreamPort}`]
      .concat(paths.map((path) => `${path.address} ${path.state}`)).join(" ").toLowerCase();
    return needles.every((needle) => all.includes(needle));
  }

  draw() {
    const data = this.#data, slots = this.slots;
    chip(slots.chip, ...stateOf(data));
    fill(slots, {
      title: titleOf(data),
      subtitle: data.upstreamPort > 0 ? `port ${data.upstreamPort}` : "",
      paths: pathsInWords(data),
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
    const card = new Card(() => openHistory(`${titleOf(this.#data)}, ${address}`, path, this.#view.now), trail);
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
