/** Layers of narrow integers and truths, as Keras 3.15.1 computes them on TensorFlow. */
import { describe, expect, it } from "vitest";
import { Input, layers, load, Model, tensor } from "../../src/index.ts";

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

  it("Dot of int16 in tf-keras, which overflows", async () => {
    const end = (name: string) => ({
      class_name: "InputLayer",
      name,
      config: { name, dtype: "int16", batch_input_shape: [null, 2] },
      inbound_nodes: [],
    });
    const both = [["p", 0, 0, {}], ["q", 0, 0, {}]]; // prettier-ignore
    const dot = { class_name: "Dot", name: "d", config: { name: "d", dtype: "int16", axes: 1 }, inbound_nodes: [both] };
    const ends = { input_layers: [["p", 0, 0], ["q", 0, 0]], output_layers: [["d", 0, 0]] }; // prettier-ignore
    const config = { name: "m", layers: [end("p"), end("q"), dot], ...ends };
    const text = JSON.stringify({ class_name: "Functional", config, keras_version: "2.15.0", backend: "tensorflow" });
    const model = await load(new TextEncoder().encode(text));
    const [y] = await model.predict([tensor([300, -7], [1, 2], "int16"), tensor([250, 9], [1, 2], "int16")], {
      backend,
    });
    expect([y!.dtype, ...(y!.data as Iterable<number>)]).toEqual(["int16", 9401]);
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
