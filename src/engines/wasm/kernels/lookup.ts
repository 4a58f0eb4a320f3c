/** Elements chosen or ordered by value: gather, scatterAdd, cumsum, sort, argsort. Follows src/ops/lookup.ts. */
import type { DType } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import {
  block,
  br,
  brIf,
  f32x4,
  f64,
  i32,
  i64,
  loop,
  memoryCopy,
  select,
  trap,
  v128,
  when,
} from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { OUT_OF_RANGE, STATUS } from "./status.ts";
import { nest, repeat, setPointers } from "./nest.ts";
import { storeColumns } from "./tile.ts";
import { arg, loadNumber, settled, storeNumber, widthOf } from "./storage.ts";
import type { Kernel, Form } from "./types.ts";
import { after, words } from "./words.ts";

/** `count` indices for each of `outer` tables of `length` rows of `bytes`. */
export const GATHER = words("table", "indices", "output", "outer", "count", "length", "bytes");

/** Reads an index and goes on to the next; one outside stops the run. */
function checked(f: Fn, indexType: DType, index: Local, at: Local): Code {
  const valid = i32.and(f64.ge(at.get, f64.const(0)), f64.lt(at.get, f64.fromU32(arg(f, GATHER.length))));
  return [
    at.set(loadNumber(indexType, index.get)),
    when(i32.eqz(valid), [
      i32.store(i32.const(STATUS), i32.const(OUT_OF_RANGE)),
      f64.store(i32.const(STATUS), at.get, 8),
      f64.store(i32.const(STATUS), f64.fromU32(arg(f, GATHER.length)), 16),
      trap,
    ]),
    index.set(i32.add(index.get, i32.const(widthOf(indexType)))),
  ];
}

/** Rows of one number are moved by a load and a store: a copy of memory costs more than the number. */
const MOVES: Readonly<Record<number, (to: Code, from: Code) => Code>> = {
  4: (to, from) => i32.store(to, i32.load(from)),
  8: (to, from) => i64.store(to, i64.load(from)),
  16: (to, from) => v128.store(to, v128.load(from)),
};

/** An index outside stops the run before anything is written. `size`: bytes of a row. */
export function gather(indexType: DType, size: number): Kernel {
  const move = MOVES[size];
  return {
    key: `gather ${indexType} ${move === undefined ? "" : size}`,
    way: "copy",
    emit(f) {
      const [table, index, out, outer, counter, bytes] = f.locals("i32", 6);
      const at = f.local("f64");
      const width = i32.const(widthOf(indexType));
      const check = checked(f, indexType, index, at);
      const from = i32.add(table.get, i32.mul(i32.truncF64(at.get), bytes.get));
      const row = [
        at.set(loadNumber(indexType, index.get)),
        move === undefined ? memoryCopy(out.get, from, bytes.get) : move(out.get, from),
        out.set(i32.add(out.get, bytes.get)),
        index.set(i32.add(index.get, width)),
      ];
      return [
        bytes.set(arg(f, GATHER.bytes)),
        table.set(arg(f, GATHER.table)),
        out.set(arg(f, GATHER.output)),
        index.set(arg(f, GATHER.indices)),
        repeat(counter, arg(f, GATHER.count), check),
        repeat(outer, arg(f, GATHER.outer), [
          index.set(arg(f, GATHER.indices)),
          repeat(counter, arg(f, GATHER.count), row),
          table.set(i32.add(table.get, i32.mul(arg(f, GATHER.length), bytes.get))),
        ]),
      ];
    },
  };
}

