/**
 * Weights as float16 or bfloat16, two bytes each, and as int8, of which a step has those of two successive rows: their products
 * with an input of 16 bits are added up exactly.
 */
import { toBfloat16, toFloat16 } from "../../../core/half.ts";
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i16x8, i32, i32x4, loop, v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { quantiseRow, quantiseRows, QUANTISE } from "./quantise.ts";
import type { Packing, Form, FormCode } from "./types.ts";
import { madd } from "./vector-math.ts";
import { headBytes, inputBytes, panelBytes, stepBytes, stepsOf, vectorBytes } from "./weight-form.ts";
import { inWords } from "./words.ts";

export type FormName = "float16" | "bfloat16" | "int8";

/** The exponent of a float16 in place of a float32's is 112 too low: the input brings half of it, so that nothing underflows. */
const INPUT = 56;

/** A column of a panel in a form; gives its factor. */
type Column = (source: (k: number) => number, depth: number, put: (step: number, lane: number, bits: number) => void) => number; // prettier-ignore

const largest = (source: (k: number) => number, depth: number): number => {
  let most = 0;
  for (let k = 0; k < depth; k++) most = Math.max(most, Math.abs(source(k)));
  return most;
};

/** A column with a number that is not finite makes NaN. */
const COLUMNS: { readonly [F in FormName]: Column } = {
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

/** The bits of float32 as those of bfloat16: to the nearest, halves to even. */
function roundHalves(bits: Uint32Array, target: Uint16Array): void {
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    const isNaN = (b & 0x7fffffff) > 0x7f800000;
    target[i] = isNaN ? 0x7fc0 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
}

function inForm(packing: Packing, form: Form, depth: number, widths: readonly number[]): Packing {
  const name = form.toJSON() as FormName;
  const bytes = widths.reduce((sum, width) => sum + panelBytes(form, depth, width), 0);
  return {
    key: `${name} ${packing.key}`,
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
        const halves = name === "int8" ? null : new Uint16Array(target.buffer, at, count);
        const pairs = name === "int8" ? new Int8Array(target.buffer, at, 2 * count) : null;
        if (name === "bfloat16") {
          factors.fill(1);
          roundHalves(new Uint32Array(whole.buffer, 4 * from, count), halves!);
        } else
          for (let j = 0; j < width; j++) {
            const put = (step: number, lane: number, bits: number): void => {
              if (halves !== null) halves[step * width + j] = bits;
              else pairs![2 * (step * width + j) + lane] = bits;
            };
            factors[j] = COLUMNS[name]((k) => whole[from + k * width + j]!, depth, put);
          }
        from += depth * width;
        to += panelBytes(form, depth, width);
      }
    },
  };
}

/** Bytes of an element of a row of a table. */
const ELEMENT: { readonly [F in FormName]: number } = { float16: 2, bfloat16: 2, int8: 1 };

function rowsInForm(form: FormName, rows: number, length: number): Packing {
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

function widenPanel(f: Fn, form: Form, input: number, width: number): Code {
  const [from, to, steps] = f.params as readonly Local[] as readonly [Local, Local, Local];
  const factors = Array.from({ length: width / 4 }, () => f.local("v128"));
  return [
    factors.map((factor, n) => factor.set(f32x4.mul(v128.load(from.get, 16 * n), f32x4.const(input)))),
    from.set(i32.add(from.get, i32.const(headBytes(form, width)))),
    loop([
      factors.map((factor, n) =>
        v128.store(to.get, f32x4.mul(form.load(from.get, vectorBytes(form) * n), factor.get), 16 * n),
      ),
      from.set(i32.add(from.get, i32.const(stepBytes(form, width)))),
      to.set(i32.add(to.get, i32.const(4 * width))),
      brIf(0, steps.tee(i32.sub(steps.get, i32.const(1)))),
    ]),
  ];
}

/** Floats of 16 bits, whose values are `scale` times too small when loaded. */
function halves(name: "float16" | "bfloat16", scale: number, load: FormCode["load"]): Form {
  const form: Form = {
    load,
    splat: (x) => (scale === 1 ? x : f32x4.mul(x, f32x4.const(scale))),
    add: madd,
    join: f32x4.add,
    float: (sum) => sum,
    steps: (depth) => depth,
    inputHead: 0,
    packing: (of, depth, widths) => inForm(of, form, depth, widths),
    widen: (f, width) => widenPanel(f, form, scale, width),
    quantise: null,
    table: {
      bytes: ELEMENT[name],
      scale,
      packing: (rows, length) => rowsInForm(name, rows, length),
      read: (address) => load(address, 0),
    },
    toJSON: () => name,
  };
  return form;
}

const int8: Form = {
  load: v128.load8x8s,
  splat: (x) => x,
  add: (_, x, weights, sum) => i32x4.add(i16x8.dot(x, weights), sum),
  join: i32x4.add,
  float: f32x4.fromI32x4,
  steps: (depth) => Math.ceil(depth / 2),
  inputHead: 4,
  packing: (of, depth, widths) => inForm(of, int8, depth, widths),
  widen: null,
  quantise: {
    row: quantiseRow,
    rows: (input, output, rows, length) => ({
      kernel: quantiseRows,
      args: inWords(QUANTISE, { input, output, rows, length, step: inputBytes(int8, length) }),
    }),
  },
  table: {
    bytes: ELEMENT.int8,
    scale: 1,
    packing: (rows, length) => rowsInForm("int8", rows, length),
    read: (address) => f32x4.fromI32x4(i32x4.extendLow(v128.load8x8s(address))),
  },
  toJSON: () => "int8",
};

/** All forms by name. */
export const FORMS: { readonly [F in FormName]: Form } = {
  float16: halves("float16", 2 ** INPUT, (address, offset) =>
    v128.and(i32x4.shl(v128.load16x4s(address, offset), 13), i32x4.const(0x8fffffff | 0)),
  ),
  bfloat16: halves("bfloat16", 1, (address, offset) => i32x4.shl(v128.load16x4u(address, offset), 16)),
  int8,
};
