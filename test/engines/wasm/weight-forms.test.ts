/** Weights in fewer bytes: exact where they can say the numbers, near where they cannot; and as little memory as they promise. */
import { describe, expect, test } from "vitest";
import { type DType, fromBfloat16, fromFloat16 } from "../../../src/core/dtype.ts";
import { sizeOf, tensor } from "../../../src/core/tensor.ts";
import type { OpenOptions } from "../../../src/engines/types.ts";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { withRules } from "../../../src/engines/wasm/rules/later.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { layers, load, save, Sequential, setRandomSeed, type Tensor, verify, writeArrays } from "../../../src/node.ts";
import type { Sym, WeightRef } from "../../../src/ops/types.ts";
import { useThreads } from "../../support/threads.ts";
import { apart, distance, random } from "./ops.ts";

useThreads();

const FORMS = ["float16", "int8"] as const;
type Form = (typeof FORMS)[number];

/** A weight of given numbers by row and column. */
function made(
  name: string,
  [rows, columns]: readonly [number, number],
  at: (row: number, column: number) => number,
  dtype: DType = "float32",
): WeightRef {
  // prettier-ignore
  const values = Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));
  return { name, dtype, shape: [rows, columns], read: async () => tensor(values, [rows, columns], dtype) };
}

/** Numbers that a form says exactly: of float16 11 bits, also small and large ones; of int8 whole multiples of a column's unit. */
const exact =
  (form: Form) =>
  (k: number, n: number): number => {
    const whole = k === 0 ? 127 : ((k * 31 + n * 17) % 255) - 127;
    if (form === "int8") return whole * 2 ** ((n % 7) - 5);
    return whole * 2 ** (((k + n) % 5) - 9 + (n % 3 === 0 ? 12 : -6));
  };
/** Rows that 16 bits say exactly: the largest is 32767 units. */
const rowsOf = (rows: number, depth: number) =>
  tensor(
    Array.from({ length: rows * depth }, (_, i) => (i % depth === 0 ? 32767 : ((i * 7919) % 65535) - 32767) / 2 ** 14),
    [rows, depth],
    "float32",
  );

const product =
  (weight: WeightRef, transposeB = false) =>
  (b: GraphBuilder, [x]: readonly Sym[]): Sym[] => {
    const y = b.op.matmul(x!, b.weight(weight, weight.shape!, "float32"), { transposeB });
    return [b.op.add(b.op.maximum(y, -1), 0.25)];
  };

describe.each(FORMS)("%s", (form) => {
  const options: OpenOptions = { weightDtype: form };

  test.each([
    [1, 128, 32],
    [1, 129, 47],
    [2, 300, 17],
    [3, 1027, 5],
    [4, 257, 16],
    [7, 65, 70],
    [33, 64, 64],
    [1, 1, 4100],
  ])("products of %i rows, %i deep, %i columns", async (rows, depth, columns) => {
    const weight = made("w", [depth, columns], exact(form));
    const c = { inputs: [rowsOf(rows, depth)], build: product(weight) };
    expect(await apart(c, options)).toBeLessThanOrEqual(1e-6);
    if (columns === 70 || rows === 2)
      expect(await apart(c, { ...options, threads: 2, threadWork: 1 })).toBeLessThanOrEqual(1e-6);
    const turned = made("t", [columns, depth], (n, k) => exact(form)(k, n));
    expect(await apart({ ...c, build: product(turned, true) }, options)).toBeLessThanOrEqual(1e-6);
  });

  test("numbers in between are rounded", async () => {
    const weight = made("w", [150, 150], (k, n) => Math.sin(k * 151 + n * 1.7));
    const error = await apart({ inputs: [random([3, 150])], build: product(weight) }, options);
    expect(error).toBeGreaterThan(1e-6);
    expect(error).toBeLessThan(form === "int8" ? 8e-3 : 5e-4);
  });

  test("what is not finite stays so", async () => {
    const weight = made("w", [64, 65], (k, n) => (k === 3 && n === 5 ? NaN : exact(form)(k, n)));
    const x = rowsOf(3, 64);
    (x.data as Float32Array)[64 + 9] = Infinity;
    (x.data as Float32Array)[128 + 63] = NaN;
    const session = await wasm.open(graphOf(product(weight), x.shape), options);
    const y = (await session.run([x]))[0]!.data as Float32Array;
    expect(Number.isNaN(y[5])).toBe(true);
    expect(y.slice(0, 5).every(Number.isFinite)).toBe(true);
    expect(y.slice(130).every(Number.isNaN)).toBe(true);
    expect(y.slice(65, 130).every((v) => v === -0.75 || !Number.isFinite(v))).toBe(true);
  });

  test.each(["lstm", "gru", "gruBefore", "simpleRNN"] as const)("a recurrent layer: %s", async (kind) => {
    setRandomSeed(3);
    const shared = { units: 71, returnSequences: true, inputShape: [5, 61] } as const;
    const layer = { lstm: () => layers.lstm(shared), gru: () => layers.gru(shared), gruBefore: () => layers.gru({ ...shared, resetAfter: false }), simpleRNN: () => layers.simpleRNN(shared) }[kind]; // prettier-ignore
    const model = new Sequential({ layers: [layer()] });
    for (const rows of [1, 3]) {
      const x = random([rows, 5, 61]);
      const [near] = (await model.predict(x, { weightDtype: form })) as readonly [Tensor];
      const [own] = (await model.predict(x)) as readonly [Tensor];
      const error = distance(near, own);
      expect(error).toBeGreaterThan(1e-7);
      expect(error).toBeLessThan(form === "int8" ? 3e-2 : 2e-3);
    }
    model.dispose();
  });

  test.each([1, 3, 4, 70])("rows of an embedding, %i long", async (length) => {
    const rows = Math.ceil(5000 / length);
    // Each row has its largest at the front.
    const table = made("table", [rows, length], (row, k) => exact(form)(k, row));
    const ids = tensor([0, rows - 1, 7, 7, 1], [5], "int32");
    const build = (b: GraphBuilder, [i]: readonly Sym[]): Sym[] => [b.op.gather(b.weight(table, [rows, length], "float32"), i!, 0)]; // prettier-ignore
    expect(await apart({ inputs: [ids], build }, options)).toBeLessThanOrEqual(1e-7);
    const session = await wasm.open(graphOf(build, [1], "int32"), options);
    await expect(session.run([tensor([rows], [1], "int32")])).rejects.toThrow(/mismatch\/range/);
  });

  test("takes the memory of its bytes", async () => {
    const weight = made("w", [512, 512], exact(form));
    const bytes = await bytesOf(product(weight), options);
    expect(bytes).toBeLessThan((form === "int8" ? 1 : 2) * 512 * 512 + 4096 + 512 * 4);
  });
});

