/** Small things that many forwards need. */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { checkActivation } from "./activation-spec.ts";

/** The length of the last axis. */
export function lastOf(shape: Shape | undefined): number | null {
  return shape === undefined || shape.length === 0 ? null : shape[shape.length - 1]!;
}

/** Refuses an input of another rank. */
export function needRank(x: Sym, rank: number): void {
  if (x.shape.length !== rank) fail("mismatch/rank", { expected: `${rank} axes`, found: showShape(x.shape) });
}

/** The same as Keras's `input_spec` does it, which nobody asks where `call` runs alone. */
export function specRank(cx: Context, x: Sym, rank: number): void {
  if (!cx.isBare) needRank(x, rank);
}

/** Before Keras 3 softmax is of rows, not of a vector alone. Source: tf_keras/backend.py (`softmax`). */
export function needRows(cx: Context, x: Sym): void {
  if (cx.semantics !== "keras3" && x.shape.length < 2)
    fail("mismatch/rank", { expected: "2 axes or more", found: showShape(x.shape) });
}

/** The `activation` option of the layer on x; Keras 3 makes floats of integers for some activations where tf-keras, as TensorFlow, refuses them. */
export function activate(cx: Context, x: Sym, spec: ActivationSpec): Sym {
  if (cx.semantics === "tf-keras" && !isFloat(x.dtype) && (spec.fn === "tanh" || spec.fn === "exponential"))
    fail("unsupported/dtype", { expected: "floats", found: x.dtype });
  if (spec.fn === "softmax") needRows(cx, x);
  if (cx.node.children.has("activation")) return cx.call(cx.child("activation"), [x])[0]!;
  return cx.op.activation(x, checkActivation(spec));
}
