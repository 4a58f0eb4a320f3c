/** What callbacks that watch a number share. Source: keras/src/callbacks/monitor_callback.py. */
import { fail } from "../../core/error.ts";
import { kindOf, nearestOf } from "../../core/guard.ts";
import type { Logs, Training } from "../types.ts";

/** What is watched, and when it is better than before. */
export interface MonitorOptions {
  /** A name in logs: default `val_loss`. */
  readonly monitor?: string;
  /** Whether less or more is better; `auto` (default): as losses and Keras's metrics have it. */
  readonly mode?: "auto" | "min" | "max";
}

/** The number of an option. Throws `mismatch/option`. */
export function monitorNumber(where: string, name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  return fail("mismatch/option", { source: where, path: name, expected: "a number", found: kindOf(value) });
}

/** Compares a number of each epoch with the best before. */
export class Monitor {
  best: number | null;
  readonly #where: string;
  readonly #name: string;
  readonly #mode: "auto" | "min" | "max";
  readonly #least: number;

  constructor(where: string, { monitor = "val_loss", mode = "auto" }: MonitorOptions, minDelta: number, best?: number) {
    if (!["auto", "min", "max"].includes(mode))
      fail("mismatch/option", { source: where, path: "mode", expected: "auto, min or max", found: mode });
    this.#where = where;
    this.#name = monitor;
    this.#mode = mode;
    this.#least = Math.abs(minDelta);
    this.best = best ?? null;
  }

  /** The number of now; null after an epoch without validation. Throws `mismatch/option` where logs never have it. */
  of(training: Training, logs: Logs): number | null {
    const value = logs[this.#name];
    if (value !== undefined) return value;
    const isOfTests = (name: string): boolean => name.startsWith("val_");
    if (training.validates && isOfTests(this.#name) && !Object.keys(logs).some(isOfTests)) return null;
    return fail("mismatch/option", {
      source: this.#where,
      path: "monitor",
      expected: nearestOf(this.#name, Object.keys(logs)),
      found: this.#name,
    });
  }

  /** Whether a number is better than another, by at least the difference asked for. */
  isBetter(training: Training, value: number, than: number | null): boolean {
    const name = this.#name.replace(/^val_/, "");
    const known = name === "loss" || name.endsWith("_loss") ? "down" : training.direction(name);
    const direction = this.#mode === "auto" ? known : this.#mode === "max" ? "up" : "down";
    if (direction === undefined)
      fail("mismatch/option", {
        source: this.#where,
        path: "mode",
        message: `nothing says whether more of ${this.#name} is better`,
        expected: "min or max",
        found: "auto",
      });
    if (than === null) return true;
    return direction === "up" ? value - this.#least > than : value + this.#least < than;
  }
}
