/**
 * Whether threads share the work of a run: whatever takes less time. Both ways are timed, and the other one is looked at
 * again at intervals. Where other processes are busy times scatter, since each run may wait for its turn, and few runs of one way
 * mostly look better than many of the other, since they had none of the long waits. There sharing gains most, too, since two
 * threads get more of the processors. So it is given up only when what it loses is more than chance.
 */
import { Sample, surelyLess } from "./sample.ts";

/** Turns that the ways take at first; the later half of them counts. Fewer, where half of those take so many milliseconds. */
const TRIAL = 8;
const SHORT_TRIAL = 4;
const LONG_RUNS = 100;
/** Turns of the other way at a look. */
const LOOK = 2;
/** Turns from a look to the next: at least, at most, and after a look that the other way has won. */
const FIRST = 16;
const MOST = 256;
const SOON = 4;
/** Looks in a row that sharing must win, when it is the other way. */
const WINS = 3;
/** Looks take about this share of the time; those runs of theirs that do not count are at most one in so many. */
const SHARE = 0.02;
const RARELY = 16;
/** The share of time that a way must take to be preferred. */
const BETTER = 0.95;
/**
 * Looks in a row, all better than sharing by more than chance, after which what was before them does not count any more: of
 * few times one that was held up, as by what else a process begins with, would count for very long.
 */
const ANEW = 8;
/** Turns that count of the way that is taken, and of the other one as long as it is that. */
const LATELY = 256;
const BEFORE = 128;
/** So many standard errors are a change of what else runs. */
const CHANGED = 3;
/**
 * Threads that had nothing to share sleep. What runs take that wake them does not count, in milliseconds, unless one takes
 * so long that waking is nothing beside it.
 */
const WAKING = 0.1;
const LONG = 1;
/**
 * Where other processes are busy, a thread that wakes up does so behind one of them, or behind the thread that waked it,
 * until the system moves it. Runs with too little of its help do not count for so many milliseconds.
 */
const AWAY = 8;
/** A run that is shared takes more milliseconds, whatever the clock says. */
const LEAST = 0.01;
/** Runs make a turn once they have taken so many of the clock's steps together, or are so many; or so many without any step. */
const STEPS = 8;
const MOST_RUNS = 4096;
const STILL = 512;

/** Decides run by run, and is told how long each took. */
export class Pace {
  /** Turns so far, until the trial is over. */
  #trial = 0;
  #isShared = true;
  /** Turns until the next look; below 1 during a look. */
  #left = FIRST;
  #gap = FIRST;
  #wins = 0;
  /** Turns without sharing until the next look, once sharing has been given up: the more, the more often that was. */
  #doubt = FIRST;
  /** How long runs still take for threads to wake up, and to come. */
  #asleep = WAKING;
  #away = AWAY;
  /** Runs of this look that did not count. */
  #idle = 0;
  /** Turns of the trial, and what it has taken so far. */
  #turns = TRIAL;
  #spent = 0;
  /** Runs of this turn, and what they have taken. */
  #runs = 0;
  #time = 0;
  #own = new Sample(LATELY);
  #other = new Sample(BEFORE);
  /** The last looks: this one, and all in a row that were better, with how many those are. */
  #look = new Sample(LOOK);
  #better = new Sample(BEFORE);
  #looks = 0;
  /** The last turns of the own way: what they tell of a change would be lost among all that count. */
  #recent = new Sample(FIRST);

