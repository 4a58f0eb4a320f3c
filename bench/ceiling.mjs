/**
 * What the machine gives to 128-bit WebAssembly vectors, one thread: how near to it are the kernels?
 *   node bench/ceiling.mjs [--dist FOLDER of modules, each a file] [--lock FILE] [--dry]
 * Multiplications and additions in registers alone, on this Node and on Node 24 (there fused too). Writes the section
 * `ceiling` of bench/results/VERSION.json.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { argumentsOf } from "../scripts/arguments.mjs";
import { compiled } from "../scripts/compiled.mjs";
import { NODE24 } from "./lib/candidates.mjs";
import { locked } from "./lib/lock.mjs";
import { saveSection } from "./lib/results.mjs";

const options = argumentsOf(import.meta, {
  dist: { type: "string" },
  lock: { type: "string" },
  dry: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
});
const self = fileURLToPath(import.meta.url);
const dist = resolve(options.dist ?? compiled());
const emit = (file) => import(pathToFileURL(`${dist}/engines/wasm/emit/${file}`).href);
const { Module } = await emit("module.js");
const { hasRelaxedSimd } = await emit("features.js");
const { brIf, f32, f32x4, i32, loop } = await emit("instructions.js");

/** Independent sums: enough to hide the latency of an addition after a multiplication. */
const SUMS = 12;
const STEPS = 2_000_000;

/** `sums[i] = sums[i] * b + c`, `steps` times. */
function kernel(relaxed) {
  const module = new Module({ relaxed });
  module.func(
    ["i32"],
    ["f32"],
    (f) => {
      const [b, c] = f.locals("v128", 2);
      const sums = f.locals("v128", SUMS);
      const [steps] = f.params;
      const step = (sum) =>
        relaxed ? f32x4.relaxedMadd(sum.get, b.get, c.get) : f32x4.add(f32x4.mul(sum.get, b.get), c.get);
      return [
        b.set(f32x4.splat(f32.const(0.999))),
        c.set(f32x4.splat(f32.const(0.0001))),
        sums.map((sum, i) => sum.set(f32x4.splat(f32.const(1 + i)))),
        loop([sums.map((sum) => sum.set(step(sum))), brIf(0, steps.tee(i32.sub(steps.get, i32.const(1))))]),
        f32x4.lane(
          sums.slice(1).reduce((total, sum) => f32x4.add(total, sum.get), sums[0].get),
          0,
        ),
      ];
    },
    "run",
  );
  const env = {
    memory: new WebAssembly.Memory({ initial: 0 }),
    table: new WebAssembly.Table({ element: "anyfunc", initial: 0 }),
  };
  return new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env }).exports.run;
}

/** GFLOP/s of the fastest of many runs. */
function gigaflops(relaxed) {
  const run = kernel(relaxed);
  let best = Infinity;
  for (let i = 0; i < 60; i++) {
    const begin = performance.now();
    run(STEPS);
    best = Math.min(best, performance.now() - begin);
  }
  return (STEPS * SUMS * 8) / best / 1e6;
}

const measured = () => ({ multiplyAdd: gigaflops(false), ...(hasRelaxedSimd() && { fused: gigaflops(true) }) });

if (options.json) console.log(JSON.stringify(measured()));
else {
  const section = await locked(options.lock, () => {
    const newer = NODE24 && spawnSync(NODE24, [self, "--json", "--dist", dist], { encoding: "utf8" }).stdout;
    return { node: measured(), node24: newer === null ? null : JSON.parse(newer) };
  });
  console.log(section);
  if (!options.dry) saveSection("ceiling", section);
}
