/** What the optimizer of a model keeps of each weight, for formats that say it weight by weight. */
import type { JsonObject } from "../codecs/json.ts";
import { FormatError } from "../core/error.ts";
import type { Tensor } from "../core/tensor.ts";
import type { OptimizerState } from "../exporters/types.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { compileConfig, isCompiled } from "../formats/training.ts";
import type { Weight } from "../layers/define.ts";
import type { ModelData } from "../model/bind.ts";
import { named } from "../train/compile.ts";
import { givenOf } from "../train/config.ts";
import { ERAS } from "../train/era.ts";
import * as optimizers from "../train/optimizers/index.ts";
import { readState } from "../train/state.ts";
import { trainedWeights, variableOf } from "../train/trainable.ts";
import type { Optimizer } from "../train/types.ts";

/** What optimizers and schedules that are not Keras's, or options that are not theirs, are refused with. */
const UNMADE: ReadonlySet<string> = new Set(["unsupported/training", "malformed/config", "mismatch/option"]);

/** Null where nothing was trained, or with what cannot be made here: what predicts needs none of it. */
export async function optimizerState({ root, archive, training }: ModelData): Promise<OptimizerState | null> {
  const config = training?.config ?? archive?.training ?? null;
  const arrays = training?.optimizer ?? archive?.optimizer ?? [];
  if (!isCompiled(config) || arrays.length === 0) return null;
  const keepsRate = training !== undefined || LANGUAGES[archive!.dialect].optimizerHead.includes("learning_rate");
  try {
    const given = givenOf(compileConfig(config as JsonObject), ERAS[root.semantics]).optimizer!;
    const optimizer = typeof given === "string" ? named<Optimizer>(optimizers, "optimizer", given) : given;
    const weights = trainedWeights(root);
    const slots = new Map<Weight, Tensor[]>();
    let iterations = 0;
    for (const { variable, value } of await readState(optimizer, weights.map(variableOf), { arrays, keepsRate })) {
      if (variable.of.kind === "iteration") iterations = Number(value.data[0]);
      if (variable.of.kind !== "slot") continue;
      const weight = weights[variable.of.variable]!;
      const own = slots.get(weight) ?? [];
      own[variable.of.slot] = value;
      slots.set(weight, own);
    }
    return { iterations, slots };
  } catch (error) {
    if (error instanceof FormatError && UNMADE.has(error.code)) return null;
    throw error;
  }
}
