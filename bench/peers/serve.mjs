/**
 * What every candidate in JavaScript shares: the workloads' files, and the loop that answers the driver. One JSON request
 * a line on stdin, one answer a line on stdout: `prepare` (makes the model, gives its first output), `time`, `release`.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Calls whose outputs are compared: of a stateful workload several in a row. */
const STATEFUL_CALLS = 4;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const WORKLOADS = JSON.parse(readFileSync(here("../workloads.json"), "utf8"));

/** Path of a file of a workload. */
export const dataFile = (name) => here(`../data/${name}`);

const bytes = (name) => {
  const { buffer, byteOffset, length } = readFileSync(dataFile(name));
  return buffer.slice(byteOffset, byteOffset + length);
};

/** A workload with one batch size: `x` its input, `shape` the input's. */
export function workload(name, batch) {
  const spec = WORKLOADS[name];
  const isText = spec.words !== undefined;
  const dtype = isText ? "string" : spec.vocabulary === undefined ? "float32" : "int32";
  const x = bytes(`${name}.b${batch}.x`);
  const read = {
    float32: () => new Float32Array(x),
    int32: () => new Int32Array(x),
    string: () => JSON.parse(new TextDecoder().decode(x)),
  };
  return {
    ...spec,
    name,
    batch,
    shape: [batch, ...spec.input],
    dtype,
    x: read[dtype](),
    outputSize: batch * JSON.parse(readFileSync(dataFile(`${name}.json`), "utf8")).output.reduce((a, b) => a * b, 1),
  };
}

/** The weights, in the order in which the layers were made. */
export function weights(name) {
  const { weights: shapes } = JSON.parse(readFileSync(dataFile(`${name}.json`), "utf8"));
  const all = new Float32Array(bytes(`${name}.weights`));
  let at = 0;
  return shapes.map((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return { shape, data: all.subarray(at, (at += size)) };
  });
}

async function outputs({ call }, calls) {
  const list = [];
  for (let i = 0; i < calls; i++) list.push(Float32Array.from(await call(), Number));
  const all = new Float32Array(list.reduce((sum, { length }) => sum + length, 0));
  list.forEach((one, i) => all.set(one, i * one.length));
  return Buffer.from(all.buffer).toString("base64");
}

/** Calls for `ms` milliseconds, at least once. Synchronous calls are not awaited. */
async function time({ call }, ms) {
  const times = [];
  const start = performance.now();
  for (;;) {
    const begin = performance.now();
    const result = call();
    if (result instanceof Promise) await result;
    const end = performance.now();
    times.push(end - begin);
    if (end - start > ms) break;
  }
  times.sort((a, b) => a - b);
  return { min: times[0], median: times[times.length >> 1], calls: times.length };
}

/** Answers the driver. `prepare(workload, variant)` gives `{ call, release? }`; `call` gives the outputs. */
export function serve(prepare) {
  let model = null;
  const answers = {
    async prepare({ workload: name, batch, variant }) {
      const spec = workload(name, batch);
      model = await prepare(spec, variant);
      return { output: await outputs(model, spec.stateful ? STATEFUL_CALLS : 1) };
    },
    time: ({ ms }) => time(model, ms),
    async release() {
      await model?.release?.();
      model = null;
      return {};
    },
  };
  const answer = async (line) => {
    const request = JSON.parse(line);
    const result = await answers[request.do](request).catch((error) => ({ error: String(error?.message ?? error) }));
    process.stdout.write(`${JSON.stringify(result)}\n`);
  };
  let queue = Promise.resolve();
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => (queue = queue.then(() => answer(line))));
  lines.on("close", () => process.exit(0));
}
