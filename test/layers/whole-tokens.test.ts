/** Lookups of whole numbers are operations that every format has: the same as the lookup of their texts, which strangers' ones are. */
import { describe, expect, it } from "vitest";
import { convert, Input, layers, load, Model, save, tensor } from "../../src/index.ts";

type Options = Parameters<typeof layers.integerLookup>[0];

const VOCABULARY = [10, 3, -7, 2_000_000, 0, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32];
const VALUES = [10, 3, -7, 0, 5, -4, 2_000_000, -2_000_000, 32, 31, 36, 45];
const WIDE = [2 ** 40, 5, -(2 ** 50), 12];

const told = (c: { vocabulary: readonly number[]; mask?: number; oov: number }, x: number): number => {
  if (x === c.mask) return 0;
  const start = (c.mask === undefined ? 0 : 1) + c.oov;
  const place = c.vocabulary.indexOf(x);
  if (place >= 0) return start + place;
  return start - c.oov + (c.oov === 1 ? 0 : ((x % c.oov) + c.oov) % c.oov);
};

function model(length: number, ...lookups: readonly Options[]): Model {
  const x = Input({ shape: [length], dtype: "int64" });
  return new Model({ inputs: x, outputs: lookups.reduce((y, options) => layers.integerLookup(options).apply(y), x) });
}

describe("indices", () => {
  it.each([
    [VOCABULARY, undefined, 1],
    [VOCABULARY, 6, 1],
    [VOCABULARY.slice(0, 3), undefined, 3],
    [VOCABULARY, 5, 4],
    [WIDE, undefined, 2],
    [[7], 0, 1],
  ])("in %j, of a mask %s and %i unknown places", async (vocabulary, mask, oov) => {
    const values = vocabulary === WIDE ? [...WIDE, 7, 2 ** 40 + 1, -(2 ** 50) + 1] : VALUES;
    const one = model(values.length, { vocabulary, maskToken: mask ?? null, numOovIndices: oov } as Options);
    const [again] = (await save(one, { format: "keras-v3" })).values();
    for (const backend of ["wasm", "reference"] as const) {
      const [y] = await (await load(again!)).predict(tensor(values, [1, values.length], "int64"), { backend });
      expect(y!.dtype).toBe("int64");
      const wanted = values.map((x) => told({ vocabulary, oov, ...(mask !== undefined && { mask }) }, x));
      expect(Array.from(y!.data, Number)).toEqual(wanted);
    }
  });
});

it.each(["m.mjs", "m.tfjs.json"])("a lookup and its way back are written as %s", async (target) => {
  const options = { vocabulary: VOCABULARY, maskToken: 6, numOovIndices: 2 } as Options;
  const one = model(4, options, { ...options, numOovIndices: 1, invert: true } as Options);
  const [bytes] = (await save(one, { format: "keras-v3" })).values();
  const { verified } = await convert(bytes!, target, target.endsWith("json") ? { format: "tfjs-layers" } : {});
  expect(verified).toBe("outputs");
});
