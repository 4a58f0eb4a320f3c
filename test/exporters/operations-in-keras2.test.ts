/**
 * Operations of Keras 3 that several functions of TensorFlow make in Keras 2: written, read back, and the same numbers. Real
 * tf-keras (2.21.0) opens the same files and predicts what Keras 3.15.1 does, to 1e-5.
 */
import { describe, expect, it } from "vitest";
import { load, save, type Tensor, tensor } from "../../src/node.ts";

type Shape = readonly (number | null)[];
type Row = readonly [operation: string, options: object, ...shapes: readonly Shape[]];

const M = [3, 4];
const H = [5, 2, 4];
const IMAGE = [6, 6, 3];
const product = (subscripts: string, ...shapes: readonly Shape[]): Row => ["numpy.Einsum", { subscripts }, ...shapes];
const pool = { pool_size: [2, 3], strides: null, padding: "same", data_format: "channels_last" };

const ROWS: readonly Row[] = [
  ...["Exp2", "Cbrt", "Deg2rad", "Rad2deg", "Trunc", "Real", "Conj", "Fabs", "Fliplr"].map((name): Row => [`numpy.${name}`, {}, M]),
  ...["HardSigmoid", "HardSilu", "HardTanh", "TanhShrink", "SparsePlus", "SparseSigmoid"].map((name): Row => [`nn.${name}`, {}, M]),
  ["nn.HardShrink", { threshold: 0.5 }, M], ["nn.SoftShrink", { threshold: 0.25 }, M],
  ["nn.Threshold", { threshold: 0.25, default_value: -3 }, M], ["nn.Squareplus", { b: 4 }, M],
  ["nn.Celu", { alpha: 0.75 }, M], ["nn.Celu", { alpha: 1 }, M], ["nn.Glu", { axis: -1 }, M], ["math.Erfc", {}, M],
  ["core.ConvertToTensor", { dtype: null, sparse: null, ragged: null }, M], ["core.SaturateCast", { dtype: "int8" }, M],
  ["numpy.Logaddexp", {}, M, M], ["numpy.Amax", { axis: [1], keepdims: false }, M],
  ["numpy.Ptp", { axis: [-1], keepdims: true }, M], ["numpy.CountNonzero", { axis: [1] }, M],
  ["numpy.Cumprod", { axis: 1, dtype: null }, M], ["numpy.Argsort", { axis: -1 }, M],
  ["numpy.Tril", { k: 1 }, M], ["numpy.Triu", { k: 0 }, M], ["numpy.Diff", { n: 1, axis: -1 }, M],
  ["numpy.Trace", { offset: 0, axis1: 1, axis2: 2 }, [3, 3]], ["numpy.Diagonal", { offset: 0, axis1: -2, axis2: -1 }, [3, 3]],
  ["numpy.Unstack", { num: 3, axis: 1 }, M], ["numpy.Dot", {}, M, [4, 5]], ["numpy.Inner", {}, M, M],
  ["numpy.Tensordot", { axes: [[2], [2]] }, M, M],
  ...["bij,bjk->bik", "bij,bjk->bki", "bij,bjk->ibk", "bij,bjk->bk", "bij,bjk", "...ij,...jk->...ik", "bij,bjk->bijk", "bij,cjk->bcik", "bij,bjk->ik"].map((text) => product(text, M, [4, 5])),
  ...["bthd,bshd->bhts", "bthd,bshd->bth", "bthd,bthd->bt", "bthd,bthd->bthd", "bthd,bshd->bhs", "bthd,bshe->bhtde", "bthd,bthd->b"].map((text) => product(text, H, H)),
  ...["bij,bkj->bik", "bij,bik->bjk", "bij,bij->bi", "bij,bij->b"].map((text) => product(text, [null, 4], [null, 4])),
  ...["bij->bji", "bij->b", "bij->bj", "ij...->...", "bij->ij"].map((text) => product(text, M)),
  ["linalg.Det", {}, [3, 3]], ["linalg.Inv", {}, [3, 3]], ["linalg.Solve", {}, [3, 3], [3, 3]],
  ["nn.MaxPool", pool, IMAGE], ["nn.AveragePool", { ...pool, padding: "valid", strides: [2, 1] }, IMAGE],
  ["nn.MaxPool", { pool_size: 2, strides: 1, padding: "valid", data_format: "channels_last" }, [8, 3]],
  ["nn.DepthToSpace", { block_size: 2, data_format: "channels_last" }, [4, 4, 8]],
  ["nn.SpaceToDepth", { block_size: 2, data_format: "channels_last" }, [4, 4, 8]],
  ["image.RGBToGrayscale", { data_format: "channels_last" }, IMAGE], ["image.RGBToHSV", { data_format: "channels_last" }, IMAGE],
]; // prettier-ignore

const BATCH = 2;
const values = (shape: Shape, seed: number): Tensor => {
  const sizes = [BATCH, ...shape.map((n) => n ?? 5)];
  const count = sizes.reduce((a, b) => a * b, 1);
  return tensor(
    Array.from({ length: count }, (_, i) => 0.5 + 1.5 * Math.sin(7 * i + seed)),
    sizes,
  );
};

