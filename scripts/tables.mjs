// Writes the tables of README.md and docs/formats.md between their markers, and docs/layers.md, errors.md and cli.md, from the declarations
// in src/: node scripts/tables.mjs.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { argumentsOf } from "./arguments.mjs";
import { compiled } from "./compiled.mjs";
import { DTYPES, refusedDTypes } from "./layer-dtypes.mjs";

const README = fileURLToPath(new URL("../README.md", import.meta.url));
const KERAS = fileURLToPath(new URL("../fixtures/keras-names.json", import.meta.url));
const PAGE = fileURLToPath(new URL("../docs/layers.md", import.meta.url));
const ERRORS = fileURLToPath(new URL("../docs/errors.md", import.meta.url));
const FORMATS = fileURLToPath(new URL("../docs/formats.md", import.meta.url));
const CLI = fileURLToPath(new URL("../docs/cli.md", import.meta.url));

/** Columns aligned, as the formatter would do it. */
function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(rows[0]), line(widths.map((width) => "-".repeat(width))), ...rows.slice(1).map(line)].join("\n");
}

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

/** Each example under what its first line says. */
function examplesList() {
  const folder = fileURLToPath(new URL("../examples/", import.meta.url));
  const first = (name) =>
    readFileSync(`${folder}${name}`, "utf8").match(/^(?:\/\/ |"""|[^]*?<title>)(.*?)(?:"""|<\/title>|\n)/)[1];
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.(mjs|html|py)$/.test(name));
  return files.map((name) => `- [${code(name)}](examples/${name}): ${first(name).replace(/\.$/, "")}`).sort().join("\n"); // prettier-ignore
}

const isOperation = ({ kind }) => kind === "operation";
const list = (names) => `${names.map(code).join(", ")}.`;

/** What Keras has and the registry has not, by class name. */
function missingFrom(layers) {
  const { keras, ...theirs } = JSON.parse(readFileSync(KERAS, "utf8"));
  const known = new Set(layers.flatMap((def) => [def.class, ...(def.names ?? [])]));
  const of = (all) => ({ all: all.length, names: all.filter((name) => !known.has(name)) });
  return { keras, layers: of(theirs.layers), operations: of(theirs.operations) };
}

function countsText(layers) {
  const { keras, ...missing } = missingFrom(layers);
  const operations = layers.filter(isOperation).length;
  const part = ({ all, names }, what) => `${all - names.length} of its ${all} ${what}`;
  return `${layers.length - operations} layers and ${operations} operations of functional models, by name in [docs/layers.md](docs/layers.md). Of Keras ${keras} that is
${part(missing.layers, "layers")} and ${part(missing.operations, "operations")}; the others are refused by name.`;
}

/** Names under the reasons for which they are refused. */
function byReason(names, whyRefused) {
  const reasons = new Map();
  for (const name of names) {
    const reason = whyRefused(name) ?? "not written yet";
    reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  }
  return [...reasons].map(([reason, found]) => `- ${reason}: ${list(found)}`).join("\n");
}

/** What layers refuse, generation by generation. */
const dtypesText = (refused) =>
  Object.entries(refused)
    .map(([generation, texts]) =>
      [`In ${generation}:`, [...texts].map(([text, classes]) => `- ${text}: ${list(classes)}`).join("\n")].join("\n\n"),
    )
    .join("\n\n");