/** The same of rows in a form (`Form.table`), which become float32; `rest`: elements of a row behind its last four. */
export function gatherRows(indexType: DType, form: Form, rest: number): Kernel {
  return {
    key: `gather rows ${indexType} ${form.toJSON()} ${rest}`,
    way: "vector",
    emit(f) {
      const [table, index, out, counter, at4, end, bytesOfRow] = f.locals("i32", 7);
      const at = f.local("f64");
      const [factor, x] = f.locals("v128", 2);
      const { read, scale, bytes } = form.table;
      const check = checked(f, indexType, index, at);
      const four = x.set(f32x4.mul(read(at4.get), factor.get));
      const row = [
        at.set(loadNumber(indexType, index.get)),
        at4.set(i32.add(table.get, i32.mul(i32.truncF64(at.get), bytesOfRow.get))),
        factor.set(f32x4.mul(v128.load32Splat(at4.get), f32x4.const(scale))),
        at4.set(i32.add(at4.get, i32.const(4))),
        end.set(i32.add(out.get, i32.and(arg(f, GATHER.bytes), i32.const(-16)))),
        when(
          i32.ne(out.get, end.get),
          loop([
            four,
            v128.store(out.get, x.get),
            at4.set(i32.add(at4.get, i32.const(4 * bytes))),
            brIf(0, i32.ne(out.tee(i32.add(out.get, i32.const(16))), end.get)),
          ]),
        ),
        rest === 0 ? [] : [four, storeColumns(out.get, [x], rest), out.set(i32.add(out.get, i32.const(4 * rest)))],
        index.set(i32.add(index.get, i32.const(widthOf(indexType)))),
      ];
      const fours = i32.shrU(i32.add(arg(f, GATHER.bytes), i32.const(15)), i32.const(4));
      return [
        bytesOfRow.set(i32.add(i32.mul(fours, i32.const(4 * bytes)), i32.const(4))),
        table.set(arg(f, GATHER.table)),
        out.set(arg(f, GATHER.output)),
        index.set(arg(f, GATHER.indices)),
        repeat(counter, arg(f, GATHER.count), check),
        index.set(arg(f, GATHER.indices)),
        repeat(counter, arg(f, GATHER.count), row),
      ];
    },
  };
}

/** `table`: what is added, `count` rows of `bytes` for each of `outer` outputs of `length` rows. */
export function scatterAdd(indexType: DType, dtype: DType): Kernel {
  return {
    key: `scatter ${indexType} ${dtype}`,
    emit(f) {
      const [p, index, out, outer, counter, q, end] = f.locals("i32", 7);
      const at = f.local("f64");
      const width = i32.const(widthOf(dtype));
      const bytes = arg(f, GATHER.bytes);
      const sum = f64.add(loadNumber(dtype, q.get), loadNumber(dtype, p.get));
      return [
        p.set(arg(f, GATHER.table)),
        out.set(arg(f, GATHER.output)),
        repeat(outer, arg(f, GATHER.outer), [
          index.set(arg(f, GATHER.indices)),
          repeat(counter, arg(f, GATHER.count), [
            checked(f, indexType, index, at),
            q.set(i32.add(out.get, i32.mul(i32.truncF64(at.get), bytes))),
            end.set(i32.add(q.get, bytes)),
            loop([
              storeNumber(dtype, q.get, settled(f.module, dtype, sum)),
              p.set(i32.add(p.get, width)),
              brIf(0, i32.ltU(q.tee(i32.add(q.get, width)), end.get)),
            ]),
          ]),
          out.set(i32.add(out.get, i32.mul(arg(f, GATHER.length), bytes))),
        ]),
      ];
    },
  };
}

/** Of the first element that is summed; `step` in bytes, below zero from the end. Then the words of `nest`. */
export const CUMSUM = words("input", "output", "length", "step");

/** Sums along one axis up to each place, added up in float64. */
export function cumsum(dtype: DType, rank: number): Kernel {
  return {
    key: `cumsum ${dtype} ${rank}`,
    emit(f) {
      const pointers = f.locals("i32", 2);
      const [p, q, counter] = f.locals("i32", 3);
      const sum = f.local("f64");
      return [
        setPointers(f, pointers),
        nest(f, after(CUMSUM), rank, pointers, () => [
          p.set(pointers[0].get),
          q.set(pointers[1].get),
          sum.set(f64.const(0)),
          repeat(counter, arg(f, CUMSUM.length), [
            sum.set(f64.add(sum.get, loadNumber(dtype, p.get))),
            storeNumber(dtype, q.get, settled(f.module, dtype, sum.get)),
            p.set(i32.add(p.get, arg(f, CUMSUM.step))),
            q.set(i32.add(q.get, arg(f, CUMSUM.step))),
          ]),
        ]),
      ];
    },
  };
}

/** Numbers as integers of the same order: -0 before 0, NaN last. */
function sortKey(x: Local, bits: Local): Code {
  return [
    bits.set(i64.reinterpret(select(f64.const(NaN), x.get, f64.ne(x.get, x.get)))),
    i64.xor(bits.get, i64.shrU(i64.shrS(bits.get, i64.const(63n)), i64.const(1n))),
  ];
}

