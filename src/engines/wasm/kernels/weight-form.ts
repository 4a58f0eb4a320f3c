/**
 * Weights of products in fewer bytes. Packed as ever, [panel][step][width], but for this: in front of a panel stand factors
 * of its columns (float32), which sums are multiplied with; then a step has two bytes a column: a float16 or bfloat16, or
 * two int8 of two successive rows, whose products with an input of 16 bits are added up exactly.
 */
import { toBfloat16, toFloat16 } from "../../../core/half.ts";
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i16x8, i32, i32x4, loop, v128 } from "../emit/instructions.ts";
import type { Fn, Local, Module } from "../emit/module.ts";
import type { Packing } from "./types.ts";
import { madd } from "./vector-math.ts";

/** Two bytes a weight or one. */
export type SmallForm = "float16" | "bfloat16" | "int8";
export type WeightForm = SmallForm | "float32";

/** Code for a tile over weights of a form. */
interface FormCode {
  /** Four columns of a step. */
  load(address: Code, offset: number): Code;
  /** What they are multiplied with, of each row: four bytes for each step. */
  splat(x: Code): Code;
  add(m: Module, x: Code, weights: Code, sum: Code): Code;
  /** What the input brings, of two. */
  readonly input: number;
  /** A sum of sums. */
  join(a: Code, b: Code): Code;
  /** A sum as float32, but for its factors. */
  float(sum: Code): Code;
}

/** The exponent of a float16 in place of a float32's is 112 too low: the input brings half of it, so that nothing underflows. */
const INPUT = 56;

const float32: FormCode = {
  load: v128.load,
  input: 1,
  splat: (x) => x,
  add: madd,
  join: f32x4.add,
  float: (sum) => sum,
};
const FORMS: { readonly [F in WeightForm]: FormCode } = {
  float32,
  float16: {
    ...float32,
    load: (address, offset) => v128.and(i32x4.shl(v128.load16x4s(address, offset), 13), i32x4.const(0x8fffffff | 0)),
    input: 2 ** INPUT,
    splat: (x) => f32x4.mul(x, f32x4.const(2 ** INPUT)),
  },
  bfloat16: { ...float32, load: (address, offset) => i32x4.shl(v128.load16x4u(address, offset), 16) },
  int8: {
    load: v128.load8x8s,
    input: 1,
    splat: (x) => x,
    add: (_, x, weights, sum) => i32x4.add(i16x8.dot(x, weights), sum),
    join: i32x4.add,
    float: f32x4.fromI32x4,
  },
};

/** Code for a form. */
export const formCode = (form: WeightForm): FormCode => FORMS[form];

/** Whether many rows do better with a panel that is made float32 first. */
export const isWidened = (form: WeightForm): boolean => form === "float16" || form === "bfloat16";

/** A panel of `width` columns as float32: params are where it is, where it goes, and its steps. */
export function widenPanel(f: Fn, form: WeightForm, width: number): Code {
  const { load, input } = FORMS[form];
  const [from, to, steps] = f.params as readonly Local[] as readonly [Local, Local, Local];
  const factors = Array.from({ length: width / 4 }, () => f.local("v128"));
  return [
    factors.map((factor, n) => factor.set(f32x4.mul(v128.load(from.get, 16 * n), f32x4.const(input)))),
    from.set(i32.add(from.get, i32.const(headBytes(form, width)))),
    loop([
      factors.map((factor, n) =>
        v128.store(to.get, f32x4.mul(load(from.get, vectorBytes(form) * n), factor.get), 16 * n),
      ),
      from.set(i32.add(from.get, i32.const(stepBytes(form, width)))),
      to.set(i32.add(to.get, i32.const(4 * width))),
      brIf(0, steps.tee(i32.sub(steps.get, i32.const(1)))),
    ]),
  ];
}

/** Steps of so many rows. */
export const stepsOf = (form: WeightForm, depth: number): number => (form === "int8" ? Math.ceil(depth / 2) : depth);
/** Bytes of four columns of a step. */
export const vectorBytes = (form: WeightForm): number => (form === "float32" ? 16 : 8);
/** Bytes of a step of a panel. */
export const stepBytes = (form: WeightForm, width: number): number => (width * vectorBytes(form)) / 4;
/** Bytes of a panel, and where its steps start. */
export const headBytes = (form: WeightForm, width: number): number => (form === "float32" ? 0 : 4 * width);
export const panelBytes = (form: WeightForm, depth: number, width: number): number =>
  headBytes(form, width) + stepsOf(form, depth) * stepBytes(form, width);
