/** What namings share: arrays that are kept as they are, older layouts, and what is missing or left over. */
import { fail, type Problem } from "../../core/error.ts";
import type { Archive, OutWeight, StoredWeight } from "../../formats/archive.ts";
import { EDITIONS } from "../../formats/languages.ts";
import { allNodes } from "../walk.ts";
import { keptWeights } from "../weight.ts";
import type { LayerNode, StoredForm, StoredInfo } from "../../layers/define.ts";

/** Whether what arrays a layer has is known from its file alone. */
export const isOpaque = (node: LayerNode): boolean => node.def === null || node.quantised;

/** The arrays are kept as they are; what the layer declares is not among them. */
export function keep(
  node: LayerNode,
  arrays: readonly StoredWeight[],
  into: Map<LayerNode, readonly StoredWeight[]>,
): void {
  into.set(node, arrays);
  node.weights = new Map();
  node.kept = keptWeights(node, arrays);
}

/** An array as its file has it, to be written. */
export const asStored = (stored: StoredWeight): OutWeight => ({
  variable: stored.name,
  dtype: stored.dtype,
  shape: stored.shape,
  stored,
  slices: () => stored.slices(),
});

/** Takes optional weights from a layer that `has` no arrays for them. */
export function withoutAbsent(node: LayerNode, has: (name: string) => boolean): void {
  const isAbsent = (name: string): boolean => node.def?.weights?.[name]?.optional === true && !has(name);
  if ([...node.weights.keys()].some(isAbsent))
    node.weights = new Map([...node.weights].filter(([name]) => !isAbsent(name)));
}

/** Another layout of a layer's own arrays, which files before Keras 3 may hold: Theano's, CuDNN's, that of Keras 1. */
export function olderForm(
  node: LayerNode,
  { semantics, writer }: Archive,
  stored: readonly StoredWeight[],
): StoredForm | undefined {
  const form = node.def?.stored as ((c: unknown, info: StoredInfo) => StoredForm | undefined) | undefined;
  if (!EDITIONS[semantics].hasOlderLayouts || stored.length === 0) return undefined;
  const shapes = stored.map((array) => array.shape);
  return form?.(node.config, { semantics, backend: writer.backend, className: node.class, shapes });
}

/** Throws `unsupported/translation`: the arrays of a layer go by another order under the other naming. */
export function refuseRenaming(node: LayerNode): never {
  return fail("unsupported/translation", {
    path: node.path,
    message: "which order the weights of this layer have in the other format cannot be told from the file",
    found: node.class,
  });
}

/** A weight of the model that the file has no array for. */
export const missing = (
  { file }: Archive,
  path: string,
  message = "the file has no values for this weight",
): Problem => ({
  code: "mismatch/missing-weights",
  file,
  path,
  message,
});

/** Arrays of the file that no weight of the model is for. */
export const extra = ({ file }: Archive, path: string, rest: Partial<Problem>): Problem => ({
  code: "mismatch/extra-weights",
  file,
  path,
  ...rest,
});

/** More arrays than a layer has. A layer that is quantised inside another has scales, but Keras writes no policy of it. */
export function beyond(
  archive: Archive,
  path: string,
  node: LayerNode,
  stored: readonly StoredWeight[],
  count: number,
): Problem {
  const isQuantised = stored.some(({ dtype, shape }) => dtype === "int8" || shape.length === 0);
  if (isQuantised && [...allNodes(node)].some(({ raw }) => raw === null)) {
    const message = "quantised inside a layer whose config does not say so: Keras does not open its own file";
    return { code: "unsupported/dtype-policy", file: archive.file, path: node.path, message, found: node.class };
  }
  return extra(archive, path, { expected: `${count} arrays for ${node.path}`, found: String(stored.length) });
}

/** What older generations and TensorFlow.js call a weight. */
export function olderNames(node: LayerNode, name: string): readonly string[] {
  const { olderNames: names = [] } = node.def?.weights?.[name] ?? {};
  return typeof names === "function" ? names(node.config as never) : names;
}
