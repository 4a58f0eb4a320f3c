/**
 * Convolutions of 3 x 3 taps and stride 1 by minimal filtering, F(2 x 2, 3 x 3): a tile of 2 x 2 outputs takes 16 products
 * of transformed inputs and weights in place of 36 multiply-adds (Lavin and Gray, https://arxiv.org/abs/1509.09308), and
 * adds up fewer of them. Taps along an outer axis are summed between the transforms.
 *
 * An input that is not finite spoils all outputs of its tile. Those that are not finite are computed once more, tap by tap.
 */
import type { Code } from "../emit/code.ts";
import { f32x4, i32, loop, br, memoryCopy, memoryFill, returns, select, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Local, type Module } from "../emit/module.ts";
import { Finisher } from "./epilogue.ts";
import { allPanels, type Gemm, GEMM, packedSize, PANEL } from "./gemm.ts";
import { nest, repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import type { Epilogue, Kernel, Packing } from "./types.ts";
import { after, words } from "./words.ts";
import { madd } from "./vector-math.ts";

/** Numbers of a transformed tile: points. They are stored column by column. */
export const POINTS = 16;

/** Bytes of memory that `direct` leaves its sums in. */
export const DIRECT_BYTES = 64;

/**
 * Places, of scratch too; lengths of the input and bytes from an element to the next along its axes and along the output's
 * innermost two; where the first window starts, and the last that has a second output; taps and their distance along the
 * outer axis; tile rows and tiles of a row that are computed together; bytes from a point to the next of the transformed
 * input, the products and the weights. Then the words of `GEMM` and those of a nest of 3 axes and 4 pointers.
 */
export const WINOGRAD = words(
  ...(["input", "kernel", "output", "bias", "transformed", "products", "tile", "sums", "notFinite"] as const),
  ...(["depth", "height", "width", "sliceBytes", "rowBytes", "pixelBytes", "lineBytes", "positionBytes"] as const),
  ...(["z", "y", "x", "lastY", "lastX", "taps", "dilation", "lines", "tiles"] as const),
  ...(["inputPoint", "productPoint", "weightPoint"] as const),
);
const PRODUCT = after(WINOGRAD);
const NEST = PRODUCT + after(GEMM);
const EPILOGUE = NEST + 3 * 5;

const word = (f: Fn, name: keyof typeof WINOGRAD): Code => arg(f, WINOGRAD[name]);
const add = (a: Local, b: Code): Code => a.set(i32.add(a.get, b));
const isWithin = (at: Code, length: Code): Code => i32.ltU(at, length);
const least = (a: Code, b: Code): Code => select(a, b, i32.ltS(a, b));
const both = (a: Code, b: Code): Code => i32.and(a, b);

/** What is fixed of it: sizes are arguments. */
export interface Winograd {
  readonly product: Gemm;
  readonly bias: boolean;
  readonly epilogue: Epilogue | undefined;
}

/** Of float32 x[B, D, H, W, Cin], Cin and Cout multiples of 4. */
export function winograd(static_: Winograd): Kernel {
  return {
    key: `winograd ${JSON.stringify(static_)}`,
    way: "vector",
    emit(f) {
      const { module, params } = f;
      const [args] = params as [Local];
      const [input, output, z, y, x] = f.locals("i32", 5);
      const [line, tile, tap, at, to] = f.locals("i32", 5);
      const [row, slice, a, b, c, lines] = f.locals("i32", 6);
      const forward = transform(module);
      const window = windowAt(module);
      const backward = finish(module, static_);
      /** All tiles of a block: `each` with the first element of its window at `row`, `x`; then what follows a row. */
      const tiles = (each: Code, then: Code = []): Code => [
        row.set(y.get),
        repeat(line, lines.get, [
          x.set(word(f, "x")),
          repeat(tile, word(f, "tiles"), [each, add(x, i32.const(2))]),
          add(row, i32.const(2)),
          then,
        ]),
      ];
      return [
        input.set(word(f, "input")),
        output.set(word(f, "output")),
        z.set(word(f, "z")),
        y.set(word(f, "y")),
        nest(f, NEST, 3, [input, output, z, y], () => [
          lines.set(i32.add(i32.shrS(i32.sub(word(f, "lastY"), y.get), i32.const(1)), i32.const(1))),
          lines.set(least(lines.get, word(f, "lines"))),
          to.set(word(f, "transformed")),
          tiles([
            slice.set(z.get),
            repeat(tap, word(f, "taps"), [
              call(forward, args.get, call(window, args.get, input.get, slice.get, row.get, x.get), to.get),
              add(to, word(f, "pixelBytes")),
              add(slice, word(f, "dilation")),
            ]),
          ]),
          a.set(word(f, "transformed")),
          b.set(word(f, "kernel")),
          c.set(word(f, "products")),
          repeat(tap, i32.const(POINTS), [
            allPanels(f, static_.product, PRODUCT, { a, b, c, rows: i32.mul(lines.get, word(f, "tiles")) }),
            add(a, word(f, "inputPoint")),
            add(c, word(f, "productPoint")),
          ]),
          at.set(word(f, "products")),
          to.set(output.get),
          tiles(
            [
              call(backward, args.get, at.get, to.get, input.get, z.get, row.get, x.get),
              add(at, word(f, "positionBytes")),
              add(to, i32.shl(word(f, "positionBytes"), i32.const(1))),
            ],
            to.set(i32.add(output.get, i32.mul(word(f, "lineBytes"), i32.sub(row.get, y.get)))),
          ),
        ]),
      ];
    },
  };
}

const rowOf = (f: Fn, source: Local): Code =>
  select(i32.shl(word(f, "pixelBytes"), i32.const(2)), word(f, "rowBytes"), i32.eq(source.get, word(f, "tile")));

/** (args, input, z, y, x) → the window's address: in the input, or, where it reaches beyond it, of a copy. */
function windowAt(module: Module): FnRef {
  return module.helper(
    "winograd window",
    Array.from({ length: 5 }, () => "i32" as const),
    ["i32"],
    (f) => {
      const [, input, z, y, x] = f.params as [Local, Local, Local, Local, Local];
      const [pixel, first, end, left, to, from] = f.locals("i32", 6);
      const address = (column: Code): Code =>
        i32.add(
          i32.add(input.get, i32.mul(z.get, word(f, "sliceBytes"))),
          i32.add(i32.mul(y.get, word(f, "rowBytes")), i32.mul(column, pixel.get)),
        );
      const four = i32.const(4);
      const fits = (at: Local, length: Code): Code =>
        both(i32.geS(at.get, i32.const(0)), i32.leS(i32.add(at.get, four), length));
      const isInside = both(
        isWithin(z.get, word(f, "depth")),
        both(fits(y, word(f, "height")), fits(x, word(f, "width"))),
      );
      return [
        pixel.set(word(f, "pixelBytes")),
        when(isInside, returns(address(x.get))),
        memoryFill(word(f, "tile"), i32.const(0), i32.shl(pixel.get, four)),
        // Columns of the window that the input has, and its first row in the copy.
        first.set(i32.mul(x.get, i32.ltS(x.get, i32.const(0)))),
        first.set(i32.sub(i32.const(0), first.get)),
        end.set(least(four, i32.sub(word(f, "width"), x.get))),
        to.set(i32.add(word(f, "tile"), i32.mul(first.get, pixel.get))),
        from.set(address(i32.add(x.get, first.get))),
        when(
          both(isWithin(z.get, word(f, "depth")), i32.gtS(end.get, first.get)),
          repeat(left, four, [
            when(
              isWithin(y.get, word(f, "height")),
              memoryCopy(to.get, from.get, i32.mul(i32.sub(end.get, first.get), pixel.get)),
            ),
            add(y, i32.const(1)),
            add(from, word(f, "rowBytes")),
            add(to, i32.shl(pixel.get, i32.const(2))),
          ]),
        ),
        word(f, "tile"),
      ];
    },
  );
}

/** Addresses of the rows of a window and of its columns behind the first. */
function corners(f: Fn, source: Local): { rows: Local[]; columns: Local[]; code: Code } {
  const rows = f.locals("i32", 4);
  const columns = f.locals("i32", 4);
  const bytes = f.local("i32");
  const code = [
    bytes.set(rowOf(f, source)),
    rows.map((row, i) => row.set(i === 0 ? source.get : i32.add(rows[i - 1]!.get, bytes.get))),
    columns.map((column, i) => column.set(i32.mul(word(f, "pixelBytes"), i32.const(i)))),
  ];
  f.release(bytes);
  return { rows, columns, code };
}

/** Four numbers along an axis, transformed: two of them each, added or subtracted. */
const INPUT = [
  [f32x4.sub, 0, 2],
  [f32x4.add, 1, 2],
  [f32x4.sub, 2, 1],
  [f32x4.sub, 1, 3],
] as const;

/** (args, window, to): a tile's points, all channels. */
function transform(module: Module): FnRef {
  return module.helper("winograd transform", ["i32", "i32", "i32"], [], (f) => {
    const [, source, to] = f.params as [Local, Local, Local];
    const { rows, columns, code } = corners(f, source);
    const [left, at, point] = f.locals("i32", 3);
    const across = f.locals("v128", 4);
    const load = (r: number, c: number): Code => v128.load(i32.add(rows[r]!.get, columns[c]!.get));
    return [
      code,
      point.set(word(f, "inputPoint")),
      repeat(left, i32.shrU(word(f, "pixelBytes"), i32.const(4)), [
        at.set(to.get),
        INPUT.map(([op, p, q]) => [
          across.map((local, r) => local.set(op(load(r, p), load(r, q)))),
          INPUT.map(([down, i, j]) => [v128.store(at.get, down(across[i]!.get, across[j]!.get)), add(at, point.get)]),
        ]),
        rows.map((row) => add(row, i32.const(16))),
        add(to, i32.const(16)),
      ]),
    ];
  });
}

/** Two of four points: sums of three. */
function outputs(p: readonly Local[]): readonly [Code, Code] {
  const [a, b, c, d] = p.map((local) => local.get) as [Code, Code, Code, Code];
  return [f32x4.add(f32x4.add(a, b), c), f32x4.sub(f32x4.sub(b, c), d)];
}

/** (args, products, to, input, z, y, x): a tile's outputs. */
function finish(module: Module, { bias, epilogue }: Winograd): FnRef {
  const key = `winograd finish ${bias} ${JSON.stringify(epilogue)}`;
  return module.helper(
    key,
    Array.from({ length: 7 }, () => "i32" as const),
    [],
    (f) => {
      const [args, products, to, input, z, y, x] = f.params as [Local, Local, Local, Local, Local, Local, Local];
      const finisher = new Finisher(f, epilogue, EPILOGUE);
      const [column, at, hasRight, hasLower] = f.locals("i32", 4);
      const [mark, check] = f.locals("v128", 2);
      const down = f.locals("v128", 4);
      const upper = f.locals("v128", 4);
      const lower = f.locals("v128", 4);
      const y4 = f.locals("v128", 4);
      const place = f.local("i32");
      const put = (sum: Local): Code => [finisher.apply(sum, place, 0, 0, column), v128.store(place.get, sum.get)];
      const [y00, y01, y10, y11] = y4 as [Local, Local, Local, Local];
      const right = add(place, word(f, "positionBytes"));
      const line = (a: Local, b: Local): Code => [put(a), when(hasRight.get, [right, put(b)])];
      return [
        finisher.start(word(f, "output")),
        hasRight.set(i32.ltS(x.get, word(f, "lastX"))),
        hasLower.set(i32.ltS(y.get, word(f, "lastY"))),
        mark.set(v128.load32Splat(word(f, "notFinite"))),
        column.set(i32.const(0)),
        loop([
          at.set(i32.add(products.get, column.get)),
          upper.map((high, c) => {
            const [first, second] = outputs(down);
            return [
              down.map((local) => [local.set(v128.load(at.get)), add(at, word(f, "productPoint"))]),
              high.set(first),
              lower[c]!.set(second),
            ];
          }),
          outputs(upper).map((sum, j) => y4[j]!.set(sum)),
          outputs(lower).map((sum, j) => y4[2 + j]!.set(sum)),
          check.set(f32x4.add(f32x4.add(y00.get, y01.get), f32x4.add(f32x4.add(y10.get, y11.get), mark.get))),
          when(v128.anyTrue(f32x4.ne(f32x4.sub(check.get, check.get), f32x4.const(0))), [
            call(direct(module), args.get, input.get, z.get, y.get, x.get, column.get),
            y4.map((sum, i) => sum.set(v128.load(word(f, "sums"), 16 * i))),
          ]),
          bias
            ? [
                check.set(v128.load(i32.add(word(f, "bias"), column.get))),
                y4.map((sum) => sum.set(f32x4.add(sum.get, check.get))),
              ]
            : [],
          place.set(i32.add(to.get, column.get)),
          line(y00, y01),
          when(hasLower.get, [place.set(i32.add(i32.add(to.get, word(f, "lineBytes")), column.get)), line(y10, y11)]),
          when(i32.ltU(column.tee(i32.add(column.get, i32.const(16))), word(f, "positionBytes")), br(1)),
        ]),
      ];
    },
  );
}

/** Three taps of an axis out of four points. */
function tapsOf([a, b, c, d]: readonly [Code, Code, Code, Code]): readonly Code[] {
  return [a, f32x4.sub(b, c), d];
}

/** (args, input, z, y, x, column): the sums of a tile and four columns, tap by tap, left in `sums`. */
function direct(module: Module): FnRef {
  return module.helper(
    "winograd direct",
    Array.from({ length: 6 }, () => "i32" as const),
    [],
    (f) => {
      const [args, input, z, y, x, column] = f.params as [Local, Local, Local, Local, Local, Local];
      const [source, tap, left, kernel, step, at] = f.locals("i32", 6);
      const { rows, columns, code } = corners(f, source);
      const sums = f.locals("v128", 4);
      const points = f.locals("v128", POINTS);
      const down = f.locals("v128", 12);
      const weights = f.locals("v128", 9);
      const value = f.local("v128");
      const wide = i32.const(4 * PANEL);
      const panel = i32.divU(column.get, wide);
      const inPanels = arg(f, PRODUCT + GEMM.panels);
      const restBytes = i32.sub(word(f, "positionBytes"), i32.mul(inPanels, wide));
      const start = i32.mul(i32.mul(panel, wide), arg(f, PRODUCT + GEMM.depth));
      return [
        step.set(select(wide, restBytes, i32.ltU(panel, inPanels))),
        kernel.set(i32.add(word(f, "kernel"), i32.add(start, i32.remU(column.get, wide)))),
        sums.map((sum) => sum.set(f32x4.const(0))),
        repeat(tap, word(f, "taps"), [
          source.set(call(windowAt(module), args.get, input.get, z.get, y.get, x.get)),
          code,
          repeat(left, i32.shrU(word(f, "pixelBytes"), i32.const(2)), [
            at.set(kernel.get),
            points.map((point) => [point.set(v128.load(at.get)), add(at, word(f, "weightPoint"))]),
            [0, 1, 2, 3].map((c) =>
              tapsOf([0, 1, 2, 3].map((r) => points[4 * c + r]!.get) as unknown as [Code, Code, Code, Code]).map(
                (weight, r) => down[3 * c + r]!.set(weight),
              ),
            ),
            [0, 1, 2].map((r) =>
              tapsOf([0, 1, 2, 3].map((c) => down[3 * c + r]!.get) as unknown as [Code, Code, Code, Code]).map(
                (weight, c) => weights[3 * r + c]!.set(weight),
              ),
            ),
            rows.map((row, r) =>
              columns.map((place, c) => [
                value.set(v128.load32Splat(i32.add(row.get, place.get))),
                sums.map((sum, i) => {
                  const [down_, across] = [r - (i >> 1), c - (i & 1)];
                  const isTap = down_ >= 0 && down_ < 3 && across >= 0 && across < 3;
                  return isTap ? sum.set(madd(module, value.get, weights[3 * down_ + across]!.get, sum.get)) : [];
                }),
              ]),
            ),
            rows.map((row) => add(row, i32.const(4))),
            add(kernel, step.get),
          ]),
          add(z, word(f, "dilation")),
        ]),
        sums.map((sum, i) => v128.store(word(f, "sums"), sum.get, 16 * i)),
      ];
    },
  );
}

/** Above it sums of taps might not be finite. */
export const LARGEST = 2 ** 120;

/**
 * A kernel[taps, 3, 3, Cin, Cout] transformed: [point][panel][depth][width], then 0, or NaN where a weight is not finite:
 * then all is computed tap by tap, and the points are such that `tapsOf` finds the weights as they are.
 */
export function winogradPacking(taps: number, cin: number, cout: number): Packing & { readonly points: number } {
  const size = packedSize(taps * cin, cout);
  return {
    key: `winograd ${taps} ${cin} ${cout}`,
    points: size,
    bytes: 4 * (POINTS * size + 1),
    pack(source, target) {
      const isFinite = allBelow(source, LARGEST);
      const tap = cin * cout;
      /** Three taps of a line at their four points. */
      const put = (at: number, p: number, q: number, r: number): void => {
        target[at] = p;
        target[at + 4 * size] = isFinite ? (p + q + r) / 2 : q;
        target[at + 8 * size] = isFinite ? (p - q + r) / 2 : 0;
        target[at + 12 * size] = r;
      };
      let to = 0;
      for (let first = 0; first < cout; first += PANEL) {
        const width = Math.min(PANEL, cout - first);
        for (let k = 0; k < taps * cin; k++) {
          let from = Math.floor(k / cin) * 9 * tap + (k % cin) * cout + first;
          for (let j = 0; j < width; j++, to++, from++) {
            const [a, b, c] = [source[from]!, source[from + tap]!, source[from + 2 * tap]!];
            const [d, e, f] = [source[from + 3 * tap]!, source[from + 4 * tap]!, source[from + 5 * tap]!];
            const [g, h, i] = [source[from + 6 * tap]!, source[from + 7 * tap]!, source[from + 8 * tap]!];
            put(to, a, b, c);
            if (isFinite) put(to + size, (a + d + g) / 2, (b + e + h) / 2, (c + f + i) / 2);
            else put(to + size, d, e, f);
            if (isFinite) put(to + 2 * size, (a - d + g) / 2, (b - e + h) / 2, (c - f + i) / 2);
            else put(to + 2 * size, 0, 0, 0);
            put(to + 3 * size, g, h, i);
          }
        }
      }
      target[POINTS * size] = isFinite ? 0 : NaN;
    },
  };
}

function allBelow(weights: Float32Array, largest: number): boolean {
  for (let i = 0; i < weights.length; i++) if (!(Math.abs(weights[i]!) <= largest)) return false;
  return true;
}
