/** Minimal filtering (winograd.ts): its arguments, and the windows of its tiles. */
import type { Code } from "../emit/code.ts";
import { i32, memoryCopy, memoryFill, returns, select, when } from "../emit/instructions.ts";
import type { Fn, FnRef, Local, Module } from "../emit/module.ts";
import { GEMM } from "./gemm.ts";
import { repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import { type TileSize, windowOf } from "./winograd-points.ts";
import { after, words } from "./words.ts";

/**
 * Places, of scratch too; lengths of the input and bytes from an element to the next along its axes and along the output's
 * innermost two; where the first window starts, and where the last output's would; taps and their distance along the
 * outer axis; tile rows and tiles of a row that are computed together; bytes from a point to the next of the transformed
 * input, the products and the weights. Then the words of `GEMM` and those of a nest of 3 axes and 4 pointers.
 */
export const WINOGRAD = words(
  ...(["input", "kernel", "output", "bias", "transformed", "products", "tile", "sums", "notFinite"] as const),
  ...(["depth", "height", "width", "sliceBytes", "rowBytes", "pixelBytes", "lineBytes", "positionBytes"] as const),
  ...(["z", "y", "x", "lastY", "lastX", "taps", "dilation", "lines", "tiles"] as const),
  ...(["inputPoint", "productPoint", "weightPoint"] as const),
);
export const PRODUCT = after(WINOGRAD);
export const NEST = PRODUCT + after(GEMM);
export const EPILOGUE = NEST + 3 * 5;

export const word = (f: Fn, name: keyof typeof WINOGRAD): Code => arg(f, WINOGRAD[name]);
export const add = (a: Local, b: Code): Code => a.set(i32.add(a.get, b));
const isWithin = (at: Code, length: Code): Code => i32.ltU(at, length);
export const least = (a: Code, b: Code): Code => select(a, b, i32.ltS(a, b));
const both = (a: Code, b: Code): Code => i32.and(a, b);

/** Bytes from a row of a window to the next. */
export const rowOf = (f: Fn, source: Local, tile: TileSize): Code =>
  select(
    i32.mul(word(f, "pixelBytes"), i32.const(windowOf(tile))),
    word(f, "rowBytes"),
    i32.eq(source.get, word(f, "tile")),
  );

/** (args, input, z, y, x) → the window's address: in the input, or, where it reaches beyond it, of a copy. */
export function windowAt(module: Module, tile: TileSize): FnRef {
  return module.helper(
    `winograd window ${tile}`,
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
      const size = i32.const(windowOf(tile));
      const rowBytes = i32.mul(pixel.get, size);
      const fits = (at: Local, length: Code): Code =>
        both(i32.geS(at.get, i32.const(0)), i32.leS(i32.add(at.get, size), length));
      const isInside = both(
        isWithin(z.get, word(f, "depth")),
        both(fits(y, word(f, "height")), fits(x, word(f, "width"))),
      );
      return [
        pixel.set(word(f, "pixelBytes")),
        when(isInside, returns(address(x.get))),
        memoryFill(word(f, "tile"), i32.const(0), i32.mul(rowBytes, size)),
        // Columns of the window that the input has, and its first row in the copy.
        first.set(i32.mul(x.get, i32.ltS(x.get, i32.const(0)))),
        first.set(i32.sub(i32.const(0), first.get)),
        end.set(least(size, i32.sub(word(f, "width"), x.get))),
        to.set(i32.add(word(f, "tile"), i32.mul(first.get, pixel.get))),
        from.set(address(i32.add(x.get, first.get))),
        when(
          both(isWithin(z.get, word(f, "depth")), i32.gtS(end.get, first.get)),
          repeat(left, size, [
            when(
              isWithin(y.get, word(f, "height")),
              memoryCopy(to.get, from.get, i32.mul(i32.sub(end.get, first.get), pixel.get)),
            ),
            add(y, i32.const(1)),
            add(from, word(f, "rowBytes")),
            add(to, rowBytes),
          ]),
        ),
        word(f, "tile"),
      ];
    },
  );
}