/** docs/layers.md, from the registry; `dtypes`: from `refusedDTypes`. */
export function layersPage(layers, whyRefused, { TENSORFLOW, REFUSED_FUNCTIONS }, dtypes) {
  const shown = layers.filter((def) => !isOperation(def));
  const older = shown.flatMap((def) => (def.names ?? []).map((name) => `${code(name)} (${code(def.class)})`));
  const operations = layers.filter(isOperation).map((def) => def.class);
  const missing = missingFrom(layers);
  const functions = [...TENSORFLOW.keys()].filter((name) => !/^(compat\.v1\.|__)/.test(name)).sort();
  return `# Layers and operations

Made from the registry by \`npm run tables\`; \`keraport layers\` prints the options of each.

## ${shown.length} layers

${list(shown.map((def) => def.class))}

## ${older.length} names that older files give them

${older.join(", ")}.

## ${operations.length} operations of functional models

${list(operations)}

## What Keras ${missing.keras} has and keraport refuses by name

${missing.layers.names.length} of ${missing.layers.all} layers, ${missing.operations.names.length} of ${missing.operations.all} operations:

${byReason([...missing.layers.names, ...missing.operations.names], whyRefused)}

## Dtypes of inputs that layers refuse

Layers whose policy is \`float32\`, given inputs of ${DTYPES.map(code).join(", ")}, with the options of the tables in \`fixtures/dtypes\`. What TensorFlow has
no kernel for is refused by the layer's name; of the layers in those tables the others take all of them.

${dtypesText(dtypes)}

## ${functions.length} functions of TensorFlow

In models of tf.keras and tf-keras (\`TFOpLambda\`); an argument that is not computed is refused by name. Those of \`compat.v1\` come with them.

${list(functions)}

${REFUSED_FUNCTIONS.size} others that tf-keras can put into a model are refused by name:

${byReason([...REFUSED_FUNCTIONS.keys()], (name) => REFUSED_FUNCTIONS.get(name))}
`;
}

/** A page with those of its tables made anew that it has a place for. */
export function withTables(page, { IMPORTERS, EXPORTERS, LAYERS }) {
  const parts = { formats: formatsTable(IMPORTERS, EXPORTERS), counts: countsText(LAYERS), examples: examplesList() };
  return page.replace(
    /(<!-- (\w+): scripts\/tables.mjs -->\n)[^]*?(<!-- end \2 -->)/g,
    (_, before, name, after) => `${before}\n${parts[name]}\n\n${after}`,
  );
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

/** docs/cli.md, from the commands' own declarations. */
export function cliPage(commands) {
  const parts = commands.map(({ usage, about, options, examples }) => {
    const rows = options.map(([flag, text]) => `- ${code(flag)}: ${text}`);
    const shown =
      examples.length === 0 ? [] : [`\`\`\`sh\n${examples.map((line) => `npx ${line}`).join("\n")}\n\`\`\``];
    return [`## ${usage.split(" ")[0]}`, `${code(`keraport ${usage}`)}`, `${about}.`, ...(rows.length ? [rows.join("\n")] : []), ...shown].join("\n\n"); // prettier-ignore
  });
  return `# Command line

\`npx keraport <command>\`, or \`keraport\` where the package is installed. Every command takes \`--json\`, for one JSON document
in place of text, errors too, and \`--help\`. Files are told apart by content, not by name. An existing output is not replaced without \`--force\`.
Made from the commands' declarations by \`npm run tables\`.

| exit code | means                                                       |
| --------- | ----------------------------------------------------------- |
| 0         | done; what was compared is equal                            |
| 1         | a comparison failed                                         |
| 2         | wrong usage                                                 |
| 3         | refused: a damaged file, or something that is not supported |
| 70        | a fault of keraport's own                                   |
| 141       | nobody reads the output any more                            |

${parts.join("\n\n")}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  argumentsOf(import.meta);
  const folder = compiled();
  const shared = "layers/operations/shared";
  const [{ IMPORTERS }, { EXPORTERS }, { LAYERS }, codes, { whyRefused }, { COMMANDS }, known, refused, { load }] =
    await Promise.all(
      [
        "importers/index",
        "exporters/index",
        "layers/all",
        "core/codes",
        "layers/refused",
        "cli/commands",
        `${shared}/tensorflow`,
        `${shared}/refused-functions`,
        "node",
      ].map((name) => import(pathToFileURL(`${folder}/${name}.js`).href)),
    );
  writeFileSync(ERRORS, errorsPage(codes));
  writeFileSync(CLI, cliPage(COMMANDS));
  writeFileSync(PAGE, layersPage(LAYERS, whyRefused, { ...known, ...refused }, await refusedDTypes(load)));
  for (const page of [README, FORMATS]) {
    writeFileSync(page, withTables(readFileSync(page, "utf8"), { IMPORTERS, EXPORTERS, LAYERS }));
  }
}