function graphOf(
  build: (b: GraphBuilder, x: readonly Sym[]) => readonly Sym[],
  shape: readonly number[],
  dtype: DType = "float32",
) {
  // prettier-ignore
  const b = new GraphBuilder();
  return b.finish(build(b, [b.input(shape, dtype)]));
}

/** Bytes of a graph's weights. */
async function bytesOf(build: (b: GraphBuilder, x: readonly Sym[]) => readonly Sym[], options: OpenOptions) {
  const graph = graphOf(build, [1, 512]);
  return withRules(() => {
    const fixed = new FixedMemory();
    compile(graph, [[1, 512]], new Linker({ relaxed: false }), fixed, { weightDtype: options.weightDtype });
    return fixed.end;
  });
}

const HALF = { float16: fromFloat16, bfloat16: fromBfloat16 };
test.each(["float16", "bfloat16"] as const)("large weights that a file has in %s are kept so", async (dtype) => {
  const at = (k: number, n: number): number => (((k * 31 + n * 17) % 255) - 127) * 2 ** (((k + n) % 9) - 14);
  const weight = made("w", [4096, 512], at, dtype);
  const x = random([1, 4096]);
  const run = async (of: WeightRef) => (await (await wasm.open(graphOf(product(of), [1, 4096]))).run([x]))[0]!;
  const values = tensor(Array.from((await weight.read()).data as Uint16Array, HALF[dtype]), [4096, 512], "float32"); // prettier-ignore
  expect(distance(await run(weight), await run({ ...weight, dtype: "float32", read: async () => values }))).toBeLessThan(1e-6); // prettier-ignore
  const graph = graphOf(product(weight), [1, 4096]);
  const fixed = new FixedMemory();
  compile(graph, [[1, 4096]], new Linker({ relaxed: false }), fixed);
  expect(fixed.end).toBeLessThan(2 * sizeOf([4096, 512]) + 8192);
});

test("is asked for when a model is loaded, told of by verify, and refused in strict runs", async () => {
  setRandomSeed(1);
  const model = new Sequential({ layers: [layers.dense({ units: 128, inputShape: [64] })] });
  const [bytes] = [...(await save(model, { format: "keras-v3" })).values()];
  const x = random([2, 64]);
  const small = await load(bytes!, { weightDtype: "int8" });
  expect(await small.predict(x)).toEqual(await model.predict(x, { weightDtype: "int8" }));
  expect(await small.predict(x)).not.toEqual(await model.predict(x));
  await expect(small.predict(x, { strict: true })).rejects.toThrow(/unsupported\/weight-dtype/);
  for (const weightDtype of ["bfloat16", "", 8] as never[])
    await expect(model.predict(x, { weightDtype })).rejects.toThrow(/weight-dtype|mismatch\/option/);
  await expect(model.predict(x, { weightDtype: "int8", backend: "reference" })).rejects.toThrow(/weight-dtype/);
  const [y] = await model.predict(x);
  const fixture = await writeArrays(new Map([["inputs/0", x as Tensor], ["outputs/0", y as Tensor]])); // prettier-ignore
  const report = await verify(model, fixture, { weightDtype: "int8" });
  expect([report.ok, report.backend]).toEqual([false, "wasm int8 weights"]);
  expect((await verify(model, fixture, { weightDtype: "int8", rtol: 2e-2 })).ok).toBe(true);
  model.dispose();
  small.dispose();
});