function modelOf([operation, options, ...shapes]: Row): Uint8Array {
  const [file, className] = operation.split(".") as [string, string];
  const ref = (i: number): object => ({ class_name: "__keras_tensor__", config: { shape: [null, ...shapes[i]!], dtype: "float32", keras_history: [`x${i}`, 0, 0] } }); // prettier-ignore
  const inputs = shapes.map((shape, i) => ({
    module: "keras.layers",
    class_name: "InputLayer",
    config: { batch_shape: [null, ...shape], dtype: "float32", name: `x${i}` },
    registered_name: null,
    name: `x${i}`,
    inbound_nodes: [],
  }));
  const entry = {
    module: `keras.src.ops.${file}`,
    class_name: className,
    config: { name: "y", ...options },
    registered_name: className,
    name: "y",
    inbound_nodes: [{ args: shapes.map((_, i) => ref(i)), kwargs: {} }],
  };
  const outputs = className === "Unstack" ? [["y", 0, 0], ["y", 0, 2]] : [["y", 0, 0]]; // prettier-ignore
  const config = { name: "m", trainable: true, layers: [...inputs, entry], input_layers: inputs.map(({ name }) => [name, 0, 0]), output_layers: outputs }; // prettier-ignore
  const model = { module: "keras.src.models.functional", class_name: "Functional", config, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(model));
}

describe("operations in Keras 2", () => {
  it.each(ROWS.map((row) => [`${row[0]} ${JSON.stringify(row[1])}`, row] as const))("%s", async (_, row) => {
    const model = await load(modelOf(row));
    expect(model.problems).toEqual([]);
    const again = await load(await save(model, { format: "keras-h5", dialect: "keras2" }));
    expect(again.problems).toEqual([]);
    const x = row.slice(2).map((shape, i) => values(shape as Shape, i));
    const [a, b] = [await model.predict(x), await again.predict(x)];
    expect(b.length).toBe(a.length);
    b.forEach(({ data, shape, dtype }, i) => {
      expect([shape, dtype]).toEqual([a[i]!.shape, a[i]!.dtype]);
      const far = Math.max(...Array.from(a[i]!.data as Float32Array, Math.abs), 1) * 1e-6;
      (data as Float32Array).forEach((n, at) => expect(Math.abs(n - Number(a[i]!.data[at]))).toBeLessThanOrEqual(far));
    });
  });

  it("a truth value beside numbers is a number, which TensorFlow takes", async () => {
    const text = new TextDecoder().decode(modelOf(["numpy.Multiply", {}, M]));
    const json = JSON.parse(text) as { config: { layers: { inbound_nodes?: { args?: unknown[] }[] }[] } };
    json.config.layers[1]!.inbound_nodes![0]!.args!.push(true);
    const model = await load(new TextEncoder().encode(JSON.stringify(json)));
    const [written] = (await save(model, { format: "keras-json", dialect: "keras2" })).values();
    expect(new TextDecoder().decode(written)).toContain(`"inbound_nodes": [["x0", 0, 0, {"y": 1.0}]]`);
  });

  it("an option that its word has not is refused with it, not dropped", async () => {
    const model = await load(modelOf(["nn.Elu", { alpha: 0.5 }, M]));
    await expect(save(model, { format: "keras-h5", dialect: "keras2" })).rejects.toThrow("unsupported/translation");
  });

  it("what reads a tensor that Keras 2 computes otherwise is refused with it", async () => {
    const text = new TextDecoder().decode(modelOf(["numpy.Tril", { k: 0 }, M]));
    const json = JSON.parse(text) as { config: { layers: { name: string; inbound_nodes: unknown }[] } };
    const [, entry] = json.config.layers;
    const keras = (class_name: string, name: string, options: object, from: string): object => ({
      module: "keras.layers",
      class_name,
      config: { name, trainable: true, dtype: "float32", ...options },
      registered_name: null,
      name,
      inbound_nodes: [{ args: [{ class_name: "__keras_tensor__", config: { shape: [null, ...M], dtype: "float32", keras_history: [from, 0, 0] } }], kwargs: {} }],
    }); // prettier-ignore
    const before = [
      keras("Masking", "masked", { mask_value: 0 }, "x0"),
      keras("Rescaling", "scaled", { scale: 2, offset: 0 }, "masked"),
      keras("LSTM", "lstm", { units: 4, return_sequences: true, zero_output_for_mask: false }, "scaled"), // prettier-ignore
    ];
    json.config.layers.splice(1, 0, ...(before as typeof json.config.layers));
    entry!.inbound_nodes = JSON.parse(JSON.stringify(entry!.inbound_nodes).replace('"x0"', '"lstm"')) as unknown;
    const model = await load(new TextEncoder().encode(JSON.stringify(json)));
    await expect(save(model, { format: "keras-json", dialect: "keras2" })).rejects.toThrow("unsupported/translation");
  });

  it.each([true, false])(
    "truth values of which a mask is made are refused: tf-keras compares them with no number (functional: %s)",
    async (functional) => {
      const embedding = (mask_zero: boolean) => ({
      class_name: "Embedding",
      config: { name: "embedding", input_dim: 2, output_dim: 3, mask_zero },
      name: "embedding",
      inbound_nodes: [{ args: [{ class_name: "__keras_tensor__", config: { shape: [null, 4], dtype: "bool", keras_history: ["x", 0, 0] } }], kwargs: {} }],
    }); // prettier-ignore
      const modelOf = (mask_zero: boolean): Uint8Array => {
        const input = { class_name: "InputLayer", config: { batch_shape: [null, 4], dtype: "bool", name: "x" }, name: "x", inbound_nodes: [] }; // prettier-ignore
        const config = { name: "m", layers: [input, embedding(mask_zero)], ...(functional ? { input_layers: [["x", 0, 0]], output_layers: [["embedding", 0, 0]] } : {}) }; // prettier-ignore
        return new TextEncoder().encode(JSON.stringify({ class_name: functional ? "Functional" : "Sequential", config, keras_version: "3.15.1" })); // prettier-ignore
      };
      const written = async (mask_zero: boolean) =>
        save(await load(modelOf(mask_zero)), { format: "keras-json", dialect: "keras2" });
      await expect(written(true)).rejects.toThrow("a mask made of truth values");
      await written(false);
    },
  );
});
