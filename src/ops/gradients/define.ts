/**
 * What the files of this folder say of each primitive: how a gradient with respect to its output becomes those with
 * respect to its operands, in operations again. They are asked once all lengths are numbers.
 */
import type { OpContext } from "../builder.ts";
import type { AttrsOf, In, PrimitiveName } from "../signatures.ts";
import type { Sym } from "../types.ts";

/** A primitive whose output has the gradient `dy`. */
export interface Differentiated<N extends PrimitiveName> {
  readonly x: In<N, Sym>;
  readonly y: Sym;
  readonly dy: Sym;
  readonly attrs: AttrsOf<N>;
}

/** Of some operands, by name; those of integers and bools have none. */
export type OperandGradients<N extends PrimitiveName> = { readonly [K in keyof In<N, Sym>]?: In<N, Sym>[K] };

/** The gradients, or why there are none: nothing flows through then. */
export type Gradient<N extends PrimitiveName> =
  ((cx: OpContext, d: Differentiated<N>) => OperandGradients<N>) | { readonly notDifferentiable: string };

/** Lengths of a value, all of them known. */
export const knownLengths = (x: Sym): readonly number[] => x.shape as readonly number[];

/** A gradient summed over the axes along which `like` was stretched. */
export function sumTo({ op }: OpContext, g: Sym, like: Sym): Sym {
  const lead = g.shape.length - like.shape.length;
  const first =
    lead > 0
      ? op.sum(
          g,
          Array.from({ length: lead }, (_, i) => i),
        )
      : g;
  const axes = like.shape.flatMap((n, i) => (n === 1 && first.shape[i] !== 1 ? [i] : []));
  return axes.length > 0 ? op.sum(first, axes, true) : first;
}
