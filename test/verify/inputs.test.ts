import { describe, expect, it } from "vitest";
import { fail } from "../../src/core/error.ts";
import { trace } from "../../src/graph/trace.ts";
import { onTakenInputs, seededInputs, tableLengths } from "../../src/verify/inputs.ts";
import { open } from "./models.ts";

const inputsOf = async (path: string, seed = 1) => seededInputs(trace((await open(path)).data.root), seed);

describe("inputs from a seed", () => {
  it("are the same for the same seed only", async () => {
    const [a, b, c] = [
      await inputsOf("models/cnn/model.keras"),
      await inputsOf("models/cnn/model.keras"),
      await inputsOf("models/cnn/model.keras", 2),
    ];
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(a[0]!.shape).toEqual([2, 12, 12, 1]);
  });

  it("stay inside the tables that they index", async () => {
    for (const path of ["models/text/model.keras", "models/seq2seq/model.keras"]) {
      const { graph, inputs } = trace((await open(path)).data.root);
      const tables = tableLengths(graph);
      expect(tables.every((length) => length !== undefined)).toBe(true);
      seededInputs({ graph, inputs, outputNames: [] } as never, 3).forEach(({ data }, i) => {
        const values = Array.from(data, Number);
        expect(values.every((x) => Number.isInteger(x) && x >= 0 && x < tables[i]!)).toBe(true);
        expect(new Set(values).size).toBeGreaterThan(2);
      });
    }
  });

  it("have lengths that the model takes", async () => {
    const model = await open("models/text/model.keras");
    const traced = trace(model.data.root);
    const [x] = await model.predict([...seededInputs(traced, 1)]);
    expect(x!.shape[0]).toBe(2);
  });

  it("are made anew where the model refuses an index, and told where it always does", async () => {
    const below = (most: number) => async (small: number) =>
      small <= most ? small : fail("mismatch/range", { expected: `an index from 0 to ${most - 1}` });
    expect(await onTakenInputs(below(8))).toBe(8);
    expect(await onTakenInputs(below(3))).toBe(2);
    await expect(onTakenInputs(below(0))).rejects.toThrow("unsupported/seeded-inputs");
  });
});
