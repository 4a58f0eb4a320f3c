/**
 * A layer that several models call. Of the second model's calls Keras 3 finds in `.keras` those alone that are the first
 * one's too; from `.h5` it makes two layers, tf-keras as well. Each as tried with Keras 3.15.1 and tf-keras 2.21.
 */
import { describe, expect, it } from "vitest";
import { convert } from "../../src/index.ts";
import { Input, layers, load, Model, save, Sequential, tensor } from "../../src/node.ts";

/** An encoder in a model of its own, and again beside it, on an input of that model or on another one. */
function siamese(isOnTheSame: boolean): Model {
  const input = (name: string) => Input({ shape: [3], name });
  const [a, b, x, y, z] = [input("a"), input("b"), input("x"), input("y"), input("z")];
  const encoder = new Model({ inputs: z, outputs: layers.dense({ units: 2 }).apply(z), name: "encoder" });
  const pair = layers.subtract().apply([encoder.apply(a), encoder.apply(b)]);
  const inner = new Model({ inputs: [a, b], outputs: pair, name: "inner" });
  const ins: [typeof a, typeof a] = isOnTheSame ? [a, b] : [x, y];
  return new Model({ inputs: ins, outputs: [inner.apply(ins), encoder.apply(ins[0])] });
}

type Options = { readonly format: "keras-h5" | "keras-json"; readonly dialect: "keras2" | "keras3" };
const written = async (model: Model, options: Options): Promise<Uint8Array> =>
  [...(await save(model, options)).values()][0] as Uint8Array;

/** The text of tf-keras, which numbers whole models and inputs that it meets again. */
async function numbered(model: Model): Promise<string> {
  const ids: Readonly<Record<string, number>> = { encoder: 7, a: 8, b: 9 };
  const text = new TextDecoder().decode(await written(model, { format: "keras-json", dialect: "keras2" }));
  return JSON.stringify(
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value !== "object" || value === null || !("class_name" in value)) return value;
      const { shared_object_id: _own, ...rest } = value as Record<string, unknown>;
      const id = ids[String((rest["config"] as Record<string, unknown>)["name"])];
      return id === undefined ? rest : { ...rest, shared_object_id: id };
    }),
  );
}

it("is said to open where Keras finds its calls", async () => {
  const opens = async (file: string | Uint8Array, target: string, dialect: "keras2" | "keras3") =>
    (await convert(typeof file === "string" ? new TextEncoder().encode(file) : file, target, { dialect })).opens;
  const [same, other] = await Promise.all([true, false].map((isOnTheSame) => numbered(siamese(isOnTheSame))));
  expect(await opens(other!, "m.json", "keras3")).toBe(
    "no Keras: Keras 3 does not find the calls of encoder, shared between models",
  );
  expect(await opens(same!, "m.json", "keras3")).toBe("Keras 3");
  const file = await written(siamese(false), { format: "keras-h5", dialect: "keras2" });
  expect(await opens(file, "m.h5", "keras3")).toBe("Keras 3");
  expect(await opens(file, "m.h5", "keras2")).toBe("tf-keras, TensorFlow 2");
  expect(await opens(file, "m.keras", "keras2")).toMatch(/does not read dense\w*, shared between models or wrappers/);
});

const steps = () => Input({ shape: [2, 3] });
const MODELS: Readonly<Record<string, () => Model>> = {
  "a model": () => siamese(false),
  "a layer": () => {
    const [a, x, d] = [steps(), steps(), layers.dense({ units: 3 })];
    const inner = new Model({ inputs: a, outputs: d.apply(d.apply(a)) });
    return new Model({ inputs: x, outputs: [d.apply(inner.apply(x)), inner.apply(d.apply(x))] });
  },
  "a recurrent layer": () => {
    const [a, x, d] = [steps(), steps(), layers.lstm({ units: 3, returnSequences: true })];
    const inner = new Model({ inputs: a, outputs: d.apply(a) });
    return new Model({ inputs: x, outputs: [d.apply(inner.apply(x)), inner.apply(x)] });
  },
  "a wrapped layer": () => {
    const [x, d] = [steps(), layers.dense({ units: 3 })];
    return new Model({ inputs: x, outputs: [layers.timeDistributed({ layer: d }).apply(x), d.apply(x)] });
  },
  "a Sequential's layer": () => {
    const [x, d] = [steps(), layers.dense({ units: 3, inputShape: [2, 3] })];
    return new Model({ inputs: x, outputs: [new Sequential([d]).apply(x), d.apply(x)] });
  },
};

describe.each(Object.entries(MODELS))("%s of two places", (_, make) => {
  it.each(["keras2", "keras3"] as const)("keeps its weights in .h5 of %s", async (dialect) => {
    const model = make();
    const xs = model.inputs.map(
      ({ shape }) =>
      tensor(Float32Array.of(0.5, -1, 2, 0.25, 1, -2).slice(0, shape!.reduce<number>((n, size) => n * (size ?? 1), 1)), shape!.map((n) => n ?? 1)), // prettier-ignore
    );
    const again = await load(await written(model, { format: "keras-h5", dialect }));
    const wanted = await model.predict(xs);
    for (const [i, y] of (await again.predict(xs)).entries()) expect(y.data).toEqual(wanted[i]!.data);
  });
});
