/** Reads the legacy full-model `.h5`. See formats/keras-h5.ts for the layout and its sources. */
import type { Hdf5Group } from "../codecs/hdf5.ts";
import { fail, failAll, type Problem } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Archive } from "../formats/archive.ts";
import { MODEL_CONFIG, MODEL_WEIGHTS, TRAINING_CONFIG } from "../formats/flat.ts";
import { generationFromConfig } from "../formats/generation.ts";
import { textOf } from "../formats/h5-values.ts";
import type { KerasH5Container } from "../formats/keras-h5.ts";
import { aside } from "./aside.ts";
import { Claims } from "./claims.ts";
import { checkModelConfig, jsonText } from "./config.ts";
import { flatGeneration } from "./flat-generation.ts";
import { readFlat, readOptimizer } from "./flat-weights.ts";
import type { FilePlace } from "./stored.ts";

/** Throws `malformed/*`, `unsupported/dtype`, `limit/*`; weights stay unread. */
export async function importKerasH5(
  source: Source,
  root: Hdf5Group,
  limits: Limits,
  warnings: Problem[],
): Promise<Archive> {
  const place: FilePlace = { source: "keras-h5", file: source.name, prefix: "" };
  const claims = new Claims();
  const problems: Problem[] = [];
  const config = jsonText(attributeText(root, MODEL_CONFIG, place), place, `@${MODEL_CONFIG}`, limits);
  checkModelConfig(config.root, place, `@${MODEL_CONFIG}`);
  const training = root.attributes.has(TRAINING_CONFIG)
    ? await aside(
        warnings,
        () => jsonText(attributeText(root, TRAINING_CONFIG, place), place, `@${TRAINING_CONFIG}`, limits).root,
      )
    : null;
  claims.attribute("", MODEL_CONFIG, "used");
  claims.attribute("", TRAINING_CONFIG, "training");

  const group = root.children.get(MODEL_WEIGHTS);
  if (group?.kind !== "group") {
    fail("malformed/missing-object", {
      source: "keras-h5",
      file: source.name,
      path: MODEL_WEIGHTS,
      expected: "a group",
    });
  }
  claims.object(group.path, "used");
  const flat = readFlat(group, claims, place, problems);
  const optimizer = await readOptimizer(root, claims, place, warnings);
  failAll(problems);

  const generation = flatGeneration(root, group, flat, claims) ?? generationFromConfig(config.root, null);
  claims.sweep(root);
  const container: KerasH5Container = { root };
  return {
    format: "keras-h5",
    ...generation,
    file: source.name,
    config,
    naming: "flat",
    ...flat,
    groupNames: new Map(),
    training,
    optimizer,
    extras: claims.extras(),
    ledger: claims.ledger(source.size),
    warnings,
    container,
    close: async () => source.close?.(),
  };
}

function attributeText(root: Hdf5Group, name: string, place: FilePlace): string {
  return (
    textOf(root.attributes.get(name)) ??
    fail("malformed/attribute", { source: place.source, file: place.file, path: `@${name}`, expected: "one text" })
  );
}
