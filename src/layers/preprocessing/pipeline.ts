/**
 * Layers called one after the other, each with the mask of what the one before gave. No weights of its own.
 * Source: keras/src/layers/preprocessing/pipeline.py.
 */
import type { Sym } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { layersField } from "../layer-fields.ts";
import { callInner } from "../common/wrapper.ts";

export const pipeline = layer({
  class: "Pipeline",
  args: ["inputs", "training", "mask"],
  calls: { casts: "older" },
  config: { layers: layersField() },
  children: { layers: "option" },
  mask: (_cx, _c, _masks, _x, y) => y.map((s) => s.mask),
  forward: (cx, _c, _w, x) =>
    cx.childList("layers").reduce<readonly Sym[]>((y, child) => callInner(cx, child, y.length === 1 ? y : [y]), x),
});
