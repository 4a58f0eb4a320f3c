/**
 * The micro-kernel of all products: rows × vectors of sums in registers, over *segments* of A (runs of floats, the same
 * in every row but for a static distance) and one packed panel of B. Dense layers have one segment; a convolution has one
 * for each row of its kernel; a recurrent cell has x and h.
 */
import type { Code } from "../emit/code.ts";
import { block, brIf, f32x4, i32, loop, select, v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { madd } from "./vector-math.ts";

/** A run of floats of each row of A. */
export interface Segment {
  /** Floats. */
  readonly length: number;
  /** Address of the first row's first float. */
  readonly base: Code;
  /** Bytes from a row to the next. */
  readonly rowBytes: number;
  /** Steps of the panel that are passed over before it. */
  readonly skipped?: number;
}

/** A block of sums that stays in registers, and what it is made of. */
export interface Tile {
  readonly rows: number;
  /** Vectors of 4 columns; rows × vectors sums and as many vectors of B must fit the registers. */
  readonly vectors: number;
  readonly segments: readonly Segment[];
  /** Walks over the panel, [steps of all segments][4·vectors] floats; ends behind the last. */
  readonly panel: Local;
  /** The vectors may come from several panels of equal width, this many bytes apart. */
  readonly panels?: { readonly count: number; readonly distance: number };
  /** Products that the sums hold already. */
  readonly held?: number;
}

/** Rows of a tile by its vectors: more of them, and V8 11 spills (3 rows of 3 vectors take twice the time of 2). */
export const TILE_ROWS: readonly number[] = [0, 4, 4, 2, 2];
/** All of them divide it: rows cut at its multiples are in the same tiles as uncut. */
export const MOST_ROWS = 4;

/** Single rows of at most this many vectors take two sums in turn: with fewer, additions would wait for one another. */
const PAIRED = 4;
/** With fewer sums, fused multiply-adds, which take longer than additions, would wait for one another. */
const FUSED = 8;
/** Below this many steps one sum is as soon done, and no less exact. */
const SHORT = 8;
/**
 * Products that are added up one after the other: the error of a sum grows with them. Longer sums are sums of such sums,
 * which V8 keeps outside the registers meanwhile. Even, as single rows take two steps at a time.
 */
const CHAIN = 128;

/**
 * sums[row][vector] += A·B. Single rows take two steps of k at a time into separate sums, with a real branch between them:
 * else V8 11 hoists all loads of a block before its arithmetic and spills.
 */
export function tile(f: Fn, static_: Tile, sums: readonly (readonly Local[])[]): Code {
  const { rows, vectors, segments, panel, panels = { count: 1, distance: 0 }, held = 0 } = static_;
  const width = vectors / panels.count;
  const place = (k: number, n: number): number =>
    Math.floor(n / width) * panels.distance + (k * width + (n % width)) * 16;
  const [a, left, end] = f.locals("i32", 3);
  const b = f.locals("v128", vectors);
  const splat = f.local("v128");
  const depth = segments.reduce((sum, { length }) => sum + length, 0);
  const isLong = held + depth > CHAIN;
  const chain = isLong ? sums.map(() => f.locals("v128", vectors)) : sums;
  const odd = rows === 1 && vectors <= PAIRED && depth >= SHORT ? [f.locals("v128", vectors)] : [];
  const chains = rows * vectors + odd.flat().length;
  const add: typeof madd = chains < FUSED ? (_, p, q, sum) => f32x4.add(f32x4.mul(p, q), sum) : madd;
  const step = (k: number, rowBytes: number, into: readonly (readonly Local[])[]): Code => [
    b.map((local, n) => local.set(v128.load(panel.get, place(k, n)))),
    into.map((row, m) => [
      splat.set(v128.load32Splat(a.get, m * rowBytes + k * 4)),
      row.map((sum, n) => sum.set(add(f.module, splat.get, b[n]!.get, sum.get))),
    ]),
  ];
  const bytes = (steps: number): Code => i32.const(16 * width * steps);
  const move = (steps: number): Code => [
    a.set(i32.add(a.get, i32.const(4 * steps))),
    panel.set(i32.add(panel.get, bytes(steps))),
  ];
  const again = brIf(0, i32.ne(panel.get, end.get));

  const zero = (of: readonly (readonly Local[])[]): Code => of.map((row) => row.map((sum) => sum.set(f32x4.const(0))));
  const gather = (from: readonly (readonly Local[])[], into: readonly (readonly Local[])[]): Code =>
    from.map((row, m) => row.map((sum, n) => into[m]![n]!.set(f32x4.add(into[m]![n]!.get, sum.get))));
  const start = [isLong ? zero(chain) : [], zero(odd)];
  const finish = [gather(odd, chain), isLong ? gather(chain, sums) : []];

  const turns = (rowBytes: number): Code =>
    rows > 1
      ? loop([step(0, rowBytes, chain), move(1), again])
      : block(
          loop([
            step(0, 0, chain),
            brIf(1, i32.eqz(panel.get)),
            step(1, 0, odd.length > 0 ? odd : chain),
            move(2),
            again,
          ]),
        );
  /** Chains of one segment, the last with what remains. */
  const long = (length: number, rowBytes: number): Code => [
    left.set(bytes(length)),
    loop([
      end.set(i32.add(panel.get, select(bytes(CHAIN), left.get, i32.gtU(left.get, bytes(CHAIN))))),
      left.set(i32.sub(i32.add(left.get, panel.get), end.get)),
      turns(rowBytes),
      [finish, start],
      brIf(0, left.get),
    ]),
  ];
  const short = (length: number, rowBytes: number): Code => [
    end.set(i32.add(panel.get, bytes(length))),
    turns(rowBytes),
  ];

  /** Products in the chain. */
  let count = 0;
  const code: Code[] = [start];
  for (const { length, base, rowBytes, skipped = 0 } of segments) {
    const single = rows === 1 ? length % 2 : 0;
    const even = length - single;
    if (isLong && count > 0 && count + length > CHAIN) {
      code.push(finish, start);
      count = 0;
    }
    const isCut = isLong && even > CHAIN;
    if (skipped > 0) code.push(panel.set(i32.add(panel.get, bytes(skipped))));
    code.push(a.set(base), even === 0 ? [] : isCut ? long(even, rowBytes) : short(even, rowBytes));
    if (single > 0) code.push(step(0, 0, chain), move(1));
    count = isCut ? single : count + length;
  }
  code.push(finish);
  f.release(a, left, end, splat, ...b, ...odd.flat(), ...(isLong ? chain.flat() : []));
  return code;
}

/** Stores the first `columns` floats of a row of vectors, and nothing behind them. */
export function storeColumns(address: Code, row: readonly Local[], columns: number, offset = 0): Code {
  return row.map((vector, n) => {
    const left = columns - 4 * n;
    const at = offset + 16 * n;
    if (left >= 4) return v128.store(address, vector.get, at);
    if (left <= 0) return [];
    const pair = left >= 2 ? v128.store64Lane(address, vector.get, 0, at) : [];
    const last = left % 2 === 1 ? v128.store32Lane(address, vector.get, left - 1, at + 4 * (left - 1)) : [];
    return [pair, last];
  });
}
