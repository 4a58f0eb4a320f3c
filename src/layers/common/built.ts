/** What layers keep of the tensors that they were first called on. */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context, LayerNode } from "../define.ts";

/** Whether what a layer makes of its calls depends on the first of them. */
export function buildsOnce({ def, semantics }: LayerNode): boolean {
  const where = def?.calls?.buildsOnce;
  return where === true || where === semantics;
}

/** Refuses tensors of another rank than those that the layer was first called on, or of another length along the axes that count, as Keras's InputSpec does. */
export function needBuilt(cx: Context, x: readonly Sym[], counts: (axis: number) => boolean = () => false): void {
  // Where `call` runs alone, nobody asks.
  if (cx.isBare) return;
  x.forEach(({ shape }, at) => {
    const built = cx.built[at] ?? shape;
    const isFree = (n: unknown): boolean => typeof n !== "number";
    const fits = shape.every((n, i) => !counts(i) || n === built[i] || isFree(n) || isFree(built[i]));
    if (fits && shape.length === built.length) return;
    fail("unsupported/argument", {
      message: "this layer takes tensors of the lengths that it was first called on, and no others",
      expected: showShape(built.map((n, i) => (counts(i) ? n : null))),
      found: showShape(shape),
    });
  });
}
