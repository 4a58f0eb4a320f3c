/**
 * What quantised layers share: int8 or packed int4 in place of a weight, with scales, and in blocks with zero points;
 * gptq and awq, a kernel of integers without a sign; float8, numbers as they are cut to before a product.
 * Source: keras/src/quantizers/gptq_core.py, awq_core.py, keras/src/quantizers/quantizers.py, keras/src/dtype_policies/dtype_policy.py.
 */
import type { Semantics } from "../../../core/semantics.ts";
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { fail } from "../../../core/error.ts";
import type { DType } from "../../../core/dtype.ts";
import type { Shape, Sym } from "../../../ops/types.ts";
import {
  type Bound, type Context, type LayerNode, quantizationOf, type WeightDecl, type WrittenFile,
} from "../../define.ts"; // prettier-ignore
import { adapterOf } from "../../quantized.ts";

/** Whether two integers of four bits make a byte. */
const isPacked = (c: object): boolean => quantizationOf(c)?.mode === "int4" || quantizationOf(c)?.bits === 4;

/** The length of an axis of `n` integers as it is stored: two of four bits in a byte. */
export const packedLength = (c: object, n: number): number => (isPacked(c) ? Math.ceil(n / 2) : n);

const mode = (c: object) => quantizationOf(c)?.mode ?? null;
/** Whether the kernel is another: integers without a sign. */
export const isUnsigned = (c: object): boolean => mode(c) === "gptq" || mode(c) === "awq";
const isFloat8 = (c: object): boolean => mode(c) === "float8";

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

/** The adapters beside the integers, `rows` in and `columns` out where the config and x tell. */
export function adapterWeights<C extends object, N extends string>(
  name: N,
  of: { rows(c: C, x: readonly Shape[]): Shape; columns(c: C, x: readonly Shape[]): number | null },
): { readonly [K in `lora_${N}_a` | `lora_${N}_b`]: WeightDecl<C> } {
  const rank = (c: C): number => quantizationOf(c)!.adapter!.rank;
  const about = { when: (c: C) => quantizationOf(c)?.adapter !== undefined, optional: true, dtype: "float32" } as const;
  return {
    [`lora_${name}_a`]: { ...about, shape: (c: C, x: readonly Shape[]) => [...of.rows(c, x), rank(c)] },
    [`lora_${name}_b`]: { ...about, shape: (c: C, x: readonly Shape[]) => [rank(c), of.columns(c, x)] },
  } as never;
}

/** The arrays of adapters, where there are any. */
export type Adapters<N extends string> = Bound<`lora_${N}_a` | `lora_${N}_b`>;

/** y with what the adapters add, `x·a` given as `parts`; as it is where there are none. */
export function withAdapter(cx: Context, c: object, y: Sym, parts: (a: Sym) => Sym, a?: Sym, b?: Sym): Sym {
  const adapter = quantizationOf(c)?.adapter;
  if (adapter === undefined || a === undefined || b === undefined) return y;
  const { op } = cx;
  const added = op.multiply(op.matmul(parts(a), b), adapter.scale);
  return op.cast(op.add(op.cast(y, added.dtype), added), cx.compute);
}

interface Sides<C> {
  rows(c: C, x: readonly Shape[]): number | null;
  columns(c: C, x: readonly Shape[]): number | null;
}

const history = { when: isFloat8, shape: () => [null], dtype: "float32" } as const;
const scale = { when: isFloat8, shape: () => [], dtype: "float32" } as const;

/**
 * The arrays of a layer with one kernel of so many rows and columns, beside kernel and bias, in Keras's order for each mode.
 * `channels`: the shape of the scales of int8.
 */
