// SPDX-License-Identifier: GPL-2.0-or-later

import { announce, arrange, attribute, fill, keepingFocus, show, stamp, text } from "./dom.js";
import { age, count, duration, list, several } from "./format.js";
import { Card, isInFanOut, isWorking, reason, shortcomings, word } from "./card.js";
import { Overview, say } from "./overview.js";
import { openHistory } from "./history.js";
import { ask } from "./stream.js";

const titleOf = (link) => link.label || link.name;
const historyOf = ({ name }) => `api/v2/links/${encodeURIComponent(name)}/history`;

function areOrIs(links) {
  const short = links.map((link) => titleOf(link).replace(/^(.{28}).{3,}$/u, "$1…"));
  return `${list(short)} ${links.length === 1 ? "is" : "are"}`;
}

/**
 * Whether the tunnel is alive. WireGuard answers data within 10 s, and renews its session every 120 s, so silence
 * means something only when the other side had a reason to speak.
 */
export function judge(status) {
  const { links, program, serverLastReceivedSeconds: server, wireGuardLastReceivedSeconds: wireGuard } = status;
  const used = links.filter(isInFanOut);
  const working = used.filter(isWorking).length;
  const trouble = shortcomings(used).map(({ state, some }) => `${areOrIs(some)} ${state}`).join("; ");

  if (used.length === 0) {
    return say("none", "silent", "Down", "The tunnel is down: no link is in use.",
      "Each interface says below why it is idle or excluded.");
  }
  if (used.every(({ state }) => state === "blocked")) {
    return say("blocked", "silent", "Down", "The tunnel is down: this machine sends nothing to the server.", `${trouble}.`);
  }
  if (!Number.isFinite(wireGuard)) {
    return say("waiting", "waiting", "Waiting", "Waiting for WireGuard, which has sent nothing yet.",
      `Its endpoint has to be ${program.listenAddress}.`);
  }
  if (!Number.isFinite(server)) {
    return say("unanswered", "silent", "No answer", "Nothing has come from the server yet.",
      `WireGuard’s datagrams go to ${program.destination} over ${several(used.length, "link")}.`);
  }
  const pace = Math.max(...used.map((link) => link.quality.last10Seconds.sentDatagramsPerSecond));
  if (server > 15 && wireGuard < 30 && (pace >= 0.15 || server > 180)) {
    return say("unanswered", "silent", "No answer", `The tunnel is down: nothing from the server for ${duration(server)}.`,
      "WireGuard sends, and no link brings an answer.");
  }
  if (server > 15) {
    return say("quiet", "waiting", "Quiet", "The tunnel is quiet: WireGuard has little to carry.",
      `${trouble || `${several(used.length, "link")} at hand`}.`);
  }
  if (working === 0) return say("none carries", "silent", "Down", "No link carries the tunnel.", `${trouble}.`);
  if (used.length === 1) {
    return say(`one ${trouble}`, trouble ? "degraded" : "carrying", "Alive on one link", "The tunnel is alive, on one link.",
      `${trouble || `${areOrIs(used)} carrying`}; nothing stands by should it fail.`);
  }
  const all = used.length === 2 ? "Both" : `All ${used.length}`;
  const some = working === used.length ? all : `${working} of ${used.length}`;
  const detail = `${some} links ${working === 1 ? "carries" : "carry"} it${trouble && `; ${trouble}`}.`;
  if (working === 1) return say("weak", "degraded", "Alive on one link", "The tunnel is alive, on one link.", detail);
  return say(trouble ? "trouble" : "alive", "carrying", "Alive", "The tunnel is alive.", detail);
}

export class ClientView {
  #cards = new Map();
  #groups = {};
  #overview;
  #problem;
  #status = null;

