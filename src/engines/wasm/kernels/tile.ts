/**
 * The micro-kernel of all products: rows × vectors of sums in registers, over *segments* of A (runs of floats, the same
 * distance apart in all rows) and one packed panel of B. Dense layers have one segment; a convolution has one for each
 * row of its kernel; a recurrent cell has x and h.
 */
import type { Code } from "../emit/code.ts";
import { block, brIf, f32x4, i32, loop, select, v128, when } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { madd } from "./vector-math.ts";
import { vectorBytes } from "./weight-form.ts";
import type { Form, FormCode } from "./types.ts";

/** A run of floats of each row of A. */
export interface Segment {
  /** Floats, at least one: a number, or code for one. */
  readonly length: number | Code;
  /** Address of the first row's first float. */
  readonly base: Code;
  /** Bytes from a row to the next. */
  readonly rowBytes: number | Local;
  /** Steps of the panel that are passed over before it. */
  readonly skipped?: number;
  /** Whether the chain of its last products goes on in the next one: `joins`. */
  readonly joins?: boolean;
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
  /** Of a single row: bytes from the panel of the first half of the vectors to that of the second, if only a run tells. */
  readonly apart?: Local;
  /** Whether there are more steps than a chain has: `isLong`. */
  readonly long: boolean;
  /** Steps of a chain. Default: `CHAIN`. */
  readonly chain?: number | undefined;
  /** What the panel is made of, and where the factors of the first one are, if it is not float32: then with one segment. */
  readonly small?: { readonly form: Form; readonly factors: Local } | undefined;
}

/** Whether sums over so many products are sums of sums. */
export const isLong = (depth: number, chain = CHAIN): boolean => depth > chain;

/** Rows of a tile by its vectors: more of them, and V8 11 spills (3 rows of 3 vectors take twice the time of 2). */
export const TILE_ROWS: readonly number[] = [0, 4, 4, 2, 2];
/** All of them divide it: rows cut at its multiples are in the same tiles as uncut. */
export const MOST_ROWS = 4;

/** Single rows of at most this many vectors take two sums in turn: with fewer, additions would wait for one another. */
const PAIRED = 4;
/** With fewer sums, fused multiply-adds, which take longer than additions, would wait for one another. */
const FUSED = 8;
/**
 * Products that are added up one after the other: the error of a sum grows with them. Longer sums are sums of such sums,
 * which V8 keeps outside the registers meanwhile.
 */
const CHAIN = 128;

/** How float32 adds up. */
const FLOAT32: FormCode = { load: v128.load, splat: (x) => x, add: madd, join: f32x4.add, float: (sum) => sum };

/** Which of several segments go on with the chain in the next one: short ones, until it is full. */
export function joins(lengths: readonly number[]): boolean[] {
  let count = 0;
  return lengths.map((length, i) => {
    count += length;
    const isOpen = count + (lengths[i + 1] ?? CHAIN) <= CHAIN;
    if (!isOpen) count = 0;
    return isOpen;
  });
}

/**
 * sums[row][vector] += A·B. Single rows take two steps of k at a time, into separate sums if they are few, with a branch
 * between them: else V8 11 hoists all loads of a block before its arithmetic and spills.
 */
