/** Layers of narrow integers and truths, as Keras 3.15.1 computes them on TensorFlow. */
import { describe, expect, it } from "vitest";
import { Input, layers, Model, tensor } from "../../src/index.ts";

type Narrow = "int8" | "uint8" | "bool" | "int16" | "uint16" | "uint32" | "int32" | "int64";

// prettier-ignore
const A = [[[120, -7, 3], [100, 2, -5]]];
// prettier-ignore
const B = [[[90, 1, 1], [-100, 4, 2]]];
const TRUTHS = [
  [
    [1, 0, 0],
    [0, 0, 1],
  ],
];
const OTHERS = [[[0, 1, 0], [1, 0, 1]]]; // prettier-ignore

describe.each(["reference", "wasm"] as const)("%s", (backend) => {
  it.each([
    ["int8", A, B, "int32", [10796, -12022, 8997, -10002]],
    ["bool", TRUTHS, OTHERS, "bool", [0, 1, 0, 1]],
  ] as const)("Dot of %s", async (dtype, a, b, expected, sums) => {
    const [p, q] = [Input({ shape: [2, 3], dtype }), Input({ shape: [2, 3], dtype })];
    const model = new Model({ inputs: [p, q], outputs: layers.dot({ axes: 2 }).apply([p, q]) });
    const side = (values: readonly (readonly (readonly number[])[])[]) =>
      tensor(structuredClone(values) as number[][][], [1, 2, 3], dtype);
    const [y] = await model.predict([side(a), side(b)], { backend });
    expect([y!.dtype, ...(y!.data as Iterable<number>)]).toEqual([expected, ...sums]);
  });

  it.each(["int8", "uint8", "bool", "int16", "uint16", "uint32", "int32", "int64"] as Narrow[])(
    "ActivityRegularization of %s",
    async (dtype) => {
      const of = (options: { l1?: number }) => {
        const x = Input({ shape: [2], dtype });
        return new Model({ inputs: x, outputs: layers.activityRegularization(options).apply(x) });
      };
      const [y] = await of({}).predict(tensor([[1, 0]], [1, 2], dtype), { backend });
      expect([y!.dtype, ...Array.from(y!.data as Iterable<number | bigint>, Number)]).toEqual([dtype, 1, 0]);
      const penalised = async () => of({ l1: 0.1 }).predict(tensor([[1, 0]], [1, 2], dtype), { backend });
      if (/32|64/.test(dtype)) expect((await penalised())[0]!.dtype).toBe(dtype);
      else await expect(penalised()).rejects.toThrow(/unsupported\/dtype/);
    },
  );
});
