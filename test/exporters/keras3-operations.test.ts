/**
 * Operation nodes of Keras 3 are written for tf-keras as TensorFlow's functions and compute the same there: every operation of
 * fixtures/dtypes/keras3_operations.json.gz, or it is refused by name. The live check (`npm run oracle`) asks tf-keras itself.
 */
import { expect, it } from "vitest";
import { fromPlain } from "../../src/codecs/json.ts";
import { Input, layers, load, Model, save, tensor } from "../../src/node.ts";
import { fixtures, loadFixture } from "../support/fixtures.ts";
import { tableModel, tableOf } from "../support/tables.ts";

/** Tried of whole numbers too. */
const WHOLE = /^(add|divide|mean|sum|max|sort|cumsum|sqrt|power|matmul|clip|equal)/;

const values = (seed: number, scale: number): number[] =>
  Array.from({ length: 12 }, (_, i) => scale * Math.sin(7 * i + seed));

/** A constant of theirs is written in float32, of which this backend keeps float64: one unit in the last place of the largest. */
const unit = (wanted: readonly number[]): number => Math.max(...wanted.map(Math.abs)) * 2 ** -23;

/** Whose numbers are not the same to the last bit, and how far they may be: all others are, signs of zeros too. */
const INEXACT: Readonly<Record<string, (wanted: readonly number[]) => number>> = {
  // The logarithm of 10 is a constant.
  "geomspace(1,abs(x)+1.5,num=3)": unit,
  "geomspace(abs(x)+1,abs(y)+1,num=3)": unit,
  // Sines and cosines are matrices.
  // The kernel of a blur is a constant.
  "image.gaussian_blur(I)": unit,
  // Weights of neighbours are matrices.
  'image.scale_and_translate(I,(1,2,5,1),np.float32([0.8,1.3]),np.float32([0.5,-0.75]),(1,2),"linear")': unit,
};

it("what equals them in TensorFlow takes the place of operations", async () => {
  const written = new Set<string>();
  const inexact = new Set<string>();
  for (const [name, { config }] of Object.entries(
    tableOf<{ readonly config: unknown }>("dtypes/keras3_operations.json.gz"),
  )) {
    for (const dtype of WHOLE.test(name) ? (["float32", "int32"] as const) : (["float32"] as const)) {
      const model = tableModel(config, "keras3", (options, className) => {
        if (className === "InputLayer") options.set("dtype", dtype);
      });
      if (model.problems.length > 0) continue;
      const made = await save(model, { format: "keras-h5", dialect: "keras2" }).catch((error: Error) => error);
      if (made instanceof Error) {
        expect(made.message, `${name} ${dtype}`).toContain("error[unsupported/");
        continue;
      }
      const again = await load(made);
      const x = model.inputs.map((_, i) =>
        tensor(
          values(i, dtype === "int32" ? 5 : 1).map((v) => (dtype === "int32" ? Math.trunc(v) : v)),
          [3, 4],
          dtype,
        ),
      );
      const [a, b] = [
        await model.predict(x, { backend: "reference" }),
        await again.predict(x, { backend: "reference" }),
      ];
      const form = (found: typeof a): unknown => found.map(({ shape, dtype: kind }) => [kind, shape]);
      expect(form(b), `${name} ${dtype}`).toEqual(form(a));
      a.forEach(({ data }, i) => {
        const [wanted, found] = [data, b[i]!.data].map((all) => Array.from<unknown>(all)) as [unknown[], unknown[]];
        const isExact = wanted.every((n, at) => Object.is(n, found[at]));
        if (!isExact) inexact.add(name);
        const allowed = INEXACT[name]?.(wanted as number[]);
        if (allowed === undefined || dtype !== "float32") expect(found, `${name} ${dtype}`).toEqual(wanted);
        else
          wanted.forEach((n, at) => expect(Math.abs(Number(found[at]) - Number(n)), name).toBeLessThanOrEqual(allowed));
      });
      for (const layer of model.layers) written.add(layer.class);
    }
  }
  expect(written.size).toBeGreaterThan(120);
  expect([...inexact].sort()).toEqual(Object.keys(INEXACT).sort());
});

it("pieces at given places become pieces of given lengths", async () => {
  const { config } = tableOf<{ readonly config: unknown }>("dtypes/keras3_operations.json.gz")[
    "array_split(x,3,axis=1)"
  ]!;
  for (const [cuts, lengths] of [
    [2, [2, 2]],
    [[1], [1, 3]],
    [[3], [3, 1]],
    [
      [1, 3],
      [1, 2, 1],
    ],
    [
      [0, 2, 2],
      [0, 2, 0, 2],
    ],
  ] as const) {
    const model = tableModel(
      JSON.parse(
        JSON.stringify(config, (_, value: unknown) => {
          if (value === "ArraySplit") return "Split";
          const isEnds = Array.isArray(value) && (value as unknown[][])[0]?.[0] === "array_split";
          return isEnds ? lengths.map((_n, i) => ["array_split", 0, i]) : value;
        }),
      ),
      "keras3",
      (options, className) => {
        if (className === "InputLayer") options.set("dtype", "float32");
        else options.set("indices_or_sections", fromPlain(cuts));
      },
    );
    const again = await load(await save(model, { format: "keras-h5", dialect: "keras2" }));
    const x = [0, 1].map((i) => tensor(values(i, 1), [3, 4]));
    const [a, b] = [await model.predict(x), await again.predict(x)];
    expect(b.map(({ shape, data }) => [shape[1], [...data]])).toEqual(a.map(({ data }, i) => [lengths[i], [...data]]));
  }
});

it("activations without a name in Keras 2 become functions in a graph", async () => {
  const values = tensor([-9, -3.5, -1, -0.25, 0, 0.5, 2, 7], [2, 4]);
  for (const activation of [
    "hard_silu",
    "relu6",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "celu",
    "hard_tanh",
    "tanh_shrink",
  ] as const) {
    const x = Input({ shape: [4] });
    const model = new Model({ inputs: x, outputs: layers.activation({ activation }).apply(x) });
    const again = await load(await save(model, { format: "keras-h5", dialect: "keras2" }));
    expect(again.layers.map((layer) => layer.class)).toContain("TFOpLambda");
    const [[a], [b]] = [await model.predict(values), await again.predict(values)];
    b.data.forEach((value, i) => expect(value, activation).toBeCloseTo(a.data[i]!, 6));
  }
});

it("layers of Keras's own networks go to the other generation, to be given to it by name", async () => {
  for (const [name, dialect] of [
    ["layers/applications/scales", "keras2"],
    ["layers/applications/tfk_scales", "keras3"],
  ] as const) {
    const model = await loadFixture(fixtures("layers").find((one) => one.name === name)!);
    const again = await load(await save(model, { format: "keras-h5", dialect }));
    expect(again.layers.map((layer) => layer.class)).toContain("LayerScale");
  }
});