export function tile(f: Fn, static_: Tile, sums: readonly (readonly Local[])[]): Code {
  const { rows, vectors, segments, panel, apart, small } = static_;
  const { panels = { count: apart === undefined ? 1 : 2, distance: 0 } } = static_;
  const form = small?.form;
  const { load, splat: spread, add: multiplied, join, float } = form ?? FLOAT32;
  const head = form?.inputHead ?? 0;
  const unit = vectorBytes(form);
  const long = static_.long || small !== undefined;
  const width = vectors / panels.count;
  const place = (k: number, n: number): number =>
    Math.floor(n / width) * panels.distance + (k * width + (n % width)) * unit;
  const [a, at, left, end] = f.locals("i32", 4);
  const b = f.locals("v128", vectors);
  const splat = f.local("v128");
  const chain = long ? sums.map(() => f.locals("v128", vectors)) : sums;
  const odd = rows === 1 && vectors <= PAIRED ? [f.locals("v128", vectors)] : [];
  const isFew = rows * vectors + odd.flat().length < FUSED && multiplied === madd;
  const add: typeof madd = isFew ? (_, p, q, sum) => f32x4.add(f32x4.mul(p, q), sum) : multiplied;

  /** With a branch that is never taken between two panels, as between two steps. */
  const stepOfTwo = (k: number, [row]: readonly (readonly Local[])[], distance: Local): Code => [
    splat.set(spread(v128.load32Splat(a.get, k * 4))),
    [panel, at].map((from, half) => {
      const some = (of: readonly Local[]) => of.slice(half * width, (half + 1) * width);
      return [
        half === 0 ? [] : [brIf(1, i32.eqz(panel.get)), at.set(i32.add(panel.get, distance.get))],
        some(b).map((local, n) => local.set(load(from.get, place(k, n)))),
        some(row!).map((sum, n) => sum.set(add(f.module, splat.get, some(b)[n]!.get, sum.get))),
      ];
    }),
  ];
  const stepOfOne = (k: number, rowBytes: number | Local, into: readonly (readonly Local[])[]): Code => [
    b.map((local, n) => local.set(load(panel.get, place(k, n)))),
    into.map((row, m) => [
      typeof rowBytes === "number" || m === 0 ? [] : at.set(i32.add(m === 1 ? a.get : at.get, rowBytes.get)),
      splat.set(
        spread(
          typeof rowBytes === "number"
            ? v128.load32Splat(a.get, m * rowBytes + k * 4)
            : v128.load32Splat(m === 0 ? a.get : at.get, k * 4),
        ),
      ),
      row.map((sum, n) => sum.set(add(f.module, splat.get, b[n]!.get, sum.get))),
    ]),
  ];
  const step: typeof stepOfOne = (k, rowBytes, into) =>
    apart === undefined ? stepOfOne(k, rowBytes, into) : stepOfTwo(k, into, apart);
  const bytes = (steps: number): Code => i32.const(unit * width * steps);
  const move = (steps: number): Code => [
    a.set(i32.add(a.get, i32.const(4 * steps))),
    panel.set(i32.add(panel.get, bytes(steps))),
  ];
  /** All steps up to `end`. */
  const turns = (rowBytes: number | Local): Code => {
    const again = brIf(0, i32.ne(panel.get, end.get));
    if (rows > 1) return loop([step(0, rowBytes, chain), move(1), again]);
    return [
      block(
        loop([
          step(0, rowBytes, chain),
          brIf(1, i32.eq(i32.add(panel.get, bytes(1)), end.get)),
          step(1, rowBytes, odd.length > 0 ? odd : chain),
          move(2),
          again,
        ]),
      ),
      when(i32.ne(panel.get, end.get), move(1)),
    ];
  };

  const zero = (of: readonly (readonly Local[])[]): Code => of.map((row) => row.map((sum) => sum.set(f32x4.const(0))));
  const gather = (from: readonly (readonly Local[])[], into: readonly (readonly Local[])[]): Code =>
    from.map((row, m) => row.map((sum, n) => into[m]![n]!.set(join(into[m]![n]!.get, sum.get))));
  /** A chain times the factors of its columns, and of its row where that has one. */
  const scaled = (factors: Local, { base, rowBytes }: Segment): Code =>
    chain.map((row, m) => {
      const before = i32.sub(base, i32.const(head));
      const from = typeof rowBytes === "number" ? i32.add(before, i32.const(m * rowBytes)) : i32.add(before, i32.mul(rowBytes.get, i32.const(m))); // prettier-ignore
      return [
        head > 0 ? splat.set(v128.load32Splat(from)) : [],
        row.map((sum, n) => {
          const factor = v128.load(factors.get, Math.floor(n / width) * panels.distance + (n % width) * 16);
          const all = head > 0 ? f32x4.mul(factor, splat.get) : factor;
          return sums[m]![n]!.set(f32x4.add(sums[m]![n]!.get, f32x4.mul(float(sum.get), all)));
        }),
      ];
    });
  const flush = (of: Segment): Code => [
    gather(odd, chain),
    zero(odd),
    small === undefined ? gather(chain, sums) : scaled(small.factors, of),
  ];
  const steps = static_.chain ?? CHAIN;
  const full = bytes(steps);
  /** Chains of one segment, the last with what remains. */
  const chains = (of: Segment, length: Code): Code => [
    left.set(i32.mul(length, bytes(1))),
    loop([
      zero(chain),
      end.set(i32.add(panel.get, select(full, left.get, i32.gtU(left.get, full)))),
      left.set(i32.sub(i32.add(left.get, panel.get), end.get)),
      turns(of.rowBytes),
      flush(of),
      brIf(0, left.get),
    ]),
  ];
  let isOpen = false;
  const each = (segment: Segment): Code => {
    const { length, base, rowBytes, skipped = 0, joins: goesOn = false } = segment;
    const start = [skipped === 0 ? [] : panel.set(i32.add(panel.get, bytes(skipped))), a.set(base)];
    const isShort = typeof length === "number" && length <= steps;
    const floats = typeof length === "number" ? i32.const(length) : length;
    if (long && !isShort) return [start, chains(segment, floats)];
    const zeros = long && !isOpen ? zero(chain) : [];
    isOpen = goesOn;
    const all = [end.set(i32.add(panel.get, i32.mul(floats, bytes(1)))), turns(rowBytes)];
    return [start, zeros, all, long && !goesOn ? flush(segment) : []];
  };
  const code = [zero(odd), segments.map(each), long ? [] : gather(odd, sums)];
  f.release(a, at, left, end, splat, ...b, ...odd.flat(), ...(long ? chain.flat() : []));
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
