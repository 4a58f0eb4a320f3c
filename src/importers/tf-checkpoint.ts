/** Reads TensorFlow checkpoints: weights by the objects that hold them, those of TensorFlow 1 by name. See formats/saved-model.ts. */
import type { Limits } from "../core/limits.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Archive } from "../formats/archive.ts";
import type { Members } from "../formats/members.ts";
import { checkpointPrefix } from "../formats/saved-model.ts";
import { Claims } from "./claims.ts";
import { bundleWeight, openCheckpoint, readObjects } from "./objects.ts";
import type { FilePlace } from "./stored.ts";

/** `members` are the files of one checkpoint. */
export async function importTfCheckpoint(members: Members, limits: Limits): Promise<Archive> {
  const { name } = members;
  const prefix = members.names.map(checkpointPrefix).find((found) => found !== null)!;
  const place: FilePlace = { source: "tf-checkpoint", file: name, prefix: "" };
  const { bundle, files: used } = await openCheckpoint(members, prefix, place, limits);
  const objects = await readObjects(bundle, place, limits);
  const claims = new Claims();
  for (const file of members.names)
    claims.book(
      file,
      members.sizeOf(file),
      used.includes(file) ? "used" : file === "checkpoint" ? "metadata" : "unknown",
    );
  const byName =
    objects.nodes === null
      ? [...bundle.tensors.values()]
          .filter(({ dtype }) => dtype !== "string")
          .map((tensor) => bundleWeight(tensor, tensor.key, place))
      : [];
  const names = new Set(byName.map(({ key }) => key));
  return {
    format: "tf-checkpoint",
    dialect: "keras2",
    semantics: "tf-keras",
    writer: { library: "tf-keras", version: null, backend: "tensorflow" },
    file: name,
    config: null,
    naming: objects.naming,
    weights: objects.nodes === null ? byName.filter((weight) => !isState(weight, names)) : objects.weights,
    layerNames: [],
    groupNames: new Map(),
    ...(objects.nodes !== null && { objects: objects.nodes }),
    training: null,
    optimizer: objects.nodes === null ? byName.filter((weight) => isState(weight, names)) : objects.optimizer,
    extras: claims.extras(),
    ledger: claims.ledger(members.size),
    warnings: [],
    container: null,
    close: members.close,
  };
}

/** TensorFlow 1 keeps an optimizer's arrays below the variable's own name, and counts steps under names without a layer. */
function isState({ key, shape }: StoredWeight, names: ReadonlySet<string>): boolean {
  const owner = key.slice(0, Math.max(key.lastIndexOf("/"), 0));
  return (
    names.has(owner) ||
    (shape.length === 0 &&
      /^(.*\/)?(global_step|beta[12]_power|iterations|lr|learning_rate|decay|beta_[12])$/.test(key))
  );
}
