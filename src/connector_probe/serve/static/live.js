// What happens while a page is open. Everything else works without this file: pages are made by the server, and what
// changes is taken from a page that it makes anew. Nothing in here makes markup out of text.
"use strict";

(() => {
  const main = document.getElementById("main");
  const connector = main.dataset.connector;
  const state = document.getElementById("live-state");
  const isLive = document.querySelector("[data-live]:not(#alarms)") !== null;
  const PAUSE = 250; // ms in which several changes are one
  const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";
  const EVERY = 30000; // ms after which "3 m ago" is told anew
  let source = null;
  let waiting = 0;
  let isUnderWay = false; // a probe that was seen to begin, and not yet to end

  // --- what changed is taken over from the same page, made anew ---

  const refresh = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
      if (answer === null || !answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const selection = getSelection();
      for (const old of document.querySelectorAll("[data-live]")) {
        if (isUnderWay && old.id === "live") continue; // what was filled in since is newer than the page
        const next = fresh.getElementById(old.id);
        const isRead = selection !== null && !selection.isCollapsed && old.contains(selection.anchorNode);
        if (next !== null && !isRead) replace(old, next);
      }
      document.title = fresh.title;
      button(document.getElementById("live")?.hidden === false);
    }, PAUSE);
  };

  const replace = (old, next) => {
    for (const each of old.querySelectorAll("details[open][id]")) {
      next.querySelector(`#${CSS.escape(each.id)}`)?.setAttribute("open", "");
    }
    offerCopies(next);
    if (next.isEqualNode(old)) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const place = [...old.querySelectorAll(FOCUSABLE)].indexOf(focused);
    old.replaceWith(document.adoptNode(next));
    const again = (focused?.id && document.getElementById(focused.id)) || next.querySelectorAll(FOCUSABLE)[place];
    again?.focus({ preventScroll: true });
  };

  // --- a probe that is under way, stage by stage ---

  const addressOf = (stage) => {
    const key = `${stage.server} ${stage.address ?? ""} ${stage.port}`;
    const list = document.querySelector("#live .addresses");
    const found = [...list.children].find((each) => each.dataset.address === key);
    if (found) return found;
    const made = document.getElementById("live-address").content.firstElementChild.cloneNode(true);
    const address = stage.address && stage.address !== stage.server ? ` [${stage.address}]` : "";
    made.dataset.address = key;
    made.querySelector("b").textContent = `${stage.server}${address}:${stage.port}`;
    list.append(made);
    return made;
  };

  const span = (seconds) => {
    if (seconds < 1) return `${Math.max(Math.round(seconds * 1000), 1)} ms`;
    return seconds < 10 ? `${seconds.toFixed(1)} s` : `${seconds.toFixed(0)} s`;
  };

  const fill = (stage) => {
    const rows = [...addressOf(stage).querySelectorAll("[data-stage]")];
    const row = rows.find((each) => each.dataset.stage === stage.stage);
    if (!row) return;
    if (stage.stage === "connect") {
      for (const each of rows.slice(rows.indexOf(row))) {
        each.className = "waiting";
        each.querySelector("i").textContent = "";
      }
    }
    row.className = stage.ok ? "ok" : "failed";
    row.querySelector("i").textContent = span(stage.seconds);
  };

  const begin = () => {
    isUnderWay = true;
    const live = document.getElementById("live");
    live.querySelector(".addresses").replaceChildren();
    live.hidden = false;
    button(true);
  };

  const button = (busy) => {
    const found = document.getElementById("probe-button");
    if (found) found.disabled = busy;
  };

  // --- events ---

  const listen = () => {
    const query = connector ? `?connector=${encodeURIComponent(connector)}` : "";
    source = new EventSource(`/api/v1/events${query}`);
    source.onopen = () => {
      isUnderWay = false; // its end may have been missed
      tell(true);
      refresh(); // what happened while nobody listened
    };
    source.onerror = () => {
      tell(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    };
    source.addEventListener("reloaded", () => {
      isUnderWay = false;
      refresh();
    });
    source.addEventListener("result", (event) => {
      const news = document.getElementById("news");
      if (news) news.textContent = [connector, JSON.parse(event.data).status].join(": ");
      isUnderWay = false;
      refresh();
    });
    source.addEventListener("started", () => (connector ? begin() : refresh()));
    source.addEventListener("stage", (event) => fill(JSON.parse(event.data).stage));
  };

  const tell = (on) => {
    state.hidden = false;
    state.classList.toggle("on", on);
    const text = on ? state.dataset.on : state.dataset.off;
    if (state.textContent !== text) state.textContent = text;
  };

  // --- buttons ---

  const offerCopies = (within) => {
    for (const each of within.querySelectorAll("button.copy")) each.hidden = false;
  };

  document.addEventListener("click", async (event) => {
    const pressed = event.target.closest?.("button.copy");
    if (!pressed) return;
    const code = pressed.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Only pages by TLS or of this machine may: then it is marked, for Ctrl-C.
      getSelection().selectAllChildren(code);
      return;
    }
    const label = pressed.textContent;
    if (label === pressed.dataset.copied) return;
    pressed.textContent = pressed.dataset.copied;
    setTimeout(() => (pressed.textContent = label), 1500);
  });

  document.getElementById("probe-now")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    button(true);
    const problem = document.getElementById("problem");
    problem.hidden = true;
    const answer = await fetch(event.target.dataset.api, { method: "POST" }).catch(() => null);
    if (answer !== null && answer.ok) return;
    const told = answer === null ? null : await answer.json().catch(() => null);
    problem.textContent = told?.detail ?? state.dataset.off;
    problem.hidden = false;
    button(false);
  });

  offerCopies(document);
  if (!isLive) return;
  listen();
  document.addEventListener("visibilitychange", () => {
    source.close(); // a browser has six connections for a server: tabs in the background give theirs back
    if (!document.hidden) listen();
  });
  addEventListener("pagehide", () => source.close());
  setInterval(() => document.hidden || refresh(), EVERY);
})();
