/** Activations inside fused kernels, on four float32 in a register. Follows src/ops/activations.ts. */
import type { ActivationSpec } from "../../../ops/attributes.ts";
import type { Code } from "../emit/code.ts";
import { f32x4 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { exp, relu, sigmoid, tanh } from "./vector-math.ts";

const c = f32x4.const;
const clip = (x: Code, low: number, high: number): Code =>
  f32x4.pmin(low === 0 ? relu(x) : f32x4.pmax(x, c(low)), c(high));

const FUSED: ReadonlyMap<string, (f: Fn, x: Local) => Code> = new Map<string, (f: Fn, x: Local) => Code>([
  ["linear", (_, x) => x.get],
  ["tanh", tanh],
  ["sigmoid", sigmoid],
  ["exponential", exp],
  ["relu", (_, x) => relu(x.get)],
  ["relu6", (_, x) => clip(x.get, 0, 6)],
  ["hard_tanh", (_, x) => clip(x.get, -1, 1)],
  ["hard_sigmoid", (_, x) => f32x4.div(clip(f32x4.add(x.get, c(3)), 0, 6), c(6))],
  ["hard_sigmoid_keras2", (_, x) => clip(f32x4.add(f32x4.mul(x.get, c(0.2)), c(0.5)), 0, 1)],
  ["softsign", (_, x) => f32x4.div(x.get, f32x4.add(f32x4.abs(x.get), c(1)))],
]);

/** Whether an activation can be part of a kernel: a plain one, without options. */
export function isFused(spec: ActivationSpec): boolean {
  return FUSED.has(spec.fn) && Object.entries(spec).every(([name, value]) => name === "fn" || value === undefined);
}

/** Applies it in place. */
export function activated(f: Fn, fn: string, x: Local): Code {
  return fn === "linear" ? [] : x.set(FUSED.get(fn)!(f, x));
}
