/**
 * The sessions of a model: one for each way to run it, opened when first asked for. States belong to the layers: under one
 * way to run they follow from session to session, and from model to model where these share a layer.
 */
import { fail } from "../core/error.ts";
import type { Weight } from "../layers/define.ts";
import { weightChanges } from "../model/weight.ts";
import type { Graph, GraphState } from "../ops/types.ts";
import { backendsWith, isSync, type RuntimeOptions, runtimeKey } from "../engines/index.ts";
import type { Session, States, SyncSession } from "../engines/types.ts";

/** Which session has the values of a state. Absent: the state is zeros. */
type Holders = WeakMap<object, Session>;

/** By `runtimeKey`: each way to run has states of its own. */
const ways = new Map<string, Holders>();
/** Of the way that a session runs. */
const holdersOf = new WeakMap<Session, Holders>();

/** The sessions of one model. */
export class Sessions {
  readonly #open: (options: RuntimeOptions, graph: Graph) => Promise<Session>;
  readonly #opened = new Map<string, Session>();
  readonly #opening = new Map<string, Promise<Session>>();
  #prepared: SyncSession | null = null;
  #states: readonly GraphState[] = [];
  /** `weightChanges` when weights were last looked at. */
  #seen = weightChanges();

  constructor(open: (options: RuntimeOptions, graph: Graph) => Promise<Session>) {
    this.#open = open;
  }

  /** Sessions whose weights were set since, in this model or another that shares the layer, are opened anew. */
  #refresh(weights: () => readonly Weight[]): void {
    const seen = this.#seen;
    if (seen === weightChanges()) return;
    this.#seen = weightChanges();
    if (weights().some(({ changed }) => changed > seen)) this.drop();
  }

  /** At once where it is open already, so that calls keep their order. `about` tells sessions of other graphs apart. */
  get(options: RuntimeOptions, graph: Graph, weights: () => readonly Weight[], about = ""): Session | Promise<Session> {
    this.#refresh(weights);
    this.#states = graph.states;
    const way = runtimeKey(options);
    const key = way + about;
    const known = this.#opened.get(key) ?? this.#opening.get(key);
    if (known !== undefined) return known;
    const opening = this.#open(options, graph).then(
      (session) => {
        const holders = ways.get(way) ?? new WeakMap<object, Session>();
        ways.set(way, holders);
        holdersOf.set(session, holders);
        // Dropped meanwhile: whoever asked may still use it once.
        if (this.#opening.get(key) !== opening) return session;
        this.#opening.delete(key);
        this.#opened.set(key, session);
        return session;
      },
      (error: unknown) => {
        if (this.#opening.get(key) === opening) this.#opening.delete(key);
        throw error;
      },
    );
    this.#opening.set(key, opening);
    return opening;
  }

  /** The session that answers at once; null before `prepare`, and when weights were set since. */
  prepared(weights: () => readonly Weight[]): SyncSession | null {
    this.#refresh(weights);
    const session = this.#prepared;
    if (session !== null && this.own(session) !== undefined)
      fail("mismatch/busy", { message: "a predict that holds the states is under way: await it first" });
    return session;
  }

  /** Brings the states to a session; a promise where others must be done first. */
  own(session: Session): undefined | Promise<void> {
    const states = this.#states;
    const holders = holdersOf.get(session)!;
    let isOwner = true;
    for (let i = 0; i < states.length; i++) if (holders.get(states[i]!.key) !== session) isOwner = false;
    return isOwner ? undefined : this.#bring(session, holders);
  }

  #bring(session: Session, holders: Holders): undefined | Promise<void> {
    const found = this.#states.map(({ key }) => holders.get(key)).filter((holder) => holder !== undefined);
    for (const { key } of this.#states) holders.set(key, session);
    const read = [...new Set(found)].map((holder) => holder.readStates());
    const put = (all: readonly States[]): void | Promise<void> =>
      session.writeStates(new Map(all.flatMap((states) => [...states])));
    if (read.some((states) => states instanceof Promise)) return Promise.all(read).then(put);
    return put(read as readonly States[]) ?? undefined;
  }

  /** Throws `unsupported/backend` for one that cannot answer at once. */
  async prepare(
    options: RuntimeOptions,
    graph: Graph,
    weights: () => readonly Weight[],
    shapes: readonly (readonly number[])[],
    warmUp: number,
  ): Promise<SyncSession> {
    const session = await this.get(options, graph, weights);
    if (!isSync(session))
      return fail("unsupported/backend", {
        message: "this backend, or a model of texts, cannot be prepared",
        expected: backendsWith("sync").join(" or "),
        found: runtimeKey(options),
      });
    await session.prepare(shapes, warmUp);
    if (this.#opened.get(runtimeKey(options)) !== session)
      fail("mismatch/busy", { message: "the model was changed while it was prepared: prepare it again" });
    this.#prepared = session;
    return session;
  }

  /** Those that are being opened have nothing to reset yet. */
  resetStates(states: readonly GraphState[]): void {
    for (const holders of ways.values()) for (const { key } of states) holders.delete(key);
    for (const session of this.#opened.values()) session.resetStates();
    for (const opening of this.#opening.values())
      opening.then(
        (session) => session.resetStates(),
        () => undefined,
      );
  }

  /** Disposes of all; the next call opens anew. */
  drop(): void {
    const own = new Set<unknown>(this.#opened.values());
    for (const holders of ways.values())
      for (const { key } of this.#states) if (own.has(holders.get(key))) holders.delete(key);
    for (const session of this.#opened.values()) session.dispose();
    for (const opening of this.#opening.values())
      opening.then(
        (session) => session.dispose(),
        () => undefined,
      );
    this.#opened.clear();
    this.#opening.clear();
    this.#prepared = null;
  }
}
