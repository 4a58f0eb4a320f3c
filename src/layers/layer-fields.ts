/** Options that hold other layers: of wrappers, RNN and models. */
import type { LayerConfig } from "./define.ts";
import { field } from "./fields.ts";

/** A layer as the builder has it. */
export interface LayerLike {
  /** By which `model.layer` finds it. */
  readonly name: string;
  /** Its serialised form: `{module, class_name, config, …}`. @internal */
  readonly raw: LayerConfig;
}

/** The config of a layer inside (wrappers, RNN). */
export const layerField = () =>
  field<LayerConfig, LayerLike, undefined>({
    kind: "layer",
    expected: "a layer",
    initial: undefined,
    read: (node) => (node instanceof Map ? node : undefined),
    toJson: (layer) => layer.raw,
  });

/** A list of layers' configs. */
export const layersField = () =>
  field<readonly LayerConfig[], readonly LayerLike[], undefined>({
    kind: "layers",
    expected: "a list of layers",
    initial: undefined,
    read: (node) => (Array.isArray(node) && node.every((item) => item instanceof Map) ? node : undefined),
    toJson: (layers) => layers.map((layer) => layer.raw),
  });
