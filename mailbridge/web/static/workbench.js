// The workbench: as one types, the text goes to the bench and its findings come back.
// What is decided is decided there; here it is asked, shown, and kept from being lost.
import { mailText, ruleEditor } from "./editor.js";
import { element, showCases, showFields, showMails, showProblems, uncovered } from "./workbench-results.js";
import { openMenu } from "./workbench-menu.js";

const DEBOUNCE = 40; // milliseconds between the last key and the question

const data = JSON.parse(document.getElementById("bench-data").textContent);
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const at = (id) => document.getElementById(id);
const say = (key, values = {}) => data.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

const state = {
  saved: data.text,
  mails: data.mails,
  newCases: data.newCases,
  study: null, // the last findings of a text that is a rule
  current: data.mails[0]?.key ?? "",
  view: null,
  part: "",
};

const editor = ruleEditor(at("rule"), {
  text: data.text,
  label: say("bench.rule"),
  schema: data.schema,
  fields: data.fields,
  phrases: JSON.parse(say("bench.editor_phrases")),
  onChange: () => later(),
});
const text = mailText(at("text"), {
  label: say("bench.text"),
  onSelect: () => { at("take").disabled = !text.selection(); },
  onAsk: () => askWhat(),
});

// --- asking -------------------------------------------------------------------------------

async function ask(what, sent, signal) {
  const form = sent instanceof FormData;
  const answer = await fetch(`${data.address}/${what}`, {
    method: "POST",
    headers: { "X-CSRF-Token": csrf, ...(form ? {} : { "Content-Type": "application/json" }) },
    body: form ? sent : JSON.stringify(sent),
    signal,
  });
  if (!(answer.headers.get("content-type") ?? "").startsWith("application/json")) {
    throw new Error(say(answer.status === 413 ? "bench.too_large" : "bench.lost"));
  }
  const found = await answer.json();
  if (found.trouble) throw new Trouble(found.trouble);
  return found;
}

/** What the user can mend, in lines: each a text, with its language where it is not the page's. */
class Trouble extends Error {
  constructor(lines) {
    super(lines.map(({ text: line }) => line).join("\n"));
    this.lines = lines;
  }
}

function reasons(error) {
  return error.lines ?? [{ text: error instanceof TypeError ? say("bench.lost") : error.message }];
}

/** Ask, and tell what went wrong; undefined then. */
async function tried(what, sent) {
  try {
    return await ask(what, sent);
  } catch (error) {
    tell(reasons(error), "bad");
    return undefined;
  }
}

let timer = 0;
let asked = new AbortController();
let number = 0;
let saving = 0; // answers to a save that are awaited
let postponed = false; // a question waits for them

function later() {
  clearTimeout(timer);
  timer = setTimeout(study, DEBOUNCE);
  at("mails").classList.add("waiting");
}

async function study() {
  if (saving) { // it would overtake what is to be saved
    postponed = true;
    return;
  }
  asked.abort();
  asked = new AbortController();
  number += 1;
  const mine = number;
  let found;
  try {
    found = await ask("study", { text: editor.text() }, asked.signal);
  } catch (error) {
    if (error.name !== "AbortError" && mine === number) tell(reasons(error), "bad");
    return;
  }
  if (mine === number && !found.stale) await show(found);
}

// --- showing ------------------------------------------------------------------------------

async function show(found) {
  editor.diagnose([
    ...[...found.problems, ...found.slow].map((one) => ({ ...one, severity: "error" })),
    ...[...found.advice, ...uncovered(found)].map((one) => ({ ...one, severity: "warning" })),
  ]);
  showProblems(at("problems"), found, editor, say);
  const usable = found.problems.length === 0;
  if (usable) state.study = found;
  document.body.classList.toggle("unusable", !usable);
  showLists(!usable);
  at("summary").textContent = summarise(found);
  at("bench").dataset.number = number; // findings of this text are on the page
  await showMail();
}

function showLists(stale) {
  const { study } = state;
  showMails(at("mails"), { ...state, stale, onChoose: choose }, say);
  showCases(at("cases"), { cases: study?.cases ?? [], stale, onForget: forgetCase }, say);
  at("draft").hidden = state.mails.length === 0;
  for (const id of ["case", "drop"]) at(id).disabled = !state.current;
}

