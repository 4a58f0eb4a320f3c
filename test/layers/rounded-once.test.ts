/** Layers that compute halves in float32 and round what they give: the same numbers as of float32, rounded. */
import { expect, it } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { toBfloat16, toFloat16 } from "../../src/core/half.ts";
import { layers, Sequential, tensor } from "../../src/node.ts";

const MAKE = {
  groupNormalization: (dtype: DType) => layers.groupNormalization({ groups: 2, dtype, inputShape: [5, 4] }),
  layerNormalization: (dtype: DType) => layers.layerNormalization({ dtype, inputShape: [5, 4] }),
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
