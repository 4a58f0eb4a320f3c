/** Reductions of float32 and bool over any axes against float64, over lengths around whole vectors and lines of the cache. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { tensor } from "../../../src/core/tensor.ts";
import { apart, both, random } from "./ops.ts";

const FOLDS = ["sum", "mean", "max", "min"] as const;

test("any axes, any lengths", async () => {
  const shapes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 23 })), { minLength: 1, maxLength: 4 });
  const cases = fc.tuple(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.boolean());
  const folds = fc.constantFrom(...FOLDS, "any", "all");
  await fc.assert(
    fc.asyncProperty(cases, folds, async ([shape, chosen, keepdims], fold) => {
      const axes = shape.map((_, axis) => axis).filter((axis) => chosen[axis]);
      if (fold === "any" || fold === "all") {
        // Of many numbers few are the other way, or none.
        const few = random(shape).data as Float32Array;
        const values = Int32Array.from(few, (v) => Number(v > 1.9 === (fold === "any")));
        const x = tensor(values, shape, "bool");
        const { found, exact } = await both({
          inputs: [x],
          build: (b, [v]) => [b.op[fold](v!, axes.length > 0 ? axes : [0], keepdims)],
        });
        expect(Array.from(found[0]!.data as Uint8Array)).toEqual(Array.from(exact[0]!.data as Uint8Array));
        return;
      }
      const error = await apart({
        inputs: [random(shape)],
        build: (b, [x]) => [b.op[fold](x!, axes.length > 0 ? axes : [0], keepdims)],
      });
      expect(error).toBeLessThanOrEqual(1.2e-7);
    }),
    { numRuns: 180 },
  );
});

test("a million numbers are summed as exactly as float32 can hold", async () => {
  for (const [shape, axis] of [
    [[1_000_003], 0],
    [[250_001, 5], 0],
    [[3, 400_001], 1],
  ] as const) {
    const error = await apart({ inputs: [random(shape)], build: (b, [x]) => [b.op.mean(x!, [axis])] });
    expect(error).toBeLessThanOrEqual(1.2e-7);
  }
});

test.each(FOLDS)("%s with NaN and infinities, wherever they stand", async (fold) => {
  for (const special of [NaN, Infinity, -Infinity]) {
    for (let at = 0; at < 9; at++) {
      const values = Array.from({ length: 9 }, (_, i) => (i === at ? special : i - 4));
      const x = tensor(values, [9, 1]);
      const across = tensor(
        values.flatMap((v) => [v, v, v, v, v]),
        [9, 5],
      );
      for (const [input, axis] of [[x, 0], [across, 0]] as const) {
        const { found, exact } = await both({ inputs: [input], build: (b, [v]) => [b.op[fold](v!, [axis])] });
        expect([...(found[0]!.data as Float32Array)]).toEqual([...(exact[0]!.data as Float64Array)].map(Math.fround));
      }
    }
  }
}); // prettier-ignore
