// What the command line does, on a model of the fixtures: node scripts/demo.mjs (npm run demo builds first).
// Everything is written to a temporary folder, which is removed again.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { argumentsOf } from "./arguments.mjs";

argumentsOf(import.meta);

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist/cli/main.js");
const model = "fixtures/models/stacked_lstm/model.keras";
const fixture = "fixtures/models/stacked_lstm/io.npz";
const out = mkdtempSync(join(tmpdir(), "keraport-demo-"));
const [h5, again] = [join(out, "stacked_lstm.h5"), join(out, "again.keras")];

const STEPS = [
  ["look into the file", ["inspect", model]],
  ["run it beside Keras's own outputs", ["verify", model, "--fixture", fixture]],
  ["write it as HDF5", ["convert", model, h5]],
  ["and back as .keras", ["convert", h5, again]],
  ["the .h5 computes the same", ["verify", h5, "--fixture", fixture]],
  ["the second .keras too", ["verify", again, "--fixture", fixture]],
  ["nothing was lost on the way", ["diff", model, again]],
];

const rows = [];
try {
  for (const [what, args] of STEPS) {
    const shown = args.map((arg) => (arg.startsWith(out) ? arg.slice(out.length + 1) : arg));
    console.log(`\n── ${what}\n$ keraport ${shown.join(" ")}\n`);
    const started = performance.now();
    const { status } = spawnSync(process.execPath, [main, ...args], { cwd: root, stdio: "inherit" });
    rows.push([status === 0 ? "ok" : `exit ${status}`, `${((performance.now() - started) / 1000).toFixed(2)} s`, what]);
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
console.log("\n── in short");
for (const [result, time, what] of rows) console.log(`${result.padEnd(7)} ${time.padStart(7)}  ${what}`);
process.exitCode = rows.every(([result]) => result === "ok") ? 0 : 1;
