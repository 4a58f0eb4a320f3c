/** What is computed of weights of 8-bit integers alone: once, with the bits of every run, and in no run. */
import { expect, test } from "vitest";
import { sizeOf, type Tensor, tensor } from "../../../src/core/tensor.ts";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { WasmEngine } from "../../../src/engines/wasm/engine.ts";
import { formName } from "../../../src/engines/wasm/form-name.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { withRules } from "../../../src/engines/wasm/rules/later.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { Sym, WeightRef } from "../../../src/ops/types.ts";
import { both, distance, random } from "./ops.ts";

const SHAPE = [64, 96] as const;
const numbers = (dtype: "int8" | "float32", shape: readonly number[] = SHAPE): WeightRef & { reads: number } => {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 37) % 255) - 127);
  return { name: dtype, dtype, shape, reads: 0, read: async function () { return this.reads++, tensor(values, shape, dtype); } }; // prettier-ignore
};

/** Kernels made of bytes: how, and whether they can lie in memory as bytes do. */
const KERNELS: { readonly [what: string]: (b: GraphBuilder, w: Sym) => Sym } = {
  "a cast": (b, w) => b.op.cast(w, "float32"),
  "a cast in another shape": (b, w) => b.op.reshape(b.op.cast(b.op.reshape(w, [96, 64]), "float32"), SHAPE),
  "turned and scaled": ({ op }, w) =>
    op.transpose(op.multiply(op.cast(op.transpose(w, [1, 0]), "float32"), 0.37), [1, 0]),
  "two of a byte": ({ op }, w) => {
    const high = op.floorDivide(op.cast(w, "int32"), 16);
    const both = op.stack([op.subtract(op.cast(w, "int32"), op.multiply(high, 16)), high], 2);
    return op.cast(op.cast(op.slice(op.reshape(both, [64, 192]), [{ axis: 1, start: 0, stop: 96, step: 1 }]), "int8"), "float32"); // prettier-ignore
  },
  "in blocks": (b, w) => {
    const { op } = b;
    const blocks = b.op.array(Array.from({ length: 64 }, (_, i) => i >> 3), [64], "int64"); // prettier-ignore
    const scale = op.cast(op.gather(op.cast(w, "float32"), op.iota(8, "int32"), 0), "float32");
    return op.multiply(op.cast(w, "float32"), op.gather(scale, blocks, 0));
  },
};

const graphOf = (kernel: (b: GraphBuilder, w: Sym) => Sym, weight: WeightRef) => {
  const b = new GraphBuilder();
  const x = b.input([null, 64], "float32");
  return b.finish([b.op.matmul(x, kernel(b, b.weight(weight, weight.shape!, weight.dtype)))]);
};

async function outputs(engine: WasmEngine, x: Tensor): Promise<Tensor> {
  const ready = await engine.ready([x.shape]);
  engine.start(ready, [x]);
  engine.executeAll(ready);
  return ready.outputs[0]!.read();
}

test.each(Object.entries(KERNELS))("%s", async (_what, kernel) => {
  const weight = numbers("int8");
  const graph = graphOf(kernel, weight);
  const once = new WasmEngine(graph, { strict: true });
  const always = new WasmEngine(graph, { strict: true }, false);
  for (const rows of [1, 5]) {
    const x = random([rows, 64]);
    const found = await outputs(once, x);
    expect(found).toEqual(await outputs(always, x));
    // Neither a cast nor anything else but the product.
    expect((await once.ready([x.shape])).uses.map(({ kernel: { key } }) => key.split(" ")[0])).toEqual(["gemm"]);
  }
  // Read once for both shapes.
  expect(weight.reads).toBe(1 + 1);
  const build = (b: GraphBuilder, [x]: readonly Sym[]) => [b.op.matmul(x!, kernel(b, b.weight(weight, SHAPE, "int8")))];
  const { found, exact } = await both({ inputs: [random([3, 64])], build });
  expect(distance(found[0]!, exact[0]!)).toBeLessThan(1e-6);
});

test("floats, small ones and what grows are computed in every run", async () => {
  const steps = async (kernel: (b: GraphBuilder, w: Sym) => Sym, weight: WeightRef): Promise<number> => {
    const alone = () => expect.unreachable();
    const make = () => compile(graphOf(kernel, weight), [[2, 64]], new Linker({ relaxed: false }), new FixedMemory(), { alone }); // prettier-ignore
    return (await withRules(make)).uses.length;
  };
  expect(await steps(({ op }, w) => op.multiply(w, 3), numbers("float32"))).toBeGreaterThan(1);
  expect(await steps(({ op }, w) => op.cast(w, "float32"), numbers("int8", [64, 4]))).toBeGreaterThan(1);
  expect(await steps(({ op }, w) => op.tile(op.cast(w, "float32"), [1, 3]), numbers("int8"))).toBeGreaterThan(1);
});

test("bytes lie in memory as bfloat16, which holds them exactly", () => {
  const large = { shape: [2048, 1024], constant: undefined };
  const weight = { ...numbers("int8"), shape: large.shape };
  expect(formName({ ...large, weight, dtype: "float32" }, undefined)).toBe("bfloat16");
  expect(formName({ ...large, weight, dtype: "int8" }, undefined)).toBe(undefined);
  expect(formName({ ...large, weight: { ...weight, dtype: "float32" }, dtype: "float32" }, undefined)).toBe(undefined);
});
