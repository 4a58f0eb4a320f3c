/** Small layers of TensorFlow.js that make up an operation. Values keep the batch first. */
import { fail } from "../../core/error.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { Nd } from "../../ops/types.ts";
import { Constant } from "./constants.ts";
import {
  type CallOf,
  type Lengths,
  type Options,
  reshaped,
  type TfjsValue,
  type TfjsWriter,
  type Weights,
} from "./writer.ts";

/** A value that inputs change. */
export interface Dynamic {
  readonly value: TfjsValue;
  /** How many axes of it the first axis of our value is: the batch, or batch and time. */
  readonly lead: 1 | 2;
}
export type Rep = Dynamic | Constant;
type Form = NonNullable<Weights[string]>;

/** Beyond it a matrix that only moves elements is refused. */
const MOST_ELEMENTS = 1 << 22;

/** A product so large that 1e-45 of it is more than 1. */
const HUGE = 1e30;

const joined = (a: number | null, b: number | null): number | null => (a === 1 ? b : b === 1 ? a : (a ?? b));

/** A weight that is computed from nothing but its shape. */
export function filled(shape: readonly number[], fill: (data: Float32Array) => void): Form {
  return {
    shape,
    async read() {
      const data = new Float32Array(sizeOf(shape));
      fill(data);
      return { dtype: "float32", shape, data };
    },
  };
}

/** Writes them, each under a name of its own. */
export class TfjsEmitter {
  readonly w: TfjsWriter;
  /** The layer that the operation belongs to. */
  of: CallOf;
  /** Which operation it is: equal ones of later steps are the same layers, called again. */
  role = "";
  #count = 0;
  readonly #floats = new Map<string, Dynamic>();
  readonly #keys = new Map<string, object>();
  readonly #serials = new WeakMap<Constant, number>();
  #serial = 0;
  #zeros: Dynamic | null = null;
  readonly #anyInput: () => TfjsValue;

  constructor(w: TfjsWriter, of: CallOf, anyInput: () => TfjsValue) {
    this.w = w;
    this.of = of;
    this.#anyInput = anyInput;
  }

  begin(of: CallOf, role: string): void {
    this.of = of;
    this.role = role;
    this.#count = 0;
  }

  refuse(message: string): never {
    return fail("unsupported/translation", { path: this.of.path, message, found: this.of.node.class });
  }

