/**
 * Models that call TensorFlow's functions, as tf-keras 2.21.0 writes them and answers them once it has read them back. A row
 * of `tensorflow-calls.json` is the Python, its inputs, the layers that tf-keras makes of it, its outputs:
 *
 *     m = tf_keras.Model(inputs, eval(row[0])); m = tf_keras.Model.from_config(json.loads(m.to_json())["config"])
 *     config = json.loads(m.to_json())["config"]; answers = tf.function(m)([np.array(…) for each input])
 *
 * There `K` is tf_keras.backend, and `f(function, …)` is TFOpLambda(function)(…), a layer of its own whatever it calls on its way.
 */
import { expect, it } from "vitest";
import { load, save } from "../../src/node.ts";
import { calls, expectAnswers, file, inputsOf } from "../support/tensorflow-calls.ts";

it.each(calls)("%s", async (_, names, layers, outputs, answers) => {
  const model = await load(file(names, layers, outputs));
  const x = inputsOf(names);
  for (const backend of ["reference", "wasm"] as const)
    expectAnswers(await model.predict(x.length === 1 ? x[0]! : x, { backend }), answers);
});

/**
 * What no file of Keras 3 says: texts; whole numbers and lengths that a run alone tells; loops; sums that run on; what goes
 * back to logits; a constant beside values.
 */
const REFUSED =
  /\bw\b|\bq\b|\bz\b|as_string|tf\.shape|switch|ctc_loss|beam_width|lu\b|lu_|tridiagonal_solve|cumulative|sufficient|weighted_moments|batch_gather|segment_(sum|mean)|max_pool_with|atrous|multiscale|suppression|sparse_categorical_cross|smoothing|top_k_cat|(sigmoid|softmax)\(x \* 20\)/;

/** Real Keras 3.15.1 opens the same files, and predicts these answers. */
it("the same models written for Keras 3", async () => {
  for (const [python, names, layers, outputs, answers] of calls) {
    const model = await load(file(names, layers, outputs));
    const files = await save(model, { format: "keras-v3", dialect: "keras3" }).catch((error: Error) => error);
    expect(files instanceof Error, python).toBe(REFUSED.test(python));
    if (files instanceof Error) expect(files.message).toContain("unsupported/");
    else {
      const again = await load(files);
      expect(again.layers.map((layer) => layer.class)).not.toContain("TFOpLambda");
      expectAnswers(await again.predict(inputsOf(names)), answers);
    }
  }
});
