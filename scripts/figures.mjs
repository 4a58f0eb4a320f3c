// The figures of docs/why.md, from every fixture with the float64 truth: node scripts/figures.mjs, after a build. In strict
// mode they are the same on every machine.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { argumentsOf } from "./arguments.mjs";
import { load, verify } from "../dist/node.js";

argumentsOf(import.meta);

const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));
const PAGE = fileURLToPath(new URL("../docs/why.md", import.meta.url));
const PARTS = { models: "whole networks", layers: "layers", formats: "files of older Keras" };

/** Folders that hold what Keras computed. */
const casesOf = (part) =>
  readdirSync(join(FIXTURES, part), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name === "io.npz")
    .map(({ parentPath }) => parentPath)
    .sort();

async function opened(folder) {
  const names = readdirSync(folder).filter((name) => name !== "io.npz");
  const weights = names.find((name) => name.endsWith("weights.h5"));
  const architecture = names.find((name) => name.endsWith(".json"));
  if (architecture !== undefined && weights !== undefined) {
    return load(join(folder, architecture), { weights: join(folder, weights), strict: true });
  }
  const name = names.find((one) => /^model\b/.test(one)) ?? names[0];
  return load(join(folder, name), { strict: true });
}

const short = (x) => (x === 0 ? "0" : x.toExponential(1).replace("e-", "e-"));
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0;
const rows = [];
for (const [part, title] of Object.entries(PARTS)) {
  const found = { models: 0, outputs: 0, numbers: 0, equal: 0, ours: [], theirs: [], nearer: 0, apart: [] };
  for (const folder of casesOf(part)) {
    const model = await opened(folder);
    if (model.problems.length > 0) continue;
    const { tensors, ok } = await verify(model, join(folder, "io.npz"));
    model.dispose();
    found.models++;
    if (ok) found.equal++;
    for (const { truth, maxRel, shape } of tensors) {
      found.numbers += shape.reduce((a, b) => a * b, 1);
      found.apart.push(maxRel);
      if (truth === undefined) continue;
      found.outputs++;
      found.ours.push(truth.found.maxRel);
      found.theirs.push(truth.expected.maxRel);
      if (truth.found.maxRel <= truth.expected.maxRel) found.nearer++;
    }
  }
  rows.push([
    title, `${found.equal} of ${found.models}`, found.numbers.toLocaleString("en"), short(median(found.ours)), short(median(found.theirs)),
    `${found.nearer} of ${found.outputs}`,
  ]); // prettier-ignore
}
const heads = ["", "equal to Keras", "numbers compared", "median error", "Keras's own", "at least as near as Keras"];
const table = [heads, heads.map((_, i) => (i === 0 ? "---" : "--:")), ...rows].map((row) => `| ${row.join(" | ")} |`);
const text = readFileSync(PAGE, "utf8").replace(
  /(<!-- figures: scripts\/figures.mjs -->\n)[^]*?(<!-- end figures -->)/,
  (_, before, after) => `${before}\n${table.join("\n")}\n\n${after}`,
);
writeFileSync(PAGE, text);
console.log(table.join("\n"));
