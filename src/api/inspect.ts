/** Everything that a model's file says about it, as plain data. */
import type { Problem } from "../core/error.ts";
import type { Dialect, FormatId } from "../formats/archive.ts";
import type { Model, TensorInfo, WeightInfo } from "./model.ts";
import { countParameters, type LayerInfo } from "./summary.ts";

export interface Inspection {
  readonly name: string;
  /** null: built in code. */
  readonly format: FormatId | null;
  readonly dialect: Dialect | null;
  readonly kerasVersion: string | null;
  /** `keras`, `tf-keras`, `tfjs-layers` or `unknown`. */
  readonly library: string | null;
  /** Keras's backend when the file was written. */
  readonly backend: string | null;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly layers: readonly LayerInfo[];
  readonly parameters: number;
  readonly trainableParameters: number;
  /** What the file holds beside config and weights: optimizer state, training configuration, assets. */
  readonly extras: readonly { readonly kind: string; readonly path: string; readonly byteLength: number }[];
  readonly warnings: readonly Problem[];
  /** What keeps the model from running. */
  readonly problems: readonly Problem[];
  /** When asked for, and of a file that holds nothing else. */
  readonly weights?: readonly WeightInfo[];
}

/** Never throws for what `load` has accepted. */
export function inspectModel(model: Model, options: { readonly weights?: boolean } = {}): Inspection {
  const { archive, root } = model.data;
  const { trainable, other } = countParameters(root);
  return {
    name: model.name,
    format: archive?.format ?? null,
    dialect: archive?.dialect ?? null,
    kerasVersion: archive?.writer.version ?? null,
    library: archive?.writer.library ?? null,
    backend: archive?.writer.backend ?? null,
    inputs: model.inputs,
    outputs: model.outputs,
    layers: archive?.config === null ? [] : model.layers,
    parameters: trainable + other,
    trainableParameters: trainable,
    extras: (archive?.extras ?? []).map(({ kind, path, byteLength }) => ({ kind, path, byteLength })),
    warnings: model.warnings,
    problems: model.problems,
    ...((options.weights === true || archive?.config === null) && { weights: model.weights }),
  };
}
