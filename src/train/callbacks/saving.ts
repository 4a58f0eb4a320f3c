/** Callbacks that write. Sources: keras/src/callbacks/{model_checkpoint,csv_logger}.py. */
import { fail } from "../../core/error.ts";
import { checkText, kindOf, nearestOf, readOptions } from "../../core/guard.ts";
import type { Callback, Logs, Training } from "../types.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";

/** See Keras's `ModelCheckpoint`. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** Ends in `.keras`, `.h5` or `.weights.h5`; `{epoch:02d}`, `{batch}` and numbers of logs are filled in: `{val_loss:.2f}`. */
  readonly filepath: string;
  /** Takes the file: `writeFile` of `node:fs/promises`, for instance. */
  readonly write: (path: string, bytes: Uint8Array) => unknown;
  /** Only what is better than before; default false. */
  readonly saveBestOnly?: boolean;
  /** Only the weights, into `.weights.h5`; default false. */
  readonly saveWeightsOnly?: boolean;
  /** After each epoch (default), or after so many batches. */
  readonly saveFreq?: "epoch" | number;
  /** What must be surpassed first. */
  readonly initialValueThreshold?: number;
}

function checkFunction(where: string, name: string, value: unknown): void {
  if (typeof value !== "function")
    fail("mismatch/option", { source: where, path: name, expected: "a function", found: kindOf(value) });
}

/** Fills in `{name}`, `{name:04d}` and `{name:.3f}`, as Python does. */
function filled(where: string, path: string, values: Logs): string {
  return path.replace(/\{([^{}:]*)(?::([^{}]*))?\}/g, (whole, name: string, form: string | undefined) => {
    const value = values[name];
    if (value === undefined)
      return fail("mismatch/option", { source: where, path: "filepath", expected: nearestOf(name, Object.keys(values)), found: name }); // prettier-ignore
    const [, zero, width, , digits, kind] = /^(0?)(\d*)(\.(\d+))?([df]?)$/.exec(form ?? "") ?? [];
    if (zero === undefined || (kind === "d" && digits !== undefined))
      return fail("mismatch/option", { source: where, path: "filepath", expected: "a form like 02d or .2f", found: whole }); // prettier-ignore
    const text = kind === "f" || digits !== undefined ? value.toFixed(Number(digits ?? 6)) : String(value);
    return text.padStart(Number(width), zero === "0" ? "0" : " ");
  });
}

/** ModelCheckpoint: the model's file while it learns, which Keras opens. */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const where = "modelCheckpoint";
  const o = readOptions<ModelCheckpointOptions>(where, options, {
    filepath: "string",
    write: "any",
    monitor: "string",
    mode: "string",
    saveBestOnly: "boolean",
    saveWeightsOnly: "boolean",
    saveFreq: "any",
    initialValueThreshold: "any",
  });
  checkText("filepath", o.filepath);
  checkFunction(where, "write", o.write);
  const { filepath, saveFreq: every = "epoch" } = o;
  const weightsOnly = o.saveWeightsOnly === true;
  const wanted = weightsOnly ? [".weights.h5"] : [".keras", ".h5"];
  if (!wanted.some((end) => filepath.endsWith(end)))
    fail("mismatch/option", { source: where, path: "filepath", expected: `a name in ${wanted.join(" or ")}`, found: filepath }); // prettier-ignore
  if (every !== "epoch" && !(Number.isInteger(every) && every > 0))
    fail("mismatch/option", { source: where, path: "saveFreq", expected: "epoch, or batches", found: String(every) });
  const format = weightsOnly ? "weights-h5" : filepath.endsWith(".keras") ? "keras-v3" : "keras-h5";
  const monitor = new Monitor(where, o, 0, o.initialValueThreshold);
  let [epoch, seen, last] = [0, 0, -1];
  const save = async (training: Training, place: Logs, logs: Logs): Promise<void> => {
    if (o.saveBestOnly === true) {
      const value = monitor.of(training, logs);
      if (value === null || !monitor.isBetter(training, value, monitor.best)) return;
      monitor.best = value;
    }
    const path = filled(where, filepath, { ...logs, ...place });
    for (const bytes of (await training.save(format)).values()) await o.write(path, bytes);
  };
  return {
    onEpochBegin(_, now) {
      epoch = now;
    },
    async onBatchEnd(training, batch, logs) {
      if (every === "epoch") return;
      seen += last < 0 || batch <= last ? batch + 1 : batch - last;
      last = batch;
      if (seen < every) return;
      seen = 0;
      await save(training, { epoch: epoch + 1, batch: batch + 1 }, logs);
    },
    async onEpochEnd(training, now, logs) {
      if (every === "epoch") await save(training, { epoch: now + 1 }, logs);
    },
  };
}

/** Takes lines of text, with their ends. */
export interface CSVLoggerOptions {
  /** Takes each line: a function that appends to a file, say. */
  readonly write: (line: string) => unknown;
  /** Between columns; default a comma. */
  readonly separator?: string;
}

/** CSVLogger: a row of numbers for each epoch, the columns' names before the first. */
export function csvLogger(options: CSVLoggerOptions): Callback {
  const where = "csvLogger";
  const o = readOptions<CSVLoggerOptions>(where, options, { write: "any", separator: "string" });
  checkFunction(where, "write", o.write);
  const row = (cells: readonly (string | number)[]) => o.write(`${cells.join(o.separator ?? ",")}\r\n`);
  let keys: readonly string[] | null = null;
  return {
    onTrainBegin() {
      keys = null;
    },
    async onEpochEnd(_, epoch, logs) {
      if (keys === null) {
        const names = Object.keys(logs).sort();
        keys = names.some((name) => name.startsWith("val_")) ? names : [...names, ...names.map((name) => `val_${name}`)]; // prettier-ignore
        await row(["epoch", ...keys]);
      }
      await row([epoch, ...keys.map((key) => logs[key] ?? "NA")]);
    },
  };
}
