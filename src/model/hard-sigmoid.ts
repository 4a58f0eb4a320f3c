/**
 * `hard_sigmoid` meant clip(0.2x + 0.5, 0, 1) before Keras 3 and means clip(x/6 + 0.5, 0, 1) since: the old one of x is
 * the new one of 1.2x. Where weights feed the activation linearly they are scaled by 1.2, or back; an Activation layer
 * becomes a small Sequential with a Rescaling before it; anything else is refused by name.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Dialect } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { LayerNode } from "../layers/define.ts";
import type { ActivationSpec } from "../ops/attributes.ts";
import { dtypePolicy } from "./plain-objects.ts";
import { childrenOf } from "./walk.ts";

/** What x is multiplied by for the hard_sigmoid of a generation, coming from the other one. */
const scaleTo = (to: Dialect): number => (LANGUAGES[to].hardSigmoid === "hard_sigmoid" ? 1.2 : 1 / 1.2);

/** Options of a layer that hold the hard_sigmoid which the generation does not have. */
function foreignOptions(node: LayerNode, to: Dialect): readonly string[] {
  const foreign = LANGUAGES[to].hardSigmoid === "hard_sigmoid" ? "hard_sigmoid_keras2" : "hard_sigmoid";
  return Object.entries(node.def?.config ?? {})
    .filter(
      ([key, field]) => field.kind === "activation" && (node.config[key] as ActivationSpec | undefined)?.fn === foreign,
    )
    .map(([key]) => key);
}

/** Ranges of columns along the last axis. */
type Columns = readonly (readonly [number, number])[];
const ALL: Columns = [[0, Number.POSITIVE_INFINITY]];

/** Weights of a layer that are scaled, with the columns; refuses where scaling cannot say the same. */
export function scaledColumns(node: LayerNode, to: Dialect): ReadonlyMap<string, Columns> {
  const columns = new Map<string, Columns>();
  for (const option of foreignOptions(node, to)) {
    if (childrenOf(node).some((child) => child.raw === null && option in (child.def?.config ?? {}))) continue;
    if (node.class === "Activation") continue;
    const feeds = node.def?.writing?.linearInto?.[option] as
      { [weight: string]: "all" | ((c: unknown) => Columns) } | undefined;
    if (feeds === undefined) {
      fail("unsupported/translation", {
        path: `${node.path}.${option}`,
        message: "hard_sigmoid means something else there, and has no equal here",
      });
    }
    for (const [weight, ranges] of Object.entries(feeds)) {
      const dtype = node.weights.get(weight)?.dtype ?? "float32";
      if (dtype !== "float32" && dtype !== "float64")
        fail("unsupported/translation", {
          path: `${node.path}.${option}`,
          message: "hard_sigmoid means something else there, and weights of this dtype cannot be scaled for it exactly",
          found: dtype,
        });
      columns.set(weight, [...(columns.get(weight) ?? []), ...(ranges === "all" ? ALL : ranges(node.config))]);
    }
  }
  // Weights that are those of a layer inside.
  for (const [name, { same = [] }] of Object.entries(node.def?.weights ?? {})) {
    for (const [attribute, weight] of same.map((path) => path.split("/") as [string, string])) {
      const child = node.children.get(attribute)?.[0];
      const ranges = child && scaledColumns(child, to).get(weight);
      if (ranges !== undefined) columns.set(name, ranges);
    }
  }
  return columns;
}

/** An Activation layer with the other hard_sigmoid: scaled first, then the generation's own. */
export function replaceActivation(node: LayerNode, to: Dialect, name: string): JsonObject | null {
  if (node.class !== "Activation" || foreignOptions(node, to).length === 0) return null;
  const object = (className: string, config: readonly (readonly [string, JsonNode])[], module = "keras.layers") =>
    LANGUAGES[to].object(module, className, new Map(config));
  const dtype = dtypePolicy(node, to);
  const scale = object("Rescaling", [
    ["name", `${name}_scale`],
    ["dtype", dtype],
    ["scale", JsonNumber.of(scaleTo(to), "float")],
    ["offset", JsonNumber.of(0, "float")],
  ]);
  const activation = object("Activation", [
    ["name", `${name}_hard_sigmoid`],
    ["dtype", dtype],
    ["activation", "hard_sigmoid"],
  ]);
  return object(
    "Sequential",
    [
      ["name", name],
      ["trainable", true],
      ["layers", [scale, activation]],
    ],
    "keras",
  );
}

/** A copy with columns of the last axis scaled. */
export function scaleColumns(value: Tensor, ranges: Columns, to: Dialect): Tensor {
  const scale = scaleTo(to);
  const width = value.shape.at(-1) ?? 1;
  const data = (value.data as Float32Array).slice();
  for (const [start, stop] of ranges) {
    for (let row = 0; row < data.length; row += width)
      for (let i = start; i < Math.min(stop, width); i++) data[row + i]! *= scale;
  }
  return { ...value, data };
}
