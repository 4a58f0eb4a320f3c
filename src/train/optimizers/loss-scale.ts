/** Source: keras/src/optimizers/loss_scale_optimizer.py. */
import { fail } from "../../core/error.ts";
import { wholeObject } from "../../formats/languages.ts";
import { type Field, float, int } from "../../layers/fields.ts";
import type { Sym } from "../../ops/types.ts";
import { declare, type Declared } from "../declare.ts";
import { whyRefused } from "../refused.ts";
import type { Kept, Optimizer, StoredVariable } from "../types.ts";
import { mapped } from "./gradient.ts";
import * as inner from "./inner.ts";

const innerOptimizer: Field<Optimizer, Optimizer> & { required: true } = {
  kind: "value",
  expected: "an optimizer of Keras",
  required: true,
  default: null,
  parse(node, at) {
    const [name, config] = node instanceof Map ? [node.get("class_name"), node.get("config")] : [];
    const known = [...Object.values(inner), lossScaleOptimizer].find((made) => made.class === name);
    if (known !== undefined && config instanceof Map) {
      // A loss is scaled once, by the outermost.
      const fixed = config.has("loss_scale_factor") ? [["loss_scale_factor", null] as const] : [];
      return known.read(new Map([...config, ...fixed]));
    }
    const message = whyRefused(String(name));
    return fail("malformed/config", {
      path: at.path,
      ...(message !== undefined && { message }),
      expected: "an optimizer of Keras",
      found: String(name),
    });
  },
  toJson: (value) => wholeObject("keras.optimizers", value.class, value.config),
};

const CONFIG = {
  inner_optimizer: innerOptimizer,
  initial_scale: float(2 ** 15),
  dynamic_growth_steps: int({ min: 1, default: 2000 }),
};

const own = (scale: number): readonly Kept[] => [
  { name: "step_counter", shape: [] },
  { name: "dynamic_scale", shape: [], initial: scale },
  { name: "iteration", shape: [] },
];

/**
 * LossScaleOptimizer: the loss is scaled up so that gradients do not vanish, and twice as much after many steps; a step
 * with infinite gradients changes nothing but halves the scale.
 */
export const lossScaleOptimizer: Declared<typeof CONFIG, Optimizer> = declare<typeof CONFIG, Optimizer>({
  class: "LossScaleOptimizer",
  config: CONFIG,
  make(c, named) {
    const { slots, shared, stored, learningRate, update, finalSlot } = c.inner_optimizer;
    const kept = own(c.initial_scale);
    const isNested = c.inner_optimizer.class === lossScaleOptimizer.class;
    // What another inner optimizer keeps once, Keras does not save from here.
    const place = (v: StoredVariable): readonly StoredVariable[] => {
      const { of } = v;
      if (of.kind === "iteration") return [{ ...v, of: { kind: "shared", index: 2, iterates: true } }];
      if (of.kind === "shared" && !isNested) return [];
      if (of.kind === "shared")
        return [
          {
            ...v,
            name: of.iterates === true ? v.name : `${named.name}/${v.name}`,
            of: { ...of, index: kept.length + of.index },
          },
        ];
      if (of.kind !== "slot") return [v];
      // Slots are named after the outermost and the innermost.
      return [{ ...v, name: `${named.name}/${isNested ? v.name.slice(v.name.indexOf("/") + 1) : v.name}` }];
    };
    const value = (name: string, dtype: StoredVariable["dtype"], of: StoredVariable["of"]): StoredVariable => ({
      name: `${named.name}/${name}`,
      dtype,
      shape: [],
      of,
    });
    return {
      ...named,
      learningRate,
      slots,
      shared: [...kept, ...shared],
      stored: (variables) => [
        value("iteration", "int64", { kind: "value", value: 0 }),
        value("learning_rate", "float32", { kind: "value", value: 0 }),
        value("step_counter", "int64", { kind: "shared", index: 0 }),
        value("dynamic_scale", "float32", { kind: "shared", index: 1 }),
        ...stored(variables).flatMap(place),
      ],
      ...(finalSlot !== undefined && { finalSlot }),
      scaleLoss: ({ op }, loss, [, scale]) => op.multiply(loss, op.cast(scale!, loss.dtype)),
      update(cx, step) {
        const { op } = cx;
        const [counter, scale, iteration] = step.shared as readonly [Sym, Sym, Sym];
        const finite = step.trained
          .map(({ gradient }) => op.all(op.isFinite(gradient.sum)))
          .reduce((a, b) => op.logicalAnd(a, b));
        const next = update(cx, {
          ...step,
          trained: step.trained.map((one) => ({
            ...one,
            gradient: mapped(op, one.gradient, (g) => op.divide(g, op.cast(scale, g.dtype))),
          })),
          shared: step.shared.slice(kept.length),
          iteration: op.cast(iteration, "float64"),
        });
        const chosen = (a: Sym, b: Sym): Sym => op.where(finite, a, b);
        const grows = op.equal(counter, c.dynamic_growth_steps - 1);
        return {
          trained: next.trained.map((after, i) => ({
            value: chosen(after.value, step.trained[i]!.value),
            slots: after.slots.map((s, k) => chosen(s, step.trained[i]!.slots[k]!)),
          })),
          shared: [
            op.where(op.logicalAnd(finite, op.logicalNot(grows)), op.add(counter, 1), 0),
            op.multiply(scale, op.where(finite, op.where(grows, op.constant(2, scale.dtype), 1), 0.5)),
            chosen(op.add(iteration, 1), iteration),
            ...next.shared.map((s, i) => chosen(s, step.shared[kept.length + i]!)),
          ],
        };
      },
    };
  },
});
