/** One operation on the WASM backend beside the reference. */
import fc from "fast-check";
import { type DType, isFloat } from "../../../src/core/dtype.ts";
import { sizeOf, type Tensor, tensor } from "../../../src/core/tensor.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { reference } from "../../../src/engines/reference/backend.ts";
import type { OpenOptions } from "../../../src/engines/types.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";

export interface Case {
  readonly inputs: readonly Tensor[];
  build(b: GraphBuilder, x: readonly Sym[]): readonly Sym[];
}

/** The same graph on both backends. */
export async function both({ inputs, build }: Case, options: OpenOptions = {}) {
  const b = new GraphBuilder();
  const x = inputs.map(({ shape, dtype }) => b.input(shape, dtype));
  const graph = b.finish(build(b, x));
  const session = await wasm.open(graph, options);
  const found = await session.run(inputs);
  const judge = await reference.open(graph);
  const exact = await judge.run(inputs, { precision: "float64" });
  return { found, exact, rounded: await judge.run(inputs) };
}

/** Largest difference of two tensors beside the largest magnitude; Infinity where NaN, infinities or shapes disagree. */
export function distance(found: Tensor, exact: Tensor): number {
  if (found.shape.join() !== exact.shape.join()) return Infinity;
  let [error, size] = [0, 1e-30];
  for (let i = 0; i < exact.data.length; i++) {
    const [a, b] = [Number(found.data[i]), Number(exact.data[i])];
    if (Number.isFinite(b)) size = Math.max(size, Math.abs(b));
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    // What leaves the range of the type is infinite there.
    if (Math.abs(b) > 3.4e38 && !Number.isFinite(a) && Math.sign(a) === Math.sign(b)) continue;
    const apart = Math.abs(a - b);
    error = Number.isFinite(apart) ? Math.max(error, apart) : Infinity;
  }
  return error / size;
}

/** Largest difference over all outputs. */
export async function apart(c: Case, options?: OpenOptions): Promise<number> {
  const { found, exact } = await both(c, options);
  return Math.max(
    0,
    ...found.map((t, i) => (t.dtype === exact[i]!.dtype || isFloat(t.dtype) ? distance(t, exact[i]!) : Infinity)),
  );
}

/** A tensor of numbers between -2 and 2, or small whole numbers. */
export function random(shape: readonly number[], dtype: DType = "float32", seed = 1): Tensor {
  let state = seed * 2654435761 + shape.length;
  const next = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) | 0;
    return ((state >>> 8) & 0xffff) / 0x8000 - 1;
  };
  const values = Array.from({ length: sizeOf(shape) }, () => (isFloat(dtype) ? 2 * next() : dtype === "bool" ? Number(next() > 0) : Math.round(4 * next()))); // prettier-ignore
  return tensor(values, shape, dtype);
}

export const lengths = (rank: number, most = 9): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: most }), { minLength: rank, maxLength: rank });
