/** Everything that a model's file says about it, as plain data. */
import { type JsonNode, toPlain } from "../codecs/json.ts";
import type { Problem } from "../core/error.ts";
import type { Dialect, FormatId } from "../formats/archive.ts";
import type { TensorInfo, WeightInfo } from "./info.ts";
import type { LayerNode } from "../layers/define.ts";
import { isChain } from "../model/edges.ts";
import { topLayers } from "../model/walk.ts";
import { type LambdaInfo, lambdaOf } from "./lambdas.ts";
import type { Model } from "./model.ts";
import { plainConfig } from "./model-layer.ts";
import { countParameters, type LayerInfo, shownChildren } from "./summary.ts";

/** A layer with everything that its file says about it. */
export interface InspectedLayer extends LayerInfo {
  /** Every option under Keras's name, with its value or default. */
  readonly config: ReturnType<typeof plainConfig>;
  /** The names of those that are as they are where nothing is said. */
  readonly defaults: readonly string[];
  /** Whether what it gives carries a mask, which layers after it take. */
  readonly masked: boolean;
  /** Of a Lambda layer: what the file says of its function. */
  readonly lambda?: LambdaInfo;
  /** Layers inside. */
  readonly layers: readonly InspectedLayer[];
}

/** What `inspect` tells. */
export interface Inspection {
  /** The model's own. */
  readonly name: string;
  /** null: built in code. */
  readonly format: FormatId | null;
  /** Whose words the config is in. */
  readonly dialect: Dialect | null;
  /** Of what wrote it. */
  readonly kerasVersion: string | null;
  /** `keras`, `tf-keras`, `tfjs-layers` or `unknown`. */
  readonly library: string | null;
  /** Keras's backend when the file was written. */
  readonly backend: string | null;
  /** As `model.inputs`. */
  readonly inputs: readonly TensorInfo[];
  /** As `model.outputs`. */
  readonly outputs: readonly TensorInfo[];
  /** With those inside wrappers and models, their configs, and what each call takes: all edges. */
  readonly layers: readonly InspectedLayer[];
  /** Numbers in its weights. */
  readonly parameters: number;
  /** Those that training changes. */
  readonly trainableParameters: number;
  /** Of all weights in memory. */
  readonly bytes: number;
  /** Whether each layer takes what the one before it gives, and nothing else. */
  readonly isChain: boolean;
  /** What the file holds beside config and weights: optimizer state, training configuration, assets. */
  readonly extras: readonly { readonly kind: string; readonly path: string; readonly byteLength: number }[];
  /** What was read with a reservation. */
  readonly warnings: readonly Problem[];
  /** What keeps the model from running. */
  readonly problems: readonly Problem[];
  /** When asked for, and of a file that holds nothing else. */
  readonly weights?: readonly WeightInfo[];
}

function defaultsIn({ def }: LayerNode, config: InspectedLayer["config"]): readonly string[] {
  // Keras writes an initializer as an object of its class and takes its name.
  const plain = (value: unknown): string =>
    JSON.stringify((value as { class_name?: unknown } | null)?.class_name ?? value)
      .replaceAll("_", "")
      .toLowerCase();
  const same = (option: string, value: JsonNode): boolean => plain(config[option]) === plain(toPlain(value));
  return Object.entries(def?.config ?? {}).flatMap(([option, field]) =>
    !field.required && same(option, field.default as JsonNode) ? [option] : [],
  );
}

const inspected = (
  nodes: readonly LayerNode[],
  infos: readonly LayerInfo[],
  masked: ReadonlySet<LayerNode>,
): readonly InspectedLayer[] =>
  infos.map((info, i) => {
    const node = nodes[i]!;
    const lambda = lambdaOf(node, (info.inbound[0]?.length ?? 0) > 1);
    const layers = inspected(shownChildren(node), info.layers, masked);
    const config = plainConfig(node);
    return {
      ...info,
      config,
      defaults: defaultsIn(node, config),
      masked: masked.has(node),
      ...(lambda && { lambda }),
      layers,
    };
  });

/** Never throws for what `load` has accepted. */
export function inspectModel(model: Model, options: { readonly weights?: boolean } = {}): Inspection {
  const { archive, root } = model.data;
  const { trainable, other, bytes } = countParameters(root);
  const calls = model.traced?.calls ?? [];
  const masked = new Set(calls.flatMap(({ node, y }) => (y.some(({ mask }) => mask !== undefined) ? [node] : [])));
  return {
    name: model.name,
    format: archive?.format ?? null,
    dialect: archive?.dialect ?? null,
    kerasVersion: archive?.writer.version ?? null,
    library: archive?.writer.library ?? null,
    backend: archive?.writer.backend ?? null,
    inputs: model.inputs,
    outputs: model.outputs,
    layers: archive?.config === null ? [] : inspected(topLayers(root), model.layers, masked),
    parameters: trainable + other,
    trainableParameters: trainable,
    bytes,
    isChain: isChain(root),
    extras: (archive?.extras ?? []).map(({ kind, path, byteLength }) => ({ kind, path, byteLength })),
    warnings: model.warnings,
    problems: model.problems,
    ...((options.weights === true || root.def === null) && { weights: model.weights }),
  };
}
