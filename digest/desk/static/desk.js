// The desk's page: frames that follow what is chosen, and a draft that is edited and saved.
"use strict";
const $ = (id) => document.getElementById(id);
const body = document.body;
const shown = { scheme: "light", images: "on", device: "all" };
let dirty = false;

// --- what is seen ------------------------------------------------------------------------------------------------
const address = (more) => "/mail?" + new URLSearchParams({ reader: body.dataset.reader, segment: body.dataset.segment, ...more });

function show() {
  const plain = shown.device === "text" || shown.device === "source";
  $("plain").hidden = !plain;
  if (plain) fetch(address({ part: shown.device })).then((answer) => answer.text()).then((text) => { $("plain").textContent = text; });
  for (const figure of document.querySelectorAll("figure")) {
    figure.hidden = plain || (shown.device !== "all" && shown.device !== figure.dataset.device);
    const frame = figure.querySelector("iframe");
    figure.querySelector(".screen").classList.toggle("dark", shown.scheme === "dark");
    const source = address({ scheme: shown.scheme, images: shown.images, stamp: body.dataset.stamp });
    if (!figure.hidden && frame.getAttribute("src") !== source) {
      const at = frame.contentWindow ? frame.contentWindow.scrollY : 0;
      frame.onload = () => { frame.contentWindow.scrollTo(0, at); };
      frame.src = source;
    }
  }
  fit();
}

function fit() {
  const room = $("views").clientWidth - 40, height = Math.max(420, $("views").clientHeight - 60);
  const figures = [...document.querySelectorAll("figure:not([hidden])")];
  const wanted = { phone: 0.82, tablet: 0.46, desktop: 0.36 };
  const all = figures.reduce((sum, one) => sum + one.dataset.width * wanted[one.dataset.device], 22 * (figures.length - 1));
  for (const figure of figures) {
    const width = Number(figure.dataset.width);
    const scale = figures.length > 1 ? wanted[figure.dataset.device] * Math.max(0.75, Math.min(1.25, room / all)) : Math.min(1, room / width);
    const frame = figure.querySelector("iframe"), screen = figure.querySelector(".screen");
    screen.style.width = Math.round(width * scale) + 2 + "px";
    frame.style.width = width + "px";
    frame.style.height = Math.round(height / scale) + "px";
    screen.style.height = height + "px";
    frame.style.transform = `scale(${scale})`;
  }
}

for (const name of ["scheme", "images", "device"]) $(name).addEventListener("click", (event) => {
  if (!event.target.value) return;
  shown[name] = event.target.value;
  for (const button of $(name).querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === event.target));
  show();
});
addEventListener("resize", fit);

$("segment").addEventListener("change", (event) => look({ reader: event.target.value.includes("@") ? event.target.value : "", segment: event.target.value.includes("@") ? "" : event.target.value }));
$("search").addEventListener("input", async (event) => {
  const words = event.target.value;
  const found = await (await fetch("/readers?" + new URLSearchParams({ q: words }))).json();
  $("found").replaceChildren(...found.map((one) => Object.assign(document.createElement("option"), { value: one.email, label: one.name })));
  if (found.some((one) => one.email === words)) look({ reader: words, segment: "" });
});
$("search").addEventListener("keydown", async (event) => {
  if (event.key !== "Enter") return;
  const found = await (await fetch("/readers?" + new URLSearchParams({ q: event.target.value }))).json();
  if (found.length) look({ reader: found[0].email, segment: "" }); else say("No reader has that in their name or address.", true);
});

// A finding's words lead to the place in the picture: the picture or link they name, else the text they quote.
function placeIn(page, where) {
  const all = [...page.body.querySelectorAll("*")];
  const named = where.split(/\s+/).filter((word) => /[./]/.test(word) && word.length > 3);
  const holds = (value) => value && named.some((word) => value === word || value.endsWith("/" + word));
  const quoted = where.match(/[`"“]([^`"”]+)[`"”]/);
  const words = quoted ? quoted[1].replace(/(\.\.\.|…)$/, "").trim() : where;
  return all.find((one) => holds(one.getAttribute("src")) || holds(one.getAttribute("href")))
    || all.filter((one) => one.textContent.includes(words)).pop();
}

document.addEventListener("click", (event) => {
  const place = event.target.closest(".place");
  if (!place) return;
  let found = false;
  for (const frame of document.querySelectorAll("figure:not([hidden]) iframe")) {
    const hit = placeIn(frame.contentDocument, place.dataset.where);
    if (!hit) continue;
    found = true;
    hit.scrollIntoView({ block: "center" });
    hit.style.outline = "4px solid #e0a800";
    setTimeout(() => { hit.style.outline = ""; }, 2500);
  }
  if (!found) say("It is in no single place of the picture: " + place.dataset.where);
});

// --- what is on disk ---------------------------------------------------------------------------------------------
function say(words, bad = false) { $("said").textContent = words; $("said").classList.toggle("bad", bad); }

async function look(change = {}) {
  Object.assign(body.dataset, change);
  const answer = await fetch("/?" + new URLSearchParams({ reader: body.dataset.reader, segment: body.dataset.segment }));
  if (!answer.ok) return say(await answer.text(), true);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  body.dataset.stamp = page.body.dataset.stamp;
  document.title = page.title;
  $("facts").replaceWith(document.adoptNode(page.getElementById("facts")));
  $("segment").innerHTML = page.getElementById("segment").innerHTML;
  const draft = page.getElementById("draft");
  if (!dirty) $("draft").replaceWith(document.adoptNode(draft));
  else if (draft.dataset.version !== $("draft").dataset.version) conflict(draft.dataset.version);
  show();
}

