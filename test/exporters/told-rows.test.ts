/** Rows that are masked throughout, which both generations compute otherwise: that is told, and nothing else may differ. */
import { expect, it } from "vitest";
import { tellsRows, withRowsAlike } from "../../src/graph/compare.ts";
import { convert, Input, layers, load, Model, save, setRandomSeed, type Tensor, tensor } from "../../src/index.ts";
import { verifyAgainst } from "../../src/verify/verify.ts";

type Value = ReturnType<typeof Input>;
const embedded = (x: Value, maskZero = true): Value =>
  layers.embedding({ inputDim: 5, outputDim: 3, maskZero }).apply(x) as Value;
/** With dropout, as Keras 3's fused product makes no zeros. */
const attention = (x: Value, options: object = {}): Value =>
  layers.multiHeadAttention({ numHeads: 2, keyDim: 2, dropout: 0.5 }).apply(x, { value: x, ...options }) as Value;

const MODELS: Readonly<Record<string, (x: Value) => Value>> = {
  once: (x) => attention(embedded(x)),
  "with a causal mask": (x) => attention(embedded(x), { useCausalMask: true }),
  "of what was attended to": (x) => attention(attention(embedded(x))),
  "inside of a model": (x) => {
    const inner = Input({ shape: [4], dtype: "int32" });
    return new Model({ inputs: inner, outputs: attention(embedded(inner)) }).apply(x) as Value;
  },
};
const made = (of: (x: Value) => Value): Model => {
  setRandomSeed(1);
  const x = Input({ shape: [4], dtype: "int32" });
  return new Model({ inputs: x, outputs: of(x) });
};
const older = async (model: Model): Promise<Model> =>
  (await load(await save(model, { format: "keras-h5", dialect: "keras2" }))) as Model;

const translated = async (model: Model) =>
  convert(await save(model, { format: "keras-v3" }), "m.h5", { dialect: "keras2" });

/** The first sample has steps that nothing is kept of. */
const IDS = tensor([[1, 2, 0, 0], [1, 2, 3, 4]], undefined, "int32"); // prettier-ignore

it.each(Object.entries(MODELS))("attention %s: what is written is verified but for such rows", async (_, of) => {
  const model = made(of);
  const { verified, changed, checks } = await translated(model);
  expect([verified, tellsRows(changed)]).toEqual([true, true]);
  expect(checks.join()).toContain("but for rows that are masked throughout");
  const other = await older(model);
  const [own, its] = await Promise.all([model, other].map(async (one) => [...(await one.predict(IDS))[0]!.data].map(Number))); // prettier-ignore
  const far = (from: number, to: number): number =>
    Math.max(...own!.slice(from, to).map((n, i) => Math.abs(n - its![from + i]!)));
  expect(far(0, 12)).toBeGreaterThan(1e-3);
  expect(far(12, 24)).toBeLessThan(1e-6);
});

it("says nothing of them where there are none", async () => {
  const { verified, changed, checks } = await translated(made((x) => attention(embedded(x, false))));
  expect([verified, tellsRows(changed)]).toEqual([true, false]);
  expect(checks.join()).not.toContain("masked throughout");
});

it("sets nothing else aside", async () => {
  const model = made(MODELS["once"]!);
  const other = await older(model);
  const about = { model: "a", against: "b" };
  const isSame = async (read?: typeof withRowsAlike): Promise<boolean> =>
    (await verifyAgainst(other.data, model.data, about, {}, read)).ok;
  expect([await isSame(), await isSame(withRowsAlike)]).toEqual([false, true]);
  const [table, ...others] = await other.getWeights();
  await other.setWeights([{ ...table!, data: (table!.data as Float32Array).map((n) => n * 1.01) } as Tensor, ...others]); // prettier-ignore
  expect(await isSame(withRowsAlike)).toBe(false);
});
