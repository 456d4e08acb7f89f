// What the bench found, as lists. Values of mails are only ever set as text.

export function element(name, attributes, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

/** Keep the rows that are there: whoever stands on one with the keyboard stays. */
function rows(list, items, key, make) {
  const had = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const wanted = items.map((item) => {
    const written = JSON.stringify(item);
    const old = had.get(key(item));
    if (old?.dataset.written === written) return old;
    const row = make(item, old);
    row.dataset.key = key(item);
    row.dataset.written = written;
    return row;
  });
  if (wanted.length !== list.children.length || wanted.some((row, place) => row !== list.children[place])) {
    const focused = list.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.key : undefined;
    list.replaceChildren(...wanted);
    if (focused) wanted.find((row) => row.dataset.key === focused)?.querySelector("button, summary")?.focus();
  }
}

export function showMails(list, { mails, study, current, stale, onChoose }, say) {
  const found = new Map((study?.mails ?? []).map((mail) => [mail.key, mail]));
  const items = mails.map(({ key, name }) => {
    const mail = found.get(key);
    return {
      key,
      name,
      current: key === current,
      stale,
      outcome: study?.unread[key] ? "unreadable" : mail?.outcome ?? "",
      was: mail && mail.was !== mail.outcome ? mail.was : "",
      broke: mail?.broke ?? false,
      changes: (mail?.changes ?? []).map((change) => change.name),
    };
  });
  rows(list, items, (item) => item.key, (item) => {
    const button = element("button", { type: "button", class: "result", "aria-current": item.current ? "true" : null });
    button.append(element("span", { class: "name" }, item.name));
    if (item.outcome) button.append(badge(item.outcome, say));
    else button.append(element("span", { class: "soft small" }, say("bench.untried")));
    if (item.broke) button.append(element("span", { class: "change broke" }, say("bench.is_broken")));
    if (item.was) button.append(element("span", { class: "change" }, say("bench.was", { outcome: say(`bench.outcome.${item.was}`) })));
    if (item.changes.length) {
      button.append(element("span", { class: "change" }, item.changes.map((name) => say(`bench.field.${name}`)).join(", ")));
    }
    button.addEventListener("click", () => onChoose(item.key));
    return element("li", { class: stale ? "stale" : "" }, button);
  });
}

export function showCases(list, { cases, stale, onForget }, say) {
  const sorted = [...cases].sort((a, b) => a.passed - b.passed || a.saved - b.saved);
  rows(list, sorted.map((one) => ({ ...one, stale })), (one) => one.name, (one, old) => {
    const passed = element("span", { class: `badge ${one.passed ? "good" : "bad"}` }, say(one.passed ? "bench.passes" : "bench.fails"));
    const details = element("details", {}, element("summary", {}, passed, " ", one.name, one.saved ? "" : ` – ${say("bench.unsaved")}`));
    if (old?.querySelector("details")?.open) details.open = true;
    for (const { what, expected, found } of one.differences) {
      details.append(element("p", { class: "small" }, element("code", {}, what), element("br", {}),
        element("del", {}, expected ?? "–"), element("br", {}), element("ins", {}, found ?? "–")));
    }
    for (const problem of one.problems) details.append(element("p", { class: "small", lang: problem.language || null }, problem.text));
    if (!one.saved) {
      const forget = element("button", { type: "button", class: "quiet" }, say("bench.forget"));
      forget.addEventListener("click", () => onForget(one.name));
      details.append(forget);
    }
    return element("li", { class: stale ? "stale" : "" }, details);
  });
  if (!cases.length) list.replaceChildren(element("li", { class: "soft small" }, say("bench.no_case")));
}

/** The values of one mail, each with its rule's line; and what it was under the saved rule. */
export function showFields(body, { found, colour, editor }, say) {
  const changes = new Map((found?.changes ?? []).map((change) => [change.name, change]));
  const made = (found?.fields ?? []).map((field) => {
    const value = element("td", {}, field.value);
    const change = changes.get(field.name);
    if (change?.before) value.append(element("br", {}), element("span", { class: "soft small" }, say("bench.before", { value: change.before })));
    changes.delete(field.name);
    const line = element("td", {});
    if (field.line) {
      const go = element("button", { type: "button", "aria-label": say("bench.go_to", { line: field.line }) }, String(field.line));
      go.addEventListener("click", () => editor.goTo(field.line, field.column));
      line.append(go);
    }
    const swatch = element("span", { class: `swatch swatch-${colour(field.name)}`, "aria-hidden": "true" });
    return element("tr", {}, element("th", { scope: "row" }, swatch, say(`bench.field.${field.name}`)), value, line);
  });
  for (const [name, change] of changes) {
    if (change.after) continue; // a detail of the lead that no field is shown for
    made.push(element("tr", {}, element("th", { scope: "row" }, say(`bench.field.${name}`)),
      element("td", { class: "none" }, say("bench.before", { value: change.before })), element("td", {})));
  }
  body.replaceChildren(...made);
}

/** Before there is a case, nothing has one: that is said once, not for each line. */
export function uncovered(found) {
  return found.cases.length ? found.uncovered : [];
}

export function showProblems(list, found, editor, say) {
  const kinds = [["bad", [...found.problems, ...found.slow]], ["wait", [...found.advice, ...uncovered(found)]]];
  const items = kinds.flatMap(([kind, problems]) => problems.map((problem) => {
    if (!problem.line) return element("li", { class: kind, lang: problem.language || null }, problem.text);
    const go = element("button", { type: "button" }, `${say("bench.line")} ${problem.line}: `, element("span", { lang: problem.language || null }, problem.text));
    go.addEventListener("click", () => editor.goTo(problem.line, problem.column));
    return element("li", { class: kind }, go);
  }));
  list.replaceChildren(...items);
}

function badge(outcome, say) {
  return element("span", { class: `badge ${outcome}` }, say(`bench.outcome.${outcome}`));
}