function summarise(found) {
  if (found.problems.length) return say("bench.no_rule", { count: found.problems.length });
  if (found.slow.length) return say("bench.too_slow", { line: found.slow[0].line, count: found.untried });
  const complete = found.mails.filter((mail) => mail.outcome === "lead").length;
  const parts = [
    say("bench.complete", { count: complete, all: found.mails.length }),
    say("bench.changed", { count: found.mails.filter((mail) => mail.kind !== "same").length }),
    say("bench.broke", { count: found.mails.filter((mail) => mail.broke).length }),
    say("bench.passed", { count: found.cases.filter((one) => one.passed).length, all: found.cases.length }),
  ];
  if (uncovered(found).length) parts.push(say("bench.uncovered", { count: found.uncovered.length }));
  return parts.join(" · ");
}

function finding(key) {
  return state.study?.mails.find((mail) => mail.key === key);
}

async function choose(key) {
  state.current = key;
  state.view = null;
  at("case-form").hidden = true;
  showLists(false);
  await showMail();
}

let shown = 0;

/** Show the current mail's text with what was found in it. Its texts come once. */
async function showMail() {
  const key = state.current;
  const name = state.mails.find((mail) => mail.key === key)?.name ?? "";
  at("mail-title").textContent = name || say("bench.mail");
  const found = finding(key);
  const forwarded = found?.forwarded ?? false;
  if (key && (state.view === null || state.view.forwarded !== forwarded)) {
    shown += 1;
    const mine = shown;
    const answer = await tried("view", { mail: key, text: editor.text() });
    if (mine !== shown || key !== state.current) return;
    state.view = answer?.view ?? { parts: [], subject: "", html: false, forwarded };
    state.part = "";
    at("html").hidden = !state.view.html;
    if (state.view.html) at("html").src = `${data.address}/html/${key}`;
    else at("html").removeAttribute("src");
  }
  showText(found);
}

function showText(found) {
  const parts = state.view?.parts ?? [];
  const read = found?.fields.map((field) => field.source).find((source) => parts.some(({ part }) => part === source));
  const part = parts.find((one) => one.part === (state.part || read)) ?? parts[0];
  at("mail-subject").textContent = state.view?.subject ?? "";
  at("parts").replaceChildren(
    ...(parts.length > 1 ? parts : []).map((one) => {
      const button = element("button", { type: "button", "aria-pressed": String(one === part) }, say(`bench.part.${one.part}`));
      button.addEventListener("click", () => { state.part = one.part; showText(finding(state.current)); });
      return button;
    }),
  );
  const names = [...new Set((found?.fields ?? []).map((field) => field.name))];
  const colour = (name) => (names.indexOf(name) % 6) + 1;
  text.show(part?.text ?? "", (found?.fields ?? [])
    .filter((field) => field.span && field.source === part?.part)
    .map((field) => ({ start: field.span[0], end: field.span[1], number: colour(field.name), title: say(`bench.field.${field.name}`) })));
  at("text").dataset.part = part?.part ?? "";
  showFields(at("fields").tBodies[0], { found, colour, editor }, say);
  const unread = state.study?.unread[state.current];
  at("mail-problems").replaceChildren(...(unread ? [unread] : found?.problems ?? []).map((problem) => element("li", { lang: problem.language || null }, problem.text)));
}

function tell(lines, kind) {
  at("notice").hidden = !lines.length;
  at("notice").className = `notice ${kind}`;
  at("notice").replaceChildren(...lines.map((line, place) => element("span", { lang: line.language || null }, `${place ? "\n" : ""}${line.text}`)));
}

// --- doing --------------------------------------------------------------------------------

/** Ask what the marked text is, and have the rule mended. */
function askWhat() {
  const marked = text.selection();
  if (!marked) return;
  const items = data.fields.map((name) => ({ name, label: say(`bench.field.${name}`) }));
  openMenu(at("menu"), items, marked.box, {
    onChoose: (field) => take(field, marked),
    onClose: () => text.focus(),
  });
}

