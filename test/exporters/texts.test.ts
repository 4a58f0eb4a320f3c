/** Texts and lookups where no form for them is: refused by the layer's name, saying what it is. */
import { expect, it } from "vitest";
import { Input, layers, load, Model, save } from "../../src/index.ts";
import { olderModel } from "../support/older.ts";

it.each(["onnx", "module", "html"] as const)(
  "a lookup of whole numbers by their hash is called one, in %s",
  async (format) => {
    const input = Input({ shape: [2], dtype: "int64" });
    const outputs = layers
      .integerLookup({ vocabulary: [4, 7], numOovIndices: 2, oovMethod: "farmhash", name: "ids" })
      .apply(input);
    const model = new Model({ inputs: input, outputs });
    await expect(save(model, { format })).rejects.toThrow(/ids: .*found a lookup in a vocabulary$/);
  },
);

it.each([
  ["math.equal", "cat"],
  ["math.not_equal", ["cat", "dog"]],
])("tf.%s of texts has no word in Keras 3", async (fn, y) => {
  const input = { batch_input_shape: [null, 2], dtype: "string" };
  const json = olderModel(
    [
      ["x", "InputLayer", input, []],
      ["same", "TFOpLambda", { function: fn, dtype: "float32" }, [["x", 0, 0, { y }]]],
    ],
    [["same", 0, 0]],
  );
  const model = await load(new TextEncoder().encode(JSON.stringify(json)));
  const written = save(model, { format: "keras-v3" });
  await expect(written).rejects.toThrow(/unsupported\/translation\] same: .* of texts: no operation of Keras 3 takes/);
});
