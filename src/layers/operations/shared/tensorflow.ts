/**
 * TensorFlow functions as tf-keras stores them in functional models, by their public names.
 * Source: https://www.tensorflow.org/api_docs/python/tf, tf_keras/layers/core/tf_op_layer.py; `fixtures/tensorflow/signatures.json.gz`
 * has the signatures.
 */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Arg, Context, KwArgs } from "../../define.ts";
import { symsOf } from "../../common/args.ts";
import { TENSORFLOW_ARRAYS } from "./tensorflow-arrays.ts";
import { TfArgs, type TfFunction } from "./tensorflow-call.ts";
import { callComplex, TENSORFLOW_COMPLEX } from "./tensorflow-complex.ts";
import { TENSORFLOW_MATH } from "./tensorflow-math.ts";
import { TENSORFLOW_COUNTS } from "./tensorflow-counts.ts";
import { TENSORFLOW_LOSSES } from "./tensorflow-losses.ts";
import { TENSORFLOW_FACTORS } from "./tensorflow-factors.ts";
import { TENSORFLOW_SPECIAL } from "./tensorflow-special.ts";
import { TENSORFLOW_STATISTICS } from "./tensorflow-statistics.ts";
import { TENSORFLOW_SUPPRESSION } from "./tensorflow-suppression.ts";
import { TENSORFLOW_MORPHOLOGY } from "./tensorflow-morphology.ts";
import { TENSORFLOW_IMAGES } from "./tensorflow-images.ts";
import { TENSORFLOW_MATRICES } from "./tensorflow-matrices.ts";
import { TENSORFLOW_NEURAL } from "./tensorflow-neural.ts";
import { TENSORFLOW_SIGNALS } from "./tensorflow-signals.ts";
import { REFUSED_FUNCTIONS } from "./refused-functions.ts";
import { TENSORFLOW_PARTS } from "./tensorflow-parts.ts";
import { TENSORFLOW_TEXTS } from "./tensorflow-texts.ts";
import { TENSORFLOW_WINDOWS } from "./tensorflow-windows.ts";

/** By public name, without the leading `tf.`. */
export const TENSORFLOW: ReadonlyMap<string, TfFunction> = new Map([
  ...TENSORFLOW_COMPLEX,
  ...TENSORFLOW_MATH,
  ...TENSORFLOW_ARRAYS,
  ...TENSORFLOW_WINDOWS,
  ...TENSORFLOW_PARTS,
  ...TENSORFLOW_SIGNALS,
  ...TENSORFLOW_NEURAL,
  ...TENSORFLOW_LOSSES,
  ...TENSORFLOW_MORPHOLOGY,
  ...TENSORFLOW_SUPPRESSION,
  ...TENSORFLOW_STATISTICS,
  ...TENSORFLOW_SPECIAL,
  ...TENSORFLOW_FACTORS,
  ...TENSORFLOW_MATRICES,
  ...TENSORFLOW_IMAGES,
  ...TENSORFLOW_COUNTS,
  ...TENSORFLOW_TEXTS,
]);

/** Calls a function. Refuses what nobody here knows: `unsupported/function`, `unsupported/argument`. */
export function callFunction(cx: Context, name: string, args: readonly Arg[], kw: KwArgs): Sym | readonly Sym[] {
  const message = REFUSED_FUNCTIONS.get(name);
  const known =
    TENSORFLOW.get(name) ??
    fail("unsupported/function", { found: `tf.${name}`, ...(message !== undefined && { message }) });
  const isComplex = [...args, ...Object.values(kw)].flatMap(symsOf).some((s) => cx.partsOf(s) !== undefined);
  if (isComplex) return callComplex(cx, name, known, args, kw);
  const a = new TfArgs(cx, `tf.${name}`, known.parameters, args, kw);
  const y = known.run(cx, a);
  a.done();
  return y;
}
