/** Which Keras opens what is written, as far as tried: some of what a Keras saves it cannot read back itself. */
import type { JsonNode } from "../codecs/json.ts";
import type { Artifact, Dialect, FormatId } from "../formats/archive.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import type { Unknown } from "../exporters/names.ts";
import { sameFormat } from "../exporters/origin.ts";
import { isTree, minorOf } from "../exporters/written-by.ts";
import type { CallArg, LayerNode, Weight } from "../layers/define.ts";
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

const isEllipsis = (arg: CallArg): boolean =>
  arg.kind === "ellipsis" || (arg.kind === "list" && arg.items.some(isEllipsis));

/** Layers inside that are called with an ellipsis, `x[..., 0]`. */
const withEllipsis = ({ innerCalls }: LayerNode): readonly string[] =>
  [...innerCalls].flatMap(([name, calls]) =>
    calls.some(({ args, kwargs }) => [...args, ...kwargs.map(([, arg]) => arg)].some(isEllipsis)) ? [name] : [],
  );

/**
 * Whether a layer keeps its own generation from reading an `.h5` file. The legacy form of Keras 3 says nothing of where an
 * operation's class is; written here anew, it does.
 */
const STOPS: Readonly<Record<Dialect, (node: LayerNode, isCopy: boolean) => boolean>> = {
  keras1: stopsTfKeras,
  keras2: stopsTfKeras,
  keras3: ({ def, class: name }, isCopy) => (isCopy && def?.kind === "operation") || NOT_FROM_H5.has(name),
};

/** What keeps its own generation from reading the file, in words; null: nothing that is known. */
function obstacle(root: LayerNode, artifact: Artifact, { format, target, found }: About): string | null {
  const { dialect, semantics } = artifact;
  const { hasOwnerNames, semantics: known } = LANGUAGES[dialect];
  const nodes = [...allNodes(root)];
  const copied = sameFormat(artifact, format, target);
  const stop = format === "keras-h5" ? nodes.find((node) => STOPS[dialect](node, copied !== null)) : undefined;
  if (stop !== undefined) return `does not read ${stop.class} ${stop.path} from .h5`;
  const cudnn = format === "keras-v3" ? nodes.find((node) => node.class.startsWith("CuDNN")) : undefined;
  if (cudnn !== undefined) return `does not read ${cudnn.class} ${cudnn.path} from .keras`;
  const spread = format === "keras-v3" && !hasOwnerNames ? nodes.flatMap(withEllipsis)[0] : undefined;
  if (spread !== undefined) return `does not read the ellipsis of ${spread} from .keras`;
  const isMarked = copied?.naming === "tree" && hasOwnerNames;
  const isLost = ({ source: [stored] }: Weight): boolean =>
    stored?.dtype === "bfloat16" && copied !== null && !isMarked;
  const lost = nodes.flatMap(({ weights }) => [...weights.values()]).find(isLost);
  if (lost !== undefined) return `does not read ${lost.path}, stored as bfloat16`;
  // What older Keras 2 knows is in no table, nor what tf-keras alone does.
  const option = semantics !== known || isPackage(artifact) ? undefined : optionOf(found);
  return option === undefined ? null : `has no option ${option.path}`;
}

/** What a file is, and what of it is in no table. */
interface About {
  readonly format: FormatId;
  readonly target: string;
  readonly found: readonly Unknown[];
}

const optionOf = (found: readonly Unknown[]): Unknown | undefined => found.find(({ kind }) => kind === "option");

/** Whether the writer is the package tf-keras: tf.keras up to 2.15 does not have the modules that its `.keras` files name. */
const isPackage = (artifact: Artifact): boolean =>
  EDITIONS[artifact.semantics].hasOwnReaders && (minorOf(artifact) ?? 0) >= 16;

/** The versions that open it, where all of it is known. tf.keras 2.12 to 2.14 each number a tree in a way of their own. */
function readers(artifact: Artifact, { format, target, found }: About): string {
  const { title, hasOwnReaders } = EDITIONS[artifact.semantics];
  if (!hasOwnReaders) return title;
  const hasTree = format === "keras-v3" || (format === "weights-h5" && isTree(artifact, target));
  const minor = minorOf(artifact) ?? 0;
  if (hasTree && minor < 15 && sameFormat(artifact, format, target) !== null) return `TensorFlow 2.${minor}`;
  if (isPackage(artifact) && (hasTree || optionOf(found) !== undefined)) return "tf-keras 2.16 and later";
  return hasTree ? "tf-keras, TensorFlow 2.15" : title;
}

/** Which Keras opens what was written, and what it must be given; of what none opens, why. */
export function opensIn(root: LayerNode, artifact: Artifact, about: About): string {
  const library = readers(artifact, about);
  const why = obstacle(root, artifact, about);
  if (why !== null) return `no Keras: ${EDITIONS[artifact.semantics].title} ${why}`;
  const custom = new Set(about.found.filter(({ kind }) => kind !== "option").map(({ name }) => name));
  return custom.size === 0 ? library : `${library}, given custom objects: ${[...custom].join(", ")}`;
}
