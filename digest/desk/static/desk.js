// The desk's page: frames that follow what is chosen and what is written, and a draft that is edited and saved.
"use strict";
const $ = (id) => document.getElementById(id);
const body = document.body;
let dragged = null; // the story that is under way
const shown = { scheme: "light", images: "on", device: "all" };

// --- what is seen ------------------------------------------------------------------------------------------------
const asked = (more = {}) => new URLSearchParams({ reader: body.dataset.reader, segment: body.dataset.segment, trial: body.dataset.trial, ...more });

function show() {
  const empty = $("facts").dataset.empty;
  const plain = Boolean(empty) || shown.device === "text" || shown.device === "source";
  $("plain").hidden = !plain;
  $("plain").classList.toggle("empty", Boolean(empty));
  if (empty) $("plain").textContent = empty;
  else if (plain) fetch("/mail?" + asked({ part: shown.device })).then((answer) => answer.text()).then((text) => { $("plain").textContent = text; });
  for (const figure of document.querySelectorAll("figure")) {
    figure.hidden = plain || (shown.device !== "all" && shown.device !== figure.dataset.device);
    const frame = figure.querySelector("iframe");
    figure.querySelector(".screen").classList.toggle("dark", shown.scheme === "dark");
    const source = "/mail?" + asked({ scheme: shown.scheme, images: shown.images, stamp: body.dataset.stamp });
    if (!figure.hidden && frame.getAttribute("src") !== source) {
      const at = frame.contentWindow ? frame.contentWindow.scrollY : 0;
      frame.onload = () => { frame.contentWindow.scrollTo(0, at); };
      frame.src = source;
    }
  }
  $("trying").hidden = !body.dataset.trial;
  fit();
}

function fit() {
  const room = $("views").clientWidth, height = Math.max(420, $("views").clientHeight - 32);
  const figures = [...document.querySelectorAll("figure:not([hidden])")];
  const wanted = { phone: 0.82, tablet: 0.46, desktop: 0.36 };
  const all = figures.reduce((sum, one) => sum + one.dataset.width * wanted[one.dataset.device], 24 * figures.length);
  for (const figure of figures) {
    const width = Number(figure.dataset.width);
    const scale = figures.length > 1 ? wanted[figure.dataset.device] * Math.max(0.7, Math.min(1.25, room / all)) : Math.min(1, (room - 4) / width);
    const frame = figure.querySelector("iframe"), screen = figure.querySelector(".screen");
    screen.style.width = Math.round(width * scale) + 2 + "px";
    frame.style.width = width + "px";
    frame.style.height = Math.round(height / scale) + "px";
    screen.style.height = height + "px";
    frame.style.transform = `scale(${scale})`;
  }
}
addEventListener("resize", fit);

function press(name, value) {
  for (const button of $(name).querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === value));
}
for (const name of ["scheme", "images", "device"]) $(name).addEventListener("click", (event) => {
  if (!event.target.value) return;
  shown[name] = event.target.value;
  press(name, shown[name]);
  show();
});
$("pane").addEventListener("click", (event) => {
  if (!event.target.value) return;
  body.dataset.pane = event.target.value;
  press("pane", body.dataset.pane);
  fit();
});

$("segment").addEventListener("change", (event) => {
  const one = event.target.value.includes("@");
  look({ reader: one ? event.target.value : "", segment: one ? "" : event.target.value });
});
const found = async (words) => (await fetch("/readers?" + new URLSearchParams({ q: words }))).json();
let searching = 0;
$("search").addEventListener("input", (event) => {
  const words = event.target.value;
  clearTimeout(searching);
  searching = setTimeout(async () => {
    const people = await found(words);
    $("found").replaceChildren(...people.map((one) => Object.assign(document.createElement("option"), { value: one.email, label: one.name })));
    if (people.some((one) => one.email === words)) look({ reader: words, segment: "" });
  }, 150);
});
$("search").addEventListener("keydown", async (event) => {
  if (event.key !== "Enter") return;
  const people = await found(event.target.value);
  if (people.length) look({ reader: people[0].email, segment: "" });
  else say("No reader has that in their name or address.", true);
});

