/**
 * Parts of a plan that threads share. The main thread publishes a list of parts (pairs of a table index and the address
 * of the arguments), wakes the workers and takes parts itself until none is left; then it waits for those that workers
 * have taken. When no worker wakes up, it has done everything alone and waits for nothing.
 *
 * `TICKET` holds the number of the list and how many of its parts nobody has taken: one word of 64 bits, so that a late
 * worker cannot take a part of another list.
 */
import { JOIN, PART_FAILED, WORK } from "../../../core/thread-work.ts";
import { atomics } from "../emit/atomics.ts";
import type { Code } from "../emit/code.ts";
import { block, br, brIf, drop, i32, i64, loop, returns, trap, when } from "../emit/instructions.ts";
import { call, callIndirect, type Fn, type FnRef, type Local, type Module } from "../emit/module.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { words } from "./words.ts";

/** Addresses of the words that threads share, those written by different threads in cache lines of their own. */
export const CONTROL = {
  ticket: 64,
  list: 72,
  /** Parts that are not done. */
  pending: 128,
  /** Another number: there is something to do. Workers wait for it. */
  epoch: 192,
  /** Messages sent to each worker: one who has had fewer goes back to its event loop to read them. */
  sent: 256,
  /** 1: parts are shared; 0: the main thread runs them alone. */
  isShared: 260,
  /** Whether the main thread may sleep. A browser's may not. */
  mayWait: 264,
  workers: 268,
  /** 1 while the main thread is inside a part. */
  isInside: 272,
  /** Parts of all lists of a run that were shared, and how many of them other threads have taken. */
  parts: 276,
  others: 280,
  /** 1: a part has stopped in a worker. */
  hasFailed: 320,
} as const;

/** Memory from here on is free. */
export const CONTROL_END = 384;

/** Looks before going to sleep: some 20 µs. */
const LOOKS = 20_000;

const at = (address: number): Code => i32.const(address);
const load = (address: number): Code => atomics.load32(at(address), 0);
const EVER = i64.const(-1n);

/** Looks at a word while it is `value`, a while; leaves an enclosing block at depth 1 when it is another. */
function spin(word: number, value: Local, looks: Local): Code {
  return [
    looks.set(i32.const(LOOKS)),
    loop([brIf(1, i32.ne(load(word), value.get)), brIf(0, looks.tee(i32.sub(looks.get, i32.const(1))))]),
  ];
}

/** A part is done: the last one wakes the main thread. */
const partDone: Code = when(
  i32.eq(atomics.sub32(at(CONTROL.pending), 0, i32.const(1)), i32.const(1)),
  drop(atomics.notify(at(CONTROL.pending), 0, i32.const(1))),
);

/** (messages read) → how many: takes parts until none is left, or there are messages to read before the next one. */
function helper(module: Module): FnRef {
  return module.helper("help", ["i32"], ["i32"], (f) => {
    const ticket = f.local("i64");
    const [part, taken] = f.locals("i32", 2);
    const take = atomics.compareExchange64(at(CONTROL.ticket), 0, ticket.get, i64.sub(ticket.get, i64.const(1n)));
    const turn = loop([
      ticket.set(atomics.load64(at(CONTROL.ticket), 0)),
      when(i32.eqz(i32.wrap(ticket.get)), returns(taken.get)),
      // Looked at after the ticket: what a list needs was sent before the list came.
      when(i32.ne(load(CONTROL.sent), f.params[0]!.get), returns(taken.get)),
      brIf(0, i32.eqz(i64.eq(take, ticket.get))),
      taken.set(i32.add(taken.get, i32.const(1))),
      part.set(i32.add(i32.load(at(CONTROL.list)), i32.mul(i32.sub(i32.wrap(ticket.get), i32.const(1)), i32.const(8)))),
      callPart(f, part),
      partDone,
      br(0),
    ]);
    return [taken.set(i32.const(0)), turn, taken.get];
  });
}

function callPart(f: Fn, part: Local): Code {
  return callIndirect(f.module.type(["i32"], []), i32.load(part.get), i32.load(part.get, 4));
}

/** Waits until every part that somebody has taken is done. */
function waitForAll(f: Fn): Code {
  const [left, looks] = f.locals("i32", 2);
  return loop([
    left.set(load(CONTROL.pending)),
    when(left.get, [
      block([
        spin(CONTROL.pending, left, looks),
        when(i32.load(at(CONTROL.mayWait)), drop(atomics.wait32(at(CONTROL.pending), 0, left.get, EVER))),
      ]),
      br(1),
    ]),
  ]);
}

/** How many parts there are, and the address of their list. */
export const PARALLEL = words("parts", "list");

