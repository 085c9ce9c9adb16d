// The desk's page: frames that follow what is chosen and what is written, and a draft that is edited and saved.
"use strict";
const $ = (id) => document.getElementById(id);
const body = document.body;
let dragged = null, origin = null; // the story that is under way, and where it was
const shown = { scheme: "light", images: "on", device: innerWidth < 560 ? "phone" : "all" };

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
    const scale = figures.length > 1 ? wanted[figure.dataset.device] * Math.max(0.55, Math.min(1.25, room / all)) : Math.min(1, (room - 4) / width);
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
  const draft = fresh.getElementById("draft"), version = draft.dataset.version;
  Object.assign(body.dataset, { stamp: fresh.body.dataset.stamp, reader: fresh.body.dataset.reader });
  document.title = fresh.title;
  swap("facts", fresh);
  $("segment").replaceChildren(...document.adoptNode(fresh.getElementById("segment")).children);
  $("segment").value = body.dataset.reader || body.dataset.segment;
  document.querySelector(".title").replaceWith(document.adoptNode(fresh.querySelector(".title")));
  // The form is replaced only where the file is another: who is writing keeps their place.
  if (version === $("draft").dataset.version || dirty() || dragged) {
    const leads = [...draft.querySelectorAll("[data-leads]")].map((story) => story.dataset.id);
    for (const story of document.querySelectorAll(".story")) story.toggleAttribute("data-leads", leads.includes(story.dataset.id));
    for (const id of ["closing", "arrived"]) if ($(id) && fresh.getElementById(id)) swap(id, fresh);
    $("draft").dataset.closed = draft.dataset.closed;
    if (version !== $("draft").dataset.version && version !== known && $("conflict").hidden) {
      say(version ? "Somebody else saved this draft since. Yours is still here: save it, and both are kept." : "The draft's file is gone. What you wrote is still here: make a draft again, then save it.", true);
      known = version;
    }
  } else {
    const place = placeOf(document.activeElement);
    body.dataset.edition = fresh.body.dataset.edition;
    $("draft").replaceWith(document.adoptNode(draft));
    base = formOf(document);
    back(place);
  }
  if (fresh.getElementById("actions").dataset.kind !== $("actions").dataset.kind) swap("actions", fresh);
  else if ($("approved")) swap("approved", fresh);
  settle();
  show();
}

const swap = (id, fresh) => $(id).replaceWith(document.adoptNode(fresh.getElementById(id)));

// Where somebody is writing, in words that hold when the form is another.
function placeOf(field) {
  if (!field || !field.closest("#draft")) return null;
  const story = field.closest(".story"), section = field.closest(".section");
  const within = story ? `.story[data-id="${CSS.escape(story.dataset.id)}"] ` : section ? `.section[data-was="${CSS.escape(section.dataset.was)}"] ` : "";
  const one = field.id ? `#${field.id}` : field.classList.length ? `.${field.classList[0]}` : "";
  return { where: field === story ? within : within + one, from: field.selectionStart, to: field.selectionEnd };
}

function back(place) {
  const field = place && place.where.trim() && document.querySelector(place.where);
  if (!field) return;
  field.focus({ preventScroll: true });
  if (field.setSelectionRange && typeof place.from === "number") field.setSelectionRange(place.from, place.to);
}

