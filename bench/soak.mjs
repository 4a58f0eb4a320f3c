/**
 * Whether anything is left behind: loads, runs and disposes of a model again and again, and prints the process's memory
 * after collecting garbage.
 *
 *   npm run build && node bench/soak.mjs [cycles, default 10000]
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { argumentsOf } from "../scripts/arguments.mjs";
import { load, tensor } from "../dist/node.js";

const [cycles = 10_000] = argumentsOf(import.meta, {}, 1)._;

const CYCLES = Number(cycles);
const bytes = new Uint8Array(readFileSync(new URL("../fixtures/layers/lstm/basic/model.keras", import.meta.url)));

async function cycle(i) {
  const model = await load(bytes);
  const shapes = model.inputs.map(({ shape }) => shape.map((n, axis) => n ?? (axis === 0 ? 1 + (i % 3) : 5)));
  const x = shapes.map((shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), shape));
  const [wanted] = await model.predict(x);
  await model.prepare({ shapes });
  const [found] = model.predictSync(x);
  if (found.data.some((y, k) => y !== wanted.data[k])) throw new Error(`cycle ${i}: predictSync differs from predict`);
  model.dispose();
}

const megabytes = (n) => (n / 2 ** 20).toFixed(1).padStart(7);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

/** After collecting garbage: what the heap would give back anyway is not counted. */
async function report(i) {
  for (let k = 0; k < 3; k++) {
    collect();
    await new Promise((go) => setTimeout(go, 10));
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  console.log(
    `${String(i).padStart(6)}  rss ${megabytes(rss)}  heap ${megabytes(heapUsed)}  buffers ${megabytes(arrayBuffers)} MiB`,
  );
  return rss;
}

/** Until then the heap finds its size. */
const WARM = Math.ceil(CYCLES / 5);
/** Reports are this far apart; the smallest of the last two counts, since a heap that has just grown shows in one. */
const STEP = Math.ceil(CYCLES / 10);
const found = [];
for (let i = 1; i <= CYCLES; i++) {
  await cycle(i);
  if (i % STEP === 0 || i === CYCLES) found.push({ i, rss: await report(i) });
}
const start = found.find(({ i }) => i >= WARM).rss;
const growth = (Math.min(...found.slice(-2).map(({ rss }) => rss)) / start - 1) * 100;
const handles = process.getActiveResourcesInfo().filter((name) => !/TTY|Pipe|FS/.test(name));
console.log(
  `${growth.toFixed(1)} % more than after ${WARM} cycles; ${handles.length} open handles ${handles.join(" ")}`,
);
