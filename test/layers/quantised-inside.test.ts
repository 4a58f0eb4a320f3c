/** Keras 3.15 writes a quantised MultiHeadAttention without the policies of its inner layers, and cannot open the file. */
import { expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import type { Archive, StoredWeight } from "../../src/formats/archive.ts";
import "../../src/layers/all.ts";
import { readModel } from "../../src/model/bind.ts";
import { beyond } from "../../src/model/naming/arrays.ts";
import { allNodes } from "../../src/model/walk.ts";

const nodes = (class_name: string, config: object) => {
  const input = { module: "keras.layers", class_name: "InputLayer", config: { name: "x", batch_shape: [null, 3, 8] } };
  const layer = { module: "keras.layers", class_name, config: { name: "l", ...config } };
  const json = fromPlain({ class_name: "Sequential", config: { name: "m", layers: [input, layer] } }) as JsonObject;
  return [...allNodes(readModel(json, { semantics: "keras3", backend: "tensorflow", initialise: null }))];
};

/** The arrays as Keras writes them: kernel, bias and what the mode adds. */
const INT8 = [["int8", [8, 2, 4]], ["float32", [2, 4]], ["float32", [1, 1, 2, 4]]] as const; // prettier-ignore
const FLOAT8 = [["float32", [8, 2, 4]], ["float32", [2, 4]], ["float32", []], ["float32", [1024]]] as const; // prettier-ignore
const PLAIN = [["float32", [8, 2, 4]], ["float32", [2, 4]], ["float32", [2, 4]]] as const; // prettier-ignore

it.each([
  ["int8", "query", INT8, "unsupported/dtype-policy"],
  ["int8, in one group", "l", INT8, "unsupported/dtype-policy"],
  ["float8", "query", FLOAT8, "unsupported/dtype-policy"],
  ["too many", "query", PLAIN, "mismatch/extra-weights"],
] as const)("a MultiHeadAttention with arrays of %s at %s", (_, name, arrays, code) => {
  const node = nodes("MultiHeadAttention", { num_heads: 2, key_dim: 4 }).find((inner) => inner.name === name)!;
  const stored = arrays.map(([dtype, shape]) => ({ dtype, shape }) as unknown as StoredWeight);
  expect(beyond({ file: "a.keras" } as Archive, "group", node, stored, 2)).toMatchObject({ code, file: "a.keras" });
});

it("a layer that its file spells out has too many arrays", () => {
  const node = nodes("Dense", { units: 2 }).find((inner) => inner.name === "l")!;
  const stored = INT8.map(([dtype, shape]) => ({ dtype, shape }) as unknown as StoredWeight);
  expect(beyond({ file: "a.keras" } as Archive, "group", node, stored, 2).code).toBe("mismatch/extra-weights");
});
