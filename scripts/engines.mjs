#!/usr/bin/env node
/**
 * Whether the WASM backend computes the same everywhere: every fixture in several engines. In strict mode all outputs must
 * be equal bit for bit, also where memory starts as NaN instead of zeros; otherwise, with relaxed SIMD where the engine
 * has it, the error must stay within the contract.
 *
 *     npm run engines -- [--engines node,node22,node24,relaxed20,chromium] [--only TEXT] [--jobs 2]
 *
 * `node` is the one that runs this; other versions come from npm, once; `relaxed20` is Node 20 with its experimental relaxed
 * SIMD; Chromium is found on the PATH or named by $CHROMIUM. Exit code 0: all engines ran and agree.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { argumentsOf } from "./arguments.mjs";
import { browserVersion, findChromium } from "./chromium.mjs";
import { runInBrowser } from "./engines/browser.mjs";
import { casesIn } from "./engines/cases.mjs";
import { nodeOf, runInNode, versionOf } from "./engines/node.mjs";

const ROOT = join(import.meta.dirname, "..");
const WORK = join(ROOT, ".engines");
const SHOWN = 20;

const options = argumentsOf(import.meta, {
  engines: { type: "string", default: "node,node22,node24,relaxed20,chromium" },
  only: { type: "string", default: "" },
  jobs: { type: "number", default: "2" },
});

const dist = join(WORK, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(WORK, { recursive: true });
const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
execFileSync(
  process.execPath,
  [tsc, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", dist, "--declaration", "false", "--noCheck"],
  { stdio: "inherit" },
);

const fixtures = join(ROOT, "fixtures");
const setup = { root: ROOT, dist, fixtures, cases: casesIn(fixtures, options.only) };
if (setup.cases.length === 0) throw new Error(`no fixture is called ${options.only}`);

/** `{ version, run }` of an engine; throws when it is not there. */
function engine(name) {
  if (name === "chromium") {
    const binary = findChromium();
    if (binary === undefined) throw new Error("no Chromium on the PATH, none named by $CHROMIUM");
    return { version: browserVersion(binary), run: () => runInBrowser(binary, setup) };
  }
  const isRelaxed = name === "relaxed20";
  const major = /^node(\d+)$/.exec(name)?.[1] ?? (isRelaxed ? "20" : undefined);
  if (major === undefined && name !== "node") throw new Error("unknown");
  const isThis = major === undefined || process.versions.node.startsWith(`${major}.`);
  const binary = isThis ? process.execPath : nodeOf(major, WORK);
  const flags = isRelaxed ? ["--experimental-wasm-relaxed-simd"] : [];
  return { version: [versionOf(binary), ...flags].join(" "), run: () => runInNode(binary, flags, setup) };
}

const rows = [];
const waiting = options.engines.split(",").map((name) => ({ name }));
rows.push(...waiting);
async function lane() {
  for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
    const started = Date.now();
    try {
      const { version, run } = engine(row.name);
      row.version = version;
      Object.assign(row, await run());
    } catch (error) {
      row.notRun = error.message;
    }
    row.seconds = Math.round((Date.now() - started) / 1000);
  }
}
await Promise.all(Array.from({ length: options.jobs }, lane));

const first = rows.find((row) => row.results !== undefined);
const problems = [];
const cells = [["engine", "SIMD", "fixtures", "equal", "equal from NaN", "worst error / allowed", "seconds"]];
for (const row of rows) {
  const label = row.version ?? row.name;
  if (row.results === undefined) {
    cells.push([label, `not run: ${row.notRun}`]);
    problems.push(`${label}: not run: ${row.notRun}`);
    continue;
  }
  const ran = Object.entries(row.results).filter(([name, { skipped }]) => !(skipped && first.results[name].skipped));
  let equal = 0;
  let fromPoison = 0;
  let worst = 0;
  for (const [name, { failed, strict, poisoned, excess }] of ran) {
    const wanted = first.results[name];
    if (failed !== undefined || strict === undefined)
      problems.push(`${label}: ${name}: ${failed ?? "does not run here"}`);
    else {
      if (strict === wanted.strict) equal++;
      else problems.push(`${label}: ${name}: strict outputs ${strict}, in ${first.version} ${wanted.strict ?? "none"}`);
      if (poisoned === strict) fromPoison++;
      else problems.push(`${label}: ${name}: reads memory that nothing wrote`);
      if (!(excess <= 1)) problems.push(`${label}: ${name}: ${excess} times the error allowed`);
      worst = Math.max(worst, excess);
    }
  }
  const simd = row.isRelaxed ? "relaxed" : "plain";
  cells.push([label, simd, ran.length, equal, fromPoison, worst.toFixed(3), row.seconds].map(String));
}
const widths = cells[0].map((_, i) =>
  Math.max(...cells.filter((row) => row.length === cells[0].length).map((row) => row[i].length)),
);
for (const row of cells)
  console.log(
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );
for (const problem of problems.slice(0, SHOWN)) console.log(problem);
if (problems.length > SHOWN) console.log(`and ${problems.length - SHOWN} more`);
const ranNames = rows.filter((row) => row.results !== undefined).length;
console.log(problems.length === 0 ? `${ranNames} engines agree` : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