// A finding leads to the picture or link it names, else to the smallest place that holds the words it quotes.
function placeIn(page, where) {
  const all = [...page.body.querySelectorAll("*")].filter((one) => one.offsetParent !== null || one.tagName === "IMG");
  const address = where.match(/\(([^()\s]+)\)/), file = where.match(/^image (\S+)/);
  const leads = (one, value) => [one.getAttribute("href"), one.getAttribute("src")].some((told) => told && (told === value || told.endsWith("/" + value)));
  for (const hit of [address, file]) {
    const named = hit && all.find((one) => leads(one, hit[1].replace(/…$/, "")));
    if (named) return named;
  }
  const quoted = where.match(/[`"“]([^`"”]+)[`"”]/);
  const words = quoted && quoted[1].replace(/(\.\.\.|…)$/, "").trim();
  return words && all.filter((one) => one.textContent.replace(/\s+/g, " ").includes(words)).pop();
}

function lead(where) {
  const field = /^(subject|preheader)\b/.exec(where);
  if (field && $(field[1])) return $(field[1]).focus();
  if (shown.device === "text" || shown.device === "source") { shown.device = "all"; press("device", "all"); show(); }
  body.dataset.pane = "email";
  press("pane", "email");
  fit();
  let hits = 0;
  for (const frame of document.querySelectorAll("figure:not([hidden]) iframe")) {
    const hit = placeIn(frame.contentDocument, where);
    if (!hit) continue;
    hits += 1;
    const view = frame.contentWindow;
    view.scrollTo({ top: view.scrollY + hit.getBoundingClientRect().top - view.innerHeight / 3 });
    hit.style.outline = "4px solid #e0a800";
    setTimeout(() => { hit.style.outline = ""; }, 2500);
  }
  if (!hits) say(`It is in no single place of the picture: ${where}.`);
}
document.addEventListener("click", (event) => {
  const place = event.target.closest(".place");
  if (place) lead(place.dataset.where);
});

// --- what is on disk ---------------------------------------------------------------------------------------------
let silence = 0;
function say(words, bad = false) {
  clearTimeout(silence);
  $("said").textContent = words;
  $("said").classList.toggle("bad", bad);
  if (words && !bad) silence = setTimeout(() => say(""), 8000);
}

async function page(trial = body.dataset.trial) {
  const answer = await fetch("/?" + asked({ trial }));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return new DOMParser().parseFromString(text, "text/html");
}

async function look(change = {}) {
  Object.assign(body.dataset, change);
  let fresh;
  try { fresh = await page(); } catch (error) { return say(error.message, true); }
  Object.assign(body.dataset, { stamp: fresh.body.dataset.stamp, reader: fresh.body.dataset.reader });
  document.title = fresh.title;
  $("facts").replaceWith(document.adoptNode(fresh.getElementById("facts")));
  $("segment").replaceChildren(...document.adoptNode(fresh.getElementById("segment")).children);
  $("segment").value = body.dataset.reader || body.dataset.segment;
  document.querySelector(".title").replaceWith(document.adoptNode(fresh.querySelector(".title")));
  const draft = fresh.getElementById("draft");
  const theirs = draft.dataset.version !== $("draft").dataset.version;
  if (!dirty() && !dragged) {
    body.dataset.edition = fresh.body.dataset.edition;
    $("draft").replaceWith(document.adoptNode(draft));
    if (!$("actions").contains(document.activeElement) || theirs) $("actions").replaceWith(document.adoptNode(fresh.getElementById("actions")));
    begin();
  } else if (theirs && dirty() && $("conflict").hidden) say("Somebody else saved this draft since. Yours is still here: save it, and both are kept.", true);
  show();
}

const GONE = "The desk was closed: run `digest preview --serve` again. What you wrote is kept in this browser.";
const ANEW = "The desk was opened anew: open the address that its terminal shows. What you wrote is kept in this browser.";
let watching = true;
async function watch() {
  try {
    const answer = await fetch("/stamp");
    if (answer.status === 403) say(ANEW, true);
    else {
      const { stamp } = await answer.json();
      if (watching && stamp !== body.dataset.stamp) await look();
      if ([GONE, ANEW].includes($("said").textContent)) say("");
    }
  } catch { say(GONE, true); }
  setTimeout(watch, 400);
}

