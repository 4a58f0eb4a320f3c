/**
 * What quantised layers share: int8 or packed int4 in place of a weight, with scales, and in blocks with zero points.
 * Source: keras/src/quantizers/quantizers.py, keras/src/dtype_policies/dtype_policy.py.
 */
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { fail } from "../../../core/error.ts";
import type { Shape, Sym } from "../../../ops/types.ts";
import { type Context, quantizationOf, type WeightDecl } from "../../define.ts";

/** The length of an axis of `n` integers as it is stored: two of four bits in a byte. */
export const packedLength = (c: object, n: number): number =>
  quantizationOf(c)?.mode === "int4" ? Math.ceil(n / 2) : n;

const inBlocks = (c: object): boolean => typeof quantizationOf(c)?.block === "number";

/** Blocks of an axis of `n`. */
export const blocksOf = (c: object, n: number | null): number | null =>
  n === null ? null : Math.ceil(n / quantizationOf(c)!.block!);

/**
 * The arrays beside those integers, in Keras's order: a scale for each of `count`, or for each of its blocks, `blocks`;
 * then also zero points, and the block of each of the `length` numbers along the axis that is cut.
 */
export function scaleWeights<C extends object, N extends string>(
  name: N,
  of: {
    count(c: C, x: readonly Shape[]): Shape;
    blocks(c: C, x: readonly Shape[]): Shape;
    length(c: C, x: readonly Shape[]): number | null;
  },
): { readonly [K in `${N}_scale` | `${N}_zero` | "g_idx"]: WeightDecl<C> } {
  const shape = (c: C, x: readonly Shape[]): Shape => (inBlocks(c) ? of.blocks(c, x) : of.count(c, x));
  return {
    [`${name}_scale`]: { when: (c: C) => quantizationOf(c) !== null, shape, trainable: false },
    [`${name}_zero`]: { when: inBlocks, shape, trainable: false, dtype: "int8" },
    g_idx: {
      when: inBlocks,
      shape: (c: C, x: readonly Shape[]) => [of.length(c, x)],
      trainable: false,
      dtype: "float32",
    },
  } as never;
}

/** The integers of a weight as floats of a dtype; of int4 the two of each byte, the lower first, up to `length` of them. */
export function integersOf(cx: Context, packed: Sym, c: object, length: number, dtype: Sym["dtype"]): Sym {
  const { op } = cx;
  if (quantizationOf(c)!.mode !== "int4") return op.cast(packed, dtype);
  const bytes = op.cast(packed, "int32");
  const high = op.floorDivide(bytes, 16);
  const rest = op.subtract(bytes, op.multiply(high, 16));
  const low = op.where(op.greater(rest, 7), op.subtract(rest, 16), rest);
  const last = packed.shape.length - 1;
  const both = op.stack([low, high], last + 1);
  const flat = op.reshape(both, [
    ...packed.shape.slice(0, -1).map((_, i) => cx.size(packed, i)),
    2 * packed.shape[last]!,
  ]);
  return op.cast(op.slice(flat, [{ axis: last, start: 0, stop: length, step: 1 }]), dtype);
}

/** (integers - zero point) · scale, both of the block of each place along `axis`. */
export function fromBlocks(
  { op }: Context,
  integers: Sym,
  w: { readonly scale: Sym; readonly zero: Sym; readonly g_idx: Sym },
  axis: number,
): Sym {
  const groups = op.cast(w.g_idx, "int32");
  const scale = op.gather(w.scale, groups, axis);
  const zero = op.cast(op.gather(w.zero, groups, axis), scale.dtype);
  return op.multiply(op.subtract(op.cast(integers, scale.dtype), zero), scale);
}

const member = (node: JsonNode | undefined, name: string): JsonNode | undefined =>
  node instanceof Map ? node.get(name) : undefined;

/** The quantiser of activations: how Keras's AbsMaxQuantizer rounds; null where they stay as they are. */
function activationQuantizer(
  config: JsonNode,
  otherwise: boolean,
): { low: number; high: number; epsilon: number } | null {
  const whole = { low: -127, high: 127, epsilon: 1e-7 };
  if (config === null) return otherwise ? whole : null;
  const found = member(member(config, "config"), "activation_quantizer") ?? null;
  if (found === null) return null;
  const name = member(found, "class_name");
  const options = member(found, "config");
  if (name !== "AbsMaxQuantizer")
    return fail("unsupported/dtype-policy", { expected: "AbsMaxQuantizer", found: String(name) });
  const range = member(options, "value_range");
  const number = (node: JsonNode | undefined, usual: number): number =>
    node instanceof JsonNumber ? node.value : usual;
  const [low, high] = Array.isArray(range) ? range : [];
  return { low: number(low, -127), high: number(high, 127), epsilon: number(member(options, "epsilon"), 1e-7) };
}

/**
 * The activations as whole numbers, and by what they were multiplied, the largest magnitude over `axes` at most 127; null
 * where they stay as they are. `usually`: what is quantised where no config says how.
 */
export function quantizedInput(
  { op }: Context,
  x: Sym,
  c: { readonly quantization_config: JsonNode },
  axes: readonly number[],
  usually: "int8" | "always" = "int8",
): { readonly x: Sym; readonly scale: Sym } | null {
  const quantizer = activationQuantizer(
    c.quantization_config,
    usually === "always" || quantizationOf(c)!.mode === "int8",
  );
  if (quantizer === null) return null;
  const { low, high, epsilon } = quantizer;
  const scale = op.divide(high, op.add(op.max(op.abs(x), axes, true), epsilon));
  const rounded = op.minimum(op.maximum(op.round(op.multiply(x, scale)), low), high);
  return { x: op.cast(rounded, "float32"), scale };
}