/** `step` and `stepTo`, of input and output, in bytes; `scratch` has two of what is sorted for each element. Then the words of `nest`. */
export const SORT = words("input", "output", "length", "step", "stepTo", "scratch");

/** Bytes of what is sorted: an element's key, and its place where that is wanted. */
export const sortBytes = (places: boolean): number => (places ? 16 : 8);

/** Merges runs of doubling length between the halves of the scratch; equal ones keep their order. `places`: not the elements, but where they were. */
export function sort(dtype: DType, descending: boolean, places: boolean, rank: number): Kernel {
  return {
    key: `sort ${dtype} ${descending} ${places} ${rank}`,
    emit(f) {
      const pointers = f.locals("i32", 2);
      const [p, counter, from, to, run, a, b, aEnd, bEnd, end, other] = f.locals("i32", 11); // prettier-ignore
      const x = f.local("f64");
      const bits = f.local("i64");
      const size = sortBytes(places);
      const step = (local: Local, bytes: Code): Code => local.set(i32.add(local.get, bytes));
      const next = (local: Local): Code => step(local, i32.const(size));
      const least = (limit: Code, value: Code): Code => select(value, limit, i32.ltU(value, limit));
      const turned = (key: Code): Code => (descending ? i64.xor(key, i64.const(-1n)) : key);
      const read = [
        p.set(pointers[0].get),
        to.set(arg(f, SORT.scratch)),
        places ? run.set(i32.const(0)) : [],
        repeat(counter, arg(f, SORT.length), [
          // Zeros of both signs are equal: their places are in order.
          x.set(places ? f64.add(loadNumber(dtype, p.get), f64.const(0)) : loadNumber(dtype, p.get)),
          i64.store(to.get, turned(sortKey(x, bits))),
          places ? [i32.store(to.get, run.get, 8), step(run, i32.const(1))] : [],
          step(p, arg(f, SORT.step)),
          next(to),
        ]),
      ];
      const move = (local: Local): Code => [
        i64.store(to.get, i64.load(local.get)),
        places ? i32.store(to.get, i32.load(local.get, 8), 8) : [],
        next(local),
      ];
      /** Merges [a, aEnd) and [b, bEnd) to `to`. */
      const takeA = i32.and(
        i32.ltU(a.get, aEnd.get),
        i32.or(i32.geU(b.get, bEnd.get), i64.leS(i64.load(a.get), i64.load(b.get))),
      );
      const mergePair = loop([
        when(takeA, move(a), move(b)),
        next(to),
        brIf(0, i32.or(i32.ltU(a.get, aEnd.get), i32.ltU(b.get, bEnd.get))),
      ]);
      const bytes = i32.mul(arg(f, SORT.length), i32.const(size));
      const merges = [
        from.set(arg(f, SORT.scratch)),
        other.set(i32.add(from.get, bytes)),
        run.set(i32.const(size)),
        block(
          loop([
            brIf(1, i32.geU(run.get, bytes)),
            a.set(from.get),
            to.set(other.get),
            end.set(i32.add(from.get, bytes)),
            loop([
              aEnd.set(least(end.get, i32.add(a.get, run.get))),
              b.set(aEnd.get),
              bEnd.set(least(end.get, i32.add(b.get, run.get))),
              mergePair,
              a.set(bEnd.get),
              brIf(0, i32.ltU(a.get, end.get)),
            ]),
            run.set(i32.shl(run.get, i32.const(1))),
            a.set(from.get),
            from.set(other.get),
            other.set(a.get),
            br(0),
          ]),
        ),
      ];
      const key = bits.tee(turned(i64.load(from.get)));
      const element = [
        x.set(f64.reinterpret(i64.xor(key, i64.shrU(i64.shrS(bits.get, i64.const(63n)), i64.const(1n))))),
        storeNumber(dtype, p.get, x.get),
      ];
      const write = [
        p.set(pointers[1].get),
        repeat(counter, arg(f, SORT.length), [
          places ? i32.store(p.get, i32.load(from.get, 8)) : element,
          step(p, arg(f, SORT.stepTo)),
          next(from),
        ]),
      ];
      return [setPointers(f, pointers), nest(f, after(SORT), rank, pointers, () => [read, merges, write])];
    },
  };
}
