// Makes one file of the editor and what it needs, and one of their licences. `make assets`.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const out = "../mailbridge/web/static/editor.js";

// tests/web/test_editor_bundle.py reckons the same: a bundle that is older than this is noticed.
const hash = createHash("sha256");
const sources = ["build.mjs", "package-lock.json", "package.json", ...readdirSync("src").map((name) => `src/${name}`)];
for (const name of sources.sort()) hash.update(`${name}\0`).update(readFileSync(name)).update("\0");

const made = await build({
  entryPoints: ["src/editor.js"],
  outfile: out,
  bundle: true,
  format: "esm",
  target: "es2021",
  minify: true,
  metafile: true,
  legalComments: "none",
  banner: { js: `// CodeMirror and its parts: see editor.licences.txt. Sources: ${hash.digest("hex")}` },
});

const packages = new Set();
for (const path of Object.keys(made.metafile.inputs)) {
  const found = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}
const licences = [...packages].sort().map((name) => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`));
  return `${name} ${version} (${license})\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`;
});
writeFileSync("../mailbridge/web/static/editor.licences.txt", licences.join("\n" + "-".repeat(72) + "\n\n"));
