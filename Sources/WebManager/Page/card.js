// SPDX-License-Identifier: GPL-2.0-or-later

import { attribute, chip, fill, show, stamp } from "./dom.js";
import { age, duration, isLate, milliseconds, pace, percent, rate } from "./format.js";
import { Trail } from "./sparkline.js";

const states = ["carrying", "degraded", "recovering", "silent", "blocked", "idle", "excluded"];
const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

export const isInFanOut = ({ state }) => states.slice(0, 5).includes(state);
/** Whether datagrams get through there. */
export const isWorking = ({ state }) => states.slice(0, 3).includes(state);
/** The ways to fall short of carrying, each with those that do. */
export const shortcomings = (subjects) => states.slice(1, 5)
  .map((state) => ({ state, some: subjects.filter((subject) => subject.state === state) })).filter(({ some }) => some.length > 0);
export const word = ({ state }) => capital(state);
/** Only links know of fragments. */
const fragments = (count) => count > 0 && `${count} datagrams left in fragments: the tunnel's MTU is too large`;
export const reason = ({ reason, warning, fragmentedDatagrams }) =>
  [reason, warning, fragments(fragmentedDatagrams)].filter(Boolean).map(capital).join(". ");

/** What links and paths have in common: a name, a state, figures and a trail. */
export class Card {
  constructor(onHistory, trail = new Trail()) {
    Object.assign(this, stamp("card"), { trail });
    this.slots.history.addEventListener("click", onHistory);
  }

  /** `subject` is a LinkStatus or a PathStatus, `span` one of the names in QualityWindows. */
  draw(subject, title, subtitle, span) {
    const slots = this.slots;
    const quality = subject.quality[span];
    const { lastReceivedSeconds: last, stateSeconds, state } = subject;
    const tail = quality.delayP99Milliseconds;
    const isIn = isInFanOut(subject);
    // The figures end two seconds ago: of a path that is younger they say nothing yet.
    const known = (figure) => (subject.ageSeconds < 3 ? null : figure);
    attribute(slots.history, "aria-label", `Last 24 hours of ${title}`);
    attribute(slots.title, "title", title);
    chip(slots.chip, states.includes(state) ? state : "waiting", word(subject));
    show(slots.measured, isIn);
    show(slots.heardRow, !isIn && Number.isFinite(last));
    slots.last.classList.toggle("late", isLate(last));
    fill(slots, {
      title, subtitle, since: `for ${duration(stateSeconds)}`, reason: reason(subject), heard: age(last), last: age(last),
      loss: percent(quality.lossPercent),
      wins: percent(quality.winPercent),
      delay: milliseconds(quality.delayP50Milliseconds),
      tail: Number.isFinite(tail) ? `99 % ≤ ${milliseconds(Math.ceil(tail * 10) / 10)}` : "",
      received: rate(known(quality.receivedBitsPerSecond)),
      receivedCount: pace(known(quality.receivedDatagramsPerSecond)),
      sent: rate(known(quality.sentBitsPerSecond)),
      sentCount: pace(known(quality.sentDatagramsPerSecond)),
    });
    if (isIn) this.trail.draw(slots.spark, slots.peak);
  }
}
