/** Names that tell other layers than the order does: weights go by names, and a warning says that Keras would not. */
import { expect, it } from "vitest";
import { Input, layers, load, Model, save, setRandomSeed } from "../../src/index.ts";

/** Dense layers one behind the other. */
function chain(names: readonly string[], units: readonly number[]): Model {
  const x = Input({ shape: [4] });
  const dense = (name: string, i: number) => layers.dense({ name, units: units[i]! });
  return new Model({ inputs: x, outputs: names.reduce((y, name, i) => dense(name, i).apply(y), x) });
}

const only = (files: ReadonlyMap<string, Uint8Array>): Uint8Array => [...files.values()][0]!;

async function warningsOf(architecture: Model, weights: Model): Promise<readonly string[]> {
  setRandomSeed(2);
  const json = only(await save(architecture, { format: "keras-json", dialect: "keras2" }));
  const { warnings, problems } = await load(json, {
    weights: only(await save(weights, { format: "keras-h5", dialect: "keras2" })),
  });
  expect(problems).toEqual([]);
  for (const warning of warnings) expect(warning).toMatchObject({ code: "mismatch/weight-order" });
  return warnings.map(({ path }) => path!);
}

it.each([
  [["a", "b"], ["b", "a"], [4, 4], ["a"]],
  [["a", "b", "c"], ["a", "c", "b"], [4, 4, 4], ["b"]],
  [["a", "b"], ["a", "b"], [4, 4], []],
  [["a", "b"], ["b", "c"], [4, 4], []],
])("%j beside a file of %j", async (names, others, units, wanted) => {
  expect(await warningsOf(chain(names, units), chain(others, units))).toEqual(wanted);
});

it("says nothing where the shapes tell them apart", async () => {
  const both = (names: readonly ("a" | "b")[]): Model => {
    const x = Input({ shape: [4] });
    const units = { a: 4, b: 2 };
    return new Model({ inputs: x, outputs: names.map((name) => layers.dense({ name, units: units[name] }).apply(x)) });
  };
  expect(await warningsOf(both(["a", "b"]), both(["b", "a"]))).toEqual([]);
});
