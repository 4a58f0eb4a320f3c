/** Times the workloads in a page, candidates in turn; posts the results of each workload to the server. */
import { difference, TOLERANCE } from "/lib/difference.mjs";
import { bytes, CANDIDATES } from "./candidates.mjs";

const ROUNDS = 8;
/** Of each candidate in each round; before the first twice as much. Milliseconds. */
const BUDGET = 100;
/** Calls are timed in groups that take at least this long: a page's clock is coarse. */
const GROUP = 1;

const now = () => performance.now();

async function calls(call, count) {
  for (let i = 0; i < count; i++) {
    const result = call();
    if (result instanceof Promise) await result;
  }
}

/** The least time of a call, in milliseconds. */
async function time(call, budget) {
  let [count, best] = [1, Infinity];
  const start = now();
  do {
    const begin = now();
    await calls(call, count);
    const ms = now() - begin;
    if (ms < GROUP) count *= 2;
    else best = Math.min(best, ms / count);
  } while (now() - start < budget || best === Infinity);
  return best;
}

async function prepare(make, workload, want) {
  try {
    const model = await make(workload);
    const found = Float32Array.from(await model.call());
    const error = difference(found, want.subarray(0, found.length));
    if (error > TOLERANCE) throw new Error(`wrong outputs: ${error.toExponential(1)}`);
    return model;
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

async function compare(name, batch, spec) {
  const isText = spec.vocabulary !== undefined;
  const x = await bytes(`${name}.b${batch}.x`);
  const { weights } = JSON.parse(new TextDecoder().decode(await bytes(`${name}.json`)));
  const workload = {
    ...spec,
    name,
    batch,
    weights,
    shape: [batch, ...spec.input],
    dtype: isText ? "int32" : "float32",
    x: isText ? new Int32Array(x) : new Float32Array(x),
  };
  const want = new Float32Array(await bytes(`${name}.b${batch}.y`));
  const models = [];
  for (const [candidate, make] of Object.entries(CANDIDATES)) {
    models.push({ candidate, mins: [], ...(await prepare(make, workload, want)) });
  }
  const able = models.filter(({ error }) => error === undefined);
  await fetch("/turn");
  for (const { call } of able) await time(call, 2 * BUDGET);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { call, mins } of able) mins.push(Number((await time(call, BUDGET)).toPrecision(5)));
  }
  for (const { release } of able) release();
  return Object.fromEntries(models.map(({ candidate, mins, error }) => [candidate, error ? { error } : { mins }]));
}

const post = (message) => fetch("/result", { method: "POST", body: JSON.stringify(message) });

try {
  if (!crossOriginIsolated) throw new Error("the page's clock is too coarse");
  const only = new URLSearchParams(location.search).get("only")?.split(",");
  for (const [name, spec] of Object.entries(await (await fetch("/workloads.json")).json())) {
    // Those are compared in Node alone.
    if (spec.application !== undefined || spec.words !== undefined) continue;
    for (const batch of spec.batches) {
      const key = `${name}/b${batch}`;
      if (only && !only.includes(name) && !only.includes(key)) continue;
      await post({ key, found: await compare(name, batch, spec) });
    }
  }
  await post({ done: true });
} catch (error) {
  await post({ failed: String(error?.stack ?? error) });
}