async function take(field, { start, end }) {
  const sent = { text: editor.text(), mail: state.current, part: at("text").dataset.part, field, start, end };
  const made = await tried("mark", sent);
  if (made) takeDraft(made);
}

function takeDraft(made) {
  if (made.rule !== editor.text()) editor.replace(made.rule);
  const notes = made.notes.map(({ field, why }) => ({ text: `${data.words[`bench.field.${field}`] ?? field}: ${why.text}`, language: why.language }));
  tell(notes, made.unsure ? "wait" : "good");
}

async function draft() {
  const made = await tried("draft", { mails: [state.current, ...state.mails.map((mail) => mail.key)].filter((key, place, all) => key && all.indexOf(key) === place) });
  if (made) takeDraft(made);
}

async function addMails(files) {
  const sent = new FormData();
  for (const file of files) sent.append("files", file);
  const answer = await tried("mails", sent);
  if (!answer) return;
  state.mails = answer.mails;
  if (!state.current) state.current = answer.added[0] ?? "";
  await study();
}

async function dropMail() {
  const answer = await tried("drop", { mail: state.current });
  if (!answer) return;
  state.mails = answer.mails;
  await choose(state.mails[0]?.key ?? "");
  await study();
}

async function keepCase() {
  const answer = await tried("case", { text: editor.text(), mail: state.current, name: at("case-name").value, people: at("case-people").checked ? "replaced" : "kept" });
  if (!answer) return;
  state.newCases = answer.newCases;
  at("case-form").hidden = true;
  tell([], "");
  await study();
}

async function forgetCase(name) {
  const answer = await tried("uncase", { name });
  if (!answer) return;
  state.newCases = answer.newCases;
  await study();
}

async function save() {
  at("save").disabled = true;
  saving += 1;
  clearTimeout(timer);
  const wanted = editor.text();
  number += 1; // a question under way is overtaken
  const mine = number;
  let answer = await tried("save", { text: wanted });
  // A question that had left before may have come to the server after it.
  if (answer?.stale && saving === 1) answer = await tried("save", { text: wanted });
  saving -= 1;
  at("save").disabled = saving > 0;
  if (!saving && (postponed || editor.text() !== wanted)) {
    postponed = false;
    later();
  }
  if (!answer) return;
  if (answer.stale) {
    if (!saving) tell([{ text: say("bench.overtaken") }], "bad"); // by another window
    return;
  }
  if (answer.saved) {
    state.saved = wanted;
    state.newCases = [];
    tell([{ text: say("bench.saved", { file: answer.file }) }], "good");
  } else {
    tell([{ text: say("bench.not_saved") }], "bad");
  }
  if (mine === number) await show(answer.study);
}

const changed = () => editor.text() !== state.saved || state.newCases.length > 0;

at("save").addEventListener("click", save);
at("draft").addEventListener("click", draft);
at("take").addEventListener("click", askWhat);
at("drop").addEventListener("click", dropMail);
at("case").addEventListener("click", () => {
  at("case-form").hidden = !at("case-form").hidden;
  if (!at("case-form").hidden) at("case-name").focus();
});
at("case-form").addEventListener("submit", (event) => { event.preventDefault(); keepCase(); });
at("more").addEventListener("change", (event) => { addMails([...event.target.files]); event.target.value = ""; });
at("text").addEventListener("pointerup", () => setTimeout(() => { if (text.selection()) askWhat(); }));
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { event.preventDefault(); save(); }
});
document.addEventListener("dragover", (event) => {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  document.querySelector(".drop").classList.add("over");
});
document.addEventListener("dragleave", () => document.querySelector(".drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  document.querySelector(".drop").classList.remove("over");
  if (event.dataTransfer.files.length) { event.preventDefault(); addMails([...event.dataTransfer.files]); }
});
window.addEventListener("beforeunload", (event) => { if (changed()) event.preventDefault(); });

await study();
if (new URLSearchParams(location.search).has("draft")) {
  history.replaceState(null, "", location.pathname);
  await draft();
}