export function kernelScales<C extends object>(of: Sides<C> & { channels(c: C, x: readonly Shape[]): Shape }) {
  const groups = (c: C, x: readonly Shape[]): number | null =>
    quantizationOf(c)!.block === null ? 1 : blocksOf(c, of.rows(c, x));
  const signed = scaleWeights<C, "kernel">("kernel", {
    count: (c, x) => (mode(c) === "int8" ? of.channels(c, x) : [of.columns(c, x)]),
    blocks: (c, x) => [blocksOf(c, of.rows(c, x)), of.columns(c, x)],
    length: of.rows,
  });
  const turned = (c: C, x: readonly Shape[]): Shape => [of.columns(c, x), groups(c, x)];
  const packed = (c: C, n: number | null): number | null => (n === null ? null : packedLength(c, n));
  return {
    quantized_kernel: {
      when: isUnsigned,
      shape: (c: C, x: readonly Shape[]): Shape => [packed(c, of.columns(c, x)), of.rows(c, x)],
      trainable: false,
      dtype: "uint8",
    },
    inputs_scale: scale,
    inputs_amax_history: history,
    kernel_scale: {
      ...signed.kernel_scale,
      shape: (c: C, x: readonly Shape[], semantics: Semantics): Shape =>
        isFloat8(c) ? [] : isUnsigned(c) ? turned(c, x) : signed.kernel_scale.shape(c, x, semantics),
    },
    kernel_amax_history: history,
    outputs_grad_scale: scale,
    outputs_grad_amax_history: history,
    kernel_zero: {
      when: (c: C) => isUnsigned(c) || signed.kernel_zero.when!(c),
      shape: (c: C, x: readonly Shape[], semantics: Semantics): Shape =>
        isUnsigned(c) ? turned(c, x) : signed.kernel_zero.shape(c, x, semantics),
      trainable: false,
      dtype: (_own: DType, _semantics: unknown, c: C): DType => (isUnsigned(c) ? "uint8" : "int8"),
    },
    awq_scales: {
      when: (c: C) => mode(c) === "awq",
      shape: (c: C, x: readonly Shape[]): Shape => [of.rows(c, x)],
      trainable: false,
    },
    g_idx: { ...signed.g_idx, when: (c: C) => isUnsigned(c) || signed.g_idx.when!(c) },
  } as const;
}

/** The kernel of gptq or awq as floats: [rows, columns]. */
export function unsignedKernel(cx: Context, c: object, w: KernelArrays, columns: number): Sym {
  const { op } = cx;
  const turned = (x: Sym): Sym => op.transpose(x, [1, 0]);
  const numbers = integersOf(cx, turned(w.quantized_kernel), c, columns, "float32");
  const scales = { scale: turned(w.kernel_scale), zero: turned(w.kernel_zero), g_idx: w.g_idx };
  const kernel = fromBlocks(cx, numbers, scales, 0);
  return mode(c) === "awq" ? op.divide(kernel, op.expandDims(w.awq_scales, [1])) : kernel;
}

/** A bare call with adapters, which Keras adds to numbers without their scales. */
export function refuseBare(adapter: Sym | undefined): void {
  if (adapter !== undefined)
    fail("unsupported/dtype-policy", { message: "adapters (enable_lora) beside a quantised array, inside TimeDistributed" }); // prettier-ignore
}

/** The kernel for a bare call: its stored numbers as they are. */
export function bareKernel(
  cx: Context,
  c: object,
  w: { readonly kernel: Sym; readonly lora_kernel_a?: Sym },
  columns: number,
): Sym {
  // prettier-ignore
  refuseBare(w.lora_kernel_a);
  if (isUnsigned(c))
    fail("unsupported/dtype-policy", {
      message: "inside TimeDistributed",
      expected: "int8, int4",
      found: String(mode(c)),
    });
  return mode(c) === "float8" ? w.kernel : integersOf(cx, w.kernel, c, columns, cx.compute);
}

/** The arrays of a quantised kernel, those that its mode has. */
export type KernelArrays = Bound<keyof ReturnType<typeof kernelScales>>;

/** The exponents of float8_e4m3fn above its least, and its largest number. */
const [LEAST, MOST, LARGEST] = [-6, 8, 448];

