/** Options that hold other layers: of wrappers, RNN and models. */
import type { JsonObject } from "../codecs/json.ts";
import type { LayerConfig } from "./define.ts";
import { type Field, wrong } from "./fields.ts";

/** A layer as the builder has it. */
export interface LayerLike {
  /** Its serialised form: `{module, class_name, config, …}`. */
  readonly raw: LayerConfig;
}

/** The config of a layer inside (wrappers, RNN). */
export function layerField(): Field<LayerConfig, LayerLike> & { readonly required: true } {
  return {
    kind: "layer",
    required: true,
    default: null,
    keras3Only: false,
    parse: (n, at) => (n instanceof Map ? n : wrong(at, "a layer", n)),
    toJson: (v: LayerLike) => v.raw,
  };
}

/** As `layerField`, null when absent. */
export function optionalLayerField(): Field<LayerConfig | null, LayerLike | null> {
  return {
    kind: "layer",
    required: false,
    default: null,
    keras3Only: false,
    parse: (n, at) => (n === null ? null : n instanceof Map ? n : wrong(at, "a layer or null", n)),
    toJson: (v) => v?.raw ?? null,
  };
}

/** A list of layers' configs. */
export function layersField(): Field<readonly LayerConfig[], readonly LayerLike[]> & { readonly required: true } {
  return {
    kind: "layers",
    required: true,
    default: null,
    keras3Only: false,
    parse: (n, at) =>
      Array.isArray(n) && n.every((x) => x instanceof Map) ? (n as JsonObject[]) : wrong(at, "a list of layers", n),
    toJson: (v) => v.map((layer) => layer.raw),
  };
}

/** As `layersField`, null when absent. */
export function optionalLayersField(): Field<readonly LayerConfig[] | null, readonly LayerLike[] | null> {
  const inner = layersField();
  return {
    ...inner,
    required: false,
    parse: (n, at) => (n === null ? null : inner.parse(n, at)),
    toJson: (v) => (v === null ? null : inner.toJson(v)),
  };
}