/** Bytes of a row of an input of so many numbers, and where its steps start: of int8 its factor stands in front. */
export const inputHead = (form: WeightForm): number => (form === "int8" ? 4 : 0);
export const inputBytes = (form: WeightForm, depth: number): number => inputHead(form) + 4 * stepsOf(form, depth);

/** A column of a panel in a form; gives its factor. */
type Column = (source: (k: number) => number, depth: number, put: (step: number, lane: number, bits: number) => void) => number; // prettier-ignore

const largest = (source: (k: number) => number, depth: number): number => {
  let most = 0;
  for (let k = 0; k < depth; k++) most = Math.max(most, Math.abs(source(k)));
  return most;
};

/** A column with a number that is not finite makes NaN. */
const COLUMNS: { readonly [F in SmallForm]: Column } = {
  float16(source, depth, put) {
    const most = largest(source, depth);
    if (!Number.isFinite(most)) return NaN;
    // As large as they can be: numbers of a float16 stay what they are, and few are subnormal.
    let power = most === 0 ? 0 : 15 - Math.floor(Math.log2(most));
    while (most * 2 ** power >= 65520) power--;
    for (let k = 0; k < depth; k++) put(k, 0, toFloat16(source(k) * 2 ** power));
    return 2 ** (112 - INPUT - power);
  },
  bfloat16(source, depth, put) {
    for (let k = 0; k < depth; k++) put(k, 0, toBfloat16(source(k)));
    return 1;
  },
  int8(source, depth, put) {
    const factor = Math.fround(largest(source, depth) / 127);
    if (!Number.isFinite(factor)) return NaN;
    for (let k = 0; factor > 0 && k < depth; k++) put(k >> 1, k & 1, Math.round(source(k) / factor));
    return factor;
  },
};

/** The same packing in a form: panels of `depth` steps and these widths. */
export function inForm(packing: Packing, form: WeightForm, depth: number, widths: readonly number[]): Packing {
  if (form === "float32") return packing;
  const bytes = widths.reduce((sum, width) => sum + panelBytes(form, depth, width), 0);
  return {
    key: `${form} ${packing.key}`,
    bytes,
    pack(source, target) {
      const whole = new Float32Array(packing.bytes / 4);
      packing.pack(source, whole);
      let from = 0;
      let to = target.byteOffset;
      for (const width of widths) {
        const factors = new Float32Array(target.buffer, to, width);
        const at = to + headBytes(form, width);
        const count = stepsOf(form, depth) * width;
        const halves = form === "int8" ? null : new Uint16Array(target.buffer, at, count);
        const pairs = form === "int8" ? new Int8Array(target.buffer, at, 2 * count) : null;
        for (let j = 0; j < width; j++) {
          const put = (step: number, lane: number, bits: number): void => {
            if (halves !== null) halves[step * width + j] = bits;
            else pairs![2 * (step * width + j) + lane] = bits;
          };
          factors[j] = COLUMNS[form]((k) => whole[from + k * width + j]!, depth, put);
        }
        from += depth * width;
        to += panelBytes(form, depth, width);
      }
    },
  };
}

/** Bytes of an element of a row of a table. */
const ELEMENT: { readonly [F in SmallForm]: number } = { float16: 2, bfloat16: 2, int8: 1 };

/** How four elements of such a row are read: to be multiplied with `input`, and with the factor that stands in front. */
export const rowCode = (form: SmallForm) => ({
  bytes: ELEMENT[form],
  input: FORMS[form].input,
  read: (address: Code): Code =>
    form === "int8" ? f32x4.fromI32x4(i32x4.extendLow(v128.load8x8s(address))) : FORMS[form].load(address, 0),
});

/** A table of rows in a form, each behind its factor. */
export function rowsInForm(form: SmallForm, rows: number, length: number): Packing {
  const bytes = 4 + ELEMENT[form] * 4 * Math.ceil(length / 4);
  return {
    key: `rows ${form} ${length}`,
    bytes: rows * bytes,
    pack(source, target) {
      const view = new DataView(target.buffer, target.byteOffset, rows * bytes);
      for (let row = 0; row < rows; row++) {
        const at = row * bytes;
        const put = (step: number, lane: number, bits: number): void => {
          if (form === "int8") view.setInt8(at + 4 + 2 * step + lane, bits);
          else view.setUint16(at + 4 + 2 * step, bits, true);
        };
        view.setFloat32(
          at,
          COLUMNS[form]((k) => source[row * length + k]!, length, put),
          true,
        );
      }
    },
  };
}