/** Runs parts, which threads share. */
export const parallel: Kernel = {
  key: "parallel",
  way: "copy",
  emit(f) {
    const [part, end] = f.locals("i32", 2);
    const ticket = f.local("i64");
    const count = (word: number, parts: Code): Code => i32.store(at(word), i32.add(i32.load(at(word)), parts));
    const next = i64.add(i64.shrU(atomics.load64(at(CONTROL.ticket), 0), i64.const(32n)), i64.const(1n));
    return [
      when(i32.eqz(i32.load(at(CONTROL.isShared))), [
        part.set(arg(f, PARALLEL.list)),
        end.set(i32.add(part.get, i32.mul(arg(f, PARALLEL.parts), i32.const(8)))),
        loop([callPart(f, part), brIf(0, i32.ltU(part.tee(i32.add(part.get, i32.const(8))), end.get))]),
        returns(),
      ]),
      i32.store(at(CONTROL.list), arg(f, PARALLEL.list)),
      atomics.store32(at(CONTROL.pending), 0, arg(f, PARALLEL.parts)),
      ticket.set(i64.or(i64.shl(next, i64.const(32n)), i64.extendU(arg(f, PARALLEL.parts)))),
      atomics.store64(at(CONTROL.ticket), 0, ticket.get),
      drop(atomics.add32(at(CONTROL.epoch), 0, i32.const(1))),
      drop(atomics.notify(at(CONTROL.epoch), 0, i32.load(at(CONTROL.workers)))),
      i32.store(at(CONTROL.isInside), i32.const(1)),
      part.set(call(helper(f.module), load(CONTROL.sent))),
      i32.store(at(CONTROL.isInside), i32.const(0)),
      count(CONTROL.parts, arg(f, PARALLEL.parts)),
      count(CONTROL.others, i32.sub(arg(f, PARALLEL.parts), part.get)),
      waitForAll(f),
      when(load(CONTROL.hasFailed), trap),
    ];
  },
};

/** Addresses of the first instruction of a list and of its end. */
export const IN_ORDER = words("from", "to");

/** Runs instructions one after the other. */
export const inOrder: Kernel = {
  key: "in order",
  way: "copy",
  emit(f) {
    const [part, end] = f.locals("i32", 2);
    return [
      part.set(arg(f, IN_ORDER.from)),
      end.set(arg(f, IN_ORDER.to)),
      loop([callPart(f, part), brIf(0, i32.ltU(part.tee(i32.add(part.get, i32.const(8))), end.get))]),
    ];
  },
};

/** Beside those of src/core/thread-work.ts. */
export const STOP = "stop";

/**
 * Adds what threads call: `join`, once; `work` (messages read), in which a worker stays until there are more;
 * `partFailed`, when one of its parts has thrown; `stop`, when a run of the main thread has: nobody is inside a part any
 * more when it returns.
 */
export function emitThreads(module: Module): void {
  const work = (f: Fn): Code => {
    const [epoch, looks] = f.locals("i32", 2);
    return loop([
      epoch.set(load(CONTROL.epoch)),
      when(i32.ne(load(CONTROL.sent), f.params[0]!.get), returns()),
      drop(call(helper(module), f.params[0]!.get)),
      block([spin(CONTROL.epoch, epoch, looks), drop(atomics.wait32(at(CONTROL.epoch), 0, epoch.get, EVER))]),
      br(0),
    ]);
  };
  module.func([], [], () => drop(atomics.add32(at(CONTROL.workers), 0, i32.const(1))), JOIN);
  module.func(["i32"], [], work, WORK);
  module.func([], [], () => [atomics.store32(at(CONTROL.hasFailed), 0, i32.const(1)), partDone], PART_FAILED);
  const stop = (f: Fn): Code => {
    const left = f.local("i32");
    const inside = i32.load(at(CONTROL.isInside));
    return [
      when(inside, [
        left.set(i32.wrap(atomics.exchange64(at(CONTROL.ticket), 0, notTaken(f)))),
        drop(atomics.sub32(at(CONTROL.pending), 0, i32.add(left.get, i32.const(1)))),
        i32.store(at(CONTROL.isInside), i32.const(0)),
      ]),
      waitForAll(f),
      atomics.store32(at(CONTROL.hasFailed), 0, i32.const(0)),
    ];
  };
  module.func([], [], stop, STOP);
}

/** The list in hand, without parts. Its number is the main thread's alone to change. */
function notTaken(f: Fn): Code {
  const ticket = f.local("i64");
  return [
    ticket.set(atomics.load64(at(CONTROL.ticket), 0)),
    i64.shl(i64.shrU(ticket.get, i64.const(32n)), i64.const(32n)),
  ];
}
