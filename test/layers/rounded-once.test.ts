/** Layers that compute halves in float32 and round what they give: the same numbers as of float32, rounded. */
import { expect, it } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { toBfloat16, toFloat16 } from "../../src/core/half.ts";
import { layers, load, Sequential, tensor } from "../../src/node.ts";
import { olderModel } from "../support/older.ts";

const MAKE = {
  groupNormalization: (dtype: DType) => layers.groupNormalization({ groups: 2, dtype, inputShape: [5, 4] }),
  layerNormalization: (dtype: DType) => layers.layerNormalization({ dtype, inputShape: [5, 4] }),
  rmsScaled: (dtype: DType) => layers.layerNormalization({ rmsScaling: true, dtype, inputShape: [5, 4] }),
  // x * sigmoid(x) is one kernel in TensorFlow's graphs: both generations, ops.silu, tf.nn.silu, Dense(activation="silu").
  silu: (dtype: DType) => layers.activation({ activation: "silu", dtype, inputShape: [5, 4] }),
  rmsNormalization: (dtype: DType) => layers.rmsNormalization({ dtype, inputShape: [5, 4] }),
};
/** Of few digits, which all dtypes hold. */
const values = Array.from({ length: 20 }, (_, i) => ((i * 37) % 29) / 8 - 1.5);

it.each(
  Object.entries(MAKE).flatMap(([name, make]) => [
    [name, make, "float16", toFloat16] as const,
    [name, make, "bfloat16", toBfloat16] as const,
  ]),
)("%s, %o: %s", async (_name, make, dtype, round) => {
  // prettier-ignore
  const given = async (policy: DType): Promise<number[]> => {
    const model = new Sequential();
    model.add(make(policy));
    const [y] = await model.predict(tensor(values, [1, 5, 4]));
    return Array.from(y!.data as ArrayLike<number>);
  };
  expect(await given(dtype)).toEqual((await given("float32")).map(round));
});

// tf_keras.layers.GroupNormalization(1, dtype="float16"): tf.nn.moments squares float16 as float32, of which 375² is beyond.
it("tf-keras's GroupNormalization takes its statistics of float16 as float32", async () => {
  const shape = { batch_input_shape: [null, 16], dtype: "float16" };
  const config = { groups: 1, dtype: "float16", trainable: true };
  const file = olderModel(
    [["x", "InputLayer", shape, []], ["y", "GroupNormalization", config, [[["x", 0, 0, {}]]]]],
    [["y", 0, 0]],
  ); // prettier-ignore
  const model = await load(new TextEncoder().encode(JSON.stringify(file)));
  await model.setWeights(model.weights.map((_, i) => tensor(new Array<number>(16).fill(1 - i), [16], "float16")));
  const x = Array.from({ length: 16 }, (_, i) => (i === 0 ? 400 : 0));
  const [y] = await model.predict(tensor(x, [1, 16], "float16"));
  // 3.875 and -0.2583, as bits: it multiplies before it subtracts, which is one digit of the first.
  [17344, 46114].forEach((bits, at) => expect(Math.abs(Number(y!.data[at]) - bits)).toBeLessThanOrEqual(1));
});
