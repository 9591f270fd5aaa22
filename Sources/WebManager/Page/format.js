// SPDX-License-Identifier: GPL-2.0-or-later

// Figures as people read them. Null and missing ones were not measured.

const measured = (write) => (value) => (Number.isFinite(value) ? write(value) : "no data");
const whole = new Intl.NumberFormat("en");

/** One decimal below ten, where it matters. */
const short = (value) => (value > 0 && value < 9.95 ? value.toFixed(1) : whole.format(Math.round(value)));

export const count = measured((value) => whole.format(value));

/** "1 link", "3 links". */
export const several = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

const scaled = (units) => measured((value) => {
  let step = 0;
  for (; value >= 999.5 && step < units.length - 1; step += 1) value /= 1000;
  return `${step > 0 && value < 99.95 ? value.toPrecision(3) : Math.round(value)} ${units[step]}`;
});

export const rate = scaled(["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
export const bytes = scaled(["B", "kB", "MB", "GB", "TB", "PB"]);
export const pace = measured((datagramsPerSecond) => `${short(datagramsPerSecond)} pkt/s`);

export const percent = measured((value) =>
  value > 0 && value < 0.05 ? "< 0.1 %" : value < 100 && value >= 99.5 ? "> 99 %" : `${short(value)} %`);

export const milliseconds = measured((value) =>
  value > 0 && value < 0.05 ? "< 0.1 ms" : value < 9999.5 ? `${short(value)} ms` : `${short(value / 1000)} s`);

/** "45 s", "12 min", "3 h 5 min", "4 d 2 h". */
export const duration = measured((seconds) => {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
});

export const age = (seconds) =>
  !Number.isFinite(seconds) ? "never" : seconds < 1 ? "just now" : `${duration(seconds)} ago`;

/** From when on the age of a last packet is bad news. */
export const isLate = (seconds) => !(seconds < 10);

const clock = (timeStyle) => new Intl.DateTimeFormat(undefined, { timeStyle, hourCycle: "h23" });
const short24 = clock("short"), medium24 = clock("medium");
export const time = (unixSeconds) => short24.format(unixSeconds * 1000);
export const exactTime = (date) => medium24.format(date);

/** "a", "a and b", "a, b and c", "a, b and 4 more". */
export function list(names) {
  const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
