/**
 * Whether threads share the work of a run: whatever takes less time. On a busy machine a thread that has taken a part may
 * wait for its turn, and all others for it; so both ways are timed, and the other one is looked at again at intervals.
 */

/** Runs that take turns at first; the later half of them counts. Fewer, where half of those take so many milliseconds. */
const TRIAL = 8;
const SHORT_TRIAL = 4;
const LONG_RUNS = 100;
/** Runs of the other way at a look. */
const LOOK = 2;
/** Runs from a look to the next: at least, at most, and after a look that the other way has won. */
const FIRST = 16;
const MOST = 256;
const SOON = 4;
/** Looks in a row that the other way must win. */
const WINS = 2;
/** Runs that count as the last ones. */
const LATELY = 16;
/** Looks take about this share of the time; those runs of theirs that do not count are at most one in so many. */
const SHARE = 0.02;
const RARELY = 16;
/** The share of time that a way must take to be preferred: in the trial for sharing, later in two looks for the other. */
const BETTER = 0.95;
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

class Mean {
  #sum = 0;
  #count = 0;
  #recent = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
    this.#recent += (value - this.#recent) / Math.min(this.#count, LATELY);
  }

  get value(): number {
    return this.#sum / this.#count;
  }

  /** Of the last runs; 0 before there are as many as a look has. */
  get recent(): number {
    return this.#count < LOOK ? 0 : this.#recent;
  }

  clear(): void {
    this.#sum = 0;
    this.#count = 0;
  }
}

/** Decides run by run, and is told how long each took. */
export class Pace {
  /** Runs so far, until the trial is over. */
  #trial = 0;
  #isShared = true;
  /** Runs until the next look; below 1 during a look. */
  #left = FIRST;
  #gap = FIRST;
  #wins = 0;
  /** Runs without sharing until the next look, once sharing has been given up: the more, the more often that was. */
  #doubt = FIRST;
  /** How long runs still take for threads to wake up, and to come. */
  #asleep = WAKING;
  #away = AWAY;
  /** Runs of this look that did not count. */
  #idle = 0;
  /** Runs of the trial, and what it has taken so far. */
  #turns = TRIAL;
  #spent = 0;
  /** What the other way took when it was last looked at. */
  #known = 0;
  readonly #own = new Mean();
  readonly #other = new Mean();

  /** Whether the next run is to be shared. */
  next(): boolean {
    if (this.#trial < this.#turns) return this.#trial % 2 === 0;
    return this.#left > 0 ? this.#isShared : !this.#isShared;
  }

  /** How long that run took, and whether, if it was to be shared, others have taken their part. */
  took(time: number, isHelped = true): void {
    if (!this.next()) {
      this.#asleep = WAKING;
      this.#away = AWAY;
    } else if (!isHelped && this.#away > 0) {
      this.#away -= time;
      if (!this.#isShared) this.#idle++;
      return;
    } else if (this.#asleep > 0) {
      this.#asleep -= time;
      if (time < LONG) return;
    }
    if (this.#trial < this.#turns) {
      this.#try(time);
      return;
    }
    (this.#left > 0 ? this.#own : this.#other).add(time);
    if (--this.#left === -LOOK) this.#decide();
    else if (this.#left > 0 && this.#isWorse()) this.#left = 0;
  }

  #try(time: number): void {
    // Here the first is shared, the other is not.
    const mean = this.#trial % 2 === 0 ? this.#own : this.#other;
    this.#spent += time;
    if (this.#trial >= this.#turns / 2) mean.add(time);
    if (++this.#trial === SHORT_TRIAL / 2 && this.#spent > LONG_RUNS) this.#turns = SHORT_TRIAL;
    if (this.#trial < this.#turns) return;
    this.#isShared = this.#own.value < BETTER * this.#other.value;
    this.#known = this.#other.value;
    this.#restart(FIRST);
  }

  /** Whether the way that was preferred has become slower than the other one last was: then that is looked at at once. */
  #isWorse(): boolean {
    return this.#isShared && BETTER * this.#own.recent > this.#known;
  }

  #decide(): void {
    const [own, other] = [this.#own.value, this.#other.value];
    this.#known = other;
    this.#wins = other < BETTER * own ? this.#wins + 1 : 0;
    if (this.#wins === 0) {
      if (this.#isShared) this.#doubt = Math.max(FIRST, this.#doubt / 2);
      const fair = (LOOK * (other / own - 1)) / SHARE;
      this.#restart(Math.max(Math.min(2 * this.#gap, MOST), Math.min(fair, 8 * MOST), RARELY * this.#idle));
      return;
    }
    if (this.#wins < WINS) {
      this.#restart(SOON);
      return;
    }
    this.#wins = 0;
    this.#known = own;
    this.#isShared = !this.#isShared;
    if (!this.#isShared) this.#doubt = Math.min(2 * this.#doubt, MOST);
    this.#restart(this.#isShared ? FIRST : this.#doubt);
  }

  #restart(gap: number): void {
    this.#gap = Math.round(gap);
    this.#left = this.#gap;
    this.#idle = 0;
    this.#own.clear();
    this.#other.clear();
  }
}
