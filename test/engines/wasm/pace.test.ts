/** Whether runs are shared: by their times, however these scatter and whatever clock tells them. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock } from "../../../src/engines/wasm/clock.ts";
import { Pace } from "../../../src/engines/wasm/pace.ts";

describe("pace", () => {
  /** Runs of each way, and what all take beside the better way. */
  function runs(pace: Pace, count: number, shared: number, alone: number) {
    let [times, time] = [0, 0];
    for (let i = 0; i < count; i++) {
      const isShared = pace.next();
      times += Number(isShared);
      time += isShared ? shared : alone;
      pace.took(isShared ? shared : alone);
    }
    return { share: times / count, cost: time / (count * Math.min(shared, alone)) };
  }

  test("the faster way is taken, and looking costs little", () => {
    for (const slow of [1.1, 2, 10]) {
      const [good, bad] = [new Pace(), new Pace()];
      for (const pace of [good, bad]) runs(pace, 30, pace === good ? 1 : slow, pace === good ? slow : 1);
      expect(runs(good, 5000, 1, slow).cost).toBeLessThan(1.05);
      expect(runs(bad, 5000, slow, 1).cost).toBeLessThan(1.05);
    }
    expect(runs(new Pace(), 5000, 1, 2).share).toBeGreaterThan(0.97);
  });

  test("threads that sleep while nothing is shared are given time to wake up", () => {
    for (const alone of [0.02, 0.04, 0.2, 0.9]) {
      const pace = new Pace();
      /** How long the thread has been waking up; it sleeps again in a run that is not shared. */
      let waking = 0;
      const share = (count: number, faster: number): number => {
        let times = 0;
        for (let i = 0; i < count; i++) {
          const isShared = pace.next();
          const time = !isShared ? alone : waking < 0.05 ? alone + 0.01 : alone * faster;
          waking = isShared ? waking + time : 0;
          times += Number(isShared);
          pace.took(time);
        }
        return times / count;
      };
      share(40, 0.6);
      expect(share(3000, 0.6)).toBeGreaterThan(0.95);
      share(1000, 1.2);
      expect(share(3000, 1.2)).toBeLessThan(0.1);
      share(3000, 0.6);
      expect(share(3000, 0.6)).toBeGreaterThan(0.9);
    }
  });

  test("threads that come late are waited for a while, those that never come are left alone", () => {
    for (const alone of [0.02, 0.3, 2.4, 30]) {
      const pace = new Pace();
      /** How long the thread has been on its way, and how long it takes to come. */
      let [onItsWay, late] = [0, 6];
      const share = (count: number): number => {
        let times = 0;
        for (let i = 0; i < count; i++) {
          const isShared = pace.next();
          const isHelped = isShared && onItsWay >= late;
          const time = isHelped ? alone * 0.55 : isShared ? alone * 1.2 : alone;
          onItsWay = isShared ? onItsWay + time : 0;
          times += Number(isShared);
          pace.took(time, isHelped);
        }
        return times / count;
      };
      share(3000);
      expect(share(3000)).toBeGreaterThan(0.95);
      late = Infinity;
      share(3000);
      expect(share(20_000)).toBeLessThan(0.15);
      late = 6;
      share(20_000);
      expect(share(3000)).toBeGreaterThan(0.9);
    }
  });

  test("of runs that take long few are needed to know", () => {
    const pace = new Pace();
    runs(pace, 4, 200, 340);
    expect(runs(pace, 12, 200, 340).share).toBe(1);
    const busy = new Pace();
    runs(busy, 4, 340, 200);
    expect(runs(busy, 12, 340, 200).share).toBe(0);
  });

  /** Times of runs, of which some are held up: by a sequence that is the same every time. */
  function held(seed: number, share: number, usual: number, late: number): () => number {
    let state = seed;
    return () => ((state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31 < share ? late : usual);
  }
  /** How much faster than alone, over some runs. */
  function gain(pace: Pace, count: number, shared: () => number, alone: number): number {
    let time = 0;
    for (let i = 0; i < count; i++) {
      const took = pace.next() ? shared() : alone;
      pace.took(took);
      time += took;
    }
    return (count * alone) / time;
  }
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

  test("runs that are held up now and then are soon not shared any more", () => {
    const seeds = Array.from({ length: 50 }, (_, i) => 1 + 7919 * i);
    const first = seeds.map((seed) => gain(new Pace(), 48, held(seed, 0.2, 1.5, 12), 2));
    expect(Math.min(...first)).toBeGreaterThan(0.6);
    const long = seeds.map((seed) => gain(new Pace(), 3000, held(seed, 0.2, 1.5, 12), 2));
    expect(median(long)).toBeGreaterThan(0.95);
    const later = seeds.map((seed) => {
      const pace = new Pace();
      gain(pace, 500, () => 1, 1.9);
      return gain(pace, 200, held(seed, 0.3, 2, 12), 2.5);
    });
    expect(median(later)).toBeGreaterThan(0.8);
  });

  test("single runs that were held up while the ways were tried are forgotten", () => {
    for (const late of [20, 1e3, 1e5])
      for (const at of [[4], [5], [7], [5, 7], [4, 5, 6, 7], [40], [40, 41]])
        for (const [shared, alone] of [
          [2, 1],
          [1.3, 1],
          [1, 2],
          [1, 1.3],
        ] as const) {
          const pace = new Pace();
          for (let i = 0; i < 10_000; i++) pace.took(at.includes(i) ? late : pace.next() ? shared : alone);
          const { share } = runs(pace, 3000, shared, alone);
          expect(shared < alone ? 1 - share : share, `${late} at ${at}, ${shared} beside ${alone}`).toBeLessThan(0.1);
        }
  });

  test("a machine that gets busy, and quiet again, is noticed", () => {
    const pace = new Pace();
    expect(runs(pace, 3000, 1, 2).share).toBeGreaterThan(0.9);
    runs(pace, 1000, 4, 2);
    expect(runs(pace, 3000, 4, 2).share).toBeLessThan(0.1);
    runs(pace, 3000, 1, 2);
    expect(runs(pace, 3000, 1, 2).share).toBeGreaterThan(0.9);
  });
});

