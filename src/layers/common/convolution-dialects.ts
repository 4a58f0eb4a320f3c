/**
 * How older Keras wrote convolutions: option names, Theano's borders, and kernels stored in other orders.
 * Source: keras 2.2.4 keras/legacy/interfaces.py, keras 1.2.2 keras/layers/convolutional.py and
 * keras/backend/theano_backend.py, tf_keras/saving/legacy/hdf5_format.py (`preprocess_weights_for_loading`).
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../../codecs/json.ts";
import type { DialectDef, DialectInfo, Recipe, ArrayStep, StoredForm, StoredInfo } from "../define.ts";
import { keras1Kernel } from "./dialects.ts";
import type { DataFormat, Rank } from "./spatial.ts";

/** Takes separate options together: `nb_row`, `nb_col` → `kernel_size`. */
function gather(config: JsonObject, parts: readonly string[], target: string): void {
  if (parts.length === 0) return;
  const values = parts.map((part) => config.get(part));
  if (values.some((v) => v === undefined)) return;
  config.set(target, values as JsonNode[]);
  for (const part of parts) config.delete(part);
}

/** `th` and `tf` → today's words. Some layers of Keras 1 do not write it, and none before 1.0: Theano's order. */
export function dimOrdering(config: JsonObject, info: DialectInfo): void {
  const given = config.get("data_format") ?? info.dimOrdering ?? "th";
  if (given === "tf") config.set("data_format", "channels_last");
  if (given === "th") config.set("data_format", "channels_first");
}

/** A file of Keras 1 tells its backend by the names of its weights; without any, Theano was the usual one. */
export const ranOnTheano = ({ backend, semantics }: DialectInfo): boolean =>
  backend === "theano" || (backend === null && semantics === "keras1");

/** Theano pads `same` otherwise than TensorFlow unless the kernel is odd and the stride 1. */
function theanoBorders(config: JsonObject, info: DialectInfo): void {
  if (!ranOnTheano(info) || config.get("padding") !== "same") return;
  const sizes = jsonNumbers(config.get("kernel_size"));
  const strides = jsonNumbers(config.get("strides"));
  if (sizes.every((k) => k % 2 === 1) && strides.every((s) => s === 1)) return;
  config.set("padding", "half");
}

/** The numbers of an option that is one or a list. */
export function jsonNumbers(node: JsonNode | undefined): number[] {
  return (Array.isArray(node) ? node : [node]).flatMap((n) => (n instanceof JsonNumber ? [n.value] : []));
}

const keras1Names: DialectDef = {
  ...keras1Kernel,
  rename: {
    ...keras1Kernel.rename,
    nb_filter: "filters",
    filter_length: "kernel_size",
    border_mode: "padding",
    subsample: "strides",
    subsample_length: "strides",
    atrous_rate: "dilation_rate",
    dim_ordering: "data_format",
  },
};

const KERNEL_PARTS = [[], [], ["nb_row", "nb_col"], ["kernel_dim1", "kernel_dim2", "kernel_dim3"]] as const;

/** How Keras 1 wrote the options of a convolution, and what both older generations meant by `same` on Theano. */
export const convDialects = (rank: Rank): { keras1: DialectDef; keras2: DialectDef } => ({
  keras1: {
    ...keras1Names,
    upgrade(config, info) {
      gather(config, KERNEL_PARTS[rank]!, "kernel_size");
      if (rank > 1) dimOrdering(config, info);
      theanoBorders(config, info);
    },
  },
  keras2: { upgrade: theanoBorders },
});

interface KernelConfig {
  readonly kernel_size: readonly number[];
  readonly data_format: DataFormat;
  readonly use_bias: boolean;
}

const spatial = (c: KernelConfig): number[] => c.kernel_size.map((_, axis) => axis);

/** Keras 1's order of a kernel's axes → [...spatial, in, out]. */
function keras1Order(c: KernelConfig, [shape]: StoredInfo["shapes"]): readonly ArrayStep[] {
  const rank = c.kernel_size.length;
  if (rank === 1) {
    if (shape?.length !== 4) return [];
    // [length, 1, in, out]; until 1.1 [out, in, length, 1].
    const old = shape[0] !== c.kernel_size[0] || shape[1] !== 1;
    const [length, channels, filters] = old ? [shape[2]!, shape[1]!, shape[0]!] : [shape[0]!, shape[2]!, shape[3]!];
    const join: ArrayStep = { op: "reshape", shape: [length, channels, filters] };
    return old ? [{ op: "transpose", perm: [2, 3, 1, 0] }, join] : [join];
  }
  if (c.data_format === "channels_last") return [];
  return [{ op: "transpose", perm: [...spatial(c).map((axis) => axis + 2), 1, 0] }];
}

function form(kernels: Readonly<Record<string, readonly ArrayStep[]>>, useBias: boolean): StoredForm | undefined {
  if (Object.values(kernels).every((steps) => steps.length === 0)) return undefined;
  const names = [...Object.keys(kernels), ...(useBias ? ["bias"] : [])];
  const recipes: Record<string, Recipe> = {};
  names.forEach((name, i) => (recipes[name] = { from: [i], steps: kernels[name] ?? [] }));
  return { count: names.length, recipes };
}

/** A kernel that Theano used is that of a true convolution: turned around along its spatial axes. */
const theanoFlip = (c: KernelConfig, info: StoredInfo): readonly ArrayStep[] =>
  info.backend === "theano" ? [{ op: "flip", axes: spatial(c) }] : [];

/** Of a convolution, [...spatial, in, out]. */
export function storedConv(c: KernelConfig, info: StoredInfo): StoredForm | undefined {
  const order = info.semantics === "keras1" ? keras1Order(c, info.shapes) : [];
  return form({ kernel: [...order, ...theanoFlip(c, info)] }, c.use_bias);
}

/** Of a transposed convolution, [...spatial, out, in]. */
export function storedTranspose(c: KernelConfig, info: StoredInfo): StoredForm | undefined {
  const swap: ArrayStep[] = info.semantics === "keras1" ? [...keras1Order(c, info.shapes), swapLast(c)] : [];
  return form({ kernel: [...swap, ...theanoFlip(c, info)] }, c.use_bias);
}

const swapLast = (c: KernelConfig): ArrayStep => {
  const rank = c.kernel_size.length;
  return { op: "transpose", perm: [...spatial(c), rank + 1, rank] };
};

/** Keras 1's SeparableConvolution2D, which TensorFlow alone ran; `th` stores [multiplier, in, …] and [out, in, 1, 1]. */
export function storedSeparable(c: KernelConfig, info: StoredInfo): StoredForm | undefined {
  if (info.semantics !== "keras1") return undefined;
  const order = keras1Order(c, info.shapes);
  return form({ depthwise_kernel: order, pointwise_kernel: order }, c.use_bias);
}
