// Completion of keys and values out of the JSON Schema of rule files.

const SOURCES = ["subject", "from", "reply_to", "link", "header:"];

/** Make a source of completions; `fields` are all names that a rule can find. */
export function completeBySchema(schema, fields) {
  return (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const word = context.matchBefore(/[\w.:-]*/);
    if (word.from === word.to && !context.explicit) return null;
    const place = placeAt(context.state.doc, line.number, before);
    const node = follow(schema, schema, place.path);
    if (place.value) {
      const options = values(schema, node, place.path, context.state.doc.toString(), fields);
      return options.length ? { from: word.from, options, validFor: /^[\w.:-]*$/ } : null;
    }
    const options = keys(schema, node).map(([name, info]) => ({
      label: name,
      apply: `${name}: `,
      type: "property",
      info: info.description ? () => paragraph(info.description) : undefined,
    }));
    return options.length ? { from: word.from, options, validFor: /^[\w.-]*$/ } : null;
  };
}

/** Find the keys above a place, and whether a value stands there. */
export function placeAt(doc, number, before) {
  const path = [];
  const lead = before.search(/\S|$/);
  let rest = before.slice(lead);
  let limit = lead;
  for (let dash = rest.match(/^- */); dash; dash = rest.match(/^- */)) {
    path.push(0);
    rest = rest.slice(dash[0].length);
    limit = lead + 0.5; // a list may begin right below its key's first letter
  }
  for (let at = number - 1; at >= 1 && limit > 0; at -= 1) {
    const found = doc.line(at).text.match(/^(\s*)((?:- +)*)(?:([\w.-]+):)?/);
    const depth = found[1].length;
    if (depth >= limit || !(found[2] || found[3])) continue;
    if (found[3] && limit > depth + found[2].length) path.unshift(found[3]);
    if (found[2]) path.unshift(0);
    limit = found[2] ? depth + 0.5 : depth;
  }
  const inline = inside(rest);
  return { path: [...path, ...inline.path], value: inline.value };
}

/** Read what stands on the line before the caret: keys, and brackets that are still open. */
function inside(text) {
  const path = [];
  let value = false;
  let word = "";
  let quote = "";
  const opened = [];
  for (const character of text) {
    if (quote) { if (character === quote) quote = ""; continue; }
    if (character === "'" || character === '"') { quote = character; continue; }
    if (character === ":") { path.push(word.trim()); value = true; word = ""; }
    else if (character === "{") { opened.push("{"); value = false; word = ""; }
    else if (character === "[") { opened.push("["); path.push(0); value = true; word = ""; }
    else if (character === "}" || character === "]") { if (opened.pop() === "[") path.pop(); path.pop(); word = ""; }
    else if (character === ",") {
      word = "";
      if (opened[opened.length - 1] === "{") { path.pop(); value = false; }
    } else word += character;
  }
  return { path, value };
}

function follow(schema, node, path) {
  let nodes = options(schema, node);
  for (const step of path) nodes = nodes.flatMap((one) => below(schema, one, step)).flatMap((one) => options(schema, one));
  return nodes;
}

function below(schema, node, step) {
  if (step === 0) return node.items ? [node.items] : [node];
  const named = node.properties?.[step];
  if (named) return [named];
  const patterned = Object.values(node.patternProperties ?? {});
  if (patterned.length) return patterned;
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}

/** A node with its references and alternatives followed; one may stand for a list of one. */
function options(schema, node) {
  if (node.$ref) return options(schema, schema.$defs[node.$ref.split("/").pop()]);
  if (node.anyOf) return node.anyOf.flatMap((one) => options(schema, { description: node.description, ...one }));
  return node.type === "array" && node.items ? [node, ...options(schema, node.items)] : [node];
}

function keys(schema, nodes) {
  return nodes.flatMap((node) => {
    const names = node.propertyNames ? options(schema, node.propertyNames).flatMap((one) => one.enum ?? []) : [];
    return [...Object.entries(node.properties ?? {}), ...names.map((name) => [name, {}])];
  });
}

function values(schema, nodes, path, text, fields) {
  const last = path.filter((step) => step !== 0).pop();
  let words = nodes.flatMap((node) => node.enum ?? (node.const === undefined ? [] : [node.const]));
  if (nodes.some((node) => node.type === "boolean")) words = ["true", "false"];
  if (last === "in") words = [...sections(text), ...SOURCES];
  if (last === "require" || last === "over_blocks") words = fields;
  return [...new Set(words)].map((label) => ({ label: String(label), type: "constant" }));
}

function sections(text) {
  const block = text.match(/^sections:[^\n]*\n((?:[ \t]+[^\n]*\n|[ \t]*#[^\n]*\n|\n)*)/m);
  return block ? [...block[1].matchAll(/^ {2}([a-z][a-z0-9_]*):/gm)].map((found) => found[1]) : [];
}

function paragraph(text) {
  const made = document.createElement("div");
  made.textContent = text;
  return made;
}
