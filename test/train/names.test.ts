/** Every class of Keras 3's training is there, with Keras's defaults, or refused with a reason (fixtures/keras-names.json). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fromPlain, type JsonObject, toPlain } from "../../src/codecs/json.ts";
import type { FormatError } from "../../src/core/error.ts";
import { callbacks, losses, metrics, optimizers, schedules } from "../../src/index.ts";
import * as node from "../../src/node.ts";
import { whyRefused } from "../../src/train/refused.ts";
import type { Serialisable } from "../../src/train/types.ts";
import { FIXTURES } from "../support/fixtures.ts";
import { tableHead } from "../support/tables.ts";

const keras = JSON.parse(readFileSync(join(FIXTURES, "keras-names.json"), "utf8")) as Record<string, readonly string[]>;
const SPACES = { losses, metrics, optimizers, schedules };
type Made = ((options?: object) => Serialisable) & { readonly class: string };
const made = (space: keyof typeof SPACES): readonly Made[] => Object.values(SPACES[space]) as never;

/** What has another form here, or belongs to Python. */
const CALLBACKS: Readonly<Record<string, string>> = {
  BackupAndRestore: "modelCheckpoint and initialEpoch",
  Callback: "an object of functions",
  CallbackList: "a list",
  History: "what fit gives",
  LambdaCallback: "an object of functions",
  OrbaxCheckpoint: "a format of Python's",
  ProgbarLogger: "an object of functions",
  RemoteMonitor: "an object of functions",
  SwapEMAWeights: "useEma",
  TensorBoard: "csvLogger",
};

it.each(Object.keys(SPACES) as (keyof typeof SPACES)[])("keras.%s", (space) => {
  const known = made(space).map((one) => one.class);
  expect(new Set(known).size).toBe(known.length);
  expect(keras[space]!.filter((name) => known.includes(name) === (whyRefused(name) !== undefined))).toEqual([]);
  expect(known.filter((name) => !keras[space]!.includes(name))).toEqual([]);
});

it("keras.callbacks", () => {
  const known = Object.keys(callbacks).map((name) => name.toLowerCase());
  expect(keras["callbacks"]!.filter((name) => known.includes(name.toLowerCase()) === name in CALLBACKS)).toEqual([]);
});

it("Node's entry has them too", () => {
  expect(node).toMatchObject({ callbacks, losses, metrics, optimizers, schedules });
});

type Config = Readonly<Record<string, unknown>>;
const { defaults } = tableHead("training/metrics.json.gz") as { defaults: Record<string, Record<string, Config>> };

it.each(["losses", "metrics"] as const)("defaults of keras.%s", (space) => {
  for (const [name, config] of Object.entries(defaults[space]!)) {
    if (whyRefused(name) !== undefined) continue;
    const own = toPlain(made(space).find((one) => one.class === name)!().config) as Config;
    for (const [option, value] of Object.entries(config))
      if (option !== "dtype") expect([name, option, option === "name" ? String(own[option]) : own[option]]).toEqual([name, option, option === "name" ? String(value).replace(/_\d+$/, "") : value]); // prettier-ignore
  }
});

it("defaults of keras.optimizers", () => {
  const { cases } = tableHead("training/optimizers.json.gz") as { cases: { class: string; config: Config }[] };
  const seen = new Set<string>(["LossScaleOptimizer"]);
  for (const { class: name, config } of cases) {
    if (seen.has(name)) continue;
    seen.add(name);
    const own = toPlain(made("optimizers").find((one) => one.class === name)!({ name: "opt" }).config) as Config;
    expect({ ...own, learning_rate: Math.fround(Number(own["learning_rate"])) }, name).toEqual(config);
  }
  expect(seen.size).toBe(made("optimizers").length);
});

/** As tf-keras 2.21 writes them, of today's optimizers and of its legacy ones. */
const OLDER = {
  adam: {"name": "Adam", "weight_decay": null, "clipnorm": null, "global_clipnorm": null, "clipvalue": null, "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null, "jit_compile": false, "is_legacy_optimizer": false, "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": false},
  rmsprop: {"name": "RMSprop", "learning_rate": 0.001, "decay": 0.0, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-07, "centered": false},
  entropy: {"reduction": "auto", "name": "categorical_crossentropy", "from_logits": false, "label_smoothing": 0.0, "axis": -1, "fn": "categorical_crossentropy"},
} as const; // prettier-ignore

it("configs of Keras 2 are read where they mean the same, and refused where not", () => {
  const read = (config: object) => fromPlain(config) as JsonObject;
  expect(optimizers.adam.read(read(OLDER.adam)).config).toEqual(optimizers.adam({ name: "Adam" }).config);
  expect(optimizers.rmsprop.read(read(OLDER.rmsprop)).config).toEqual(optimizers.rmsprop({ name: "RMSprop" }).config);
  const loss = toPlain(losses.categoricalCrossentropy.read(read(OLDER.entropy)).config);
  expect(loss).toMatchObject({ label_smoothing: 0, reduction: "sum_over_batch_size" });
  const refused = (body: () => unknown) => expect(body).toThrow(/mismatch\/option/);
  expect(() => optimizers.adagrad.read(read({ name: "Adagrad", learning_rate: 0.1, decay: 0 }))).toThrow(/unsupported\/training.*Adagrad computed otherwise/); // prettier-ignore
  expect(() => optimizers.rmsprop.read(read({ ...OLDER.rmsprop, decay: 0.1 }))).toThrow(/unsupported\/training.*inverseTimeDecay/); // prettier-ignore
  const legacy = { ...OLDER.adam, is_legacy_optimizer: true };
  expect(optimizers.adam.read(read(legacy)).config).toEqual(optimizers.adam({ name: "Adam" }).config);
  expect(() => optimizers.nadam.read(read({ name: "Nadam", is_legacy_optimizer: true }))).toThrow(/unsupported\/training.*Nadam computed otherwise/); // prettier-ignore
  refused(() => losses.categoricalCrossentropy.read(read({ fn: "hinge" })));
});

it("refuses options by name, with the nearest", () => {
  const problemOf = (body: () => unknown) => {
    try {
      return body();
    } catch (error) {
      return (error as FormatError).problems[0]!;
    }
  };
  expect(problemOf(() => optimizers.adam({ learningrate: 1 } as never))).toMatchObject({
    code: "mismatch/option",
    path: "learningrate",
    expected: expect.stringMatching(/^learningRate /) as unknown,
  });
  expect(problemOf(() => optimizers.sgd({ momentum: 2 }))).toMatchObject({ code: "malformed/config", path: "SGD.momentum" }); // prettier-ignore
  expect(problemOf(() => optimizers.adam({ clipnorm: 1, clipvalue: 1 }))).toMatchObject({ code: "malformed/config" });
  expect(problemOf(() => losses.huber({ reduction: "all" as never }))).toMatchObject({ code: "malformed/config", path: "Huber.reduction" }); // prettier-ignore
  expect(problemOf(() => metrics.meanIoU({} as never))).toMatchObject({ code: "malformed/config", path: "MeanIoU.num_classes" }); // prettier-ignore
  expect(problemOf(() => metrics.auc([] as never))).toMatchObject({ code: "mismatch/option" });
  expect(problemOf(() => schedules.cosineDecay({ initialLearningRate: 1, decaySteps: 0 }))).toMatchObject({ code: "malformed/config" }); // prettier-ignore
  const inner = { class: "MultiOptimizer", config: new Map() } as never;
  expect(problemOf(() => optimizers.lossScaleOptimizer({ innerOptimizer: inner }))).toMatchObject({ message: "one optimizer for all weights is known" }); // prettier-ignore
});
