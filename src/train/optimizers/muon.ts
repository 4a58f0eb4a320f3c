/** Source: keras/src/optimizers/muon.py. */
import { atMost, fail } from "../../core/error.ts";
import { attempt } from "../../core/guard.ts";
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { bool, field, float, int, nullable } from "../../layers/fields.ts";
import type { Variable } from "../types.ts";
import { adamStep } from "./adam.ts";
import { common, like, optimizerOf, scalar } from "./shared.ts";

interface Excluded {
  readonly exclude_layers: readonly string[];
  readonly exclude_embeddings: boolean;
}

/** Patterns whose search is no longer than the square of a path: no groups, one repetition. */
const BOUNDED = /^(?:\\.|\[[^\]]*\]|[^()[\]{}*+?\\])*(?:[*+?](?:\\.|\[[^\]]*\]|[^()[\]{}*+?\\])*)?$/u;

const matches = (pattern: string, path: string): boolean =>
  (BOUNDED.test(pattern) ? attempt(() => new RegExp(pattern, "u").test(path)) : undefined) ??
  fail("unsupported/argument", {
    path: "Muon.exclude_layers",
    expected: "regular expressions without groups, with one repetition at most",
    found: pattern,
  });

/** Iterations that can mean anything: five are enough for bfloat16. */
const MOST_STEPS = 100;

/** All but matrices, and what is excluded, learn by Adam. */
function byAdam(c: Excluded, { shape, path }: Variable): boolean {
  if (shape.length !== 2 || (c.exclude_embeddings && path.toLowerCase().includes("embedding"))) return true;
  return c.exclude_layers.some((pattern) => matches(pattern, path));
}

interface Polynomial {
  readonly muon_a: number;
  readonly muon_b: number;
  readonly muon_c: number;
  readonly ns_steps: number;
}

/** About the nearest orthogonal matrix: Newton and Schulz's iteration. */
function orthogonal(op: Ops, given: Sym, c: Polynomial, tall: boolean): Sym {
  atMost("limit/size", c.ns_steps, MOST_STEPS, "ns_steps of Muon");
  const turned = tall ? op.transpose(given, [1, 0]) : given;
  let x = op.divide(turned, op.add(op.sqrt(op.sum(op.square(turned))), 1e-7));
  for (let i = 0; i < c.ns_steps; i++) {
    const a = op.matmul(x, x, { transposeB: true });
    const b = op.add(op.multiply(a, c.muon_b), op.matmul(op.multiply(a, c.muon_c), a));
    x = op.add(op.multiply(x, c.muon_a), op.matmul(b, x));
  }
  return tall ? op.transpose(x, [1, 0]) : x;
}

const patterns = field<readonly string[], readonly string[], readonly string[]>({
  expected: "a list of regular expressions",
  initial: [],
  read(node) {
    const all = Array.isArray(node) ? node : [];
    const texts = all.filter((item) => typeof item === "string");
    return (node === null || Array.isArray(node)) && texts.length === all.length ? texts : undefined;
  },
  toJson: (value) => [...value],
});

/** Muon: steps of matrices are made orthogonal; all else learns by Adam. */
export const muon = optimizerOf({
  class: "Muon",
  config: {
    ...common(0.001, 0.004),
    adam_beta_1: float(0.9),
    adam_beta_2: float(0.999),
    adam_weight_decay: nullable(float(0.004)),
    epsilon: float(1e-7),
    /** Regular expressions of paths that learn by Adam. */
    exclude_layers: patterns,
    exclude_embeddings: bool(true),
    muon_a: float(3.4445),
    muon_b: float(-4.775),
    muon_c: float(2.0315),
    adam_lr_ratio: float(1),
    momentum: float(0.95),
    ns_steps: int({ min: 0, default: 5 }),
    nesterov: bool(true),
    rms_rate: nullable(float(0.2)),
  },
  rule: {
    slots: (c, variable) => [
      [like(variable, "momentum"), ...(byAdam(c, variable) ? [like(variable, "velocity")] : [])],
    ],
    decay: (c, variable) => (byAdam(c, variable) ? c.adam_weight_decay : c.weight_decay),
    step({ op }, one, now, c) {
      const { variable, w, g, s } = one;
      if (s.length === 2) {
        const rate = op.multiply(now.rate, c.adam_lr_ratio);
        const betas = { beta_1: c.adam_beta_1, beta_2: c.adam_beta_2, epsilon: c.epsilon };
        return adamStep(op, one, { t: now.t, rate }, betas);
      }
      const [rows, columns] = variable.shape as readonly [number, number];
      const m = op.add(s[0]!, op.add(g, op.multiply(s[0]!, c.momentum - 1)));
      const way = c.nesterov ? op.add(g, op.multiply(m, c.momentum)) : m;
      const length = c.rms_rate === null ? 1 : Math.sqrt(Math.max(rows, columns)) * c.rms_rate;
      const move = op.multiply(orthogonal(op, way, c, rows > columns), scalar(op, op.multiply(now.rate, length), w));
      return { w: op.subtract(w, move), s: [m] };
    },
  },
});
