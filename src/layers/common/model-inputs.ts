/** What a Sequential model takes, from whatever its file says about it. */
import { JsonNumber, type JsonNode, type JsonObject } from "../../codecs/json.ts";
import { listOf } from "../../core/list.ts";
import { CALL_RULES } from "../../core/semantics.ts";
import type { DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import type { Call, CallArg, Context, InputSpec, LayerNode, Weight } from "../define.ts";

/** A JSON list of lengths and nulls. */
export function shapeFromJson(node: JsonNode | undefined): Shape | null {
  if (!Array.isArray(node)) return null;
  return node.every((n) => n === null || n instanceof JsonNumber)
    ? node.map((n) => (n === null ? null : (n as JsonNumber).value))
    : null;
}

/** `[null, [null, 2]]`: of an Embedding whose `input_length` has several lengths tf-keras writes it so, and reads it nowhere. */
export const isNestedShape = (node: JsonNode): boolean =>
  Array.isArray(node) && shapeFromJson(node.flatMap((n) => (Array.isArray(n) ? n : [n]))) !== null;

/** The shape that its file says a layer was built on. */
export function builtShape(node: LayerNode): Shape | null {
  const build = node.raw?.get("build_config");
  return shapeFromJson(build instanceof Map ? build.get("input_shape") : undefined);
}

/** The shapes of all tensors that its file says a layer was built on, in Keras's flattened order; names are keys of a dict. */
function builtShapes(raw: JsonObject | null): readonly { readonly name?: string; readonly shape: Shape }[] {
  const build = raw?.get("build_config");
  const flat = (node: JsonNode | undefined, name?: string): { name?: string; shape: Shape }[] => {
    const shape = shapeFromJson(node);
    if (shape !== null && shape.length > 0) return [{ ...(name !== undefined && { name }), shape }];
    if (Array.isArray(node)) return node.flatMap((item) => flat(item));
    return node instanceof Map ? [...node.keys()].sort().flatMap((key) => flat(node.get(key), key)) : [];
  };
  return flat(build instanceof Map ? build.get("input_shape") : undefined);
}

const refsIn = (arg: CallArg): number =>
  arg.kind === "ref" ? 1
  : arg.kind === "list" ? arg.items.reduce((sum, item) => sum + refsIn(item), 0)
  : arg.kind === "record" ? arg.entries.reduce((sum, [, item]) => sum + refsIn(item), 0)
  : 0; // prettier-ignore

/** How many tensors a layer was built on: those of its first stored call, else as its file says of it; one where nothing tells. */
export function builtOn(raw: JsonObject, [call]: readonly Call[]): number {
  return call?.args.reduce((sum, arg) => sum + refsIn(arg), 0) || builtShapes(raw).length || 1;
}

/** What a model that is no Functional takes, as its file says that it was built; any batch. */
export const builtInputs = (node: LayerNode, count: number): readonly InputSpec[] => {
  const told = builtShapes(node.raw);
  return listOf(told.length || count, (i): InputSpec => {
    const { name = `input_${i + 1}`, shape } = told[i] ?? { shape: null };
    return { name, shape: shape && [null, ...shape.slice(1)], dtype: "float32" };
  });
};

/**
 * The input of a Sequential: its first layer's shape, or the model's build shape, or what the first layer's weights tell
 * (a Dense's kernel has as many rows as x has columns).
 */
export function sequentialInput(model: LayerNode, first: LayerNode | undefined): InputSpec {
  const candidates = [
    first?.batchShape ?? null,
    shapeFromJson(model.options.get("build_input_shape")),
    builtShape(model),
  ];
  const given = candidates.find((s) => s !== null) ?? fromKernel(first);
  const [, second] = model.children.get("layers") ?? [];
  const shape = given && withToldLengths(given, first?.class === "InputLayer" ? second : first);
  const dtype: DType = first === undefined ? "float32" : inputDType(first);
  const name = first?.class === "InputLayer" ? first.name : `${first?.name ?? model.name}_input`;
  return { name, shape, dtype };
}

/** The dtype of the values that a first layer takes. */
function inputDType(first: LayerNode): DType {
  const [inner] = first.children.get("layers") ?? [];
  if (inner !== undefined) return inputDType(inner);
  const dtype = first.options.get("dtype");
  if (first.class === "InputLayer" && typeof dtype === "string") return dtype as DType;
  const takes = (type: DType): boolean => first.def?.kind === "layer" && !first.def.takes?.([type], first.semantics);
  return takes("string") && !takes("float32") ? "string" : "float32";
}

/** The shape with the lengths that a Normalization's weights tell: learned before the model was made, it was given no others. */
function withToldLengths(shape: Shape, first: LayerNode | undefined): Shape {
  const told = (first?.weights.get("mean") as Weight | undefined)?.shape;
  const axes = first?.class === "Normalization" ? (first.config["axis"] as readonly number[] | number | null) : null;
  if (told === undefined || told === null || axes === null) return shape;
  const at = [axes].flat().map((axis) => (axis < 0 ? axis + shape.length : axis));
  return at.length !== told.length ? shape : shape.map((n, i) => n ?? told[at.indexOf(i)] ?? null);
}

function fromKernel(first: LayerNode | undefined): Shape | null {
  if (first?.class !== "Dense") return null;
  const kernel = first.weights.get("kernel") as Weight | undefined;
  return kernel?.shape ? [null, kernel.shape[0]!] : null;
}

/**
 * What an inner model makes of the values it is called with: `[batch, …]` and `[batch, …, 1]` pass for each other, and the
 * dtype becomes that of its input; tf-keras then forgets the mask. Source: `_adjust_input_rank` in keras/src/models/functional.py,
 * `_conform_to_reference_input` in tf_keras/engine/functional.py.
 */
export function conformed(cx: Context, specs: readonly InputSpec[], x: readonly Sym[]): readonly Sym[] {
  return x.map((sym, i) => {
    const spec = specs[i];
    if (spec === undefined) return sym;
    const ranked = withRank(cx, sym, spec.shape);
    // Keras 3 makes such a model, and refuses it when it runs.
    if (cx.semantics === "keras3" && spec.shape !== null && ranked.shape.length !== spec.shape.length)
      fail("unsupported/input", { expected: `${spec.shape.length} axes, as the inner model was made with`, found: showShape(sym.shape) }); // prettier-ignore
    const cast = ranked.dtype === spec.dtype ? ranked : cx.op.cast(ranked, spec.dtype);
    if (cast === sym) return sym;
    return cx.withMask(cast, CALL_RULES[cx.semantics].unmasksConformed ? undefined : sym.mask);
  });
}

function withRank(cx: Context, x: Sym, wanted: Shape | null): Sym {
  if (wanted === null) return x;
  if (x.shape.length === wanted.length + 1 && x.shape.at(-1) === 1) return cx.op.squeeze(x, [-1]);
  if (x.shape.length === wanted.length - 1 && wanted.at(-1) === 1) return cx.op.expandDims(x, [-1]);
  return x;
}