async function watch() {
  try {
    const { stamp } = await (await fetch("/stamp")).json();
    if (stamp !== body.dataset.stamp) await look();
    if ($("said").textContent === GONE) say("");
  } catch { say(GONE, true); }
  setTimeout(watch, 400);
}
const GONE = "The desk was closed: run `digest preview --serve` again.";

async function post(path, form) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(form) });
  const told = await answer.json();
  if (answer.ok) say([told.said, ...(told.problems || [])].join(" · "));
  else if (answer.status === 409 && path === "/save") conflict(); else say(told.error, true);
  return answer.ok ? told : null;
}

async function conflict(version) {
  $("conflict").hidden = false;
  if (version) $("conflict").dataset.version = version;
  say("Somebody else saved this draft since. Yours is still here, unsaved.", true);
}

// --- the draft ---------------------------------------------------------------------------------------------------
function changed() { dirty = true; body.classList.add("dirty"); }
function clean() { dirty = false; body.classList.remove("dirty"); }

function form() {
  const lead = document.querySelector("input[name=lead]:checked");
  return {
    version: $("draft").dataset.version,
    subject: $("subject").value, preheader: $("preheader").value, note: $("note").value,
    lead: lead && !lead.closest(".story").hasAttribute("data-hidden") ? lead.value : "",
    sections: [...document.querySelectorAll(".section")].map((section) => ({
      name: section.dataset.name,
      stories: [...section.querySelectorAll(".story")].map((story) => ({
        id: story.dataset.id, headline: story.querySelector(".headline").value,
        excerpt: story.querySelector(".excerpt").value, hide: story.querySelector(".hide input").checked,
      })),
    })),
  };
}

async function save(version) {
  const saved = await post("/save", { ...form(), ...(version ? { version } : {}) });
  if (saved) { clean(); await look(); }
}

function move(story, by) {
  const stories = [...document.querySelectorAll(".story")], at = stories.indexOf(story);
  const section = story.closest(".section");
  const beside = by < 0 ? story.previousElementSibling : story.nextElementSibling;
  if (beside) by < 0 ? beside.before(story) : beside.after(story);
  else {
    const other = by < 0 ? section.previousElementSibling : section.nextElementSibling;
    if (!other || !other.classList.contains("section")) return;
    by < 0 ? other.querySelector("ol").append(story) : other.querySelector("ol").prepend(story);
  }
  story.focus();
  changed();
  const place = [...document.querySelectorAll(".story")].indexOf(story) + 1;
  say(`${story.querySelector(".headline").value}: ${place} of ${stories.length}, in ${story.closest(".section").dataset.name}`);
  return at;
}

document.addEventListener("input", (event) => { if (event.target.closest("#edits")) changed(); });
document.addEventListener("change", (event) => {
  const hide = event.target.closest(".hide input");
  if (hide) hide.closest(".story").toggleAttribute("data-hidden", hide.checked);
  if (event.target.closest("#edits")) changed();
});
document.addEventListener("keydown", (event) => {
  const story = event.target.closest(".story");
  if (story && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    move(story, event.key === "ArrowUp" ? -1 : 1);
  }
});
let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".story");
  if (dragged) { dragged.classList.add("dragged"); event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", dragged.dataset.id); }
});
document.addEventListener("dragover", (event) => {
  const list = dragged && event.target.closest(".section");
  if (!list) return;
  event.preventDefault();
  const over = event.target.closest(".story");
  if (over === dragged) return;
  if (!over) list.querySelector("ol").append(dragged);
  else {
    const box = over.getBoundingClientRect();
    event.clientY < box.top + box.height / 2 ? over.before(dragged) : over.after(dragged);
  }
  changed();
});
document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
document.addEventListener("dragend", () => { if (dragged) dragged.classList.remove("dragged"); dragged = null; });

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.id === "edits") save();
  if (event.target.id === "approve") {
    if (dirty) return say("Save first: what is approved is what is in the file.", true);
    post("/approve", { by: $("by").value, version: $("draft").dataset.version }).then((done) => done && look());
  }
  if (event.target.id === "test") {
    if (dirty) return say("Save first: the test is of what is in the file.", true);
    say("Sending…");
    post("/test", { to: $("to").value, reader: body.dataset.reader, segment: body.dataset.segment });
  }
});
document.addEventListener("click", async (event) => {
  const section = event.target.closest("h3 .up, h3 .down") && event.target.closest(".section");
  if (section) {
    const up = event.target.classList.contains("up"), other = up ? section.previousElementSibling : section.nextElementSibling;
    if (other && other.classList.contains("section")) { up ? other.before(section) : other.after(section); changed(); event.target.focus(); }
  }
  switch (event.target.id) {
    case "make": case "add":
      if (dirty) return say("Save first.", true);
      if (await post("/draft", { add: event.target.id === "add" })) look();
      break;
    case "reread": if (await post("/sources", {})) look(); break;
    case "discard": case "theirs": clean(); look(); say(""); break;
    case "mine": {
      const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
      save(page.getElementById("draft").dataset.version);
    }
  }
});
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

show();
watch();
