/** Connectionist temporal classification, of logits that all run. Source: keras/src/losses/losses.py (`ctc`). */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { ctcLoss } from "../../ops/ctc.ts";
import { lossOf } from "./shared.ts";

/** CTC: yTrue[B, L] classes from 1, padded with 0; yPred[B, T, C] logits. */
export const ctc = lossOf({
  class: "CTC",
  functions: ["ctc"],
  config: {},
  each(cx, { yTrue, yPred }) {
    if (yTrue.shape.length !== 2 || yPred.shape.length !== 3)
      fail("mismatch/rank", {
        source: "ctc",
        expected: "labels [B, L] and logits [B, T, C]",
        found: `${showShape(yTrue.shape)} and ${showShape(yPred.shape)}`,
      });
    const { op } = cx;
    const labels = op.cast(yTrue, "int32");
    const counts = op.sum(op.cast(op.notEqual(labels, 0), "int32"), [1]);
    const steps = op.add(op.multiply(counts, 0), op.cast(op.sum(op.full([cx.size(yPred, 1)], 1, "int32")), "int32"));
    return ctcLoss(cx, labels, yPred, counts, steps, 0);
  },
});
