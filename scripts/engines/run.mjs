/**
 * Runs fixtures on the WASM backend of the engine that this file is loaded in, Node or a browser. What it gives for each is
 * a hash of the strict outputs, which must be the same everywhere, and how far the relaxed ones are from the truth.
 */

/** The built library: `at` gives the URL of a file of dist/, `entry` is the public one for this platform. */
export async function library(at, entry) {
  const [
    api,
    { readNpz },
    { bytesSource },
    { DEFAULT_LIMITS },
    { withDType },
    { openSession },
    { hasRelaxedSimd },
    { excessOf },
  ] = await Promise.all(
    [
      entry,
      "codecs/npz.js",
      "core/source.js",
      "core/limits.js",
      "core/cast.js",
      "engines/index.js",
      "engines/wasm/emit/features.js",
      "verify/compare.js",
    ].map((path) => import(at(path))),
  );
  const values = (bytes) => readNpz(bytesSource(bytes, "io.npz"), DEFAULT_LIMITS);
  return { load: api.load, values, withDType, openSession, excessOf, isRelaxed: hasRelaxedSimd() };
}

/** Memory that starts as NaN, or -1, where WebAssembly's is zeros: what a kernel reads before it is written shows. */
function poisonMemory() {
  const Plain = WebAssembly.Memory;
  class PoisonedMemory extends Plain {
    constructor(descriptor) {
      super(descriptor);
      new Uint8Array(this.buffer).fill(0xff, 64);
    }
    grow(pages) {
      const before = super.grow(pages);
      new Uint8Array(this.buffer).fill(0xff, before * 65536);
      return before;
    }
  }
  WebAssembly.Memory = PoisonedMemory;
  return () => (WebAssembly.Memory = Plain);
}

/** Bytes of outputs, every NaN the same: which bits a NaN has is the engine's choice. */
function bytesOf({ data }) {
  if (data instanceof Float32Array || data instanceof Float64Array) {
    const copy = data.slice();
    for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) copy[i] = NaN;
    return new Uint8Array(copy.buffer);
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function hashOf(outputs) {
  const shapes = outputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join();
  const bytes = await new Blob([shapes, ...outputs.map(bytesOf)]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Inputs of each call in a row, and what Keras gave. */
function callsOf({ withDType }, model, values) {
  const at = (group, index, name, call) => {
    const suffix = call === 0 ? "" : `@${call}`;
    return values.get(`${group}/${index}${suffix}`) ?? values.get(`${group}/${name}${suffix}`);
  };
  const calls = [];
  for (let call = 0; at("inputs", 0, model.inputs[0].name, call) !== undefined; call++) {
    calls.push({
      x: model.inputs.map(({ name, dtype }, i) => withDType(at("inputs", i, name, call), dtype)),
      expected: (group) => model.outputs.map(({ name }, i) => at(group, i, name, call)),
    });
  }
  return calls;
}

async function strictOutputs(model, calls) {
  const outputs = [];
  for (const { x } of calls) outputs.push(...(await model.predict(x, { backend: "wasm", strict: true })));
  return outputs;
}

/** The same in a poisoned memory, which is never disposed of: others would get it. */
async function poisonedOutputs({ openSession }, model, calls) {
  const restore = poisonMemory();
  try {
    const session = await openSession(model.graph, { strict: true });
    const outputs = [];
    for (const { x } of calls) outputs.push(...(await session.run(x)));
    return outputs;
  } finally {
    restore();
  }
}

/** The largest error as a part of the one that the contract allows. */
async function worstExcess({ excessOf }, model, calls) {
  let worst = 0;
  for (const { x, expected } of calls) {
    const found = await model.predict(x, { backend: "wasm" });
    const keras = expected("outputs");
    const truth = expected("truth");
    const exact = truth.every((tensor) => tensor !== undefined)
      ? truth
      : await model.predict(x, { backend: "reference", precision: "float64" });
    found.forEach((tensor, i) => {
      worst = Math.max(worst, excessOf(tensor, keras[i], exact[i]));
    });
  }
  return worst;
}

/** One fixture: `{ skipped }` where the model does not run, else `{ strict, poisoned, excess }`. */
async function one(lib, { files, weights, folder, io }, read) {
  const bytes = await Promise.all(files.map((path) => read(path)));
  const input = folder ? new Map(files.map((path, i) => [path, bytes[i]])) : bytes[0];
  const model = await lib.load(input, weights === undefined ? {} : { weights: await read(weights) });
  try {
    if (model.problems.length > 0) return { skipped: true };
    const calls = callsOf(lib, model, await lib.values(await read(io)));
    const excess = await worstExcess(lib, model, calls);
    const strict = await hashOf(await strictOutputs(model, calls));
    const poisoned = await hashOf(await poisonedOutputs(lib, model, calls));
    return { strict, poisoned, excess };
  } finally {
    model.dispose();
  }
}

/** All cases, by name; what fails has `{ failed }`. `read` gives the bytes of a path in fixtures/. */
export async function runCases(lib, cases, read) {
  const results = {};
  for (const { name, ...fixture } of cases) {
    try {
      results[name] = await one(lib, fixture, read);
    } catch (error) {
      results[name] = {
        failed: String(error instanceof Error ? (error.stack ?? error.message) : error).slice(0, 1000),
      };
    }
  }
  return { isRelaxed: lib.isRelaxed, results };
}
