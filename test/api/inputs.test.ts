/** What Keras makes of inputs that are not as the model declares them, and its helpers for values (fixtures/inputs.json). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readInputs } from "../../src/api/inputs.ts";
import type { DType } from "../../src/core/dtype.ts";
import { FormatError } from "../../src/core/error.ts";
import { type Tensor, tensor, valuesOf } from "../../src/core/tensor.ts";
import { Input, layers, Model, oneHot, padSequences, type PredictInput, toCategorical } from "../../src/node.ts";
import { ROOT } from "../source-files.ts";

type Scalar = number | boolean | string;

const table = JSON.parse(readFileSync(join(ROOT, "fixtures/inputs.json"), "utf8")) as {
  readonly casts: readonly (readonly [DType, DType, Scalar, Scalar])[];
  readonly ranks: readonly (readonly [(number | null)[], number[], number[] | null])[];
  readonly calls: readonly (readonly [string, unknown[], object, [DType, number[], Scalar[]] | null])[];
};

/** JSON's form of a value of a dtype. */
const read = (value: Scalar, dtype: DType): number | bigint => (/int64/.test(dtype) ? BigInt(value) : Number(value));

const refusal = (body: () => unknown): FormatError => {
  try {
    body();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

const spec = (dtype: DType, shape: (number | null)[] = [null]) => [{ name: "x", dtype, shape }];
const given = (x: PredictInput, ...of: Parameters<typeof spec>): Tensor => readInputs(x, spec(...of))[0]!;

describe("a dtype that is not the input's", () => {
  const pairs = new Map<string, [Scalar, Scalar][]>();
  for (const [from, to, value, made] of table.casts)
    pairs.set(`${from} ${to}`, [...(pairs.get(`${from} ${to}`) ?? []), [value, made]]);

  it.each([...pairs])("%s: cast as Keras casts it, or refused with the place where Keras changes it", (pair, rows) => {
    const [from, to] = pair.split(" ") as [DType, DType];
    const cuts = /int/.test(to);
    for (const [value, made] of rows) {
      const x = tensor([0, read(value, from)], undefined, from);
      const kept = !cuts || Number(value) === Number(made);
      if (kept) expect(valuesOf(given(x, to))[1], `${value}`).toEqual(read(made, to));
      else expect(refusal(() => given(x, to))).toMatchObject({ code: "mismatch/dtype", path: "x[1]", expected: to });
    }
  });

  it.each<[string, PredictInput, DType, unknown]>([
    ["BigInts", new BigInt64Array([3n, 7n]), "float32", Float32Array.of(3, 7)],
    ["BigInts in a list", [3n, 7n], "int32", Int32Array.of(3, 7)],
    ["a canvas's pixels", new Uint8ClampedArray([0, 255]), "float32", Float32Array.of(0, 255)],
    ["a canvas's pixels", new Uint8ClampedArray([0, 255]), "uint8", Uint8Array.of(0, 255)],
    ["booleans", [true, false], "float32", Float32Array.of(1, 0)],
    ["float64", new Float64Array([0.1]), "float32", Float32Array.of(0.1)],
    ["floats that are whole", new Float32Array([3, 9]), "uint16", Uint16Array.of(3, 9)],
  ])("%s: %o for %s", (_, x, dtype, data) => expect(given(x, dtype).data).toEqual(data));

  it("names the place in every form", () => {
    for (const x of [[[0], [1.5]], new Float32Array([0, 1.5]), tensor([[0], [1.5]])])
      expect(refusal(() => given(x, "int32", [null, 1]))).toMatchObject({ code: "mismatch/dtype", path: /^x\[1\]/ });
    expect(refusal(() => given(["a"], "float32"))).toMatchObject({ code: "mismatch/dtype", path: "x[0]" });
  });
});

describe("a shape that is not the input's", () => {
  it.each(table.ranks)("%j given %j is %j", (shape, x, made) => {
    const all = [null, ...shape];
    const value = tensor(new Float32Array(x.reduce((a, b) => a * b, 1)), x);
    if (made === null) expect(refusal(() => given(value, "float32", all)).code).toBe("mismatch/shape");
    else expect(given(value, "float32", all).shape).toEqual(made);
  });

  it("a flat typed array is a batch where only its length is open", () => {
    const flat = (length: number, shape: (number | null)[]) => given(new Float32Array(length), "float32", shape).shape;
    expect(flat(12, [null, 2, 3])).toEqual([2, 2, 3]);
    expect(flat(6, [1, 2, 3])).toEqual([1, 2, 3]);
    expect(flat(5, [null, 1])).toEqual([5, 1]);
    expect(flat(5, [null])).toEqual([5]);
    for (const [length, shape] of [
      [7, [null, 2, 3]],
      [12, [1, 2, 3]],
      [6, [null, null, 3]],
    ] as const)
      expect(refusal(() => flat(length, [...shape])).code).toBe("mismatch/shape");
    expect(refusal(() => given([1, 2, 3], "float32", [null, 3])).code).toBe("mismatch/shape");
  });
});

it("predict and predictSync take the same", async () => {
  const x = Input({ shape: [4], dtype: "int32", name: "ids" });
  const model = new Model({ inputs: x, outputs: layers.embedding({ inputDim: 9, outputDim: 2 }).apply(x) });
  const [wanted] = await model.predict(tensor(Int32Array.of(1, 2, 3, 4), [1, 4]));
  await model.prepare();
  for (const ids of [
    new Float32Array([1, 2, 3, 4]),
    new Uint8ClampedArray([1, 2, 3, 4]),
    tensor(new Float64Array([1, 2, 3, 4]), [1, 4]),
    tensor([1n, 2n, 3n, 4n], [1, 4, 1]),
    [[1, 2, 3, 4]],
  ]) {
    expect((await model.predict(ids))[0]).toEqual(wanted);
    expect(model.predictSync(ids)[0]).toEqual(wanted);
    expect(model.predictSync({ ids })[0]).toEqual(wanted);
  }
  expect(refusal(() => model.predictSync(new Float32Array([1, 2, 3, 4.5])))).toMatchObject({ path: "ids[3]" });
});

it.each(table.calls)("%s%j %j", (name, args, options, made) => {
  const functions = { padSequences, oneHot, toCategorical } as unknown as Record<
    string,
    (...args: unknown[]) => Tensor
  >;
  const call = (): Tensor => functions[name]!(...args, ...(Object.keys(options).length > 0 ? [options] : []));
  if (made === null) return expect(refusal(call).code).toMatch(/^mismatch\//);
  const [dtype, shape, values] = made;
  const found = call();
  expect([found.dtype, found.shape]).toEqual([dtype, shape]);
  expect(Array.from(valuesOf(found))).toEqual(values.map((value) => read(value, dtype)));
});
