/** Which Keras opens what is written, as far as tried: some of what a Keras saves it cannot read back itself. */
import type { JsonNode } from "../codecs/json.ts";
import type { Artifact, Dialect, FormatId } from "../formats/archive.ts";
import { EDITIONS } from "../formats/languages.ts";
import type { Unknown } from "../exporters/names.ts";
import type { LayerNode } from "../layers/define.ts";
import { allNodes, childrenOf } from "../model/walk.ts";

/** Layers of which Keras 3 writes into `.h5` what it does not read there: another class's name, a function's. */
const NOT_FROM_H5: ReadonlySet<string> = new Set(["GroupQueryAttention", "Attention"]);

/** Both directions, as tf-keras divides their arrays in `.h5`: by half, under the options of the first. */
function isUneven(node: LayerNode): boolean {
  const [forward, backward] = childrenOf(node);
  if (node.class !== "Bidirectional" || forward === undefined || backward === undefined) return false;
  const count = (side: LayerNode): number => [...allNodes(side)].reduce((sum, { weights }) => sum + weights.size, 0);
  return forward.class !== backward.class || count(forward) !== count(backward);
}

/** Arrays among the constants of a node of TensorFlow, which tf-keras reads from `.keras` alone. */
const hasArrays = (node: JsonNode | undefined): boolean =>
  node instanceof Map
    ? node.get("class_name") === "__numpy__" || [...node.values()].some(hasArrays)
    : Array.isArray(node) && node.some(hasArrays);

const stopsTfKeras = (node: LayerNode): boolean =>
  isUneven(node) || (node.class === "TensorFlowOpLayer" && hasArrays(node.options.get("constants")));

/** Whether a layer keeps its own generation from reading an `.h5` file. */
const STOPS: Readonly<Record<Dialect, (node: LayerNode) => boolean>> = {
  keras1: stopsTfKeras,
  keras2: stopsTfKeras,
  keras3: ({ def, class: name }) => def?.kind === "operation" || NOT_FROM_H5.has(name),
};

/** Which Keras opens what was written, and what it must be given; of what none opens, why. */
export function opensIn(root: LayerNode, artifact: Artifact, format: FormatId, found: readonly Unknown[]): string {
  const { title, archiveTitle } = EDITIONS[artifact.semantics];
  const library = format === "keras-v3" ? archiveTitle : title;
  const stop = format === "keras-h5" ? [...allNodes(root)].find(STOPS[artifact.dialect]) : undefined;
  if (stop !== undefined) return `no Keras: ${library} does not read ${stop.class} ${stop.path} from .h5`;
  const custom = new Set(found.filter(({ kind }) => kind !== "option").map(({ name }) => name));
  return custom.size === 0 ? library : `${library}, given custom objects: ${[...custom].join(", ")}`;
}
