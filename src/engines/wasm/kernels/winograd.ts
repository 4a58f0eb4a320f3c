/**
 * Convolutions of 3 x 3 taps and stride 1 by minimal filtering (Lavin and Gray, https://arxiv.org/abs/1509.09308): by
 * F(2 x 2, 3 x 3) a tile of 2 x 2 outputs takes 16 products of transformed inputs and weights in place of 36 multiply-adds,
 * by F(4 x 4, 3 x 3) one of 4 x 4 outputs 36 in place of 144. Taps along an outer axis are summed between the transforms.
 *
 * An input that is not finite spoils all outputs of its tile. Those that are not finite are computed once more, tap by tap.
 */
import type { Code } from "../emit/code.ts";
import { br, f32x4, i32, loop, select, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Local, type Module } from "../emit/module.ts";
import { Finisher } from "./epilogue.ts";
import { allPanels, GEMM, type Gemm, PANEL } from "./gemm.ts";
import { nest, repeat } from "./nest.ts";
import type { Epilogue, Kernel } from "./types.ts";
import { direct } from "./winograd-direct.ts";
import { AXES, type Line, pointsOf, type TileSize, windowOf } from "./winograd-points.ts";
import { add, EPILOGUE, least, NEST, PRODUCT, rowOf, windowAt, word } from "./winograd-window.ts";

/** Vectors of a tile's sums, which come first in the memory for them, and of what its transforms leave between two axes. */
const sumsOf = (tile: TileSize): number => tile * tile;
/** Bytes of the memory for sums. */
export const sumsBytes = (tile: TileSize): number => 16 * (sumsOf(tile) + pointsOf(tile));

/** What is fixed of it: sizes are arguments. */
export interface Winograd {
  readonly tile: TileSize;
  readonly product: Gemm;
  readonly bias: boolean;
  readonly epilogue: Epilogue | undefined;
  /** Whether taps whose slices lie in padding are passed over: all panels are full ones then, and steps are words of a run. */
  readonly passes?: true;
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
      const [first, taps] = f.locals("i32", 2);
      const { tile: size, passes = false } = static_;
      const step = i32.const(size);
      const shift = i32.const(Math.log2(size));
      const forward = transform(module, size);
      const window = windowAt(module, size);
      const backward = finish(module, static_);
      /** All tiles of a block: `each` with the first element of its window at `row`, `x`; then what follows a row. */
      const tiles = (each: Code, then: Code = []): Code => [
        row.set(y.get),
        repeat(line, lines.get, [
          x.set(word(f, "x")),
          repeat(tile, word(f, "tiles"), [each, add(x, step)]),
          add(row, step),
          then,
        ]),
      ];
      return [
        input.set(word(f, "input")),
        output.set(word(f, "output")),
        z.set(word(f, "z")),
        y.set(word(f, "y")),
        nest(f, NEST, 3, [input, output, z, y], () => [
          lines.set(i32.add(i32.shrS(i32.sub(word(f, "lastY"), y.get), shift), i32.const(1))),
          lines.set(least(lines.get, word(f, "lines"))),
          to.set(word(f, "transformed")),
          passes ? inside(f, z, first, taps) : [],
          tiles([
            slice.set(passes ? i32.add(z.get, i32.mul(first.get, word(f, "dilation"))) : z.get),
            repeat(tap, passes ? taps.get : word(f, "taps"), [
              call(forward, args.get, call(window, args.get, input.get, slice.get, row.get, x.get), to.get),
              add(to, word(f, "pixelBytes")),
              add(slice, word(f, "dilation")),
            ]),
            passes ? add(to, i32.mul(i32.sub(word(f, "taps"), taps.get), word(f, "pixelBytes"))) : [],
          ]),
          a.set(word(f, "transformed")),
          b.set(word(f, "kernel")),
          passes ? add(b, i32.mul(first.get, i32.mul(word(f, "pixelBytes"), i32.const(PANEL)))) : [],
          c.set(word(f, "products")),
          repeat(tap, i32.const(pointsOf(size)), [
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
              add(to, i32.shl(word(f, "positionBytes"), shift)),
            ],
            to.set(i32.add(output.get, i32.mul(word(f, "lineBytes"), i32.sub(row.get, y.get)))),
          ),
        ]),
      ];
    },
  };
}

/**
 * The first tap along the outer axis whose slice is not padding, and how many there are from it on, at least one; they are
 * the steps of the products, too. `pixelBytes`: four for each channel.
 */
function inside(f: Fn, z: Local, first: Local, taps: Local): Code {
  const [args] = f.params as [Local];
  const dilation = word(f, "dilation");
  const upTo = (distance: Code): Code => i32.divS(i32.add(distance, i32.sub(dilation, i32.const(1))), dilation);
  const most = (a: Code, b: Code): Code => select(a, b, i32.gtS(a, b));
  return [
    first.set(select(upTo(i32.sub(i32.const(0), z.get)), i32.const(0), i32.ltS(z.get, i32.const(0)))),
    first.set(least(first.get, i32.sub(word(f, "taps"), i32.const(1)))),
    taps.set(least(upTo(most(i32.sub(word(f, "depth"), z.get), i32.const(0))), word(f, "taps"))),
    taps.set(most(i32.sub(taps.get, first.get), i32.const(1))),
    i32.store(args.get, i32.mul(taps.get, i32.shrU(word(f, "pixelBytes"), i32.const(2))), 4 * (PRODUCT + GEMM.steps)),
  ];
}

