/** Which dtypes the scales of keras.applications take, and what they make of them: as Keras 3.15.1 and tf-keras 2.21 do. */
import { expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";

const WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"];
const FLOATS = ["float16", "bfloat16", "float32", "float64"];
const CLASSES = {
  LayerScale: { module: "keras.src.applications.convnext", config: { init_values: 1.7, projection_dim: 3 }, inputs: 1 },
  CustomScaleLayer: { module: "keras.src.applications.inception_resnet_v2", config: { scale: 1.7 }, inputs: 2 },
} as const;

function model(name: keyof typeof CLASSES, dtype: string): Uint8Array {
  const { module, config, inputs } = CLASSES[name];
  const x = {
    class_name: "__keras_tensor__",
    config: { shape: [null, 3], dtype, keras_history: ["x", 0, 0] },
  };
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: { batch_shape: [null, 3], dtype, name: "x" }, registered_name: null, name: "x", inbound_nodes: [] }, // prettier-ignore
    { module, class_name: name, config: { name: "y", ...config }, registered_name: name, name: "y", inbound_nodes: [{ args: [inputs === 1 ? x : [x, x]], kwargs: {} }] }, // prettier-ignore
  ];
  const functional = { name: "f", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  const root = { module: "keras.src.models.functional", class_name: "Functional", config: functional, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(root));
}

async function outcome(name: keyof typeof CLASSES, dtype: string, backend: "reference" | "wasm"): Promise<unknown> {
  const made = await load(model(name, dtype));
  if (made.problems.some(({ message }) => message?.includes("unsupported/dtype"))) return "refused";
  if (made.weights.length > 0)
    await made.setWeights(made.weights.map(() => tensor(new Float32Array([1.7, 0.5, 0]), [3])));
  const x = dtype === "bool" ? [[1, 0, 1]] : [[1, 2, 3]];
  const [y] = await made.predict(tensor(x as number[][], [1, 3], dtype as "float32"), { backend });
  return [y!.dtype, ...Array.from(y!.data as Iterable<number>, (v) => Number(v.toFixed(5)))];
}

// prettier-ignore
const GAMMAS = [0.9, -0.9, 1, -1, 0, 255, 256, 0.5, -1.5, 1e10, NaN, Infinity];
const TRUTHS = [0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1];

it.each(GAMMAS.map((gamma, i) => [gamma, TRUTHS[i]] as const))(
  "a truth scaled by %d is %d",
  async (gamma, expected) => {
    const made = await load(model("LayerScale", "bool"));
    await made.setWeights([tensor(new Float32Array([gamma, gamma, gamma]), [3])]);
    for (const backend of ["reference", "wasm"] as const) {
      const [y] = await made.predict(tensor([[1, 0, 1]], [1, 3], "bool"), { backend });
      expect([...(y!.data as Iterable<number>)]).toEqual([expected, 0, expected]);
    }
  },
);

it.each(["reference", "wasm"] as const)("%s", async (backend) => {
  expect(await outcome("LayerScale", "bool", backend)).toEqual(["bool", 1, 0, 0]);
  expect(await outcome("CustomScaleLayer", "bool", backend)).toBe("refused");
  for (const dtype of [...WHOLE, "float32", "float64"])
    expect(await outcome("LayerScale", dtype, backend), dtype).toEqual(["float32", 1.7, 1, 0]);
  for (const dtype of WHOLE) expect(await outcome("CustomScaleLayer", dtype, backend), dtype).toBe("refused");
  for (const dtype of FLOATS.slice(2))
    expect(await outcome("CustomScaleLayer", dtype, backend), dtype).toEqual(["float32", 2.7, 5.4, 8.1]);
});
