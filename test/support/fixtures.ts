/** Fixture folders: a model that Keras wrote and, in io.npz, what Keras computed with it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { load, type Model } from "../../src/node.ts";

export const FIXTURES = join(import.meta.dirname, "../../fixtures");

export interface Fixture {
  /** Inside fixtures/. */
  readonly name: string;
  readonly folder: string;
}

/** Every case of fixtures/`part`: layers, models or formats. */
export function fixtures(part: string): readonly Fixture[] {
  const cases = JSON.parse(readFileSync(join(FIXTURES, part, "cases.json"), "utf8")) as Record<string, unknown>;
  return Object.keys(cases).map((name) => ({ name: `${part}/${name}`, folder: join(FIXTURES, part, name) }));
}

/** The files of a case: its model and, where they are apart, its weights. */
export function filesOf({ folder }: Fixture): { model: string; weights?: string } {
  const names = readdirSync(folder).filter((name) => name !== "io.npz");
  const weights = names.find((name) => name.endsWith("weights.h5"));
  const architecture = names.find((name) => name.endsWith(".json"));
  if (weights !== undefined && architecture !== undefined) {
    return { model: join(folder, architecture), weights: join(folder, weights) };
  }
  const model = names.find((name) => /^model\b/.test(name)) ?? names.find((name) => name !== weights);
  if (model === undefined) throw new Error(`no model in ${folder}`);
  return { model: join(folder, model) };
}

export async function loadFixture(fixture: Fixture): Promise<Model> {
  const { model, weights } = filesOf(fixture);
  return load(model, weights === undefined ? {} : { weights });
}

export async function valuesOf({ folder }: Fixture): Promise<ReadonlyMap<string, Tensor>> {
  return readNpz(bytesSource(new Uint8Array(readFileSync(join(folder, "io.npz"))), "io.npz"), DEFAULT_LIMITS);
}

/** The examples that hold no NaN in any input. */
export function withoutNaN(values: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const inputs = [...values].filter(([name]) => name.startsWith("inputs/")).map(([, tensor]) => tensor);
  const rowOf = ({ data, shape }: Tensor, row: number) => {
    const size = data.length / shape[0]!;
    return data.slice(row * size, (row + 1) * size);
  };
  const rows = Array.from({ length: inputs[0]!.shape[0]! }, (_, row) => row);
  const kept = rows.filter((row) => inputs.every((x) => Array.from<unknown>(rowOf(x, row)).every((n) => n === n)));
  const cut = (tensor: Tensor): Tensor => {
    const { data } = tensor;
    const all = kept.flatMap((row) => Array.from<unknown>(rowOf(tensor, row)));
    const to = Array.isArray(data) ? all : new (data.constructor as Float32ArrayConstructor)(all as number[]);
    return { ...tensor, shape: tensor.shape.with(0, kept.length), data: to } as Tensor;
  };
  return new Map([...values].map(([name, tensor]) => [name, cut(tensor)]));
}

/** Of a tensor against another: the largest difference and the largest magnitude. NaN must meet NaN. */
export function difference(found: Tensor, expected: Tensor): { error: number; magnitude: number } {
  let error = 0;
  let magnitude = 0;
  if (expected.dtype === "string") {
    const isSame = found.data.every((text, i) => text === expected.data[i]);
    return { error: isSame ? 0 : Infinity, magnitude: 0 };
  }
  for (let i = 0; i < expected.data.length; i++) {
    const a = Number(found.data[i]);
    const b = Number(expected.data[i]);
    if (Number.isFinite(b)) magnitude = Math.max(magnitude, Math.abs(b));
    if (Object.is(a, b) || a === b) continue;
    const apart = Math.abs(a - b);
    error = Number.isNaN(apart) ? Infinity : Math.max(error, apart);
  }
  return { error, magnitude };
}