  constructor(problem) {
    const { root, slots } = stamp("links");
    this.#overview = new Overview("From WireGuard", "To WireGuard", "Sends to", () => this.#status && this.#draw());
    slots.reset.before(this.#overview.choice);
    this.parts = [this.#overview.root, root];
    this.#problem = problem;
    slots.reset.addEventListener("click", () => busy(slots.reset, () => this.#reset()));
    const groups = {
      Active: "Each of these is given every datagram at once. Loss, delay and wins are of what arrives here from the server.",
      Idle: "Not in use because they cannot be. Each joins by itself as soon as it can.",
      Excluded: "Not in use because the configuration file or somebody said so.",
    };
    for (const [title, sentence] of Object.entries(groups)) {
      const group = stamp("group");
      group.root.setAttribute("aria-label", title);
      fill(group.slots, { title, explain: sentence });
      root.append(group.root);
      this.#groups[title] = group;
    }
  }

  update(status) {
    const isNewRun = status.program.uptimeSeconds < this.#status?.program.uptimeSeconds;
    this.#status = status;
    this.#overview.follow(status);
    const cards = new Map();
    for (const link of status.links) {
      const known = this.#cards.get(link.name) ?? this.#makeCard(link);
      if (isNewRun) known.card.trail.clear();
      known.card.trail.add(status.program.unixSeconds, link.quality.lastSecond);
      if (known.link.state !== link.state) announce(`${titleOf(link)}: ${[word(link), reason(link)].filter(Boolean).join(", ")}.`);
      known.link = link;
      cards.set(link.name, known);
    }
    this.#cards = cards;
    return this.#draw();
  }

  #makeCard(link) {
    const known = { link };
    known.card = new Card(() =>
      openHistory(titleOf(known.link), historyOf(link), this.#status.program.unixSeconds));
    const button = known.card.slots.exclusion;
    button.addEventListener("click", () => busy(button, () => this.#turn(known.link)));
    show(button, true);
    return known;
  }

  #draw() {
    const status = this.#status;
    const { program, wireGuardAddress } = status;
    const verdict = judge(status);
    this.#overview.draw(program, verdict, status.uniqueDatagrams, status.duplicateDatagrams, [
      `last packet ${age(status.wireGuardLastReceivedSeconds)}`, `last from server ${age(status.serverLastReceivedSeconds)}`,
      wireGuardAddress ? `WireGuard at ${wireGuardAddress}` : "WireGuard not seen yet", `protocol: ${program.protocolName}`,
    ]);
    const roots = { Active: [], Idle: [], Excluded: [] };
    for (const { card, link } of this.#cards.values()) {
      roots[isInFanOut(link) ? "Active" : link.state === "excluded" ? "Excluded" : "Idle"].push(card.root);
      this.#drawLink(card, link);
    }
    keepingFocus(() => {
      for (const [title, { root, slots }] of Object.entries(this.#groups)) {
        arrange(slots.cards, roots[title]);
        text(slots.count, count(roots[title].length));
        show(root, roots[title].length > 0 || title === "Active");
      }
    });
    return verdict;
  }

  #drawLink(card, link) {
    const slots = card.slots;
    const { destination, destinationAddress: resolved } = link;
    card.draw(link, titleOf(link), [link.label && link.name, link.kind].filter(Boolean).join(", "), this.#overview.span);
    const verb = link.isExcluded ? "Include" : "Exclude";
    fill(slots, {
      source: link.sourceAddress || "no address",
      destination: resolved && resolved !== destination ? `${destination} (${resolved})` : destination,
      exclusion: verb,
    });
    show(slots.destinationRow, isInFanOut(link));
    attribute(slots.exclusion, "aria-label", `${verb} ${titleOf(link)}`);
  }

  async #turn(link) {
    const title = titleOf(link);
    const own = { interface: link.name };
    if (link.isExcluded) return this.#report(await ask("api/v2/include", own), `${title} was not included`);
    const exclude = (force) => ask("api/v2/exclude", { ...own, force });
    const isLast = isWorking(link) && !this.#status.links.some((other) => other.name !== link.name && isWorking(other));
    if (isLast && !(await confirmLast(title))) return;
    let answer = await exclude(isLast);
    if (answer.code === 409) {
      // It became the last one since.
      if (!(await confirmLast(title))) return;
      answer = await exclude(true);
    }
    this.#report(answer, `${title} was not excluded`);
  }

  async #reset() {
    this.#report(await ask("api/v2/reset", {}), "The exclusions were not reset");
  }

  #report({ code, error }, failure) {
    if (code === 200) this.#problem(null);
    else this.#problem(`${code === 0 ? "Perhaps " : ""}${failure}: ${error || `the answer was ${code}`}.`);
  }
}

/** One request at a time from one button, which keeps its focus. */
async function busy(button, work) {
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  await work();
  button.ariaDisabled = null;
}

function confirmLast(title) {
  const dialog = document.getElementById("guard");
  const [keep, force] = dialog.querySelectorAll("button");
  text(dialog.querySelector("h2"), `Exclude ${title}, and stop the tunnel?`);
  return new Promise((resolve) => {
    dialog.returnValue = "";
    keep.onclick = () => dialog.close();
    force.onclick = () => dialog.close("force");
    dialog.onclose = () => resolve(dialog.returnValue === "force");
    dialog.showModal();
  });
}
