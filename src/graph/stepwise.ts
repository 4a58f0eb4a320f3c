/** Operations that are the same as several others in a row. */
import { type DType, isFloat } from "../core/dtype.ts";
import { stretches } from "../ops/move.ts";
import { isNode, mapSlots } from "../ops/slots.ts";
import type { Attrs, GraphNode, Size, Value, ValueId } from "../ops/types.ts";

/** Expressions of values, and what they are numbered by. */
export interface Texts {
  of(id: ValueId): number;
  attrs(attrs: Attrs): string;
  number(text: string): number;
  value(id: ValueId): Value;
}

/** What is made of several steps that the graph has one operation for, as those steps; null for all else. */
export function stepwise(node: GraphNode, texts: Texts): string | null {
  const step = (op: string, x: number, attrs: Attrs): string => `${op}${JSON.stringify({ x })}${texts.attrs(attrs)}`;
  const then = (op: string, x: string, attrs: Attrs): string => step(op, texts.number(x), attrs);
  const two = (op: string, a: number, b: number): string => `${op}${JSON.stringify({ a, b })}{}`;
  const ones = (shape: readonly Size[], dtype: DType): string => `full{}${texts.attrs({ shape, value: 1, dtype })}`;
  if (isNode(node, "expandDims") && node.attrs.axes.length > 1) {
    const [first, ...others] = [...node.attrs.axes].sort((a, b) => a - b);
    const one = step("expandDims", texts.of(node.in.x), { axes: [first!] });
    return others.reduce((x, axis) => then("expandDims", x, { axes: [axis] }), one);
  }
  if (isNode(node, "conv") && typeof node.attrs.padding === "object") {
    const { layout, padding } = node.attrs;
    const amounts = [[0, 0], ...(layout === "first" ? [[0, 0]] : []), ...padding, ...(layout === "last" ? [[0, 0]] : [])]; // prettier-ignore
    const x = texts.number(step("pad", texts.of(node.in.x), { amounts, value: 0 } as Attrs));
    return `conv${JSON.stringify({ ...mapSlots(node.in, (id) => texts.of(id)), x })}${texts.attrs({ ...node.attrs, padding: "valid" })}`;
  }
  if (isNode(node, "iota") && typeof node.attrs.length === "object") {
    const { length, dtype } = node.attrs;
    const counts = then("cumsum", ones([length], dtype), { axis: 0, reverse: false });
    return two("subtract", texts.number(counts), texts.number("constant : 1"));
  }
  if (isNode(node, "broadcastTo") && node.attrs.shape.some((n) => typeof n === "object")) {
    const { dtype, shape } = texts.value(node.in.x);
    const by = stretches(shape!, node.attrs.shape);
    if (by === null) return null;
    const [x, { repeats, open }] = [texts.of(node.in.x), by];
    const tiled = repeats.some((n) => n !== 1) ? texts.number(step("tile", x, { repeats })) : x;
    return two(dtype === "bool" ? "logicalAnd" : "multiply", tiled, texts.number(ones(open, dtype)));
  }
  if (!isNode(node, "sort") && !isNode(node, "argsort") && !isNode(node, "cumsum")) return null;
  const [x, { axis }] = [texts.of(node.in.x), node.attrs];
  const turned = (y: string): string => then("reverse", y, { axes: [axis] });
  if (isNode(node, "sort") && node.attrs.descending) return turned(step("sort", x, { axis, descending: false }));
  // Where NaN stand, no rule of TensorFlow's says.
  if (isNode(node, "argsort") && node.attrs.descending && isFloat(texts.value(node.in.x).dtype))
    return then("argsort", step("negative", x, {}), { axis, descending: false });
  if (isNode(node, "cumsum") && node.attrs.reverse)
    return turned(then("cumsum", step("reverse", x, { axes: [axis] }), { axis, reverse: false }));
  return null;
}
