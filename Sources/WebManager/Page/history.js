// SPDX-License-Identifier: GPL-2.0-or-later

import { drawing, show, text } from "./dom.js";
import { bytes, duration, milliseconds, percent, several, time } from "./format.js";
import { get } from "./stream.js";

const daySeconds = 86400;
const left = 38, top = 8, bottom = 112, height = 132;

const dialog = document.getElementById("history");
const part = (id) => document.getElementById(`history-${id}`);
const charts = dialog.querySelectorAll(".chart");
const most = (values) => values.reduce((a, b) => Math.max(a, b), 0);

/** Minutes put together. */
function join(minutes) {
  const sum = (key) => minutes.reduce((total, minute) => total + minute[key], 0);
  const known = (key) => minutes.map((minute) => minute[key]).filter(Number.isFinite);
  const expected = sum("expectedDatagrams");
  const share = (datagrams) => (expected > 0 ? (100 * datagrams) / expected : null);
  const medians = known("delayP50Milliseconds").sort((a, b) => a - b);
  const tails = known("delayP99Milliseconds");
  return {
    expected, loss: share(expected - sum("receivedDatagrams")), first: share(sum("firstDatagrams")),
    median: medians[medians.length >> 1] ?? null, tail: tails.length > 0 ? most(tails) : null,
    received: sum("receivedBytes"), sent: sum("sentBytes"), isQuiet: minutes.length === 0,
  };
}

/** The day up to `end` in parts of equal length, empty ones included. */
function partition(minutes, end, seconds) {
  const begin = end - daySeconds;
  const parts = Array.from({ length: daySeconds / seconds }, () => []);
  for (const minute of minutes) parts[Math.floor((minute.startUnixSeconds - begin) / seconds)]?.push(minute);
  return parts.map((some, index) => ({ ...join(some), start: begin + index * seconds, end: begin + (index + 1) * seconds }));
}

function summarise(minutes) {
  if (minutes.length === 0) return "No full minute with traffic in the last 24 hours.";
  const all = join(minutes);
  const lossOf = (minute) => join([minute]).loss ?? 0;
  const worst = minutes.reduce((a, b) => (lossOf(b) > lossOf(a) ? b : a));
  return [
    `${duration(minutes.length * 60)} with traffic in the last 24 hours, ${bytes(all.received)} received and ${bytes(all.sent)} sent.`,
    all.expected > 0 && `Of ${several(all.expected, "datagram")} that came over any link, ${percent(all.loss)} did not come over this one, and ${percent(all.first)} came over this one first.`,
    lossOf(worst) > 0 && `The worst minute was ${time(worst.startUnixSeconds)}, with ${percent(lossOf(worst))} lost.`,
    all.median !== null && `The median delay behind the best was ${milliseconds(all.median)}${all.tail > 0 ? `; in the worst minute, 1 in 100 came ${milliseconds(all.tail)} or more behind` : ""}.`,
  ].filter(Boolean).join(" ");
}

/** The least of 1, 2, 5, 10, … that is not below `value`. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value * 0.999);
}

/** Draws axes and quiet times, and gives the two scales. */
function frame(svg, bins, largest, width) {
  const limit = ceiling(Math.max(largest, 1));
  const begin = bins[0].start;
  const x = (unixSeconds) => Math.round(left + ((width - left) * (unixSeconds - begin)) / daySeconds);
  const y = (value) => bottom - ((bottom - top) * value) / limit;
  const quiet = bins.filter((bin) => bin.isQuiet).map((bin) => `M${x(bin.start)} ${top}H${x(bin.end)}V${bottom}H${x(bin.start)}`);
  svg.replaceChildren(drawing("path", { class: "quiet", d: quiet.join("") }));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const value of [0, limit / 2, limit]) {
    svg.append(drawing("path", { class: "grid", d: `M${left} ${y(value)}H${width}` }));
    svg.append(drawing("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)));
  }
  for (let at = Math.ceil(begin / 1800) * 1800; at < begin + daySeconds; at += 1800) {
    const date = new Date(at * 1000);
    if (date.getMinutes() > 0 || date.getHours() % (width < 480 ? 6 : 3) > 0 || x(at) > width - 16) continue;
    svg.append(drawing("path", { class: "grid", d: `M${x(at)} ${bottom}v4` }));
    svg.append(drawing("text", { x: x(at), y: height - 4, "text-anchor": "middle" }, time(at)));
  }
  return { x, y };
}

/** Steps from bin to bin, down to the axis where a value is not known; `isArea` closes them there. */
function steps(bins, key, { x, y }, isArea) {
  let d = "", isUp = false;
  const fall = () => (isArea && isUp ? `V${y(0)}` : "");
  for (const bin of bins) {
    const isKnown = bin[key] !== null;
    if (!isKnown) d += fall();
    else d += `${isUp ? "" : `M${x(bin.start)} ${y(isArea ? 0 : bin[key])}`}V${y(bin[key]).toFixed(1)}H${x(bin.end)}`;
    isUp = isKnown;
  }
  return d + fall();
}

function draw(minutes, end) {
  const width = Math.round(charts[0].getBoundingClientRect().width);
  const bins = partition(minutes, end, width < 560 ? 600 : 300);
  const lossScales = frame(charts[0], bins, most(bins.map((bin) => bin.loss)), width);
  const delayScales = frame(charts[1], bins, most(bins.map((bin) => bin.tail)), width);
  charts[0].append(drawing("path", { class: "loss", d: steps(bins, "loss", lossScales, true) }));
  charts[1].append(drawing("path", { class: "tail", d: steps(bins, "tail", delayScales, true) }));
  charts[1].append(drawing("path", { class: "median", d: steps(bins, "median", delayScales, false) }));
}

let redraw = () => {};
let generation = 0;

/** Shows the last 24 hours of one link or path, up to `now` as the program's clock has it. */
export async function openHistory(title, path, now) {
  const own = (generation += 1);
  const end = Math.ceil(now / 60) * 60;
  redraw = () => {};
  text(part("title"), `${title}, last 24 hours`);
  text(part("summary"), "Asking…");
  show(part("body"), false);
  dialog.showModal();
  let minutes = [], summary;
  try {
    const answer = await get(path, 10000);
    if (!answer.ok) throw new Error(answer.status === 404 ? "engarde does not know it any more" : `the answer was ${answer.status}`);
    minutes = (await answer.json()).minutes.filter((minute) => minute.startUnixSeconds >= end - daySeconds);
    summary = summarise(minutes);
  } catch (error) {
    summary = `The history did not come: ${error.name === "TimeoutError" ? "no answer" : error.message}.`;
  }
  if (own !== generation) return;
  text(part("summary"), summary);
  if (minutes.length === 0) return;
  show(part("body"), true);
  redraw = () => draw(minutes, end);
  redraw();
}

part("close").addEventListener("click", () => dialog.close());
addEventListener("resize", () => dialog.open && redraw());
