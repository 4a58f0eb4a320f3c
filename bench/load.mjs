// Time and memory of loading and converting a 100 MB model, each in a process of its own:
//   npm run build && node bench/load.mjs
// Wall time of the work inside the process and of the whole process, CPU time, peak resident set; medians of five.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argumentsOf } from "../scripts/arguments.mjs";
import { layers, save, Sequential, setRandomSeed } from "../dist/node.js";

argumentsOf(import.meta);

const RUNS = 5;
const here = new URL("../dist/node.js", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "keraport-bench-"));

async function make() {
  setRandomSeed(1);
  const uniform = { kernelInitializer: "glorotUniform", recurrentInitializer: "glorotUniform" };
  const model = new Sequential({ name: "big" });
  model.add(layers.lstm({ units: 1024, returnSequences: true, inputShape: [null, 1024], ...uniform }));
  model.add(layers.lstm({ units: 1024, returnSequences: true, ...uniform }));
  model.add(layers.lstm({ units: 1024, ...uniform }));
  model.add(layers.dense({ units: 16 }));
  for (const name of ["big.keras", "big.h5"]) await save(model, join(folder, name));
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

function measure(title, script) {
  const code = `
    const t0 = performance.now();
    const { load, convert } = await import(${JSON.stringify(here)});
    const t1 = performance.now();
    ${script}
    console.log(JSON.stringify({ ms: performance.now() - t1, start: t1 - t0, cpu: (process.cpuUsage().user + process.cpuUsage().system) / 1000, rss: process.resourceUsage().maxRSS / 1024 }));`;
  const runs = [];
  for (let i = 0; i < RUNS; i++) {
    const begin = performance.now();
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    runs.push({ ...JSON.parse(stdout), wall: performance.now() - begin });
  }
  const of = (key) => median(runs.map((run) => run[key]));
  const cell = (number) => number.toFixed(0).padStart(8);
  console.log(
    `${title.padEnd(28)}${cell(of("ms"))} ms${cell(of("wall"))} ms${cell(of("cpu"))} ms${cell(of("rss"))} MiB`,
  );
}

try {
  await make();
  const size = (name) => (statSync(join(folder, name)).size / 1e6).toFixed(1);
  console.log(
    `Node ${process.versions.node}; .keras ${size("big.keras")} MB, .h5 ${size("big.h5")} MB; medians of ${RUNS}`,
  );
  console.log(
    `${"".padEnd(28)}${"work".padStart(11)}${"process".padStart(11)}${"CPU".padStart(11)}${"peak RSS".padStart(12)}`,
  );
  for (const name of ["big.keras", "big.h5"]) {
    measure(
      `load ${name}`,
      `const m = await load(${JSON.stringify(join(folder, name))}); if (m.problems.length) throw new Error("problems");`,
    );
  }
  const [from, to] = [join(folder, "big.keras"), join(folder, "out.h5")];
  measure("convert .keras to .h5", `await convert(${JSON.stringify(from)}, ${JSON.stringify(to)}, { force: true });`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
