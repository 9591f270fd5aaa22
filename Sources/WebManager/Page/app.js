// SPDX-License-Identifier: GPL-2.0-or-later

import { announce, chip, mark, show, text } from "./dom.js";
import { exactTime } from "./format.js";
import { follow } from "./stream.js";
import { ClientView } from "./client.js";
import { ServerView } from "./server.js";

const part = (id) => document.getElementById(id);
const views = { client: ClientView, server: ServerView };
let view = null, type = null, version = null, verdict = null;

function snapshot(status, isStream) {
  if (!(status.type in views)) throw new Error(`unknown type of program: ${status.type}`);
  const { program } = status;
  if (view === null) {
    type = status.type;
    version = program.version;
    view = new views[type](problem);
    part("view").replaceChildren(...view.parts);
    text(part("program"), `ENGARDE-${type.toUpperCase()}`);
    text(part("version"), `version ${version}`);
  } else if (status.type !== type || program.version !== version) {
    return location.reload(); // What answers there now brings its own page.
  }
  text(part("description"), program.description);
  chip(part("feed"), "carrying", isStream ? "Live" : "Live, by asking");
  if (!part("lost").hidden) announce("engarde answers again.");
  show(part("lost"), false);
  document.body.classList.remove("stale");
  const latest = view.update(status);
  if (verdict && latest.kind !== verdict.kind) announce(latest.sentence);
  const title = [latest.title, program.description, `engarde-${type}`].filter(Boolean).join(" – ");
  if (document.title !== title) document.title = title;
  verdict = latest;
}

function lost(date, code) {
  const since = date ? `No answer from engarde since ${exactTime(date)}.` : "No answer from engarde yet.";
  const why = code === 401 ? "It wants a name and password: load this page again to give them."
    : `${code > 0 ? `Its address answers with error ${code}. ` : ""}Trying again.`;
  text(part("lost"), `${since} ${why}${date ? " The figures below are from then." : ""}`);
  show(part("lost"), true);
  chip(part("feed"), "silent", "No answer");
  announce(since);
  document.title = "No answer – engarde";
  if (view === null) return;
  document.body.classList.add("stale");
  mark(part("headline").closest(".verdict"), "waiting");
  text(part("headline"), "How things stand is not known.");
  text(part("headline").nextSibling, `Before: ${verdict.sentence}`);
}

/** Says that something asked for was not done; null takes that back. */
function problem(sentence) {
  text(part("problem").firstElementChild, sentence ?? "");
  show(part("problem"), sentence !== null);
}

part("problem").querySelector("button").addEventListener("click", () => problem(null));
follow({ snapshot, lost });
