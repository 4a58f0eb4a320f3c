/** Callbacks that set the learning rate. Sources: keras/src/callbacks/{reduce_lr_on_plateau,learning_rate_scheduler}.py. */
import { fail } from "../../core/error.ts";
import { kindOf, readOptions } from "../../core/guard.ts";
import type { Callback, Logs, Training } from "../types.ts";
import { Monitor, type MonitorOptions, monitorNumber } from "./monitor.ts";

/** The rate as Keras keeps it, a float32. */
function rateOf(where: string, { learningRate }: Training): number {
  if (learningRate !== null) return Math.fround(learningRate);
  return fail("mismatch/option", { source: where, expected: "a number as learning rate", found: "a schedule" });
}

/** The rate of an epoch that ends. */
function tellRate({ learningRate }: Training, logs: Logs): void {
  if (learningRate !== null) logs["learning_rate"] = Math.fround(learningRate);
}

/** See Keras's `ReduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by, below 1; default 0.1. */
  readonly factor?: number;
  /** Epochs without anything better; default 10. */
  readonly patience?: number;
  /** Less of a change is none; default 0.0001. */
  readonly minDelta?: number;
  /** Epochs after a change that do not count; default 0. */
  readonly cooldown?: number;
  /** The lowest rate; default 0. */
  readonly minLr?: number;
}

/** ReduceLROnPlateau: a lower rate when a number no longer gets better. */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  const where = "reduceLROnPlateau";
  const o = readOptions<ReduceLROnPlateauOptions>(where, options, {
    monitor: "string",
    mode: "string",
    factor: "number",
    patience: "number",
    minDelta: "any",
    cooldown: "number",
    minLr: "number",
  });
  const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0 } = o;
  if (factor >= 1)
    fail("mismatch/option", { source: where, path: "factor", expected: "a number below 1", found: String(factor) });
  const least = monitorNumber(where, "minDelta", o.minDelta, 1e-4);
  let monitor = new Monitor(where, o, least);
  let [wait, rest] = [0, 0];
  return {
    onTrainBegin() {
      monitor = new Monitor(where, o, least);
      [wait, rest] = [0, 0];
    },
    onEpochEnd(training, _, logs) {
      tellRate(training, logs);
      const value = monitor.of(training, logs);
      if (value === null) return;
      if (rest > 0) {
        rest -= 1;
        wait = 0;
      }
      if (monitor.isBetter(training, value, monitor.best)) {
        monitor.best = value;
        wait = 0;
      } else if (rest === 0) {
        wait += 1;
        const old = rateOf(where, training);
        if (wait < patience || old <= Math.fround(minLr)) return;
        training.learningRate = Math.max(old * factor, minLr);
        rest = cooldown;
        wait = 0;
      }
    },
  };
}

/** LearningRateScheduler: the rate of each epoch, from its number and the rate so far. */
export function learningRateScheduler(schedule: (epoch: number, learningRate: number) => number): Callback {
  const where = "learningRateScheduler";
  if (typeof schedule !== "function")
    fail("mismatch/argument", { source: where, expected: "a function", found: kindOf(schedule) });
  return {
    onEpochBegin(training, epoch) {
      const rate: unknown = schedule(epoch, rateOf(where, training));
      if (typeof rate !== "number" || !Number.isFinite(rate))
        return fail("mismatch/argument", { source: where, expected: "a number as learning rate", found: kindOf(rate) });
      training.learningRate = rate;
    },
    onEpochEnd: (training, _, logs) => tellRate(training, logs),
  };
}
