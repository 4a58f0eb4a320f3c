/** Which lengths of values are those of other values. */
import { BINARY, COMPARE, UNARY, UNARY_BOOL } from "../ops/signatures.ts";
import { listOf } from "../core/list.ts";
import { isCut } from "../ops/move.ts";
import { isNode, readsOf } from "../ops/slots.ts";
import type { Graph, GraphNode, Shape, Size, ValueId } from "../ops/types.ts";

/** An axis of a value. */
export interface Axis {
  readonly of: ValueId;
  readonly axis: number;
}

/** Operations that give what they are given as long as it is, or as long as operands come to together. */
const ALIKE: ReadonlySet<string> = new Set([...UNARY, ...UNARY_BOOL, ...BINARY, ...COMPARE, "where", "cast", "activation", "softmax", "stopGradient", "reverse", "sort", "argsort", "cumsum"]); // prettier-ignore

/** The axes of operands that are as long, all of them; none where none is known to be. */
export function asLong(node: GraphNode, { of, axis }: Axis, { values }: Graph): readonly Axis[] {
  const shapeOf = (id: ValueId): Shape => values.get(id)?.shape ?? [];
  const rank = shapeOf(of).length;
  if (ALIKE.has(node.op))
    // What has one element there is stretched.
    return readsOf(node).flatMap((id): Axis[] => {
      const at = axis - rank + shapeOf(id).length;
      return at >= 0 && shapeOf(id)[at] !== 1 ? [{ of: id, axis: at }] : [];
    });
  if (isNode(node, "transpose")) return [{ of: node.in.x, axis: node.attrs.perm[axis]! }];
  if (isNode(node, "slice"))
    return node.attrs.ranges.some((range) => range.axis === axis && isCut(range)) ? [] : [{ of: node.in.x, axis }];
  if (isNode(node, "squeeze") || isNode(node, "expandDims")) {
    const { axes } = node.attrs;
    const others = listOf(rank + axes.length, (i) => i).filter((i) => !axes.includes(i));
    const at = node.op === "squeeze" ? others[axis]! : others.indexOf(axis);
    return at < 0 ? [] : [{ of: node.in.x, axis: at }];
  }
  if (isNode(node, "reshape")) {
    const x = shapeOf(node.in.x);
    const open = x.indexOf(null);
    const isOwn = open >= 0 && besides(x, open) > 0 && besides(x, open) === besides(node.attrs.shape, axis);
    return isOwn ? [{ of: node.in.x, axis: open }] : measuredBy(node.attrs.shape[axis]);
  }
  if (isNode(node, "full") || isNode(node, "broadcastTo")) return measuredBy(node.attrs.shape[axis]);
  if (isNode(node, "iota")) return measuredBy(node.attrs.length);
  if (isNode(node, "gather") && node.attrs.axis === 0)
    return axis < shapeOf(node.in.indices).length ? [{ of: node.in.indices, axis }] : [];
  if (isNode(node, "matmul") && axis === 0 && rank > 2)
    return readsOf(node).flatMap((id) =>
      shapeOf(id).length === rank && shapeOf(id)[0] === null ? [{ of: id, axis }] : [],
    );
  const [first] = readsOf(node);
  const isOpen = axis === 0 && first !== undefined && shapeOf(first)[0] === null;
  return isOpen && keepsFirst(node) ? [{ of: first, axis }] : [];
}

/** What gives on the first axis of its first operand, unless it is done along that axis. */
const KEEPING: ReadonlySet<string> = new Set(
  "conv convTranspose pool resize batchNorm layerNorm pad tile repeat concat gather sum mean prod max min any all argmax argmin".split(
    " ",
  ),
);

/** Whether the first axis of a node's outputs is that of its first operand, by what it says of axes. */
function keepsFirst(node: GraphNode): boolean {
  if (isNode(node, "rnn")) return node.attrs.axis === 1;
  const { axis, axes, amounts, repeats } = node.attrs as Readonly<Record<string, unknown>>;
  const [around] = (amounts as readonly (readonly number[])[] | undefined) ?? [];
  const [times] = (repeats as readonly number[] | undefined) ?? [];
  const isAlong = axis === 0 || (axes as readonly number[] | undefined)?.includes(0) === true;
  return KEEPING.has(node.op) && !isAlong && (around?.every((n) => n === 0) ?? true) && (times ?? 1) === 1;
}

const measuredBy = (size: Size | undefined): readonly Axis[] =>
  typeof size === "object" && "of" in size ? [size] : [];

/** How many elements other axes have together; NaN where that is not known. */
const besides = (shape: readonly (Size | null)[], axis: number): number =>
  shape.reduce<number>((count, n, i) => (i === axis ? count : count * (typeof n === "number" && n >= 0 ? n : NaN)), 1);
