// Loads, runs and compares a folder of models that other people made:
//   node bench/real-models.mjs FOLDER
// FOLDER/index.json lists { id, format, status, files: [{ file, role }] }; FOLDER/<id>/ holds the files and, where the
// status is "expected", an io.npz with inputs and Keras's outputs. Exit code 1 when something is not as its status says.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { argumentsOf } from "../scripts/arguments.mjs";
import { FormatError, load, verify } from "../dist/node.js";

const [root] = argumentsOf(import.meta, {}, 1)._;

if (root === undefined || !existsSync(join(root, "index.json"))) {
  console.log(`no models: ${root === undefined ? "give a folder with an index.json" : `${root} has no index.json`}`);
  process.exit(0);
}

const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };
const codes = (problems) =>
  [...new Set(problems.map(({ code, found }) => (found ? `${code} ${found}` : code)))].join(", ");

function open({ id, files, format }) {
  const folder = join(root, id);
  const of = (role) => files.find((file) => file.role === role)?.file;
  if (format === "savedmodel" || format.startsWith("tfjs")) return load(folder);
  const [model, config, weights] = [of("model"), of("config"), of("weights")];
  if (model !== undefined) return load(join(folder, model));
  return load(join(folder, config), weights === undefined ? {} : { weights: join(folder, weights) });
}

async function refusal(work) {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** What happened, in words, and whether the status foretold it. */
async function check(entry) {
  const { id, status } = entry;
  if (status === "unsupported-format") {
    const error = await refusal(() => open(entry));
    return {
      ok: error?.code.startsWith("unsupported/") ?? false,
      result: error === null ? "loaded" : `refused: ${error.code}`,
    };
  }
  const model = await open(entry);
  try {
    if (status === "expected") {
      const report = await verify(model, join(root, id, "io.npz"), TOLERANCE);
      const worst = Math.max(...report.tensors.map(({ maxRel }) => maxRel));
      return { ok: report.ok, result: report.ok ? "equal" : "DIFFERS", error: worst };
    }
    const { problems } = model;
    const shown = model.summary().length > 0;
    if (status === "config-only") {
      const error = await refusal(() => model.predict([[0]]));
      return { ok: shown && error !== null, result: `shown; predict refused: ${codes(error?.problems ?? [])}` };
    }
    const error = await refusal(() => model.predict([[0]]));
    const named = (error?.problems ?? []).every(({ path, found }) => path !== undefined || found !== undefined);
    return {
      ok: shown && problems.length > 0 && error !== null && named,
      result: `predict refused: ${codes(problems)}`,
    };
  } finally {
    model.dispose();
  }
}

const rows = [];
for (const entry of JSON.parse(readFileSync(join(root, "index.json"), "utf8"))) {
  const row = await check(entry).catch((error) => {
    if (!(error instanceof FormatError)) return { ok: false, result: `CRASHED: ${error.stack}` };
    return { ok: false, result: error.message };
  });
  rows.push([
    row.ok ? "ok" : "WRONG",
    entry.id,
    entry.format,
    entry.status,
    row.error?.toExponential(1) ?? "",
    row.result.slice(0, 300),
  ]);
}
const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
for (const row of rows) console.log(row.map((cell, i) => (i === 5 ? cell : cell.padEnd(widths[i]))).join("  "));
const wrong = rows.filter(([mark]) => mark !== "ok").length;
console.log(`\n${rows.length} models, ${rows.length - wrong} as expected, ${wrong} not`);
process.exitCode = wrong === 0 ? 0 : 1;