  /** The call as a rule for layers gets it, with a place of its own. `constants` tell apart what else is alike. */
  call(...constants: readonly (Constant | null)[]): CallOf {
    const numbers = constants.flatMap((one) => (one === null ? [] : [this.#numberOf(one)]));
    const role = [this.role, this.#count++, ...numbers].join("_");
    const key = this.#keys.get(role) ?? {};
    this.#keys.set(role, key);
    return { ...this.of, key, name: `${this.of.name}_${role}`, named: {}, masks: [] };
  }

  #numberOf(constant: Constant): number {
    const known = this.#serials.get(constant) ?? this.#serial++;
    this.#serials.set(constant, known);
    return known;
  }

  layer(
    className: string,
    options: Options,
    x: Dynamic,
    shape: Lengths,
    weights?: Weights,
    ...of: Constant[]
  ): Dynamic {
    const { value, lead } = this.float(x);
    return { value: this.w.one(this.call(...of), "", className, options, value, shape, weights), lead };
  }

  form(constant: Constant): Form {
    const { path } = this.of;
    return { shape: constant.shape, isLearned: constant.isLearned, read: () => constant.read(path) };
  }

  /** As float32: layers other than those that move elements take nothing else. */
  float(x: Dynamic): Dynamic {
    if (x.value.whole !== true) return x;
    const key = x.value.place.join();
    const known = this.#floats.get(key);
    if (known !== undefined) return { ...known, lead: x.lead };
    const options = { scale: 1, offset: 0 };
    const { whole: _, ...value } = this.w.one(this.call(), "", "Rescaling", options, x.value, x.value.shape);
    const made = { value, lead: x.lead };
    this.#floats.set(key, made);
    return made;
  }

  scale(x: Dynamic, scale: number, offset = 0): Dynamic {
    if (!Number.isFinite(scale) || !Number.isFinite(offset)) return this.refuse("a number that is not finite");
    return scale === 1 && offset === 0 ? x : this.layer("Rescaling", { scale, offset }, x, x.value.shape);
  }

  named(activation: string, x: Dynamic): Dynamic {
    return this.layer("Activation", { activation }, x, x.value.shape);
  }

  join(className: "Add" | "Multiply" | "Maximum" | "Minimum", a: Dynamic, b: Dynamic): Dynamic {
    const [p, q] = [this.float(a), this.float(b)];
    if (p.lead !== q.lead || p.value.shape.length !== q.value.shape.length)
      return this.refuse("values of several ranks");
    const shape = p.value.shape.map((n, axis) => joined(n, q.value.shape[axis]!));
    return { value: this.w.call(this.call(), "", className, {}, [p.value, q.value], [shape])[0]!, lead: p.lead };
  }

  rank({ value, lead }: Dynamic): number {
    return value.shape.length - lead + 1;
  }

  /** The same elements; `to` without the batch. */
  reshape(x: Dynamic, to: Lengths, lead = x.lead): Dynamic {
    const { value } = x;
    if (to.join() === value.shape.slice(1).join() && !to.includes(null)) return { value, lead };
    if (to.filter((n) => n === null).length > 1) return this.refuse("more than one open length");
    const options = { target_shape: to.map((n) => n ?? -1) };
    return { value: this.w.one(this.call(), "", "Reshape", options, value, [value.shape[0]!, ...to]), lead };
  }

  /** All elements in one row: [batch, n, 1]. */
  column(x: Dynamic): Dynamic {
    const { shape } = x.value;
    const isOpen = shape.slice(1).includes(null);
    return this.reshape(this.float(x), [isOpen ? null : sizeOf(shape.slice(1) as number[]), 1], 1);
  }

  /** As many elements, in the shape of another value. */
  like(y: Dynamic, { value, lead }: Dynamic): Dynamic {
    return this.reshape(y, value.shape.slice(1), lead);
  }

  /** Products of vectors along an axis of each; `normalize`: of vectors of length 1. */
  dot(a: Dynamic, b: Dynamic, axes: readonly [number, number], normalize = false): Dynamic {
    const [p, q] = [this.float(a).value, this.float(b).value];
    const shape = [p.shape[0]!, p.shape[3 - axes[0]]!, q.shape[3 - axes[1]]!];
    return { value: this.w.call(this.call(), "", "Dot", { axes, normalize }, [p, q], [shape])[0]!, lead: 1 };
  }

  /** `order` counts the axes of the written value, from 1. */
  permute(x: Dynamic, order: readonly number[]): Dynamic {
    if (order.every((axis, i) => axis === i + 1)) return x;
    const { value, lead } = x;
    const shape = [value.shape[0]!, ...order.map((axis) => value.shape[axis]!)];
    return { value: this.w.one(this.call(), "", "Permute", { dims: order }, value, shape), lead };
  }

  /** With two axes of the written value in each other's place. */
  swapped(x: Dynamic, a: number, b: number): Dynamic {
    const order = x.value.shape.slice(1).map((_, i) => i + 1);
    [order[a - 1], order[b - 1]] = [order[b - 1]!, order[a - 1]!];
    return this.permute(x, order);
  }

  /** The place of one of our axes in the written value. */
  axis(x: Dynamic, axis: number): number {
    return axis === 0 ? this.refuse("the batch") : axis + x.lead - 1;
  }

  /** Sums along the last axis. */
  dense(x: Dynamic, kernel: Form, bias?: Form, ...of: Constant[]): Dynamic {
    const units = kernel.shape[1]!;
    if (sizeOf(kernel.shape) > MOST_ELEMENTS && of.length === 0) return this.refuse("more elements than can be moved");
    const options = { units, use_bias: bias !== undefined, activation: "linear" };
    const { shape } = x.value;
    if (shape.length > 5) {
      const rows = this.reshape(x, [null, shape.at(-1)!]);
      return this.reshape(this.dense(rows, kernel, bias, ...of), [...shape.slice(1, -1), units], x.lead);
    }
    if (shape.length === 2 || shape.slice(1, -1).filter((n) => n === null).length <= 1)
      return this.layer("Dense", options, x, [...shape.slice(0, -1), units], { kernel, bias }, ...of);
    return this.refuse("several open lengths");
  }

  /** The same along any axis of the written value. */
  linear(x: Dynamic, axis: number, kernel: Form, bias?: Form, ...of: Constant[]): Dynamic {
    const last = x.value.shape.length - 1;
    return this.swapped(this.dense(this.swapped(x, axis, last), kernel, bias, ...of), axis, last);
  }

  /** Elements of an axis of the written value by their numbers, zero for -1. */
  pick(x: Dynamic, axis: number, from: readonly number[], rest = 0): Dynamic {
    const n = x.value.shape[axis];
    if (n === null || n === undefined) return this.refuse("an open length");
    if (from.length === n && from.every((at, i) => at === i)) return x;
    const [first] = from;
    const isRun = first !== undefined && first >= 0 && from.every((at, i) => at === first + i);
    const others = x.value.shape.slice(1).filter((_, i) => i !== axis - 1);
    if (isRun && !others.includes(null)) return this.#cut(x, axis, first, from.length);
    const kernel = filled([n, from.length], (data) => {
      from.forEach((at, i) => {
        if (at >= 0) data[at * from.length + i] = 1;
      });
    });
    const bias = filled([from.length], (data) => from.forEach((at, i) => (data[i] = at >= 0 ? 0 : rest)));
    return this.linear(x, axis, kernel, rest === 0 ? undefined : bias);
  }

  #cut(x: Dynamic, axis: number, first: number, count: number): Dynamic {
    const shape = x.value.shape as readonly number[];
    const [outer, n, inner] = [sizeOf(shape.slice(1, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
    const flat = this.float(this.reshape(x, [outer, n, inner]));
    const cropping = [[0, 0], [first, n - first - count]]; // prettier-ignore
    const cut = this.layer("Cropping2D", { cropping }, flat, [shape[0]!, outer, count, inner]);
    return this.reshape(cut, [...shape.slice(1, axis), count, ...shape.slice(axis + 1)], x.lead);
  }

  /** 1 for what is above 0, -1 for what is below, 0 for 0. */
  sign(x: Dynamic, isWhole: boolean): Dynamic {
    const large = isWhole ? this.scale(x, 1e3) : this.scale(this.scale(x, HUGE), HUGE);
    return this.scale(this.named("hard_sigmoid", large), 2, -1);
  }

  /** [batch, 1] of zeros: what constants are added to. */
  zeros(): Dynamic {
    if (this.#zeros !== null) return this.#zeros;
    const input = this.float({ value: this.#anyInput(), lead: 1 });
    const one = this.layer("GlobalMaxPooling1D", {}, this.column(input), [input.value.shape[0]!, 1]);
    return (this.#zeros = this.layer("ReLU", { max_value: 0 }, one, one.value.shape));
  }

  /** A constant as a value of a rank; its lengths of 1 stay. */
  solid(constant: Constant, rank: number, lead: 1 | 2 = 1): Dynamic {
    const missing = rank - constant.shape.length;
    if (missing < 0) return this.refuse("a constant of more axes than the value");
    const shape = [...Array.from({ length: missing }, () => 1), ...constant.shape];
    if (shape[0] !== 1) return this.refuse("a constant along the batch");
    const size = sizeOf(shape);
    const bias = reshaped(this.form(constant), () => [size])!;
    const zeros = this.zeros();
    const options = { units: size, use_bias: true, activation: "linear" };
    const weights = { kernel: filled([1, size], () => {}), bias };
    const flat = this.layer("Dense", options, zeros, [zeros.value.shape[0]!, size], weights, constant);
    const rest = lead === 1 ? shape.slice(1) : shape;
    return this.reshape(flat, rest, lead);
  }

  /** A constant made of another, element by element. */
  mapped(constant: Constant, make: (x: number) => number): Constant {
    const { shape, dtype, uniform, compute } = constant;
    const change = async (): Promise<Nd> => ({ shape, data: (await compute()).data.map(make) });
    return new Constant(shape, dtype, uniform === null ? null : make(uniform), change);
  }
}