/** Numbers from 0 to 1: the same ones for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

describe("times that scatter", () => {
  /** A few of many: from, to. */
  type Kind = readonly [share: number, from: number, to: number];
  /** Milliseconds of one thread and of two, kinds of runs and how often each is, as measured. */
  const MACHINES: Record<string, { readonly alone: readonly Kind[]; readonly shared: readonly Kind[] }> = {
    "two idle processors": { alone: [[1, 0.98, 1.04]], shared: [[1, 0.52, 0.6]] },
    "two endless loops beside, convolutions": {
      alone: [[0.78, 1, 1.1], [0.22, 10, 28]],
      shared: [[0.3, 0.63, 0.7], [0.45, 1, 1.3], [0.25, 3, 14]],
    },
    "two endless loops beside, an LSTM": {
      alone: [[0.5, 3, 9], [0.5, 18, 35]],
      shared: [[0.6, 1.7, 9], [0.4, 10, 30]],
    },
    "two endless loops beside, products of one row": {
      alone: [[0.82, 0.6, 0.8], [0.18, 10, 20]],
      shared: [[0.85, 0.35, 1], [0.15, 9, 20]],
    },
    "one processor, convolutions": {
      alone: [[0.75, 0.96, 1.1], [0.25, 4.5, 5.5]],
      shared: [[0.73, 1, 1.6], [0.27, 4.7, 6]],
    },
    "one processor, an LSTM": { alone: [[0.4, 3, 3.2], [0.6, 7, 7.8]], shared: [[0.35, 3.1, 4], [0.65, 7, 11]] },
    "one processor, a main thread that may not sleep": {
      alone: [[0.75, 0.96, 1.1], [0.25, 4.5, 5.5]],
      shared: [[0.4, 1, 1.6], [0.6, 4.7, 9]],
    },
  }; // prettier-ignore

  test.each(Object.entries(MACHINES))("%s: near the better way, never far below one thread", (_, { alone, shared }) => {
    const meanOf = (kinds: readonly Kind[]) => kinds.reduce((sum, [share, from, to]) => sum + (share * (from + to)) / 2, 0); // prettier-ignore
    const gains = Array.from({ length: 20 }, (_, seed) => {
      const random = numbers(seed + 1);
      const timeOf = (kinds: readonly Kind[]): number => {
        let left = random();
        const [, from, to] = kinds.find(([share]) => (left -= share) < 0) ?? kinds[0]!;
        return from + (to - from) * random();
      };
      const pace = new Pace();
      const mean = (count: number): number => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          const time = timeOf(pace.next() ? shared : alone);
          pace.took(time);
          sum += time;
        }
        return sum / count;
      };
      return { first: meanOf(alone) / mean(2000), later: meanOf(alone) / mean(20_000) };
    });
    const worst = (of: "first" | "later"): number => gains.map((gain) => gain[of]).toSorted((a, b) => a - b)[2]!;
    const best = Math.max(1, meanOf(alone) / meanOf(shared));
    expect(worst("first")).toBeGreaterThan(0.9);
    expect(worst("later")).toBeGreaterThan(0.95);
    expect(worst("later") / best).toBeGreaterThan(0.9);
  });
});

