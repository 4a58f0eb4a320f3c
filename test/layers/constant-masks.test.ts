/** Masks that stand in a file as numbers: `constant_masks.py` says who answered. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { load, save, tensor } from "../../src/node.ts";

type Row = readonly [string, object, readonly number[]];
const [x, ...rows] = JSON.parse(readFileSync(new URL("constant-masks.json", import.meta.url), "utf8")) as [
  readonly number[],
  ...Row[],
];
const input = tensor(new Float32Array(x), [2, 3, 2]);

it.each(rows)("%s", async (name, model, answers) => {
  const read = await load(new TextEncoder().encode(JSON.stringify(model)));
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await read.predict(input, { backend });
    answers.forEach((answer, i) => expect(Number(y!.data[i])).toBeCloseTo(answer, 6));
    expect(y!.data).toHaveLength(answers.length);
  }
  // Keras 3 has tensors there, which are true or false, and tf-keras its lists.
  for (const dialect of ["keras3", "keras2"] as const) {
    const written = save(read, { format: "keras-v3", dialect });
    if (dialect === "keras3" && !name.endsWith("bool")) {
      await expect(written).rejects.toThrow("Keras 3 computes this call differently");
      continue;
    }
    const files = await written;
    const [again] = await (await load(files)).predict(input);
    answers.forEach((answer, i) => expect(Number(again!.data[i])).toBeCloseTo(answer, 6));
    const text = new TextDecoder("latin1").decode([...files.values()][0]);
    expect(text.includes("__tensor__") || text.includes("__numpy__")).toBe(dialect === "keras3");
  }
});
