/** The formats that can be written. */
import { fail } from "../core/error.ts";
import type { FormatId } from "../formats/archive.ts";
import * as html from "../formats/html.ts";
import * as kerasH5 from "../formats/keras-h5.ts";
import * as kerasJson from "../formats/keras-json.ts";
import * as kerasV3 from "../formats/keras-v3.ts";
import * as module from "../formats/module.ts";
import * as named from "../formats/named-arrays.ts";
import * as onnx from "../formats/onnx.ts";
import * as tfjs from "../formats/tfjs-layers.ts";
import * as weightsH5 from "../formats/weights-h5.ts";
import type { ExporterRow } from "./types.ts";

export const EXPORTERS: readonly ExporterRow[] = [
  {
    id: "keras-v3",
    from: "model",
    title: kerasV3.TITLE,
    extensions: kerasV3.EXTENSIONS,
    load: async () => {
      const { exportKerasV3 } = await import("./keras-v3.ts");
      return (artifact) => exportKerasV3(artifact);
    },
  },
  {
    id: "keras-h5",
    from: "model",
    title: kerasH5.TITLE,
    extensions: kerasH5.EXTENSIONS,
    load: async () => (await import("./keras-h5.ts")).exportKerasH5,
  },
  {
    id: "weights-h5",
    from: "model",
    title: weightsH5.TITLE,
    extensions: weightsH5.EXTENSIONS,
    load: async () => (await import("./weights-h5.ts")).exportWeightsH5,
  },
  {
    id: "keras-json",
    from: "model",
    title: kerasJson.TITLE,
    extensions: kerasJson.EXTENSIONS,
    load: async () => (await import("./keras-json.ts")).exportKerasJson,
  },
  {
    id: "safetensors",
    from: "model",
    title: named.SAFETENSORS_TITLE,
    extensions: named.SAFETENSORS_EXTENSIONS,
    load: async () => (await import("./named-arrays.ts")).exportSafetensors,
  },
  {
    id: "npz",
    from: "model",
    title: named.NPZ_TITLE,
    extensions: named.NPZ_EXTENSIONS,
    load: async () => (await import("./named-arrays.ts")).exportNpz,
  },
  {
    id: "tfjs-layers",
    from: "graph",
    ofLayers: true,
    title: tfjs.TITLE,
    extensions: tfjs.EXTENSIONS,
    options: ["quantize", "shardSize"],
    load: async () => (await import("./tfjs-layers/index.ts")).exportTfjs,
  },
  {
    id: "onnx",
    from: "graph",
    title: onnx.TITLE,
    extensions: onnx.EXTENSIONS,
    options: ["opset"],
    load: async () => (await import("./onnx/index.ts")).exportOnnx,
  },
  {
    id: "module",
    from: "graph",
    title: module.TITLE,
    extensions: module.EXTENSIONS,
    options: ["shapes", "inline", "wasm", "quantize"],
    load: async () => (await import("./module/index.ts")).exportModule,
  },
  {
    id: "html",
    from: "graph",
    title: html.TITLE,
    extensions: html.EXTENSIONS,
    options: ["shapes", "quantize"],
    load: async () => (await import("./html/index.ts")).exportHtml,
  },
];

/** Throws `unsupported/format` for a format that is only read. */
export function exporterOf(format: FormatId): ExporterRow {
  return EXPORTERS.find(({ id }) => id === format) ?? fail("unsupported/format", { found: format });
}

/** The format that a file's name asks for, or null. */
export function formatOfName(name: string): FormatId | null {
  const lower = name.toLowerCase();
  let best: { id: FormatId; length: number } | null = null;
  for (const { id, extensions } of EXPORTERS) {
    for (const extension of extensions) {
      if (!lower.endsWith(extension) || extension.length <= (best?.length ?? 0)) continue;
      best = { id, length: extension.length };
    }
  }
  return best?.id ?? null;
}
