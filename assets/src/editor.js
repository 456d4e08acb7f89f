// The editor of the workbench: a rule's YAML, and a mail's text in which values are marked.
// Both live in a shadow root each: their styles are style sheet objects there, so that the
// page's Content-Security-Policy needs no exception.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorSelection, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { completeBySchema } from "./schema.js";

// The page's own colours reach through the shadow's wall: custom properties are inherited.
const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "13.5px", height: "100%" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 8%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 32%, transparent)",
  },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionInfo": { maxWidth: "24rem", padding: "0.3rem 0.5rem" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--wait)" },
  ".cm-matchingBracket": { outline: "1px solid var(--strong-line)" },
  ".cm-value": { borderRadius: "3px", padding: "1px 0", borderBottom: "2px solid var(--accent)" },
  ".cm-value-1": { backgroundColor: "var(--mark-1)" },
  ".cm-value-2": { backgroundColor: "var(--mark-2)" },
  ".cm-value-3": { backgroundColor: "var(--mark-3)" },
  ".cm-value-4": { backgroundColor: "var(--mark-4)" },
  ".cm-value-5": { backgroundColor: "var(--mark-5)" },
  ".cm-value-6": { backgroundColor: "var(--mark-6)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)", fontWeight: "600" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.atom, tags.bool], color: "var(--known)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--soft)" },
]);

// Typing over a selection: left to itself, the browser writes a style attribute to keep the
// look of what stood there, which the policy forbids (and which says so in the console).
const overwriting = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    if (empty || event.inputType !== "insertText" || !event.data || event.isComposing) return false;
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type" });
    const taken = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert));
    if (!taken) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});

/** The editor of a rule: `text()`, `replace(text)`, `diagnose(problems)`, `goTo(line, column)`. */
export function ruleEditor(host, { text, label, schema, fields, phrases, onChange }) {
  const view = open(host, text, [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    indentOnInput(),
    indentUnit.of("  "),
    bracketMatching(),
    closeBrackets(),
    search({ top: true }),
    yaml(),
    syntaxHighlighting(colours),
    autocompletion({ override: [completeBySchema(schema, fields)], activateOnTyping: true }),
    // Tab leaves the editor for whoever pressed Escape before; else it indents.
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
    overwriting,
    EditorState.phrases.of(phrases),
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
    EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
  ]);
  return {
    text: () => view.state.doc.toString(),
    replace(wanted) {
      const had = view.state.doc.toString();
      let from = 0;
      while (from < had.length && from < wanted.length && had[from] === wanted[from]) from += 1;
      let to = had.length;
      let until = wanted.length;
      while (to > from && until > from && had[to - 1] === wanted[until - 1]) { to -= 1; until -= 1; }
      view.dispatch({ changes: { from, to, insert: wanted.slice(from, until) }, selection: { anchor: until }, scrollIntoView: true });
    },
    diagnose(problems) {
      const doc = view.state.doc;
      const found = problems.map(({ line, column, text: message, severity }) => {
        const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
        const from = Math.min(at.from + Math.max(units(at.text, column - 1), 0), at.to);
        return { from: from === at.to ? at.from : from, to: at.to, severity, message };
      });
      view.dispatch(setDiagnostics(view.state, found.sort((a, b) => a.from - b.from)));
    },
    goTo(line, column) {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      const anchor = Math.min(at.from + units(at.text, column - 1), at.to);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
    complete: () => startCompletion(view),
    focus: () => view.focus(),
  };
}

const setMarks = StateEffect.define();
const marks = StateField.define({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMarks)) return effect.value;
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** A mail's text: read-only, but with a caret, so that marking works by keyboard and touch too. */
export function mailText(host, { label, onSelect, onAsk }) {
  const name = new Compartment();
  const ask = () => { onAsk(); return true; };
  const view = open(host, "", [
    EditorState.readOnly.of(true),
    // A place in it is a place in the mail's text: no character but this one ends a line.
    EditorState.lineSeparator.of("\n"),
    EditorView.lineWrapping,
    drawSelection(),
    marks,
    name.of(EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": "true", tabindex: "0" })),
    keymap.of([{ key: "Enter", run: ask }, { key: "Shift-F10", run: ask }, { key: "ContextMenu", run: ask }, ...defaultKeymap]),
    EditorView.updateListener.of((update) => update.selectionSet && onSelect()),
  ]);
  return {
    show(text, values) {
      const same = view.state.doc.toString() === text;
      const ranges = values
        .map(({ start, end, number, title }) => ({ from: units(text, start), to: units(text, end), number, title }))
        .filter(({ from, to }) => from < to && to <= text.length)
        .sort((a, b) => a.from - b.from || a.to - b.to)
        .map(({ from, to, number, title }) =>
          Decoration.mark({ class: `cm-value cm-value-${number}`, attributes: { title, "data-field": title } }).range(from, to));
      view.dispatch({
        ...(same ? {} : { changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 } }),
        effects: setMarks.of(Decoration.set(ranges, true)),
      });
    },
    rename(wanted) {
      view.dispatch({ effects: name.reconfigure(EditorView.contentAttributes.of({ "aria-label": wanted, "aria-readonly": "true", tabindex: "0" })) });
    },
    /** What is selected, in characters as Python counts them; null where nothing is. */
    selection() {
      const { from, to } = view.state.selection.main;
      if (from === to) return null;
      const text = view.state.doc.toString();
      return { start: points(text, from), end: points(text, to), text: text.slice(from, to), box: view.coordsAtPos(to) };
    },
    select(start, end) {
      const text = view.state.doc.toString();
      view.dispatch({ selection: EditorSelection.range(units(text, start), units(text, end)), scrollIntoView: true });
    },
    focus: () => view.focus(),
  };
}

function open(host, text, extensions) {
  const root = host.attachShadow({ mode: "open" });
  const parent = document.createElement("div");
  parent.className = "inside";
  root.append(parent);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(".inside { height: 100%; overflow: hidden; }");
  root.adoptedStyleSheets = [sheet];
  return new EditorView({ root, parent, state: EditorState.create({ doc: text, extensions: [look, ...extensions] }) });
}

/** Characters (code points) to UTF-16 units, in which this language counts, and back. */
function units(text, count) {
  let at = 0;
  for (let left = count; left > 0 && at < text.length; left -= 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

function points(text, at) {
  return Array.from(text.slice(0, at)).length;
}
