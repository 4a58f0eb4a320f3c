/**
 * Gradients by what a loop reads from outside that need not be added up step by step: once the loop is over, that of a matrix is
 * one product of all steps.
 */
import type { OpContext } from "../ops/builder.ts";
import type { Differentiated, OperandGradients } from "../ops/gradients/define.ts";
import { GRADIENTS } from "../ops/gradients/index.ts";
import type { PrimitiveName, Slots } from "../ops/signatures.ts";
import { mapSlots } from "../ops/slots.ts";
import type { Attrs, GraphNode, Sym, ValueId } from "../ops/types.ts";
import type { GraphBuilder } from "./builder.ts";

/** A gradient of whichever operation. */
type AnyGradient = (cx: OpContext, d: Differentiated<"add">) => OperandGradients<"add">;

/** That of an operation, where it has one. */
export function gradientOf(op: PrimitiveName): AnyGradient | null {
  const gradient = GRADIENTS[op];
  // The table pairs each operation with the gradient that takes what it has.
  return typeof gradient === "function" ? (gradient as unknown as AnyGradient) : null;
}

/** A gradient that waits until a loop is over: then it is one of all steps. */
export interface Waiting {
  readonly node: GraphNode;
  readonly attrs: Attrs;
  /** The operand with the gradient, its place among all, the other operand if it counts, and the output's gradient. */
  readonly target: Sym;
  readonly place: number;
  readonly other: Sym | null;
  readonly dy: Sym;
}

/** What may wait: gradients by these values. */
export interface AllSteps {
  readonly outer: ReadonlySet<ValueId>;
  readonly waiting: Waiting[];
}

/**
 * Whether a gradient by a value from outside a loop can be one of all steps: that of a matrix or kernel against what a step has,
 * or of what is added to or multiplied with each row of it.
 */
export function waits(
  { op }: GraphNode,
  attrs: Attrs,
  operands: readonly Sym[],
  place: number,
  outer: ReadonlySet<ValueId>,
): boolean {
  const [target, other] = [operands[place]!, operands[place === 0 ? 1 : 0]];
  if (other === undefined || !outer.has(target.id) || outer.has(other.id)) return false;
  if (op === "matmul")
    return place === 1 && target.shape.length === 2 && other.shape.length > 1 && attrs["transposeA"] !== true;
  if (op === "conv") return place === 1;
  return (op === "add" || op === "subtract" || op === "multiply") && target.shape.length < other.shape.length;
}

/** A gradient of all steps at once: the axes of steps and of the batch are one. */
export function ofAllSteps(
  builder: GraphBuilder,
  { node, attrs, target, place, other, dy }: Waiting,
  sequenceOf: ReadonlyMap<ValueId, Sym>,
): Sym {
  const gradient = gradientOf(node.op as PrimitiveName)!;
  let next = 0;
  const places = mapSlots(node.in, () => next++);
  const merged = ({ op }: OpContext, s: Sym): Sym => {
    const [a, b, ...rest] = s.shape as readonly [number, number, ...number[]];
    return op.reshape(s, [a * b, ...rest]);
  };
  const emit = (cx: OpContext, late: { readonly xs: readonly Sym[]; readonly attrs: never }): readonly Sym[] => {
    const [w, dyAll, otherAll] = late.xs as [Sym, Sym, Sym | undefined];
    const all = merged(cx, dyAll);
    const x = mapSlots(places, (i) => (i === place ? w : otherAll && i < 2 ? merged(cx, otherAll) : all));
    const made = gradient(cx, { x: x as Differentiated<"add">["x"], y: all, dy: all, attrs: late.attrs });
    return [(made as Slots<Sym>)[Object.keys(places).find((name) => places[name] === place)!] as Sym];
  };
  const xs = [target, sequenceOf.get(dy.id)!, ...(other ? [sequenceOf.get(other.id)!] : [])];
  return builder.emit("late", { xs }, { emit: emit as never, like: [0], attrs }).ys[0]!;
}
