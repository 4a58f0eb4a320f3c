/**
 * What all optimizers do around their arithmetic: gradients scaled, accumulated and clipped, weights decayed and averaged.
 * Source: keras/src/optimizers/base_optimizer.py.
 */
import { listOf } from "../../core/list.ts";
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { wholeObject } from "../../formats/languages.ts";
import {
  bool,
  type Config,
  type Field,
  type Fields,
  field,
  float,
  int,
  nullable,
  optional,
} from "../../layers/fields.ts";
import type { OpContext, Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { mapGradient, type WeightGradient, mapped } from "./gradient.ts";
import { declare, type Declared } from "../declare.ts";
import * as schedules from "../schedules/index.ts";
import type { Era } from "../era.ts";
import type { Kept, Optimizer, OptimizerStep, Schedule, StoredVariable, Variable } from "../types.ts";

/** A schedule as Keras writes it. */
function scheduleOf(node: JsonNode, path: string): Schedule | undefined {
  if (!(node instanceof Map)) return undefined;
  const [name, config] = [node.get("class_name"), node.get("config")];
  const known = Object.values(schedules).find((made) => made.class === name);
  if (known === undefined || !(config instanceof Map))
    return fail("malformed/config", { path, expected: "a schedule of Keras", found: String(name) });
  return known.read(config);
}

const learningRate = (initial: number): Field<number | Schedule, number | Schedule> => {
  const number = float(initial);
  return {
    ...number,
    expected: "a number or a schedule",
    parse: (node, at) => scheduleOf(node, at.path) ?? number.parse(node, at),
    toJson: (value) =>
      typeof value === "object"
        ? wholeObject("keras.optimizers.schedules", value.class, value.config)
        : JsonNumber.of(value, "float"),
  };
};

const between = <D extends number | undefined>(initial: D, expected: string, allows: (value: number) => boolean) =>
  field<number, number, D>({
    expected,
    initial,
    read: (node) => (node instanceof JsonNumber && allows(node.value) ? node.value : undefined),
    toJson: (value) => JsonNumber.of(value, "float"),
  });

/** A share: from 0 to 1. */
export const share = (initial: number) => between(initial, "a number from 0 to 1", (n) => n >= 0 && n <= 1);
const positive = () => optional(between(undefined, "a number above 0", (n) => n > 0 && n < Infinity));

/** Options that all optimizers have. */
export const common = (rate: number, decay: number | null = null) => ({
  learning_rate: learningRate(rate),
  /** Weights lose this share of themselves, times the learning rate, in each step. */
  weight_decay: decay === null ? optional(float()) : nullable(float(decay)),
  /** Largest norm of one weight's gradient. */
  clipnorm: positive(),
  /** Largest norm of all gradients together. */
  global_clipnorm: positive(),
  /** Largest size of an element of a gradient. */
  clipvalue: positive(),
  /** Weights are averaged over steps; after training they become their averages. */
  use_ema: bool(false),
  ema_momentum: share(0.99),
  /** Steps after which weights become their averages. */
  ema_overwrite_frequency: optional(int({ min: 1 })),
  loss_scale_factor: positive(),
  /** Steps whose gradients are averaged before weights change. */
  gradient_accumulation_steps: optional(int({ min: 2 })),
});
type Common = ReturnType<typeof common>;

/** One weight in a step: value, gradient and the rule's own slots, all of one dtype. */
export interface One {
  readonly variable: Variable;
  readonly w: Sym;
  /** Before any decay. */
  readonly start: Sym;
  readonly g: Sym;
  /** What a function of single numbers makes of the gradient. */
  readonly each: (f: (x: Sym) => Sym) => Sym;
  readonly s: readonly Sym[];
}

/** Numbers of a step, float64 scalars. */
export interface Now {
  /** 1 in the first step that changes weights. */
  readonly t: Sym;
  readonly rate: Sym;
  /** What the rule keeps once, after the step. */
  readonly shared: readonly Sym[];
  readonly era: Era;
}

/** A weight after the step, and its slots. */
export interface After {
  readonly w: Sym;
  readonly s: readonly Sym[];
}

/** The arithmetic of an optimizer. */
export interface UpdateRule<C> {
  /** Slots in Keras's order: each list is made for one weight after the other. */
  slots(config: C, variable: Variable): readonly (readonly Kept[])[];
  readonly shared?: readonly Kept[];
  /** What is kept once, after the step. */
  begin?(cx: OpContext, now: Now, config: C): readonly Sym[];
  step(cx: OpContext, one: One, now: Now, config: C): After;
  /** Weight decay of one weight, where it is not that of all. */
  decay?(config: C, variable: Variable): number | null;
  /** In files: variables of a weight that are no slots, in front of its last ones. */
  also?(config: C, variable: Variable): readonly Omit<StoredVariable, "of">[];
}

/** A float64 scalar beside values of another dtype. */
export const scalar = (op: Ops, x: Sym, like: Sym): Sym => op.cast(x, like.dtype);

/** A number of a config where Keras casts it: TensorFlow makes a float32 of it first, whatever it is cast to. */
export const asFloat32 = Math.fround;

/** a + (b - a) · share */
export const towards = (op: Ops, a: Sym, b: Sym, by: number): Sym => op.add(a, op.multiply(op.subtract(b, a), by));

/** The gradient's squares, see `One.each`. */
export const squared = (op: Ops, each: One["each"]): Sym => each((x) => op.square(x));

/** 1 - base ^ t, in float64. */
export const correction = (op: Ops, base: number, t: Sym, era?: Era): Sym =>
  op.subtract(1, op.power(op.constant(era?.roundsBetas === false ? base : asFloat32(base), "float64"), t));

function clipped(op: Ops, gradients: readonly WeightGradient[], c: Config<Common>): readonly WeightGradient[] {
  const { clipnorm, global_clipnorm: global, clipvalue } = c;
  const squares = (g: WeightGradient): Sym => op.sum(mapGradient(op, g, (x) => op.square(x)));
  if (clipnorm !== null)
    return gradients.map((g) => {
      const norm = op.maximum(op.sqrt(squares(g)), clipnorm);
      return mapped(op, g, (x) => op.divide(op.multiply(x, clipnorm), norm));
    });
  if (clipvalue !== null)
    return gradients.map((g) => mapped(op, g, (x) => op.maximum(op.minimum(x, clipvalue), -clipvalue)));
  if (global === null) return gradients;
  const all = op.sqrt(gradients.map(squares).reduce((a, b) => op.add(a, b)));
  // An infinite norm makes NaN of every gradient, as in Keras.
  const factor = op.add(op.multiply(op.minimum(op.divide(1, all), 1 / global), global), op.subtract(all, all));
  return gradients.map(({ sum }) => ({ sum: op.multiply(sum, factor) }));
}

function update<C extends Config<Common>>(cx: OpContext, step: OptimizerStep, c: C, rule: UpdateRule<C>, era: Era) {
  const { op } = cx;
  const { trained, iteration, learningRate: rate } = step;
  const every = c.gradient_accumulation_steps;
  const done = every === null ? iteration : op.floor(op.divide(iteration, every));
  const own = (c.use_ema ? 1 : 0) + (every === null ? 0 : 1);
  const scaled = trained.map(({ gradient }) =>
    c.loss_scale_factor === null ? gradient : mapped(op, gradient, (g) => op.divide(g, c.loss_scale_factor!)),
  );
  const sums = every === null ? [] : scaled.map(({ sum }, i) => op.add(sum, trained[i]!.slots[own - 1]!));
  const whole = clipped(op, every === null ? scaled : sums.map((g) => ({ sum: op.divide(g, every) })), c);
  // Rows that were taken several times count once, as in arrays.
  const gradients = era.repeatsRows ? whole : whole.map(({ sum }) => ({ sum }));
  const before: Now = { t: op.add(done, 1), rate, shared: step.shared, era };
  const shared = rule.begin?.(cx, before, c) ?? step.shared;
  const now = { ...before, shared };
  const due = every === null ? null : op.equal(op.mod(op.add(iteration, 1), every), 0);
  const chosen = (next: Sym, old: Sym): Sym => (due === null ? next : op.where(due, next, old));
  const after = trained.map(({ variable, value, slots }, i) => {
    const decay = rule.decay === undefined ? c.weight_decay : rule.decay(c, variable);
    const lost = decay === null ? null : scalar(op, op.multiply(rate, asFloat32(decay)), value);
    const w = lost === null ? value : op.subtract(value, op.multiply(value, lost));
    const old = slots.slice(own);
    const next = rule.step(
      cx,
      { variable, w, start: value, g: gradients[i]!.sum, each: (f) => mapGradient(op, gradients[i]!, f), s: old },
      now,
      c,
    );
    const weight = chosen(next.w, value);
    const kept = next.s.map((s, k) => chosen(s, old[k]!));
    const sum = due === null ? [] : [op.where(due, 0, sums[i]!)];
    if (!c.use_ema) return { value: weight, slots: [...sum, ...kept] };
    const [isFirst, share] = [op.equal(done, 0), op.constant(c.ema_momentum, "float64")];
    // The first average is of nothing; before Keras 3 of the weight as it was.
    const momentum = scalar(op, era.averagesSteps ? op.where(isFirst, 0, share) : share, value);
    const average = era.averagesSteps ? slots[0]! : op.where(isFirst, value, slots[0]!);
    const mean = op.add(op.multiply(momentum, average), op.multiply(op.subtract(1, momentum), weight));
    const frequency = c.ema_overwrite_frequency;
    const replaced = frequency === null ? null : op.equal(op.mod(op.add(done, 1), frequency), 0);
    return { value: replaced === null ? weight : op.where(replaced, mean, weight), slots: [mean, ...sum, ...kept] };
  });
  return { trained: after, shared: shared.map((s, i) => chosen(s, step.shared[i]!)) };
}

/** Slots of a weight in the order of files. */
function groupsOf<C extends Config<Common>>(
  c: C,
  rule: UpdateRule<C>,
  variable: Variable,
): readonly (readonly Kept[])[] {
  const { shape } = variable;
  const average = c.use_ema ? [[{ name: "average", shape }]] : [];
  const sum = c.gradient_accumulation_steps === null ? [] : [[{ name: "gradient_accumulator", shape }]];
  return [...average, ...sum, ...rule.slots(c, variable)];
}

const ITERATION: StoredVariable = { name: "iteration", dtype: "int64", shape: [], of: { kind: "iteration" } };
const RATE: StoredVariable = { name: "learning_rate", dtype: "float32", shape: [], of: { kind: "learningRate" } };

function storedOf<C extends Config<Common>>(
  c: C,
  rule: UpdateRule<C>,
  name: string,
  variables: readonly Variable[],
): readonly StoredVariable[] {
  const all = variables.map((variable) => groupsOf(c, rule, variable));
  const most = Math.max(0, ...all.map((groups) => groups.length));
  const slots = listOf(most, (group) =>
    all.flatMap((groups, variable): StoredVariable[] => {
      const before = groups.slice(0, group).reduce((n, g) => n + g.length, 0);
      const whose = variables[variable]!;
      const also = group === most - 1 ? (rule.also?.(c, whose) ?? []) : [];
      return [
        ...also.map((v) => ({ ...v, of: { kind: "value", value: 0 } as const })),
        ...(groups[group] ?? []).map((kept, i) => ({
          name: kept.name === whose.name ? kept.name : `${whose.path.replaceAll("/", "_")}_${kept.name}`,
          dtype: "float32" as const,
          shape: kept.shape,
          of: { kind: "slot", variable, slot: before + i } as const,
        })),
      ];
    }),
  ).flat();
  const shared = (rule.shared ?? []).map((kept, index): StoredVariable => ({
    name: kept.name,
    dtype: "float32",
    shape: kept.shape,
    of: { kind: "shared", index },
  }));
  const head = typeof c.learning_rate === "object" ? [ITERATION] : [ITERATION, RATE];
  return [...head, ...slots, ...shared].map((v) => ({ ...v, name: `${name}/${v.name}` }));
}

/** Declares an optimizer. */
export function optimizerOf<F extends Common & Fields>(d: {
  readonly class: string;
  readonly config: F;
  /** Refuses options that do not fit together. */
  check?(config: Config<F>): void;
  readonly rule: UpdateRule<Config<F>>;
}): Declared<F, Optimizer> {
  return declare<F, Optimizer>({
    ...d,
    make(config, own, era) {
      const c = config as Config<F> & Config<Common>;
      const rule = d.rule as UpdateRule<Config<F> & Config<Common>>;
      const clips = [c.clipnorm, c.global_clipnorm, c.clipvalue].filter((n) => n !== null);
      if (clips.length > 1)
        fail("malformed/config", {
          path: `${d.class}.clipnorm`,
          expected: "one of clipnorm, globalClipnorm, clipvalue",
          found: `${clips.length} of them`,
        });
      d.check?.(config);
      const scale = c.loss_scale_factor;
      return {
        ...own,
        learningRate: c.learning_rate,
        slots: (variable) => groupsOf(c, rule, variable).flat(),
        shared: rule.shared ?? [],
        stored: (variables) => storedOf(c, rule, own.name, variables),
        ...(c.use_ema && { finalSlot: 0 }),
        ...(scale !== null && { scaleLoss: ({ op }, loss) => op.multiply(loss, scale) }),
        update: (cx, step) => update(cx, step, c, rule, era),
      };
    },
  });
}

/** A slot of the shape of its weight. */
export const like = ({ shape }: Variable, name: string, initial?: number): Kept => ({
  name,
  shape,
  ...(initial !== undefined && { initial }),
});
