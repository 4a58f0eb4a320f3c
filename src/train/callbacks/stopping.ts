/** Callbacks that end training. Sources: keras/src/callbacks/{early_stopping,terminate_on_nan}.py. */
import { readOptions } from "../../core/guard.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Callback } from "../types.ts";
import { Monitor, type MonitorOptions, monitorNumber } from "./monitor.ts";

/** See Keras's `EarlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Less of a change is none; default 0. */
  readonly minDelta?: number;
  /** Epochs without anything better; default 0. */
  readonly patience?: number;
  /** What must be reached. */
  readonly baseline?: number;
  /** The weights of the best epoch come back; default false. */
  readonly restoreBestWeights?: boolean;
  /** The first epoch that counts; default 0. */
  readonly startFromEpoch?: number;
}

/** EarlyStopping: ends when a number no longer gets better. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const where = "earlyStopping";
  const o = readOptions<EarlyStoppingOptions>(where, options, {
    monitor: "string",
    mode: "string",
    minDelta: "any",
    patience: "number",
    baseline: "any",
    restoreBestWeights: "boolean",
    startFromEpoch: "number",
  });
  const [patience, start] = [o.patience ?? 0, o.startFromEpoch ?? 0];
  const least = monitorNumber(where, "minDelta", o.minDelta, 0);
  const baseline = o.baseline === undefined ? null : monitorNumber(where, "baseline", o.baseline, 0);
  let monitor = new Monitor(where, o, least);
  let wait = 0;
  let best: readonly Tensor[] | null = null;
  return {
    onTrainBegin() {
      monitor = new Monitor(where, o, least);
      wait = 0;
      best = null;
    },
    async onEpochEnd(training, epoch, logs) {
      const value = monitor.of(training, logs);
      if (value === null || epoch < start) return;
      const keep = async () => {
        if (o.restoreBestWeights === true) best = await training.weights.get();
      };
      if (best === null) await keep();
      wait += 1;
      if (monitor.isBetter(training, value, monitor.best)) {
        monitor.best = value;
        await keep();
        if (baseline === null || monitor.isBetter(training, value, baseline)) wait = 0;
      } else if (wait >= patience && epoch > 0) training.stop();
    },
    async onTrainEnd(training) {
      if (best !== null) await training.weights.set(best);
    },
  };
}

/** TerminateOnNaN: ends when the loss is no number. */
export function terminateOnNaN(): Callback {
  return {
    onBatchEnd(training, _, logs) {
      if (!Number.isFinite(logs["loss"] ?? 0)) training.stop();
    },
  };
}