async function post(path, form) {
  let answer, told;
  try {
    answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ edition: body.dataset.edition, ...form }) });
    told = await answer.json();
  } catch { told = { error: answer && answer.status === 403 ? ANEW : answer ? "The desk failed; its terminal says why." : GONE }; }
  return { ok: Boolean(answer && answer.ok), status: answer ? answer.status : 0, ...told };
}

function told(answer) {
  if (!answer.ok) say(answer.error, true);
  else say([answer.said, ...(answer.problems || [])].join(" "), answer.bad);
  return answer.ok;
}

// --- the draft ---------------------------------------------------------------------------------------------------
let base = null; // the draft as it was when editing began, with its version

function formOf(page) {
  const draft = page.getElementById("draft");
  if (!page.getElementById("edits")) return null;
  const value = (id) => page.getElementById(id).value;
  const lead = draft.querySelector("input[name=lead]:checked");
  return {
    version: draft.dataset.version, subject: value("subject"), preheader: value("preheader"), note: value("note"),
    lead: lead && !lead.closest(".story").hasAttribute("data-hidden") ? lead.value : "",
    sections: [...draft.querySelectorAll(".section")].map((section) => ({
      name: section.querySelector(".name").value, was: section.dataset.was,
      stories: [...section.querySelectorAll(".story")].map((story) => ({
        id: story.dataset.id, headline: story.querySelector(".headline").value,
        excerpt: story.querySelector(".excerpt").value, hide: story.querySelector(".hide input").checked,
      })),
    })),
  };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const dirty = () => base !== null && !same(formOf(document), base);
const shelf = () => `digest ${location.host} ${body.dataset.edition}`;

function begin() {
  base = formOf(document);
  for (const [id, key] of [["by", "digest by"], ["to", "digest to"]]) if ($(id) && !$(id).value) $(id).value = localStorage.getItem(key) || "";
  count();
  refresh();
}

function count() {
  for (const one of document.querySelectorAll(".count")) {
    const length = $(one.dataset.for).value.length;
    one.textContent = length ? `${length} of ${one.dataset.most}` : "";
    one.classList.toggle("over", length > Number(one.dataset.most));
  }
}

function refresh() {
  const unsaved = dirty();
  if ($("save")) $("save").disabled = $("discard").disabled = !unsaved;
  if ($("state")) $("state").textContent = unsaved ? "Not saved yet" : "Saved";
}

let trying = 0;
function changed() {
  count();
  refresh();
  clearTimeout(trying);
  trying = setTimeout(tryOn, 300);
}

async function tryOn() {
  if (!base) return;
  const form = formOf(document);
  if (same(form, base)) {
    localStorage.removeItem(shelf());
    if (body.dataset.trial) look({ trial: "" });
    return;
  }
  localStorage.setItem(shelf(), JSON.stringify({ base, form }));
  const answer = await post("/try", { ...form, reader: body.dataset.reader, segment: body.dataset.segment });
  if (!answer.ok) return say(answer.error, true);
  if ($("said").classList.contains("bad") && ![GONE, ANEW].includes($("said").textContent)) say("");
  body.dataset.trial = answer.trial;
  look();
}

async function save(form = formOf(document)) {
  watching = false;
  clearTimeout(trying);
  const sent = formOf(document);
  let answer = await post("/save", form), merged = null;
  for (let tries = 0; answer.status === 409 && tries < 3; tries++) {
    merged = merge(base, form, formOf(await page("")));
    if (merged.clashes.length) { clash(merged); watching = true; return; }
    answer = await post("/save", merged.form);
  }
  watching = true;
  if (!told(answer)) return;
  if (merged) say(`${answer.said} What somebody else had changed meanwhile is in it too.`);
  localStorage.removeItem(shelf());
  $("conflict").hidden = true;
  body.dataset.trial = "";
  // What was written while the save was on its way is not saved, and stays. Where theirs was merged in, the version
  // stays the old one, so that the next save is merged too.
  base = sent;
  if (!merged) base.version = $("draft").dataset.version = answer.version;
  if (dirty()) changed(); else await look();
}

// Mine and theirs from what both began with: what one of us changed is kept; what both changed otherwise is a clash.
function merge(old, mine, theirs) {
  const clashes = [];
  const one = (what, was, my, their) => {
    if (same(my, was) || same(my, their)) return their;
    if (!same(their, was)) clashes.push({ what, mine: my, theirs: their });
    return my;
  };
  const stories = (form) => new Map(form.sections.flatMap((section) => section.stories.map((story) => [story.id, story])));
  const [was, my, their] = [old, mine, theirs].map(stories);
  const told = (id) => {
    const [a, b, c] = [was.get(id), my.get(id), their.get(id)];
    if (!a || !b || !c) return b || c;
    const name = c.headline || b.headline;
    return {
      id, headline: one(`the headline of “${name}”`, a.headline, b.headline, c.headline),
      excerpt: one(`the excerpt of “${name}”`, a.excerpt, b.excerpt, c.excerpt),
      hide: one(`whether “${name}” is hidden`, a.hide, b.hide, c.hide),
    };
  };
  const order = (form, known) => form.sections.map((section) => [section.name, section.was, section.stories.map((story) => story.id).filter((id) => known.has(id))]);
  const moved = !same(order(mine, was), order(old, was));
  if (moved && !same(order(theirs, was), order(old, was)) && !same(order(theirs, was), order(mine, was)))
    clashes.push({ what: "the order of the stories", mine: "yours", theirs: "theirs" });
  const sections = (moved ? mine : theirs).sections.map((section) => ({ ...section, stories: section.stories.filter((story) => their.has(story.id)).map((story) => told(story.id)) }));
  const form = {
    version: theirs.version, sections,
    ...Object.fromEntries([["subject", "the subject"], ["preheader", "the preview text"], ["note", "the note"], ["lead", "which story is the lead"]].map(([key, what]) => [key, one(what, old[key], mine[key], theirs[key])])),
  };
  return { form, clashes, theirs };
}

function clash({ form, clashes, theirs }) {
  const box = $("conflict");
  const words = (text) => (typeof text === "boolean" ? (text ? "yes" : "no") : text || "nothing");
  const line = (one) => Object.assign(document.createElement("li"), { textContent: `${one.what}: theirs is “${words(one.theirs)}”, yours “${words(one.mine)}”` });
  const button = (text, does) => { const made = Object.assign(document.createElement("button"), { type: "button", textContent: text }); made.addEventListener("click", does); return made; };
  const list = document.createElement("ul");
  list.append(...clashes.map(line));
  box.replaceChildren(
    Object.assign(document.createElement("p"), { textContent: "Somebody else saved this draft since, and you both changed:" }), list,
    button("Keep mine", () => save(form)),
    button("Take theirs", () => { if (confirm("Your unsaved changes are thrown away.")) forget(); }),
  );
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
  say("Not saved: somebody else changed the same. See beside the button.", true);
}

function forget() {
  localStorage.removeItem(shelf());
  base = null;
  body.dataset.trial = "";
  say("");
  look();
}

// What was written before the desk, or the page, was closed.
function offer() {
  const kept = JSON.parse(localStorage.getItem(shelf()) || "null");
  if (!kept || !base || same(kept.form, formOf(document))) return;
  const box = $("conflict");
  const button = (text, does) => { const made = Object.assign(document.createElement("button"), { type: "button", textContent: text }); made.addEventListener("click", () => { box.hidden = true; does(); }); return made; };
  box.replaceChildren(
    Object.assign(document.createElement("p"), { textContent: "There are changes here that were never saved." }),
    button("Bring them back", () => { put(kept.form); base = kept.base; $("draft").dataset.version = base.version; changed(); }),
    button("Throw them away", () => localStorage.removeItem(shelf())),
  );
  box.hidden = false;
}

function put(form) {
  for (const id of ["subject", "preheader", "note"]) $(id).value = form[id];
  const all = new Map([...document.querySelectorAll(".section")].map((section) => [section.dataset.was, section]));
  let last = null;
  for (const told of form.sections) {
    const section = all.get(told.was) || addSection();
    section.querySelector(".name").value = told.name;
    if (last) last.after(section);
    last = section;
    for (const one of told.stories) {
      const story = document.querySelector(`.story[data-id="${CSS.escape(one.id)}"]`);
      if (!story) continue;
      section.querySelector("ol").append(story);
      story.querySelector(".headline").value = one.headline;
      story.querySelector(".excerpt").value = one.excerpt;
      story.querySelector(".hide input").checked = one.hide;
      story.toggleAttribute("data-hidden", one.hide);
      story.querySelector("input[name=lead]").checked = one.id === form.lead;
    }
  }
}

function addSection() {
  const made = $("empty").content.firstElementChild.cloneNode(true);
  $("section").parentElement.before(made);
  return made;
}

function move(story, by) {
  const section = story.closest(".section");
  const beside = by < 0 ? story.previousElementSibling : story.nextElementSibling;
  if (beside) by < 0 ? beside.before(story) : beside.after(story);
  else {
    const other = by < 0 ? section.previousElementSibling : section.nextElementSibling;
    if (!other || !other.classList.contains("section")) return;
    by < 0 ? other.querySelector("ol").append(story) : other.querySelector("ol").prepend(story);
  }
  story.scrollIntoView({ block: "nearest" });
  changed();
  const stories = [...document.querySelectorAll(".story")], place = stories.indexOf(story) + 1;
  say(`${story.querySelector(".headline").value}: ${place} of ${stories.length}, in ${story.closest(".section").querySelector(".name").value}`);
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
    const held = event.target;
    move(story, event.key === "ArrowUp" ? -1 : 1);
    held.focus();
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    if (dirty()) save();
  }
});
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".grip") && event.target.closest(".story");
  if (!dragged) return;
  dragged.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.id);
  event.dataTransfer.setDragImage(dragged, 12, 12);
});
document.addEventListener("dragover", (event) => {
  const aside = document.querySelector("aside"), edges = aside.getBoundingClientRect();
  if (dragged && event.clientY < edges.top + 50) aside.scrollTop -= 14;
  if (dragged && event.clientY > edges.bottom - 170) aside.scrollTop += 14;
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
});
document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
document.addEventListener("dragend", () => { if (dragged) { dragged.classList.remove("dragged"); changed(); } dragged = null; });

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (event.target.id === "edits" && dirty()) save();
  if (event.target.id === "approve") {
    if (dirty()) return say("Save first: what is approved is what is in the file.", true);
    localStorage.setItem("digest by", $("by").value);
    if (told(await post("/approve", { by: $("by").value, version: $("draft").dataset.version }))) { document.activeElement.blur(); look(); }
  }
  if (event.target.id === "test") {
    if (dirty()) return say("Save first: the test is of what is in the file.", true);
    localStorage.setItem("digest to", $("to").value);
    say("Sending…");
    told(await post("/test", { to: $("to").value, reader: body.dataset.reader, segment: body.dataset.segment }));
  }
});
document.addEventListener("click", async (event) => {
  const step = event.target.closest(".up, .down");
  if (step && step.closest(".story")) move(step.closest(".story"), step.classList.contains("up") ? -1 : 1);
  else if (step) {
    const section = step.closest(".section"), up = step.classList.contains("up");
    const other = up ? section.previousElementSibling : section.nextElementSibling;
    if (other && other.classList.contains("section")) { up ? other.before(section) : other.after(section); changed(); step.focus(); }
  }
  switch (event.target.id) {
    case "make": case "add":
      if (dirty()) return say("Save first.", true);
      if (told(await post("/draft", { add: event.target.id === "add" }))) look();
      break;
    case "reread": say("Reading…"); if (told(await post("/sources", {}))) look(); break;
    case "section": addSection().querySelector(".name").focus(); break;
    case "discard": if (confirm("Your unsaved changes are thrown away.")) forget(); break;
  }
});
addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });

begin();
offer();
show();
watch();
