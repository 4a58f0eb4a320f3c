/** Who wrote weights named by layer: from the attributes beside them, or from the names themselves. */
import type { Hdf5Group } from "../codecs/hdf5.ts";
import { fail } from "../core/error.ts";
import { BACKEND, KERAS_VERSION } from "../formats/flat.ts";
import { type Generation, generationOf } from "../formats/generation.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { attributePath, textOf } from "../formats/h5-values.ts";
import type { Claims } from "./claims.ts";
import type { FlatWeights } from "./flat-weights.ts";

/**
 * Who wrote flat weights: the version stands at the root (full models) or beside `layer_names`; null without any version.
 * Keras 1 names no backend, but only its Theano variables have names without `:0`.
 */
export function flatGeneration(
  root: Hdf5Group,
  group: Hdf5Group,
  { weights }: Pick<FlatWeights, "weights">,
  claims: Claims,
): Generation | null {
  const read = (name: string): string | null => {
    let found: string | null = null;
    for (const owner of [root, group]) {
      const attribute = owner.attributes.get(name);
      if (attribute === undefined) continue;
      claims.attribute(owner.path, name, "used");
      const text =
        textOf(attribute) ??
        fail("malformed/attribute", { path: attributePath(owner.path, name), expected: "one text" });
      found ??= text;
    }
    return found;
  };
  const version = read(KERAS_VERSION);
  const backend = read(BACKEND);
  const generation = version === null ? null : generationOf(version, backend);
  if (generation === null || LANGUAGES[generation.dialect].hasBackend || backend !== null) return generation;
  return { ...generation, writer: { ...generation.writer, backend: backendOfNames(weights) } };
}

/** `theano` or `tensorflow`, told from Keras 1's weight names; null where the names tell nothing. */
export function backendOfNames(weights: FlatWeights["weights"]): string | null {
  const named = weights.filter(({ name }) => !/^param_[0-9]+$/.test(name));
  if (named.length === 0) return null;
  return named.some(({ name }) => name.endsWith(":0")) ? "tensorflow" : "theano";
}