  /** Whether the next run is to be shared. */
  next(): boolean {
    if (this.#trial < this.#turns) return this.#trial % 2 === 0;
    return this.#left > 0 ? this.#isShared : !this.#isShared;
  }

  /**
   * How long that run took, and whether, if it was to be shared, others have taken their part. `step`: the least difference
   * that the clock knows.
   */
  took(told: number, isHelped = true, step = 0): void {
    const time = Math.max(0, told);
    if (!this.next()) {
      this.#asleep = WAKING;
      this.#away = AWAY;
    } else if (!isHelped && this.#away > 0) {
      this.#away -= Math.max(time, LEAST);
      if (!this.#isShared) this.#idle++;
      return;
    } else if (this.#asleep > 0) {
      this.#asleep -= Math.max(time, LEAST);
      if (time < LONG) return;
    }
    this.#time += time;
    this.#runs++;
    if (this.#time < STEPS * step && this.#runs < (this.#time === 0 ? STILL : MOST_RUNS)) return;
    const mean = this.#time / this.#runs;
    this.#time = this.#runs = 0;
    if (mean > 0) this.#turn(mean);
    else this.#giveUp();
  }

  /** A clock that stands still tells nothing: one thread alone is never far from what can be had. */
  #giveUp(): void {
    this.#trial = this.#turns;
    this.#isShared = false;
    this.#own = new Sample(LATELY);
    this.#restart(FIRST);
  }

  #turn(time: number): void {
    if (this.#trial < this.#turns) {
      this.#try(time);
      return;
    }
    if (this.#left > 0) {
      this.#own.add(time);
      this.#recent.add(time);
    } else {
      this.#other.add(time);
      this.#look.add(time);
      this.#better.add(time);
    }
    if (--this.#left === -LOOK) this.#decide();
    else if (this.#left > 0 && this.#isShared && this.#isDoubtful()) this.#left = 0;
  }

  #try(time: number): void {
    // Here the first is shared, the other is not.
    const sample = this.#trial % 2 === 0 ? this.#own : this.#other;
    this.#spent += time;
    if (this.#trial >= this.#turns / 2) sample.add(time);
    if (++this.#trial === SHORT_TRIAL / 2 && this.#spent > LONG_RUNS) this.#turns = SHORT_TRIAL;
    if (this.#trial < this.#turns) return;
    if (this.#isWorse()) this.#change();
    this.#restart(FIRST);
  }

  /** Whether the other way takes surely less than the one that is preferred. */
  #isWorse(): boolean {
    return surelyLess(this.#other, this.#own, BETTER);
  }

  /** Whether sharing seems to have got slower than one thread is known to be, and that has not been looked at yet. */
  #isDoubtful(): boolean {
    const hasChanged = this.#recent.weight === FIRST && surelyLess(this.#other, this.#recent, BETTER, CHANGED);
    if (!hasChanged) return this.#wins === 0 && this.#other.mean < BETTER * this.#own.mean;
    this.#own = this.#recent.as(LATELY);
    this.#other = this.#other.as(LOOK).as(BEFORE);
    this.#recent = new Sample(FIRST);
    return true;
  }

  #change(): void {
    this.#isShared = !this.#isShared;
    [this.#own, this.#other] = [this.#other.as(LATELY), this.#own.as(BEFORE)];
    this.#recent = new Sample(FIRST);
    this.#better = new Sample(BEFORE);
    this.#looks = 0;
  }

  /** Counts looks that were better, and forgets what was before them. */
  #seen(): void {
    const isBetter = this.#look.mean < BETTER * this.#own.mean && surelyLess(this.#better, this.#own, BETTER);
    this.#looks = isBetter ? this.#looks + 1 : 0;
    this.#look = new Sample(LOOK);
    if (this.#looks === 0) this.#better = new Sample(BEFORE);
    else if (this.#isShared && this.#looks >= ANEW && surelyLess(this.#better, this.#own, BETTER, CHANGED))
      this.#other = this.#better.as(BEFORE);
  }

  #decide(): void {
    this.#seen();
    const [own, other] = [this.#own.mean, this.#other.mean];
    const isBetter = other < BETTER * own;
    this.#wins = isBetter ? this.#wins + 1 : 0;
    if (isBetter && (this.#isShared ? this.#isWorse() : this.#wins === WINS)) {
      this.#change();
      if (!this.#isShared) this.#doubt = Math.min(2 * this.#doubt, MOST);
      this.#restart(this.#isShared ? FIRST : this.#doubt);
      this.#wins = 0;
    } else if (isBetter) {
      this.#left = SOON;
      this.#idle = 0;
    } else {
      if (this.#isShared) this.#doubt = Math.max(FIRST, this.#doubt / 2);
      const fair = (LOOK * (other / own - 1)) / SHARE;
      // Until it is sure that sharing gains, what may lose is looked at often.
      const isSure = !this.#isShared || surelyLess(this.#own, this.#other, 1);
      const gap = isSure ? Math.min(2 * this.#gap, MOST) : FIRST;
      this.#restart(Math.max(gap, Math.min(fair, 8 * MOST) / 2 ** this.#looks, RARELY * this.#idle));
    }
  }

  #restart(gap: number): void {
    this.#gap = this.#left = Math.round(gap);
    this.#idle = 0;
    // Of sharing that was given up, only what looks in a row show.
    if (!this.#isShared) this.#other = new Sample(BEFORE);
  }
}
