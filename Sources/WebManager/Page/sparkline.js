// SPDX-License-Identifier: GPL-2.0-or-later

import { attribute, text } from "./dom.js";
import { percent, rate } from "./format.js";

const widthSeconds = 120, gapSeconds = 3;
const base = 39.5, height = 37;
/** Below this peak a line would make a keepalive look like a flood. */
const peakBitsPerSecondMin = 10_000;
/** Less would be a row of dots. */
const lossPercentMin = 1;

/** The last two minutes of one link or path: what was received each second, and what was missed. */
export class Trail {
  #samples = [];

  add(seconds, { receivedBitsPerSecond: bits, lossPercent }) {
    // The clock was put back.
    if (seconds < this.#samples.at(-1)?.seconds) this.clear();
    this.#samples.push({ seconds, bits, loss: lossPercent ?? 0 });
    while (this.#samples[0].seconds < seconds - widthSeconds) this.#samples.shift();
  }

  clear() {
    this.#samples = [];
  }

  draw(svg, caption) {
    const largest = (key) => this.#samples.reduce((most, sample) => Math.max(most, sample[key]), 0);
    const begin = (this.#samples.at(-1)?.seconds ?? 0) - widthSeconds;
    const peak = largest("bits"), worst = largest("loss");
    const scale = height / Math.max(peak, peakBitsPerSecondMin);
    let line = "", area = "", loss = "", before = -Infinity;
    for (const { seconds, bits, loss: missed } of this.#samples) {
      const x = (seconds - begin).toFixed(1), y = (base - bits * scale).toFixed(1);
      const isGap = seconds - before > gapSeconds;
      line += isGap ? `M${x} ${y}h.01` : `L${x} ${y}`;
      area += isGap ? `${area && `V${base}`}M${x} ${base}V${y}` : `L${x} ${y}`;
      if (missed >= lossPercentMin) loss += `M${x} 0v${Math.max(2, missed * 0.4).toFixed(1)}`;
      before = seconds;
    }
    [area && `${area}V${base}`, line, loss].forEach((path, index) => attribute(svg.children[index], "d", path));
    text(caption, `peak ${rate(peak)}`);
    attribute(svg, "aria-label", `Last 2 minutes: at most ${rate(peak)} received, at worst ${percent(worst)} lost in one second`);
  }
}

/** Rates from totals of bytes that only ever grow, over up to ten seconds. */
export class Meter {
  #samples = [];

  add(seconds, ...totals) {
    const latest = this.#samples.at(-1);
    if (latest && totals.some((total, place) => total < latest.totals[place])) this.#samples = [];
    this.#samples.push({ seconds, totals });
    while (this.#samples.length > 2 && this.#samples[0].seconds < seconds - 10) this.#samples.shift();
  }

  /** Of the total at this place; null until two were seen. */
  bitsPerSecond(place) {
    const first = this.#samples[0], latest = this.#samples.at(-1);
    if (!(latest?.seconds > first.seconds)) return null;
    return (8 * (latest.totals[place] - first.totals[place])) / (latest.seconds - first.seconds);
  }
}
