/** Callbacks along a curve, against Keras's own (fixtures/training/optimizers.json.gz, made by fixtures/make/training.py). */
import { expect, it } from "vitest";
import type { FormatError } from "../../src/core/error.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { callbacks } from "../../src/index.ts";
import type { Callback, Logs, Training } from "../../src/train/types.ts";
import { tableHead } from "../support/tables.ts";
import { array } from "./graph.ts";

interface Case {
  readonly class: "EarlyStopping" | "ReduceLROnPlateau" | "ModelCheckpoint";
  readonly options: Readonly<Record<string, unknown>>;
  readonly last: number;
  readonly weights: number;
  readonly rates: readonly number[];
  readonly saved: readonly string[];
}

const table = (
  tableHead("training/optimizers.json.gz") as {
    callbacks: { curve: Readonly<Record<string, readonly number[]>>; cases: readonly Case[] };
  }
).callbacks;

const logsAt = (epoch: number): Logs =>
  Object.fromEntries(Object.entries(table.curve).map(([name, values]) => [name, values[epoch]!]));

/** Goes along the curve: in each epoch the weight is its number. */
async function along(callback: Callback, rate: number | null = 0.1, formats: string[] = []) {
  let [weights, isStopped, last] = [0, false, 0];
  const rates: number[] = [];
  const training: Training = {
    learningRate: rate,
    weights: {
      get: async () => [array("float32", [], [weights])],
      set: async (values: readonly Tensor[]) => void (weights = Number(values[0]!.data[0])),
    },
    stop: () => void (isStopped = true),
    save: async (format) => {
      formats.push(format);
      return new Map([["file", new Uint8Array(1)]]);
    },
    direction: (name) => (name === "acc" ? "up" : undefined),
    epochs: 12,
    steps: 3,
    validates: true,
  };
  await callback.onTrainBegin?.(training);
  for (let epoch = 0; epoch < 12 && !isStopped; epoch++) {
    [weights, last] = [epoch, epoch];
    await callback.onEpochBegin?.(training, epoch);
    for (let batch = 0; batch < 3; batch++) await callback.onBatchEnd?.(training, batch, { loss: logsAt(epoch)["loss"]! }); // prettier-ignore
    await callback.onEpochEnd?.(training, epoch, logsAt(epoch));
    rates.push(training.learningRate ?? NaN);
  }
  await callback.onTrainEnd?.(training, logsAt(last));
  return { last, weights, rates };
}

const camel = (key: string) => key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
const optionsOf = (c: Case) => Object.fromEntries(Object.entries(c.options).map(([key, value]) => [camel(key), value]));

it.each(table.cases.map((c) => [`${c.class} ${JSON.stringify(c.options)}`, c] as const))("%s", async (_, c) => {
  const saved: string[] = [];
  const formats: string[] = [];
  const made = {
    EarlyStopping: () => callbacks.earlyStopping(optionsOf(c)),
    ReduceLROnPlateau: () => callbacks.reduceLROnPlateau(optionsOf(c)),
    ModelCheckpoint: () =>
      callbacks.modelCheckpoint({ ...(optionsOf(c) as { filepath: string }), write: (path) => saved.push(path) }),
  };
  const found = await along(made[c.class](), 0.1, formats);
  expect([found.last, found.weights]).toEqual([c.last, c.weights]);
  expect(found.rates.map(Math.fround)).toEqual(c.rates.map(Math.fround));
  expect(saved).toEqual(c.saved);
  const format = c.options["save_weights_only"] === true ? "weights-h5" : String(c.options["filepath"]).endsWith(".h5") ? "keras-h5" : "keras-v3"; // prettier-ignore
  expect(new Set(formats)).toEqual(new Set(saved.length > 0 ? [format] : []));
});

it("learningRateScheduler sets the rate of each epoch", async () => {
  const { rates } = await along(callbacks.learningRateScheduler((epoch, rate) => (epoch < 2 ? rate : rate * 0.5)));
  expect(rates.slice(0, 4).map(Math.fround)).toEqual([0.1, 0.1, 0.05, 0.025].map(Math.fround));
});

it("csvLogger writes a row for each epoch", async () => {
  let text = "";
  await along(callbacks.csvLogger({ write: (line) => (text += line) }));
  expect(text.split("\r\n").slice(0, 2)).toEqual(["epoch,loss,val_acc,val_loss", "0,1.2,0.3,1.1"]);
  expect(text.split("\r\n")).toHaveLength(14);
});

it("terminateOnNaN ends at the first loss that is no number", () => {
  let stops = 0;
  const training = { stop: () => void (stops += 1) } as Training;
  const { onBatchEnd } = callbacks.terminateOnNaN();
  for (const loss of [1, NaN, Infinity]) void onBatchEnd!(training, 0, { loss });
  expect(stops).toBe(2);
});

it("refuses what cannot be, by name", async () => {
  const codeOf = async (body: () => unknown): Promise<string> => {
    try {
      await body();
      return "none";
    } catch (error) {
      return `${(error as FormatError).code} ${(error as FormatError).problems[0]!.path ?? ""}`;
    }
  };
  const write = (): void => undefined;
  expect(await codeOf(() => along(callbacks.earlyStopping({ monitor: "val_los" })))).toBe("mismatch/option monitor");
  expect(await codeOf(() => callbacks.earlyStopping({ patienc: 1 } as never))).toBe("mismatch/option patienc");
  expect(await codeOf(() => callbacks.earlyStopping({ mode: "up" as never }))).toBe("mismatch/option mode");
  expect(await codeOf(() => callbacks.reduceLROnPlateau({ factor: 1 }))).toBe("mismatch/option factor");
  expect(await codeOf(() => along(callbacks.reduceLROnPlateau({ patience: 0 }), null))).toBe("mismatch/option ");
  expect(await codeOf(() => callbacks.modelCheckpoint({ filepath: "m.onnx", write }))).toBe("mismatch/option filepath");
  expect(await codeOf(() => callbacks.modelCheckpoint({ filepath: "m.keras" } as never))).toBe("mismatch/option write");
  expect(await codeOf(() => along(callbacks.modelCheckpoint({ filepath: "{epoc}.keras", write })))).toBe("mismatch/option filepath"); // prettier-ignore
  expect(await codeOf(() => along(callbacks.modelCheckpoint({ filepath: "{epoch:e}.keras", write })))).toBe("mismatch/option filepath"); // prettier-ignore
});