/** x / scale as float8_e4m3fn holds it, to the nearest and to even, times scale. */
function throughFloat8(cx: Context, x: Sym, given: Sym): Sym {
  const { op } = cx;
  const by = op.cast(given, cx.compute);
  const small = op.minimum(op.maximum(op.divide(x, by), -LARGEST), LARGEST);
  const size = op.abs(small);
  // Between powers of two there are eight numbers.
  let step = op.constant(2 ** (LEAST - 3), cx.compute);
  for (let e = LEAST + 1; e <= MOST; e++) step = op.where(op.greaterEqual(size, 2 ** e), 2 ** (e - 3), step);
  return op.multiply(op.multiply(op.round(op.divide(small, step)), step), by);
}

/** Input and kernel of a float8 layer as its product takes them, and its bias. The histories matter in training alone. */
export function float8Parts(cx: Context, x: Sym, w: KernelArrays & { readonly kernel: Sym; readonly bias: Sym }) {
  if (cx.training) fail("unsupported/training", { message: "layers of float8", found: cx.node.path });
  const { op } = cx;
  const cut = (bias: Sym): Sym => (cx.compute === "float32" ? op.cast(op.cast(bias, "bfloat16"), "float32") : bias);
  return {
    x: throughFloat8(cx, x, w.inputs_scale),
    kernel: throughFloat8(cx, w.kernel, w.kernel_scale),
    bias: w.bias && cut(w.bias),
  };
}

/** The integers of a weight as floats of a dtype; of int4 the two of each byte, the lower first, up to `length` of them. */
export function integersOf(cx: Context, packed: Sym, c: object, length: number, dtype: Sym["dtype"]): Sym {
  const { op } = cx;
  if (!isPacked(c)) return op.cast(packed, dtype);
  const bytes = op.cast(packed, "float32");
  const high = op.floor(op.multiply(bytes, 1 / 16));
  const rest = op.subtract(bytes, op.multiply(high, 16));
  const low = isUnsigned(c) ? rest : op.where(op.greater(rest, 7), op.subtract(rest, 16), rest);
  const last = packed.shape.length - 1;
  const both = op.stack([low, high], last + 1);
  const flat = op.reshape(both, [
    ...packed.shape.slice(0, -1).map((_, i) => cx.size(packed, i)),
    2 * packed.shape[last]!,
  ]);
  return op.cast(op.cast(op.slice(flat, [{ axis: last, start: 0, stop: length, step: 1 }]), "int8"), dtype);
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
): { low: number; high: number; epsilon: number; axes: readonly number[] } | null {
  const whole = { low: -127, high: 127, epsilon: 1e-7, axes: [-1] };
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
  const axis = member(options, "axis") ?? [];
  const axes = (Array.isArray(axis) ? axis : [axis]).map((one) => number(one, -1));
  return {
    low: number(low, -127),
    high: number(high, 127),
    epsilon: number(member(options, "epsilon"), 1e-7),
    axes: axes.length === 0 ? [-1] : axes,
  };
}

/**
 * The activations as whole numbers, and by what they were multiplied, the largest magnitude over `axes` at most 127; null
 * where they stay as they are. Without `axes` they are the quantiser's own. `usually`: what is quantised where no config says how.
 */
export function quantizedInput(
  { op }: Context,
  x: Sym,
  c: { readonly quantization_config: JsonNode },
  axes: readonly number[] | null,
  usually: "int8" | "always" = "int8",
): { readonly x: Sym; readonly scale: Sym } | null {
  const quantizer = activationQuantizer(
    c.quantization_config,
    usually === "always" || quantizationOf(c)!.mode === "int8",
  );
  if (quantizer === null) return null;
  const { low, high, epsilon } = quantizer;
  const scale = op.divide(high, op.add(op.max(op.abs(x), axes ?? quantizer.axes, true), epsilon));
  const rounded = op.minimum(op.maximum(op.round(op.multiply(x, scale)), low), high);
  return { x: op.cast(rounded, "float32"), scale };
}

/** Keras 3 makes its adapters of the rank alone as it builds the layer from `.h5`: of another `lora_alpha` it computes something else. */
export const losesAlpha = ({ options }: LayerNode, { dialect, format, isCopy }: WrittenFile): string | boolean =>
  dialect === "keras3" && format === "keras-h5" && isCopy && (adapterOf(options)?.scale ?? 1) !== 1 && "its lora_alpha";