const indices = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** (args, window, to): a tile's points, all channels. */
function transform(module: Module, tile: TileSize): FnRef {
  return module.helper(`winograd transform ${tile}`, ["i32", "i32", "i32"], [], (f) => {
    const [, source, to] = f.params as [Local, Local, Local];
    const [left, row, at, bytes, between, pixel, point] = f.locals("i32", 7);
    const n = windowOf(tile);
    const [from, points] = [f.locals("v128", n), f.locals("v128", n)] as unknown as [Line, Line];
    const { forward } = AXES[tile];
    const place = (r: number, c: number): number => 16 * (sumsOf(tile) + n * r + c);
    return [
      between.set(word(f, "sums")),
      pixel.set(word(f, "pixelBytes")),
      point.set(word(f, "inputPoint")),
      bytes.set(rowOf(f, source, tile)),
      repeat(left, i32.shrU(pixel.get, i32.const(4)), [
        row.set(source.get),
        indices(n).map((r) => [
          at.set(row.get),
          from.map((x) => [x.set(v128.load(at.get)), add(at, pixel.get)]),
          forward(from, points),
          points.map((y, c) => v128.store(between.get, y.get, place(r, c))),
          add(row, bytes.get),
        ]),
        at.set(to.get),
        indices(n).map((c) => [
          from.map((x, r) => x.set(v128.load(between.get, place(r, c)))),
          forward(from, points),
          points.map((y) => [v128.store(at.get, y.get), add(at, point.get)]),
        ]),
        add(source, i32.const(16)),
        add(to, i32.const(16)),
      ]),
    ];
  });
}

/** (args, products, to, input, z, y, x): a tile's outputs. */
function finish(module: Module, { tile, bias, epilogue }: Winograd): FnRef {
  const key = `winograd finish ${tile} ${bias} ${JSON.stringify(epilogue)}`;
  return module.helper(
    key,
    Array.from({ length: 7 }, () => "i32" as const),
    [],
    (f) => {
      const [args, products, to, input, z, y, x] = f.params as [Local, Local, Local, Local, Local, Local, Local];
      const finisher = new Finisher(f, epilogue, EPILOGUE);
      const [column, at, left, line, sums, place, point] = f.locals("i32", 7);
      const [mark, check] = f.locals("v128", 2);
      const n = windowOf(tile);
      const [from, found] = [f.locals("v128", n), f.locals("v128", tile)] as unknown as [Line, Line];
      const { backward } = AXES[tile];
      const between = (r: number, c: number): number => 16 * (sumsOf(tile) + n * r + c);
      const put = (j: number): Code => [
        check.set(v128.load(sums.get, 16 * j)),
        bias ? check.set(f32x4.add(check.get, v128.load(i32.add(word(f, "bias"), column.get)))) : [],
        finisher.apply(check, place, 0, 0, column),
        v128.store(place.get, check.get),
      ];
      /** The outputs of a line from the one at `j` on. */
      const outputs = (j: number): Code => [
        put(j),
        j + 1 < tile
          ? when(i32.leS(i32.add(x.get, i32.const(j + 1)), word(f, "lastX")), [
              add(place, word(f, "positionBytes")),
              outputs(j + 1),
            ])
          : [],
      ];
      return [
        finisher.start(word(f, "output")),
        mark.set(v128.load32Splat(word(f, "notFinite"))),
        point.set(word(f, "productPoint")),
        column.set(i32.const(0)),
        loop([
          sums.set(word(f, "sums")),
          at.set(i32.add(products.get, column.get)),
          indices(n).map((c) => [
            from.map((p) => [p.set(v128.load(at.get)), add(at, point.get)]),
            backward(from, found),
            found.map((sum, r) => v128.store(sums.get, sum.get, between(r, c))),
          ]),
          check.set(mark.get),
          indices(tile).map((r) => [
            from.map((p, c) => p.set(v128.load(sums.get, between(r, c)))),
            backward(from, found),
            found.map((sum, c) => [
              v128.store(sums.get, sum.get, 16 * (tile * r + c)),
              check.set(f32x4.add(check.get, sum.get)),
            ]),
          ]),
          when(
            v128.anyTrue(f32x4.ne(f32x4.sub(check.get, check.get), f32x4.const(0))),
            call(direct(module, tile), args.get, input.get, z.get, y.get, x.get, column.get),
          ),
          line.set(i32.add(to.get, column.get)),
          left.set(least(i32.const(tile), i32.add(i32.sub(word(f, "lastY"), y.get), i32.const(1)))),
          repeat(left, left.get, [
            place.set(line.get),
            outputs(0),
            add(line, word(f, "lineBytes")),
            add(sums, i32.const(16 * tile)),
          ]),
          when(i32.ltU(column.tee(i32.add(column.get, i32.const(16))), word(f, "positionBytes")), br(1)),
        ]),
      ];
    },
  );
}
