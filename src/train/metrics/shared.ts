/** How metrics are declared, and means over samples. Source: keras/src/metrics/{metric,reduction_metrics}.py. */
import { listOf } from "../../core/list.ts";
import type { Config, Fields } from "../../layers/fields.ts";
import type { OpContext, Ops } from "../../ops/builder.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import { declare, type Declared, floatDType } from "../declare.ts";
import { type Arithmetic, divideNoNan, type Masked, maskedWeights, sameRank } from "../losses/shared.ts";
import type { Era } from "../era.ts";
import type { Compared, Kept, Metric } from "../types.ts";

/** Arithmetic of a metric with its options. */
interface MetricRule<C> {
  readonly direction?: "up" | "down";
  states(config: C, yTrue: Shape, yPred: Shape): readonly Kept[];
  update(cx: OpContext, compared: Compared, states: readonly Sym[], config: C, era: Era): readonly Sym[];
  result(cx: OpContext, states: readonly Sym[], config: C): Sym;
}

/** Declares a metric; `check` refuses options that do not fit together. */
export function metricOf<F extends Fields>(
  d: {
    readonly class: string;
    readonly functions?: readonly string[];
    readonly name?: string;
    readonly config: F;
    check?(config: Config<F>): void;
  } & MetricRule<Config<F>>,
): Declared<F, Metric> {
  return declare<F, Metric>({
    ...d,
    make(config, own, era) {
      d.check?.(config);
      return {
        ...own,
        ...(d.direction && { direction: d.direction }),
        states: (yTrue, yPred) => d.states(config, yTrue, yPred),
        update: (cx, compared, states) => d.update(cx, compared, states, config, era),
        result: (cx, states) => d.result(cx, states, config),
      };
    },
  });
}

/** A scalar that starts at 0. */
const zero = (name: string): Kept => ({ name, shape: [] });

const axesFrom = (from: number, to: number): number[] => listOf(to - from, (i) => from + i);

/** Mean over all but the first axis. */
const perSample = (op: Ops, x: Sym): Sym => (x.shape.length > 1 ? op.mean(x, axesFrom(1, x.shape.length)) : x);

/** Sum of samples' values and what they count; in Keras 3 a mask of the values counts only beside weights. */
function sums(
  { op, size }: OpContext,
  { values, mask }: Masked,
  weights: Sym | undefined,
  era: Era,
): readonly [Sym, Sym] {
  const x = op.cast(values, "float32");
  const held = weights === undefined && !era.masksMeans ? undefined : mask;
  const all = maskedWeights(op, weights && op.cast(weights, "float32"), held, false, x, era);
  if (all === undefined) {
    const each = perSample(op, x);
    const count = each.shape.length === 0 ? op.constant(1, "float32") : op.sum(op.full([size(each, 0)], 1, "float32"));
    return [op.sum(each), count];
  }
  const [full, w] = sameRank(op, x, all);
  const rank = w.shape.length;
  const cut = full.shape.length > rank ? op.mean(full, axesFrom(rank, full.shape.length)) : full;
  const spread = op.broadcastTo(
    w,
    cut.shape.map((_, i) => size(cut, i)),
  );
  const counted = rank > 1 ? op.mean(spread, axesFrom(1, rank)) : spread;
  return [op.sum(perSample(op, op.multiply(cut, spread))), op.sum(counted)];
}

/** Declares the mean over samples of what an arithmetic gives for each. */
export function meanOf<F extends Fields>(d: {
  readonly class: string;
  readonly functions?: readonly string[];
  readonly name?: string;
  readonly direction?: "up" | "down";
  readonly config: F;
  readonly each: Arithmetic<Config<F>>;
  /** What the mean becomes. */
  readonly last?: (op: Ops, mean: Sym) => Sym;
  /** false: a mask of the predictions counts for nothing in Keras 3. */
  readonly isMasked?: false;
}): Declared<F & { dtype: typeof floatDType }, Metric> {
  return metricOf<F & { dtype: typeof floatDType }>({
    ...d,
    config: { ...d.config, dtype: floatDType },
    states: () => [zero("total"), zero("count")],
    update(cx, compared, [total, count], config, era) {
      const { op } = cx;
      const made = d.each(cx, compared, config as unknown as Config<F>, era);
      const masked: Masked = "values" in made ? made : { values: made };
      const mask = d.isMasked === false && !era.masksMeans ? undefined : compared.mask;
      const weights = maskedWeights(op, compared.sampleWeight, mask, false, op.cast(masked.values, "float32"), era);
      const [sum, n] = sums(cx, masked, weights, era);
      return [op.add(total!, sum), op.add(count!, n)];
    },
    result({ op }, [total, count]) {
      const mean = divideNoNan(op, total!, count!);
      return d.last?.(op, mean) ?? mean;
    },
  });
}
