// Writes the tables of README.md between their markers, and docs/errors.md, from the registries: node scripts/tables.mjs.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compiled } from "./compiled.mjs";

const README = fileURLToPath(new URL("../README.md", import.meta.url));
const KERAS = fileURLToPath(new URL("../fixtures/keras-names.json", import.meta.url));
const ERRORS = fileURLToPath(new URL("../docs/errors.md", import.meta.url));

/** Columns aligned, as the formatter would do it. */
function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(rows[0]), line(widths.map((width) => "-".repeat(width))), ...rows.slice(1).map(line)].join("\n");
}

const details = (title, text) => `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;
const code = (name) => `\`${name}\``;

function formatsTable(importers, exporters) {
  const ids = [...new Set([...importers, ...exporters].map(({ id }) => id))];
  const rows = ids.map((id) => {
    const [reads, writes] = [importers, exporters].map((rows) => rows.find((entry) => entry.id === id));
    const { title, extensions } = reads ?? writes;
    return [code(id), title, extensions.map(code).join(" "), reads ? "yes" : "", writes ? "yes" : ""];
  });
  return table([["id", "format", "names", "read", "written"], ...rows]);
}

function layersText(layers) {
  const shown = layers.filter(({ kind }) => kind !== "operation");
  const operations = layers.filter(({ kind }) => kind === "operation");
  const names = (defs) => defs.map((def) => code(def.class)).join(", ");
  const older = shown.flatMap((def) => (def.names ?? []).map((name) => `${code(name)} (${code(def.class)})`));
  return [
    `${shown.length} layers: ${names(shown)}.`,
    details(`Names that older files give them: ${older.length}`, `${older.join(", ")}.`),
    details(`Operations of functional models: ${operations.length}`, `${names(operations)}.`),
    missingText(layers),
  ].join("\n\n");
}

/** What Keras has and the registry has not, by class name. */
function missingText(layers) {
  const { keras, ...theirs } = JSON.parse(readFileSync(KERAS, "utf8"));
  const known = new Set(layers.flatMap((def) => [def.class, ...(def.names ?? [])]));
  const [ofLayers, ofOperations] = [theirs.layers, theirs.operations].map((all) =>
    all.filter((name) => !known.has(name)),
  );
  const names = (list) => list.map(code).join(", ");
  return details(
    `What Keras ${keras} has and keraport refuses by name: ${ofLayers.length} of ${theirs.layers.length} layers, ${ofOperations.length} of ${theirs.operations.length} operations`,
    `Layers: ${names(ofLayers)}.\n\nOperations: ${names(ofOperations)}.`,
  );
}

/** The README with its tables made anew. */
export function withTables(readme, { IMPORTERS, EXPORTERS, LAYERS }) {
  const parts = { formats: formatsTable(IMPORTERS, EXPORTERS), layers: layersText(LAYERS) };
  let text = readme;
  for (const [name, content] of Object.entries(parts)) {
    const between = new RegExp(`(<!-- ${name}: scripts/tables.mjs -->\n)[^]*?(\n<!-- end ${name} -->)`);
    if (!between.test(text)) throw new Error(`README.md has no place for ${name}`);
    text = text.replace(between, (_, before, after) => `${before}\n${content}\n${after}`);
  }
  return text;
}

/** docs/errors.md, from the table of codes. */
export function errorsPage({ CODES, FAMILIES }) {
  const parts = Object.entries(FAMILIES).map(([family, about]) => {
    const codes = Object.entries(CODES).filter(([name]) => name.startsWith(`${family}/`));
    return [`## ${family}`, about, codes.map(([name, means]) => `- ${code(name)}: ${means}`).join("\n")].join("\n\n");
  });
  return `# Error codes

Whatever goes wrong is thrown as a \`FormatError\`: its \`code\` is one of those below, its \`problems\` are all
that were found. Codes of \`model.warnings\` and \`model.problems\` are of the same table.
Made from \`src/core/codes.ts\` by \`npm run tables\`.

${parts.join("\n\n")}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = compiled();
  const [{ IMPORTERS }, { EXPORTERS }, { LAYERS }, codes] = await Promise.all(
    ["importers/index", "exporters/index", "layers/registry", "core/codes"].map(
      (name) => import(pathToFileURL(`${folder}/${name}.js`).href),
    ),
  );
  writeFileSync(ERRORS, errorsPage(codes));
  writeFileSync(README, withTables(readFileSync(README, "utf8"), { IMPORTERS, EXPORTERS, LAYERS }));
}
