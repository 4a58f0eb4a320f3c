/** Whole numbers bit by bit, as sums of powers of two. Source: keras/src/backend/tensorflow/numpy.py. */
import { isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { inModule, type Numbers, operands } from "./shared/operation.ts";

const numpy = inModule("numpy");

function integers(cx: Context, a: Arg | undefined, b: Arg | undefined, numbers: Numbers): readonly [Sym, Sym] {
  const sides = operands(cx, a, b, numbers);
  const dtype = sides.flatMap((x) => (typeof x === "number" ? [] : [x.dtype])).reduce(promote);
  if (!isInteger(dtype)) fail("unsupported/dtype", { expected: "integers", found: dtype });
  const side = (x: Sym | number): Sym => (typeof x === "number" ? cx.op.constant(x, dtype) : cx.op.cast(x, dtype));
  return [side(sides[0]), side(sides[1])];
}

/** Numbers of 64 bits are exact up to 2^53. */
const widthOf = (x: Sym): number => Math.min(Number(/\d+/.exec(x.dtype)![0]), 53);

/** Bits of both that `f` makes one of; below 0 all the bits beyond the width are ones, counted once, from the sign. */
function bitwise(cx: Context, a: Sym, b: Sym, f: (a: Sym, b: Sym) => Sym): Sym {
  const { op } = cx;
  const signed = !a.dtype.startsWith("u");
  const steps = widthOf(a) - (signed ? 1 : 0);
  const zeros = op.multiply(op.add(op.multiply(a, 0), op.multiply(b, 0)), 0);
  const one = op.constant(1, a.dtype);
  const bit = (x: Sym, y: Sym): Sym => f(op.mod(x, 2), op.mod(y, 2));
  const { carry } = cx.scan(
    [op.add(a, zeros), op.add(b, zeros), zeros, one],
    [op.iota(steps, "int32")],
    ([x, y, sum, weight]) => ({
      carry: [
        op.floorDivide(x!, 2),
        op.floorDivide(y!, 2),
        op.add(sum!, op.multiply(bit(x!, y!), weight!)),
        op.multiply(weight!, 2),
      ],
      ys: [],
    }),
    { axis: 0 },
  );
  const [x, y, sum, weight] = carry as [Sym, Sym, Sym, Sym];
  return signed ? op.subtract(sum, op.multiply(bit(x, y), weight)) : sum;
}

const both = (name: string, f: (cx: Context, a: Sym, b: Sym) => Sym): AnyDef =>
  numpy(name, ["x", "y"], {}, (cx, _c, [a, b]) => {
    const [x, y] = integers(cx, a, b, "strong");
    return bitwise(cx, x, y, (p, q) => f(cx, p, q));
  });

const shift = (name: string, f: (cx: Context, x: Sym, by: Sym) => Sym): AnyDef =>
  numpy(name, ["x", "y"], {}, (cx, _c, [a, b]) => {
    const [x, y] = integers(cx, a, b, "given");
    const most = Number(/\d+/.exec(x.dtype)![0]) - 1;
    return f(cx, x, cx.op.maximum(cx.op.minimum(y, most), 0));
  });

/** Powers of two whose product is that of `by`: the largest has no place in a signed dtype. */
const powers = ({ op }: Context, x: Sym, by: Sym): readonly [Sym, Sym] => {
  const half = op.floorDivide(by, 2);
  const power = (n: Sym): Sym => op.power(op.constant(2, x.dtype), n);
  return [power(half), power(op.subtract(by, half))];
};
const left = (cx: Context, x: Sym, by: Sym): Sym => powers(cx, x, by).reduce((y, power) => cx.op.multiply(y, power), x);
const right = (cx: Context, x: Sym, by: Sym): Sym =>
  powers(cx, x, by).reduce((y, power) => cx.op.floorDivide(y, power), x);

export const bitOperations: readonly AnyDef[] = [
  both("BitwiseAnd", ({ op }, a, b) => op.multiply(a, b)),
  both("BitwiseOr", ({ op }, a, b) => op.maximum(a, b)),
  both("BitwiseXor", ({ op }, a, b) => op.abs(op.subtract(op.maximum(a, b), op.minimum(a, b)))),
  shift("BitwiseLeftShift", left),
  shift("LeftShift", left),
  shift("BitwiseRightShift", right),
  shift("RightShift", right),
];
