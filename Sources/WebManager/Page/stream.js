// SPDX-License-Identifier: GPL-2.0-or-later

// One snapshot a second: from the stream, or by asking while streams are refused. A browser's own reconnection gives up
// after a 401 or 503, and does not notice a program that hangs.

const silenceMillisecondsMax = 4000;
const lostAfterMilliseconds = 3000;
const hiddenMillisecondsMax = 60000;
const pollBackOffMillisecondsMax = 5000;
const streamBackOffMillisecondsMax = 30000;

/** Not relative, because `fetch` refuses an address with a name and password in it. */
const address = (path) => new URL(path, location.origin + location.pathname);

export const get = (path, milliseconds) =>
  fetch(address(path), { cache: "no-store", signal: AbortSignal.timeout(milliseconds) });

/** Asks for a change. Gives the answer's code, 0 for none, and what it says to people when it refuses. */
export async function ask(path, body) {
  try {
    const answer = await fetch(address(path), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      signal: AbortSignal.timeout(8000),
    });
    const said = await answer.json().catch(() => null);
    return { code: answer.status, error: said?.message };
  } catch {
    return { code: 0, error: "engarde did not answer" };
  }
}

/**
 * Calls `snapshot(object, isStream)` for each, and `lost(date, code)` when nothing came for a while, with when something
 * last did (null for never) and what is answered instead (0 for nothing), and again when that changes.
 */
export function follow({ snapshot, lost }) {
  let heardAt = performance.now(), heardDate = null;
  let isLost = false, refusal = 0;
  let hiddenAt = null, isLeft = false;
  let wake = () => {};

  const since = (moment) => performance.now() - moment;
  // A page that nobody sees, or that waits for the back button, gives its connection back: a browser has only six.
  const isAway = () => isLeft || (hiddenAt !== null && since(hiddenAt) > hiddenMillisecondsMax);
  const pause = (milliseconds) => new Promise((resolve) => {
    wake = resolve;
    setTimeout(resolve, milliseconds);
  });

  function hear(json, isStream) {
    snapshot(JSON.parse(json), isStream);
    heardAt = performance.now();
    heardDate = new Date();
    isLost = false;
    refusal = 0;
  }

  /** Until the stream ends, whoever ends it. Gives whether anything came. */
  const listen = () => new Promise((resolve) => {
    const source = new EventSource(address("api/v2/events"));
    let latest = performance.now(), isUseful = false;
    const end = () => {
      clearInterval(watch);
      source.close();
      resolve(isUseful);
    };
    const watch = setInterval(() => (isAway() || since(latest) > silenceMillisecondsMax) && end(), 500);
    source.onerror = end;
    addEventListener("pagehide", end, { once: true });
    source.addEventListener("status", ({ data }) => {
      hear(data, true);
      latest = heardAt;
      isUseful = true;
    });
  });

  async function poll() {
    let code = 0;
    try {
      const answer = await get("api/v2/status", silenceMillisecondsMax);
      code = answer.ok ? 0 : answer.status;
      if (answer.ok) {
        hear(await answer.text(), false);
        return true;
      }
    } catch { /* Nobody answers, or breaks off. */ }
    if (isLost && code !== refusal) lost(heardDate, code);
    refusal = code;
    return false;
  }

  async function run() {
    let streamBackOff = 0;
    for (;;) {
      while (isAway()) await pause(hiddenMillisecondsMax);
      streamBackOff = (await listen()) ? 1 : Math.min(2 * streamBackOff + 1000, streamBackOffMillisecondsMax);
      const endedAt = performance.now();
      let backOff = 1000, hasFailed = false;
      while (!isAway() && (hasFailed || since(endedAt) < streamBackOff)) {
        const isHeard = await poll();
        if (isHeard && hasFailed) break;
        hasFailed = !isHeard;
        if (hasFailed) backOff = Math.min(backOff * 1.5, pollBackOffMillisecondsMax);
        await pause(backOff);
      }
    }
  }

  const look = ({ type }) => {
    if (isAway()) heardAt = performance.now();
    isLeft = type === "pagehide";
    hiddenAt = document.hidden ? performance.now() : null;
    wake();
  };
  for (const type of ["pagehide", "pageshow"]) addEventListener(type, look);
  document.addEventListener("visibilitychange", (event) => isLeft || look(event));
  setInterval(() => {
    if (isLost || isAway() || since(heardAt) < lostAfterMilliseconds) return;
    isLost = true;
    lost(heardDate, refusal);
  }, 500);
  run();
}