describe("clocks", () => {
  afterEach(() => void vi.restoreAllMocks());

  /** The share of runs that are shared, after some, by what a clock tells that goes on in such steps; null: it stands still. */
  function shareOf(step: number | null, alone: number, shared: number): number {
    const random = numbers(7);
    let time = 1234.5;
    vi.spyOn(performance, "now").mockImplementation(() => {
      time += 1e-4;
      return step === null ? 1234.5 : Math.floor(time / step) * step;
    });
    const clock = new Clock();
    const pace = new Pace();
    const runs = (count: number): number => {
      let times = 0;
      for (let i = 0; i < count; i++) {
        const isShared = pace.next();
        times += Number(isShared);
        clock.now();
        const start = clock.now();
        time += (isShared ? shared : alone) * (0.97 + 0.06 * random());
        pace.took(clock.now() - start, true, clock.step);
        time += 0.02 * random();
      }
      return times / count;
    };
    runs(20_000);
    return runs(20_000);
  }

  const STEPS = [1e-6, 0.005, 0.02, 0.1, 1, 16.67];
  const TABLE = STEPS.flatMap((step) => [0.05, 0.4, 3, 40].map((alone) => [step, alone] as const));
  // A step of hundreds of runs tells as much, but only of hundreds of thousands.
  test.each(TABLE.filter(([step, alone]) => step < 100 * alone))("steps of %d ms, runs of %d ms", (step, alone) => {
    expect(shareOf(step, alone, 0.6 * alone)).toBeGreaterThan(0.9);
    expect(shareOf(step, alone, 1.5 * alone)).toBeLessThan(0.1);
  });

  test("one that stands still: one thread, as with one that hardly ever goes on", () => {
    for (const step of [null, 1000]) {
      expect(shareOf(step, 0.4, 0.2)).toBe(0);
      expect(shareOf(step, 0.4, 0.8)).toBe(0);
    }
  });

  test("one that stands still for a while, as under false timers, and goes on", () => {
    const pace = new Pace();
    const runs = (count: number, alone: number, shared: number): number => {
      let times = 0;
      for (let i = 0; i < count; i++) {
        const isShared = pace.next();
        times += Number(isShared);
        pace.took(isShared ? shared : alone, true, 0.01);
      }
      return times / count;
    };
    runs(200, 2, 1);
    runs(3000, 0, 0);
    expect(runs(1000, 0, 0)).toBe(0);
    runs(1000, 2, 1);
    expect(runs(1000, 2, 1)).toBeGreaterThan(0.9);
    runs(100, -1, -1);
    runs(3000, 1, 2);
    expect(runs(1000, 1, 2)).toBeLessThan(0.1);
  });
});
