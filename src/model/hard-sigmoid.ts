/**
 * `hard_sigmoid` meant clip(0.2x + 0.5, 0, 1) before Keras 3 and means clip(x/6 + 0.5, 0, 1) since: the old one of x is
 * the new one of 1.2x. Where weights feed the activation linearly they are scaled by 1.2; an Activation layer becomes a
 * small Sequential with a Rescaling before it; anything else is refused by name.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Tensor } from "../core/tensor.ts";
import type { LayerNode } from "../layers/define.ts";
import type { ActivationSpec } from "../ops/builder.ts";
import { childrenOf } from "./walk.ts";

const SCALE = 1.2;

/** Options of a layer that hold the old hard_sigmoid. */
function oldOptions(node: LayerNode): readonly string[] {
  return Object.entries(node.def?.config ?? {})
    .filter(
      ([key, field]) =>
        field.kind === "activation" && (node.config[key] as ActivationSpec | undefined)?.fn === "hard_sigmoid_keras2",
    )
    .map(([key]) => key);
}

/** Weights of a layer that are scaled, with the columns; refuses where scaling cannot say the same. */
export function scaledColumns(node: LayerNode): ReadonlyMap<string, readonly (readonly [number, number])[]> {
  const columns = new Map<string, readonly (readonly [number, number])[]>();
  for (const option of oldOptions(node)) {
    if (childrenOf(node).some((child) => child.raw === null && option in (child.def?.config ?? {}))) continue;
    if (node.class === "Activation") continue;
    const feeds = node.def?.linearInto?.[option] as
      { [weight: string]: (c: unknown) => readonly (readonly [number, number])[] } | undefined;
    if (feeds === undefined) {
      fail("unsupported/translation", {
        path: `${node.path}.${option}`,
        message: "the hard_sigmoid of older Keras has no equal in Keras 3 here",
      });
    }
    for (const [weight, ranges] of Object.entries(feeds))
      columns.set(weight, [...(columns.get(weight) ?? []), ...ranges(node.config)]);
  }
  return columns;
}

/** An Activation layer with the old hard_sigmoid: scaled first, then Keras 3's own. */
export function replaceActivation(node: LayerNode): JsonObject | null {
  if (node.class !== "Activation" || oldOptions(node).length === 0) return null;
  const object = (
    className: string,
    config: readonly (readonly [string, JsonNode])[],
    module = "keras.layers",
  ): JsonObject =>
    new Map<string, JsonNode>([
      ["module", module],
      ["class_name", className],
      ["config", new Map(config)],
      ["registered_name", null],
    ]);
  const scale = object("Rescaling", [
    ["name", `${node.name}_scale`],
    ["scale", JsonNumber.of(SCALE, "float")],
    ["offset", JsonNumber.of(0, "float")],
  ]);
  const activation = object("Activation", [
    ["name", `${node.name}_hard_sigmoid`],
    ["activation", "hard_sigmoid"],
  ]);
  return object(
    "Sequential",
    [
      ["name", node.name],
      ["trainable", true],
      ["layers", [scale, activation]],
    ],
    "keras",
  );
}

/** A copy with columns of the last axis multiplied by 1.2. */
export function scaleColumns(value: Tensor, ranges: readonly (readonly [number, number])[]): Tensor {
  const width = value.shape.at(-1) ?? 1;
  const data = (value.data as Float32Array).slice();
  for (const [start, stop] of ranges) {
    for (let row = 0; row < data.length; row += width) for (let i = start; i < stop; i++) data[row + i]! *= SCALE;
  }
  return { ...value, data };
}
