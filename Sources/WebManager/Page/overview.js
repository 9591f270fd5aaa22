// SPDX-License-Identifier: GPL-2.0-or-later

import { fill, make, mark, stamp, text } from "./dom.js";
import { count, duration, percent, rate, several } from "./format.js";
import { Meter } from "./sparkline.js";

/** How things stand. Listeners are told when `kind` changes; `title` is the window’s. */
export const say = (kind, icon, title, sentence, detail) => ({ kind, icon, title, sentence, detail });

/** The panel on top, and the choice of the span that figures are over. */
export class Overview {
  #facts;
  #meter = new Meter();
  #slots;

  /** `changed` is called when another span is chosen. */
  constructor(from, to, destination, changed) {
    const { root, slots } = stamp("overview");
    this.root = root;
    this.#slots = slots;
    this.#facts = [from, to, "Copies dropped", "Up for", "Listens on", destination].map((label) => {
      const row = make("div");
      row.append(make("dt", "", label), make("dd", "big"), make("dd", "also"));
      slots.facts.append(row);
      return row.children;
    });
    this.choice = stamp("span-choice").root;
    this.choice.addEventListener("change", changed);
  }

  /** One of the names in QualityWindows. */
  get span() {
    return this.choice.firstElementChild.value;
  }

  follow({ program, traffic }) {
    this.#meter.add(program.unixSeconds, traffic.receivedBytes, traffic.sentBytes);
  }

  /** `unique` and `duplicate` are datagrams, `also` has what stands below each fact. */
  draw(program, verdict, unique, duplicate, also) {
    mark(this.#slots.verdict, verdict.icon);
    const facts = [
      rate(this.#meter.bitsPerSecond(0)), rate(this.#meter.bitsPerSecond(1)),
      percent(unique > 0 ? (100 * duplicate) / (unique + duplicate) : null), duration(program.uptimeSeconds),
      program.listenAddress, program.destination,
    ];
    const below = [also[0], also[1], `${several(unique, "datagram")} kept`, program.engine, also[2], also[3]];
    this.#facts.forEach(([, fact, more], index) => {
      text(fact, facts[index]);
      text(more, below[index]);
    });
    const drops = (program.drops ?? []).filter((drop) => drop.count > 0);
    const reasons = drops.map((drop) => `${(drop.description || drop.name).replace(/^datagrams dropped, /, "")}: ${count(drop.count)}`).join("; ");
    fill(this.#slots, {
      headline: verdict.sentence, detail: verdict.detail,
      drops: reasons ? `Datagrams not forwarded: ${reasons}.` : "No datagram was dropped here.",
    });
  }
}