const GONE = "The desk was closed: run `digest preview --serve` again. What you wrote is kept in this browser, for this address.";
const ANEW = "The desk was opened anew: open the address that its terminal shows. What you wrote is kept in this browser, for this address.";
async function watch() {
  try {
    const answer = await fetch("/stamp");
    if (answer.status === 403) say(ANEW, true);
    else {
      const { stamp } = await answer.json();
      if (!saving && stamp !== body.dataset.stamp) await look();
      if ([GONE, ANEW].includes($("said").textContent)) say("");
    }
  } catch { say(GONE, true); }
  if (dirty() && Date.now() % 2000 < 450) keep(); // this tab is alive, and its shelf nobody else's
  setTimeout(watch, 250);
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
let known = ""; // the version of somebody else's that was told of

function formOf(page) {
  const draft = page.getElementById("draft");
  if (!page.getElementById("edits")) return null;
  const value = (id) => page.getElementById(id).value;
  const lead = draft.querySelector("input[name=lead]:checked");
  const sections = [...draft.querySelectorAll(".section")].map((section) => ({
    name: section.querySelector(".name").value, was: section.dataset.was,
    stories: [...section.querySelectorAll(".story")].map((story) => ({
      id: story.dataset.id, headline: story.querySelector(".headline").value,
      excerpt: story.querySelector(".excerpt").value, hide: story.querySelector(".hide input").checked,
    })),
  }));
  return {
    version: draft.dataset.version, subject: value("subject"), preheader: value("preheader"), note: value("note"),
    lead: lead && !lead.closest(".story").hasAttribute("data-hidden") ? lead.value : "",
    sections: sections.filter((section) => section.name.trim() || section.was || section.stories.length),
  };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const dirty = () => base !== null && !same(formOf(document), base);
const closed = () => Boolean($("draft").dataset.closed);

// What the page is told of the draft, in the buttons and the words beside them.
function settle() {
  const unsaved = dirty();
  for (const one of document.querySelectorAll(".count")) {
    const length = $(one.dataset.for).value.length;
    one.textContent = length ? `${length} of ${one.dataset.most}` : "";
    one.classList.toggle("over", length > Number(one.dataset.most));
  }
  if ($("edits")) for (const field of $("edits").elements) field.disabled = closed();
  for (const [id, key] of REMEMBERED) if ($(id) && !$(id).value) $(id).value = localStorage.getItem(key) || "";
  if (!$("save")) return;
  $("save").disabled = $("discard").disabled = !unsaved;
  const approved = $("approved") && $("approved").textContent.startsWith("Approved");
  $("state").textContent = !unsaved ? "Saved" : approved ? "Not saved yet; then it wants another approval" : "Not saved yet";
}
const REMEMBERED = [["by", "digest by"], ["to", "digest to"]];

// What is written is shown a moment after the last key, or every now and then while somebody writes on.
let trying = 0, since = 0, tries = 0;
function changed() {
  settle();
  keep();
  if (!trying) since = Date.now();
  clearTimeout(trying);
  trying = setTimeout(tryOn, Math.max(0, Math.min(250, since + 800 - Date.now())));
}

async function tryOn() {
  trying = 0;
  if (!base || closed()) return;
  const turn = ++tries, form = formOf(document);
  if (same(form, base)) {
    clear();
    if (body.dataset.trial) await look({ trial: "" });
    return;
  }
  const answer = await post("/try", { ...form, reader: body.dataset.reader, segment: body.dataset.segment });
  if (turn !== tries) return; // saved, undone, or written on meanwhile
  if (!answer.ok) return say(answer.error, true);
  clear();
  await look({ trial: answer.trial });
}

// A message of what was wrong, once it is not.
function clear() {
  if ($("said").classList.contains("bad") && ![GONE, ANEW].includes($("said").textContent) && $("conflict").hidden) say("");
}

let saving = false, again = false;
async function save(prefer = "") {
  if (closed()) return;
  if (saving) { again = true; return; }
  saving = true;
  clearTimeout(trying);
  trying = 0;
  tries += 1;
  const sent = formOf(document);
  let answer = await post("/save", sent), merged = null;
  for (let attempt = 0; answer.status === 409 && attempt < 3; attempt++) {
    const fresh = await page(""), theirs = formOf(fresh);
    if (!theirs || theirs.version === sent.version) { // it cannot be read as it is now
      const error = fresh.querySelector(".error");
      answer = { ok: false, error: error ? error.textContent : answer.error };
      break;
    }
    merged = merge(base, sent, theirs, prefer);
    known = theirs.version;
    if (merged.clashes.length && !prefer) { clash(merged.clashes); saving = again = false; return; }
    answer = await post("/save", merged.form);
  }
  saving = false;
  if (told(answer)) await saved(sent, answer, merged);
  if (again) { again = false; if (dirty()) await save(); }
}

async function saved(sent, answer, merged) {
  if (merged) say(`${answer.said} What somebody else had changed meanwhile is in it too.`);
  localStorage.removeItem(shelf());
  $("conflict").hidden = true;
  body.dataset.trial = "";
  if (merged) {
    // The form is filled with what came of it; what was written since is mine alone, and is merged too once it is saved.
    base = sent;
    if (!dirty()) { $("draft").dataset.version = "merged"; base = formOf(document); }
  } else {
    // The file calls its sections now what they are called here.
    const called = (section) => section.name.trim().replace(/\s+/g, " ");
    for (const section of document.querySelectorAll(".section")) {
      const name = section.querySelector(".name").value;
      const one = sent.sections.find((told) => told.was === section.dataset.was && (told.was || told.name === name));
      if (one) section.dataset.was = called(one);
    }
    $("draft").dataset.version = answer.version;
    base = { ...sent, version: answer.version, sections: sent.sections.map((section) => ({ ...section, was: called(section) })) };
  }
  await look();
  if (dirty()) changed();
}

// Mine and theirs from what both began with: what one of us changed is kept; what both changed otherwise is a clash.
function merge(old, mine, theirs, prefer) {
  const clashes = [];
  const one = (what, was, my, their) => {
    if (same(my, was) || same(my, their)) return their;
    if (same(their, was)) return my;
    clashes.push({ what, mine: my, theirs: their });
    return prefer === "theirs" ? their : my;
  };
  const stories = (form) => new Map(form.sections.flatMap((section) => section.stories.map((story) => [story.id, story])));
  const [was, my, their] = [old, mine, theirs].map(stories);
  const told = (id) => {
    const [a, b, c] = [was.get(id), my.get(id), their.get(id)];
    if (!a || !b || !c) return b || c;
    return {
      id, headline: one(`the headline of “${a.headline}”`, a.headline, b.headline, c.headline),
      excerpt: one(`the excerpt of “${a.headline}”`, a.excerpt, b.excerpt, c.excerpt),
      hide: one(`whether “${a.headline}” is hidden`, a.hide, b.hide, c.hide),
    };
  };
  // A section of theirs is the one of the same name, else the one it has most stories of: they may have renamed it.
  const taken = new Set(theirs.sections.map((section) => section.name));
  const key = (section) => {
    if (old.sections.some((each) => each.name === section.name)) return section.name;
    const shared = (each) => each.stories.filter((story) => section.stories.some((other) => other.id === story.id)).length;
    const likely = old.sections.filter((each) => !taken.has(each.name) && shared(each)).sort((x, y) => shared(y) - shared(x))[0];
    return likely ? likely.name : section.name;
  };
  const keyed = { old: old.sections.map((each) => ({ ...each, key: each.name })), mine: mine.sections.map((each) => ({ ...each, key: each.was || each.name })), theirs: theirs.sections.map((each) => ({ ...each, key: key(each) })) };
  const order = (sections) => sections.map((section) => [section.key, section.stories.map((story) => story.id).filter((id) => was.has(id))]);
  const moved = !same(order(keyed.mine), order(keyed.old)), theyMoved = !same(order(keyed.theirs), order(keyed.old));
  if (moved && theyMoved && !same(order(keyed.theirs), order(keyed.mine))) clashes.push({ what: "the order of the stories" });
  const arranged = moved && !(theyMoved && prefer === "theirs") ? keyed.mine : keyed.theirs;
  const find = (sections, section) => sections.find((each) => each.key === section.key);
  const sections = arranged.map((section) => {
    const [a, b, c] = [keyed.old, keyed.mine, keyed.theirs].map((all) => find(all, section));
    return {
      name: a && b && c ? one(`the name of the section “${a.name}”`, a.name, b.name, c.name) : section.name,
      was: c ? c.name : "",
      stories: section.stories.filter((story) => their.has(story.id)).map((story) => told(story.id)),
    };
  });
  const form = { version: theirs.version, sections };
  for (const [field, what] of [["subject", "the subject"], ["preheader", "the preview text"], ["note", "the note"], ["lead", "which story is the lead"]]) form[field] = one(what, old[field], mine[field], theirs[field]);
  return { form, clashes };
}

function button(text, does) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", does);
  return made;
}

function ask(words, lines, buttons) {
  const box = $("conflict"), list = document.createElement("ul");
  list.append(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  box.replaceChildren(Object.assign(document.createElement("p"), { textContent: words }), list, ...buttons);
  box.hidden = false;
}

function clash(clashes) {
  const words = (text) => (typeof text === "boolean" ? (text ? "yes" : "no") : text ? `“${text}”` : "nothing");
  const line = (one) => ("mine" in one ? `${one.what}: theirs is ${words(one.theirs)}, yours ${words(one.mine)}` : one.what);
  ask("Somebody else saved this draft since, and you both changed:", clashes.map(line), [
    button("Keep mine of these", () => save("mine")), button("Take theirs of these", () => save("theirs")),
  ]);
  say("Not saved: somebody else changed the same. See above the button.", true);
}

function forget() {
  tries += 1;
  localStorage.removeItem(shelf());
  base = null;
  $("draft").dataset.version = "undone"; // so that the form is filled from the file
  $("conflict").hidden = true;
  say("");
  look({ trial: "" });
}

// What is not saved is on a shelf of this tab's until it is, for when the page or the desk is closed before.
const tab = sessionStorage.getItem("tab") || String(Math.random()).slice(2);
sessionStorage.setItem("tab", tab);
const shelves = () => `digest draft ${body.dataset.edition} `;
const shelf = () => shelves() + tab;

function keep() {
  if (!base || closed()) return;
  const form = formOf(document);
  if (same(form, base)) localStorage.removeItem(shelf());
  else localStorage.setItem(shelf(), JSON.stringify({ base, form, at: Date.now() }));
}

function offer() {
  const kept = Object.keys(localStorage).filter((key) => key.startsWith(shelves())).map((key) => [key, JSON.parse(localStorage.getItem(key))]);
  const left = kept.filter(([key, one]) => key === shelf() || Date.now() - one.at > 4000).sort((x, y) => y[1].at - x[1].at)[0];
  if (!left || !base || closed()) return;
  const [key, one] = left, aside = `${shelves()}aside ${one.at}`;
  localStorage.removeItem(key);
  localStorage.setItem(aside, JSON.stringify(one)); // so that what is written now does not take its place
  const done = (does) => () => { $("conflict").hidden = true; localStorage.removeItem(aside); does(); };
  ask("There are changes here that were never saved.", [], [
    button("Bring them back", done(() => { put(one.form); base = one.base; $("draft").dataset.version = base.version; changed(); })),
    button("Throw them away", done(() => {})),
  ]);
}

function put(form) {
  for (const id of ["subject", "preheader", "note"]) $(id).value = form[id];
  const all = new Map([...document.querySelectorAll(".section")].map((section) => [section.dataset.was, section]));
  let last = null;
  for (const told of form.sections) {
    const section = (told.was && all.get(told.was)) || addSection();
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
  $("moved").textContent = (`${story.querySelector(".headline").value}: ${place} of ${stories.length}, in ${story.closest(".section").querySelector(".name").value}`);
}

function shift(section, up) {
  const other = up ? section.previousElementSibling : section.nextElementSibling;
  if (!other || !other.classList.contains("section")) return;
  up ? other.before(section) : other.after(section);
  changed();
}

document.addEventListener("input", (event) => {
  if (event.target.closest("#edits")) changed();
  for (const [id, key] of REMEMBERED) if (event.target.id === id) localStorage.setItem(key, event.target.value);
  if (event.target.id === "search" && !event.target.value) clear();
});
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
  } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && event.target.classList.contains("name")) {
    event.preventDefault();
    shift(event.target.closest(".section"), event.key === "ArrowUp");
    event.target.focus();
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    if (dirty()) save();
  }
});
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".grip") && event.target.closest(".story");
  if (!dragged) return;
  origin = [dragged.parentElement, dragged.nextElementSibling];
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
document.addEventListener("dragend", (event) => {
  if (!dragged) return;
  dragged.classList.remove("dragged");
  if (event.dataTransfer.dropEffect === "none") origin[0].insertBefore(dragged, origin[1]); // Escape, or beside the list
  dragged = null;
  changed();
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (event.target.id === "edits" && dirty()) save();
  if (event.target.id === "approve") {
    if (dirty()) return say("Save first: what is approved is what is in the file.", true);
    if (told(await post("/approve", { by: $("by").value, version: $("draft").dataset.version }))) look();
  }
  if (event.target.id === "test") {
    if (dirty()) return say("Save first: the test is of what is in the file.", true);
    say("Sending…");
    told(await post("/test", { to: $("to").value, reader: body.dataset.reader, segment: body.dataset.segment }));
  }
});
document.addEventListener("click", async (event) => {
  const step = event.target.closest(".up, .down");
  if (step) {
    const up = step.classList.contains("up"), story = step.closest(".story");
    if (story) move(story, up ? -1 : 1); else shift(step.closest(".section"), up);
    step.focus();
  }
  switch (event.target.id) {
    case "make": case "add":
      if (dirty()) return say("Save first.", true);
      if (told(await post("/draft", { add: event.target.id === "add" }))) look();
      break;
    case "reread": say("Reading…"); if (told(await post("/sources", {}))) look(); break;
    case "section": addSection().querySelector(".name").focus(); changed(); break;
    case "discard": if (confirm("Your unsaved changes are thrown away.")) forget(); break;
  }
});
addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });

base = formOf(document);
press("device", shown.device);
settle();
offer();
show();
watch();
