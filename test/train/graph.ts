/** Graphs of operations run on an engine, for what training is made of. */
import { allocate, type NumericArray } from "../../src/core/dtype.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { backendNamed, type BackendName } from "../../src/engines/index.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";
import type { Graph, Sym } from "../../src/ops/types.ts";
import { tableHead } from "../support/tables.ts";

export type Numeric = "float32" | "float64" | "int32" | "bool";
export type Number_ = number | "nan" | "inf" | "-inf";

const SPECIAL: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
export const plain = (values: readonly Number_[]): number[] =>
  values.map((v) => (typeof v === "string" ? SPECIAL[v]! : v));

export function array(dtype: Numeric, shape: readonly number[], values: readonly number[]): Tensor {
  const data = allocate(dtype, values.length) as Exclude<NumericArray, BigInt64Array | BigUint64Array>;
  data.set(values);
  return { dtype, shape, data };
}

/** A graph over inputs like `x`; of the first `open` ones the first axis is left open. */
export function graphOf(
  x: readonly Tensor[],
  build: (cx: GraphBuilder, inputs: readonly Sym[]) => readonly Sym[],
  open = 0,
) {
  const cx = new GraphBuilder();
  const inputs = x.map(({ shape, dtype }, i) => cx.input(i < open && shape.length > 0 ? [null, ...shape.slice(1)] : shape, dtype)); // prettier-ignore
  return cx.finish(build(cx, inputs));
}

/** Runs a graph once. */
export async function runGraph(backend: BackendName, x: readonly Tensor[], graph: Graph): Promise<readonly Tensor[]> {
  const session = await backendNamed(backend).open(graph);
  try {
    return await session.run(x);
  } finally {
    session.dispose();
  }
}

/** The largest difference, relative to the largest number; NaN meets NaN. */
export function apart({ data }: Tensor, wanted: readonly number[]): number {
  if (data.length !== wanted.length) return Infinity;
  let [error, top] = [0, 0];
  wanted.forEach((v, i) => {
    const found = Number(data[i]);
    if (Number.isFinite(v)) top = Math.max(top, Math.abs(v));
    if (Object.is(found, v) || found === v) return;
    const distance = Math.abs(found - v);
    error = Number.isNaN(distance) ? Infinity : Math.max(error, distance);
  });
  return error === 0 ? 0 : error / (top || 1);
}

/** What a case of `training/*.json.gz` is made of: a class with its config, and the names of what it takes. */
export interface TableCase {
  readonly class: string;
  readonly y: string;
  readonly p: string;
  readonly config?: object;
  readonly w?: string;
  readonly m?: string;
  readonly of?: "softmax" | "sigmoid";
}

/** The arrays that a case names. */
export const namesOf = (c: TableCase): string[] => [c.y, c.p, c.w, c.m].filter((name) => name !== undefined);

/** An array that several cases take, by name: losses and metrics share those of the losses' table. */
export function inputNamed(name: string): Tensor {
  const { dtype, shape, data } = INPUTS[name]!;
  return array(dtype, shape, data);
}

const { inputs: INPUTS } = tableHead("training/losses.json.gz") as {
  inputs: Record<string, { shape: number[]; dtype: Numeric; data: number[] }>;
};
