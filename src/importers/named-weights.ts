/** Arrays that a file holds under one name each: which names those are. */
import type { StoredWeight } from "../core/stored.ts";
import type { Archive } from "../formats/archive.ts";
import { OPTIMIZER, STATE_GROUPS, VARS } from "../formats/tree.ts";

const NUMBERED = new RegExp(`(?:^|/)${VARS}/[0-9]+$`);
/** The list of a model's layers, which attribute paths begin with. */
const ATTRIBUTES = /^(layers|_layer_checkpoint_dependencies)\//;

interface NamedWeights extends Pick<Archive, "naming" | "weights" | "optimizer"> {
  /** Names of what is neither: state of metrics and losses. */
  readonly others: readonly StoredWeight[];
}

/** `name` cut at its last slash, and a `vars` before it left out. */
export function splitName(name: string): { group: string; name: string } {
  const slash = name.lastIndexOf("/");
  const owner = name.slice(0, Math.max(slash, 0));
  const group = NUMBERED.test(name) ? owner.slice(0, Math.max(owner.length - VARS.length - 1, 0)) : owner;
  return { group, name: name.slice(slash + 1) };
}

/** `ownNames`: of a file that keraport wrote. By the path of attributes where all names are such paths, else by the variables' own names. */
export function namedWeights(weights: readonly StoredWeight[], ownNames = false): NamedWeights {
  const isTree =
    ownNames || weights.every(({ key }) => NUMBERED.test(key)) || weights.every(({ key }) => ATTRIBUTES.test(key));
  if (!isTree) return { naming: "names", weights, optimizer: [], others: [] };
  const topOf = ({ key }: StoredWeight): string => key.split("/", 1)[0]!;
  const order = new Intl.Collator("en", { numeric: true });
  return {
    naming: "paths",
    weights: weights
      .filter((weight) => !STATE_GROUPS.has(topOf(weight)))
      .sort((a, b) => (a.group === b.group ? order.compare(a.name, b.name) : 0)),
    optimizer: weights.filter((weight) => topOf(weight) === OPTIMIZER),
    others: weights.filter((weight) => STATE_GROUPS.has(topOf(weight)) && topOf(weight) !== OPTIMIZER),
  };
}
