/**
 * Two recurrent layers over one sequence, from the front and from the back, merged:
 *   y = merge(forward(x), backward(x)), the backward sequence turned round again.
 * x[B, T, …] → y as the layers' own (twice as wide with `concat`; two outputs without a merge mode); with return_state
 * then the forward states and the backward ones. The weights are the two layers'.
 * Source: keras/src/layers/rnn/bidirectional.py, tf_keras/layers/rnn/bidirectional.py, keras 1.2.2 keras/layers/wrappers.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { layer, type Context, type LayerNode } from "../define.ts";
import { choice, nullable, optional } from "../fields.ts";
import { layerField } from "../layer-fields.ts";
import { maskOf, symsOf } from "../common/args.ts";
import { backwardConfig, forwardConfig, widthOf } from "./shared/bidirectional-children.ts";
import { callInner } from "../common/wrapper.ts";

type MergeMode = "sum" | "mul" | "ave" | "concat" | null;

function merge({ op }: Context, mode: MergeMode, a: Sym, b: Sym): readonly Sym[] {
  switch (mode) {
    case "sum":
      return [op.add(a, b)];
    case "mul":
      return [op.multiply(a, b)];
    case "ave":
      return [op.divide(op.add(a, b), 2)];
    case "concat":
      return [op.concat([a, b], -1)];
    case null:
      return [a, b];
  }
}

/** An activation that tf-keras calls `log_softmax_v2` as it copies the layer, and does not find again. */
const hasLogSoftmax = (node: JsonNode): boolean =>
  node instanceof Map
    ? [...node].some(([key, value]) => (key.endsWith("activation") && value === "log_softmax") || hasLogSoftmax(value))
    : Array.isArray(node) && node.some(hasLogSoftmax);

/** tf-keras divides their arrays in `.h5` by half, under the options of the first. */
function isUneven({ children }: LayerNode): boolean {
  const [forward, backward] = [...children.values()].flat();
  if (forward === undefined || backward === undefined) return false;
  return forward.class !== backward.class || weightCount(forward) !== weightCount(backward);
}

const weightCount = ({ weights, children }: LayerNode): number =>
  [...children.values()].flat().reduce((sum, child) => sum + weightCount(child), weights.size);

export const bidirectional = layer({
  class: "Bidirectional",
  args: ["sequences", "initial_state", "mask"],
  calls: { furtherInputs: "initial_state" },
  config: {
    merge_mode: nullable(choice(["sum", "mul", "ave", "concat"], "concat")),
    layer: layerField(),
    backward_layer: optional(layerField()),
  },
  children: {
    forward_layer: {
      config: (c, _options, semantics) => forwardConfig(c.layer, semantics),
      otherPaths: ["layer"],
      copyOf: { option: "layer", prefix: "forward_" },
    },
    backward_layer: {
      config: (c, _options, semantics) => backwardConfig(c.layer, c.backward_layer, semantics),
      copyOf: { option: "backward_layer", prefix: "backward_" },
    },
  },
  writing: {
    unread: (node, { dialect, format }) =>
      dialect !== "keras3" &&
      format === "keras-h5" &&
      (isUneven(node) || (hasLogSoftmax(node.options) && "log_softmax")),
    // The layers after it are built before it has run.
    unsayable: ({ layer: front, backward_layer: back }, to) =>
      to === "keras3" && back !== null && widthOf(front) !== widthOf(back)
        ? "Keras 3 takes the backward layer for as wide as the forward one"
        : null,
  },
  mask(cx, c, masks) {
    if (cx.child("forward_layer").config["return_sequences"] !== true) return [];
    return c.merge_mode === null ? [masks[0], masks[0]] : [masks[0]];
  },
  forward(cx, c, _w, x, kw) {
    const [sequence, ...inbound] = x;
    const states = inbound.length > 0 ? inbound : symsOf(kw["initial_state"]);
    const half = states.length / 2;
    if (!Number.isInteger(half))
      fail("mismatch/initial-state", { expected: "states for both directions", found: String(states.length) });
    const mask = maskOf(kw);
    const run = (child: LayerNode, own: readonly Sym[]) =>
      callInner(cx, child, [sequence!], { mask: mask ?? null, ...(own.length > 0 && { initial_state: own }) });
    const [forward, backward] = [cx.child("forward_layer"), cx.child("backward_layer")];
    const own = (y: Sym): Sym => (cx.semantics === "keras3" ? cx.op.cast(y, cx.compute) : y);
    const [front, ...frontStates] = run(forward, states.slice(0, half));
    const [back, ...backStates] = run(backward, states.slice(half));
    const time = forward.config["time_major"] === true ? 0 : 1;
    const turned = forward.config["return_sequences"] === true ? cx.op.reverse(own(back!), [time]) : own(back!);
    const merged = merge(cx, c.merge_mode, own(front!), turned);
    const outputs = [...merged, ...frontStates, ...backStates];
    // Keras 3 has as many outputs as if both layers had the forward one's states, whatever they give.
    return cx.semantics === "keras3" ? outputs.slice(0, merged.length + 2 * frontStates.length) : outputs;
  },
});
