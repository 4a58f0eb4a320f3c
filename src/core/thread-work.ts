/** What a thread does: instantiates the modules that it is sent and works for the main thread until there are more. */

/** Functions that modules for threads export: see src/engines/wasm/kernels/parallel.ts. */
export const JOIN = "join";
export const WORK = "work";
export const PART_FAILED = "partFailed";

/** A module whose functions belong into the table from `first` on; each is exported under its index. */
export interface ThreadModule {
  readonly module: WebAssembly.Module;
  readonly first: number;
  readonly count: number;
}

/** The same memory each time. */
export interface ThreadMessage {
  readonly memory: WebAssembly.Memory;
  readonly modules: readonly ThreadModule[];
}

export type Exports = Readonly<Record<string, (...args: number[]) => void>>;

/** Adds a module's functions to a table; gives what it exports. */
export function link(memory: WebAssembly.Memory, table: WebAssembly.Table, { module, first, count }: ThreadModule) {
  const missing = first + count - table.length;
  if (missing > 0) table.grow(missing);
  const exports = new WebAssembly.Instance(module, { env: { memory, table } }).exports as Exports;
  for (let i = first; i < first + count; i++) table.set(i, exports[String(i)]);
  return exports;
}

/** Takes the messages of the main thread; `ready` is called once there are functions. */
export function receiver(ready: () => void): (message: ThreadMessage) => void {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
  let received = 0;
  let exports: Exports | undefined;
  return ({ memory, modules }) => {
    received++;
    for (const module of modules) {
      const made = link(memory, table, module);
      if (exports !== undefined) continue;
      exports = made;
      exports[JOIN]!();
      ready();
    }
    for (let isWorking = true; isWorking;) {
      try {
        // Returns when there are more messages.
        exports?.[WORK]!(received);
        isWorking = false;
      } catch {
        exports![PART_FAILED]!();
      }
    }
  };
}
