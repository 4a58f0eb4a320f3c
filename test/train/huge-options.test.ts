/** Every whole number in the options of every loss, metric, optimizer and schedule made absurdly large: an answer or a typed refusal. */
import { expect, it } from "vitest";
import { fromPlain, type JsonObject, toPlain } from "../../src/codecs/json.ts";
import { FormatError, layers, losses, metrics, optimizers, schedules, Sequential, setRandomSeed, tensor } from "../../src/node.ts"; // prettier-ignore
import type { Serialisable } from "../../src/train/types.ts";

const HUGE = 1e9;
/** What has no default. */
const NEEDED: Readonly<Record<string, unknown>> = {
  recall: 0.5,
  precision: 0.5,
  specificity: 0.5,
  sensitivity: 0.5,
  num_classes: 2,
  target_class_ids: [0],
  initial_learning_rate: 0.1,
  decay_steps: 10,
  first_decay_steps: 10,
  inner_optimizer: { class_name: "SGD", config: {} },
  decay_rate: 0.5,
  boundaries: [10],
  values: [0.1, 0.01],
};

interface Declared {
  readonly class: string;
  read(config: JsonObject): Serialisable;
}
type Compiled = NonNullable<Parameters<Sequential["compile"]>[0]>;

/** Options that a class has: of those that are needed, what it does not refuse. */
function configOf(one: Declared): Record<string, unknown> | null {
  const given: Record<string, unknown> = {};
  for (;;) {
    try {
      return toPlain(one.read(fromPlain(given) as JsonObject).config!) as Record<string, unknown>;
    } catch (error) {
      const name = /\.(\w+)/.exec((error as FormatError).problems[0]?.path ?? "")?.[1] ?? "";
      if (!(name in NEEDED) || name in given) return null;
      given[name] = NEEDED[name];
    }
  }
}

const SPACES = {
  losses: [losses, (loss) => ({ loss, optimizer: "sgd" })],
  metrics: [metrics, (metric) => ({ loss: "mse", optimizer: "sgd", metrics: [metric] })],
  optimizers: [optimizers, (optimizer) => ({ loss: "mse", optimizer })],
  schedules: [schedules, (learningRate) => ({ loss: "mse", optimizer: optimizers.sgd({ learningRate }) })],
} as const satisfies Record<string, readonly [object, (one: never) => Compiled]>;

it.each(Object.keys(SPACES) as (keyof typeof SPACES)[])("of keras.%s", { timeout: 120_000 }, async (space) => {
  const [all, options] = SPACES[space] as readonly [object, (one: unknown) => Compiled];
  const without: string[] = [];
  let tried = 0;
  for (const one of Object.values(all) as Declared[]) {
    const config = configOf(one);
    if (config === null) without.push(one.class);
    for (const [option, value] of Object.entries(config ?? {})) {
      const isList = Array.isArray(value) && value.length > 0 && value.every((n) => Number.isInteger(n));
      if (!Number.isInteger(value) && !isList) continue;
      tried++;
      const huge = { ...config, [option]: isList ? (value as number[]).map(() => HUGE) : HUGE };
      const start = performance.now();
      setRandomSeed(1);
      const model = new Sequential({ layers: [layers.dense({ units: 4, useBias: false, inputShape: [4] })] });
      try {
        model.compile(options(one.read(fromPlain(huge) as JsonObject)));
        await model.trainOnBatch(tensor(new Float32Array(8).fill(0.5), [2, 4]), tensor(new Float32Array(8).fill(1), [2, 4])); // prettier-ignore
      } catch (error) {
        expect(error, `${one.class}.${option}`).toBeInstanceOf(FormatError);
        expect((error as FormatError).code, `${one.class}.${option}`).not.toMatch(/^internal/);
      } finally {
        model.dispose();
      }
      expect(performance.now() - start, `${one.class}.${option}`).toBeLessThan(10_000);
    }
  }
  expect(without).toEqual([]);
  expect(tried).toBeGreaterThan(0);
});
