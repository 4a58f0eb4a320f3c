/** The sessions of a model: one for each way to run it, opened when first asked for. */
import { fail } from "../core/error.ts";
import { backendsWith, isSync, type RuntimeOptions, runtimeKey } from "../engines/index.ts";
import type { Session, SyncSession } from "../engines/types.ts";

export class Sessions {
  readonly #open: (options: RuntimeOptions) => Promise<Session>;
  readonly #opened = new Map<string, Session>();
  readonly #opening = new Map<string, Promise<Session>>();
  #prepared: SyncSession | null = null;

  constructor(open: (options: RuntimeOptions) => Promise<Session>) {
    this.#open = open;
  }

  /** At once where it is open already, so that calls keep their order. */
  get(options: RuntimeOptions): Session | Promise<Session> {
    const key = runtimeKey(options);
    const known = this.#opened.get(key) ?? this.#opening.get(key);
    if (known !== undefined) return known;
    const opening = this.#open(options).then(
      (session) => {
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

  /** The session that answers at once; null before `prepare`. */
  get prepared(): SyncSession | null {
    return this.#prepared;
  }

  /** Throws `unsupported/backend` for one that cannot answer at once. */
  async prepare(options: RuntimeOptions, shapes: readonly (readonly number[])[], warmUp: number): Promise<SyncSession> {
    const session = await this.get(options);
    if (!isSync(session))
      return fail("unsupported/backend", {
        message: "this backend cannot be prepared",
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
  resetStates(): void {
    for (const session of this.#opened.values()) session.resetStates();
    for (const opening of this.#opening.values())
      opening.then(
        (session) => session.resetStates(),
        () => undefined,
      );
  }

  /** Disposes of all; the next call opens anew. */
  drop(): void {
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
