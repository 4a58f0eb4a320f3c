/**
 * Quantised layers and LoRA: real Keras's numbers and dtypes on both engines (fixtures/policies/quantized, made by
 * fixtures/make/quantized.py); written as Keras 3 array by array, never as floats of another generation.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { castTensor } from "../src/core/tensor.ts";
import { convert } from "../src/index.ts";
import { load } from "../src/node.ts";
import { difference, filesOf, fixtures, valuesOf } from "./support/fixtures.ts";

const fixture = fixtures("policies").find(({ name }) => name.endsWith("quantized"))!;
const { model: file } = filesOf(fixture);

describe("quantised layers", () => {
  it.each(["wasm", "reference"] as const)("are computed as Keras computes them: %s", async (backend) => {
    const model = await load(file);
    expect(model.problems).toEqual([]);
    const values = await valuesOf(fixture);
    const outputs = await model.predict(
      [0, 1, 2, 3].map((i) => values.get(`inputs/${i}`)!),
      { backend },
    );
    expect(outputs.length).toBe(66);
    const wrong = outputs.flatMap((y, i) => {
      const { name } = model.outputs[i]!;
      const { error, magnitude } = difference(castTensor(y, "float32", name), values.get(`outputs/${i}`)!);
      const half = name.endsWith("_half");
      const dtype = half ? "bfloat16" : "float32";
      return y.dtype === dtype && error <= (half ? 2 ** -6 : 1e-5) * magnitude ? [] : [`${name}: ${y.dtype}, ${error}`];
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    ["int8_from_mixed_bfloat16", "bfloat16"],
    ["int4_from_mixed_bfloat16", "bfloat16"],
    ["int8_from_bfloat16", "bfloat16"],
    ["int8_from_float32", "float32"],
  ] as const)("tables of a policy give its dtype: %s", async (dtype, expected) => {
    const input = { name: "i", batch_shape: [null, 3], dtype: "int64" };
    for (const class_name of ["Embedding", "ReversibleEmbedding"]) {
      const options = { name: "e", input_dim: 5, output_dim: 4, dtype };
      const layers = [{ class_name: "InputLayer", config: input }, { class_name, config: options }].map((layer) => ({ module: "keras.layers", ...layer })); // prettier-ignore
      const text = JSON.stringify({ module: "keras", class_name: "Sequential", config: { name: "s", layers } });
      const { outputs } = await load(new TextEncoder().encode(text));
      expect(outputs.map(({ dtype }) => dtype)).toEqual([expected]);
    }
  });

  it("are written with their integers, and only as Keras 3", async () => {
    const bytes = new Uint8Array(readFileSync(file));
    const { verified } = await convert(bytes, "m.keras", {});
    expect(verified).toBe(true);
    await expect(convert(bytes, "m.h5", { dialect: "keras2" })).rejects.toMatchObject({
      code: expect.stringMatching(/^unsupported\//),
    });
  });
});
