/**
 * Three steps of each family of layers from equal weights, by SGD and Adam: every weight within twice what Keras in float32
 * is from Keras in float64, or 1e-6 of its largest value; in float64 within 1e-9. The numbers: fixtures/make/training_steps.py.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { openSession } from "../../src/engines/index.ts";
import { load, type Model } from "../../src/index.ts";
import { compiledFor } from "../../src/train/compile.ts";
import * as optimizers from "../../src/train/optimizers/index.ts";
import { Trainer } from "../../src/train/trainer.ts";

interface Fact {
  readonly name: string;
  readonly loss: string;
  readonly architecture: object;
  readonly runs: { readonly [optimizer: string]: { readonly losses: readonly number[]; readonly error: readonly number[] } }; // prettier-ignore
}

const FOLDER = new URL("../../fixtures/training/", import.meta.url);
const facts = (JSON.parse(gunzipSync(readFileSync(new URL("steps.json.gz", FOLDER))).toString()) as Fact[]).filter(
  // The other is test/train/curve.test.ts's.
  ({ runs }) => runs !== undefined,
);
const arrays = await readNpz(bytesSource(new Uint8Array(readFileSync(new URL("steps.npz", FOLDER)))), DEFAULT_LIMITS);

const OPTIMIZERS = {
  sgd: () => optimizers.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  adam: () => optimizers.adam({ learningRate: 0.01 }),
};

/** A vector cut into arrays of the weights' shapes. */
function cut({ weights }: Model, { data }: Tensor): Tensor[] {
  let at = 0;
  return weights.map(({ shape }) => {
    const start = at;
    at += sizeOf(shape!);
    return { dtype: "float32", shape: shape!, data: Float32Array.from((data as Float32Array).slice(start, at)) };
  });
}

async function trained(fact: Fact, optimizer: keyof typeof OPTIMIZERS, backend: "reference" | "wasm") {
  const model = await load(new TextEncoder().encode(JSON.stringify(fact.architecture)));
  await model.setWeights(cut(model, arrays.get(`${fact.name}/before`)!));
  const y = arrays.get(`${fact.name}/y`)!;
  const compiled = compiledFor({ optimizer: OPTIMIZERS[optimizer](), loss: fact.loss }, ["y"], [y], [null]);
  const { root } = model.data;
  const trainer = new Trainer({ root, open: (graph) => openSession(graph, { backend }), wasSet: () => undefined }, compiled); // prettier-ignore
  const x = model.inputs.map((_, i) => arrays.get(`${fact.name}/x${i}`)!);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++)
    losses.push((await trainer.batch("train", { x, y: [y], weights: [] }, step === 0))[0]![1]);
  const weights = await trainer.weights();
  trainer.dispose();
  return { model, losses, weights };
}

/** For each weight the largest difference, relative to its largest value. */
function errors(found: readonly Tensor[], { data }: Tensor): number[] {
  let at = 0;
  return found.map((tensor) => {
    let [worst, largest] = [0, 1e-30];
    for (let i = 0; i < tensor.data.length; i++, at++) {
      const wanted = (data as Float64Array)[at]!;
      worst = Math.max(worst, Math.abs(Number(tensor.data[i]) - wanted));
      largest = Math.max(largest, Math.abs(wanted));
    }
    return worst / largest;
  });
}

describe.each(facts.map((fact) => [fact.name, fact] as const))("three steps of %s", (name, fact) => {
  it.each(Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[])("by %s are Keras's", async (optimizer) => {
    const { losses, error } = fact.runs[optimizer]!;
    const wanted = arrays.get(`${name}/${optimizer}`)!;
    const wasm = await trained(fact, optimizer, "wasm");
    const exact = await trained(fact, optimizer, "reference");
    errors(wasm.weights, wanted).forEach((found, i) =>
      expect(found, wasm.model.weights[i]!.path).toBeLessThanOrEqual(Math.max(2 * error[i]!, 1e-6)),
    );
    wasm.losses.forEach((loss, i) => expect(Math.abs(loss / losses[i]! - 1)).toBeLessThan(1e-6));
    errors(exact.weights, wanted).forEach((found, i) => expect(found, exact.model.weights[i]!.path).toBeLessThan(1e-9));
  });
});
