/** Resizing by kernels that blur what keeps its length, against tf-keras 2.21. */
import { expect, it } from "vitest";
import { tensor } from "../../src/node.ts";
import { tableModel } from "../support/tables.ts";

const X = [1, -2, 3, 0.5, 4, -1];
// tf_keras.layers.UpSampling2D(size, interpolation=…) of X[1, 2, 3, 1].
const EXPECTED = {
  "gaussian 2,1": [
    0.6554247, -0.9467335, 2.270814, 0.7163013, -0.006923929, 1.648805, 0.8433, 1.95367, 0.3511942, 0.9041766, 2.89348,
    -0.270815,
  ],
  "gaussian 1,1": [0.6751504, -0.6422096, 2.069267, 0.8844509, 2.588956, -0.06926706],
  "mitchellcubic 2,1": [
    0.8271634, -1.712591, 2.81128, 0.7945109, -0.3017229, 1.864352, 0.734901, 2.273945, 0.1356486, 0.7022485, 3.684813,
    -0.8112794,
  ],
  "mitchellcubic 1,1": [0.8166085, -1.256534, 2.505189, 0.7128032, 3.228756, -0.5051892],
};

it.each(Object.entries(EXPECTED))("%s", async (name, expected) => {
  const [interpolation, size] = name.split(" ") as [string, string];
  const config = {
    class_name: "Sequential",
    config: {
      name: "m",
      layers: [
        { class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, 2, 3, 1], dtype: "float32" } },
        {
          class_name: "UpSampling2D",
          config: { name: "up", dtype: "float32", size: size.split(",").map(Number), interpolation },
        },
      ],
    },
  };
  const model = tableModel(config, "tf-keras", () => undefined);
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(tensor(X, [1, 2, 3, 1]), { backend });
    Array.from(y!.data as Float32Array).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5));
  }
});
