// Peak resident set of converting a model of 1 GB to every format, each in a process of its own:
//   npm run build && node bench/memory.mjs [megabytes [formats …]]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argumentsOf } from "../scripts/arguments.mjs";

const [megabytes = 1000, ...wanted] = argumentsOf(import.meta, {}, Infinity)._;

const here = new URL("../dist/node.js", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "keraport-memory-"));
const FORMATS = {
  "keras-v3": "a.keras",
  "keras-h5": "b.h5",
  "weights-h5": "a.weights.h5",
  safetensors: "a.safetensors",
  npz: "a.npz",
  "tfjs-layers": "tfjs",
  onnx: "a.onnx",
  module: "a.mjs",
  html: "a.html",
};

/** What a script measures of itself. */
function run(script) {
  const code = `
    const { convert, layers, save, Sequential } = await import(${JSON.stringify(here)});
    const begin = performance.now();
    ${script}
    console.log(JSON.stringify({ ms: performance.now() - begin, rss: process.resourceUsage().maxRSS / 1024 }));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  if (status !== 0) return { error: stderr.match(/error\[.*|Error: .*/)?.[0] ?? `status ${status}` };
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const units = 2048;
const count = Math.round((megabytes * 1e6) / (4 * units * units));
const source = join(folder, "model.h5");
try {
  const made = run(`
    const own = { units: ${units}, kernelInitializer: "glorotUniform" };
    const model = new Sequential();
    for (let i = 0; i < ${count}; i++) model.add(layers.dense(i === 0 ? { ...own, inputShape: [${units}] } : own));
    await save(model, ${JSON.stringify(source)});`);
  if (made.error !== undefined) throw new Error(made.error);
  console.log(`Node ${process.versions.node}; .h5 of ${(statSync(source).size / 1e6).toFixed(0)} MB, ${count} layers`);
  for (const [format, name] of Object.entries(FORMATS)) {
    if (wanted.length > 0 && !wanted.includes(format)) continue;
    const target = join(folder, name);
    const { ms, rss, error } = run(
      `await convert(${JSON.stringify(source)}, ${JSON.stringify(target)}, { format: ${JSON.stringify(format)}, force: true });`,
    );
    const text = error ?? `${(ms / 1000).toFixed(1).padStart(7)} s ${rss.toFixed(0).padStart(6)} MiB`;
    console.log(`${format.padEnd(14)}${text}`);
    rmSync(target, { recursive: true, force: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
