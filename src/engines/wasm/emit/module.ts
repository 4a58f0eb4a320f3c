/** Functions with named locals, put together into a module that imports its memory and its table. */
import { type Code, flatten, section, TYPE_BYTE, unsigned, utf8, type ValueType, vector } from "./code.ts";

/** A local variable or parameter of a function: code that reads and writes it. */
export class Local {
  readonly type: ValueType;
  readonly #index: Code;
  readonly get: Code;

  constructor(type: ValueType, index: number) {
    this.type = type;
    this.#index = unsigned(index);
    this.get = [0x20, this.#index];
  }

  set(value: Code): Code {
    return [value, 0x21, this.#index];
  }

  /** Sets it and leaves the value. */
  tee(value: Code): Code {
    return [value, 0x22, this.#index];
  }
}

/** So many of them: one by one where their number is written down. */
type Locals<N extends number, T extends Local[] = []> = number extends N
  ? Local[]
  : T["length"] extends N
    ? T
    : Locals<N, [...T, Local]>;

/** A function being written; locals are lent by type and given back, so that they are few. */
export class Fn {
  readonly module: Module;
  readonly params: readonly Local[];
  readonly #types: ValueType[] = [];
  readonly #free = new Map<ValueType, Local[]>();

  constructor(module: Module, params: readonly ValueType[]) {
    this.module = module;
    this.params = params.map((type, i) => new Local(type, i));
  }

  /** A local of its own, or one that was released. Its value is undefined until set. */
  local(type: ValueType): Local {
    const released = this.#free.get(type)?.pop();
    if (released !== undefined) return released;
    this.#types.push(type);
    return new Local(type, this.params.length + this.#types.length - 1);
  }

  locals<const N extends number>(type: ValueType, count: N): Locals<N> {
    return Array.from({ length: count }, () => this.local(type)) as Locals<N>;
  }

  /** Lets later code of this function use these locals again. */
  release(...locals: readonly Local[]): void {
    for (const local of locals) {
      const free = this.#free.get(local.type);
      if (free === undefined) this.#free.set(local.type, [local]);
      else free.push(local);
    }
  }

  /** Runs of equal types, as the format wants them. */
  declarations(): Code {
    const runs: [number, ValueType][] = [];
    for (const type of this.#types) {
      const last = runs.at(-1);
      if (last !== undefined && last[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    return vector(runs.map(([count, type]) => [unsigned(count), TYPE_BYTE[type]]));
  }
}

/** A function of the module being built. */
export interface FnRef {
  readonly index: number;
}

/** What the code of a module may use. */
export interface ModuleOptions {
  /** Fused multiply-add where the engine has it; results then differ between machines in the last bit. */
  readonly relaxed: boolean;
  /** For a memory that threads share. */
  readonly shared?: boolean;
}

/** Pages that 32-bit addresses reach. */
export const MOST_PAGES = 65536;

interface DeclaredFunction {
  readonly type: number;
  readonly name?: string;
  code: readonly Code[];
}

/** A module being written: its functions, and helpers that each are in it once. */
export class Module {
  readonly relaxed: boolean;
  readonly #shared: boolean;
  readonly #types: string[] = [];
  readonly #typeCodes: Code[] = [];
  readonly #functions: DeclaredFunction[] = [];
  readonly #helpers = new Map<string, FnRef>();

  constructor(options: ModuleOptions) {
    this.relaxed = options.relaxed;
    this.#shared = options.shared === true;
  }

  /** Index of a function type. */
  type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#types.push(key);
    const bytes = (types: readonly ValueType[]): Code => vector(types.map((t) => TYPE_BYTE[t]));
    this.#typeCodes.push([0x60, bytes(params), bytes(results)]);
    return this.#types.length - 1;
  }

  /** Adds a function; `build` may already call it through `ref`. A name exports it. */
  func(
    params: readonly ValueType[],
    results: readonly ValueType[],
    build: (f: Fn, ref: FnRef) => Code,
    name?: string,
  ): FnRef {
    const ref = { index: this.#functions.length };
    const declared: DeclaredFunction = {
      type: this.type(params, results),
      code: [],
      ...(name !== undefined && { name }),
    };
    this.#functions.push(declared);
    const f = new Fn(this, params);
    const body = build(f, ref);
    declared.code = [f.declarations(), body, 0x0b];
    return ref;
  }

  /** A function that is added once, when first asked for. */
  helper(key: string, params: readonly ValueType[], results: readonly ValueType[], build: (f: Fn) => Code): FnRef {
    const known = this.#helpers.get(key);
    if (known !== undefined) return known;
    const ref = this.func(params, results, build);
    this.#helpers.set(key, ref);
    return ref;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const functions = this.#functions;
    const exported = functions.flatMap(({ name }, i) => (name === undefined ? [] : [[utf8(name), 0x00, unsigned(i)]]));
    const bodies = functions.map(({ code }) => {
      const bytes = flatten(code);
      return [unsigned(bytes.length), bytes];
    });
    const imports = [
      [utf8("env"), utf8("memory"), 0x02, this.#shared ? [0x03, 0, unsigned(MOST_PAGES)] : [0x00, 0]],
      [utf8("env"), utf8("table"), 0x01, 0x70, 0x00, unsigned(0)],
    ];
    return flatten([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, vector(this.#typeCodes)),
      section(2, vector(imports)),
      section(3, vector(functions.map(({ type }) => unsigned(type)))),
      section(7, vector(exported)),
      section(10, vector(bodies)),
    ]);
  }
}

export const call = (f: FnRef, ...operands: readonly Code[]): Code => [operands, 0x10, unsigned(f.index)];

/** Calls entry `index` of the imported table. */
export const callIndirect = (type: number, index: Code, ...operands: readonly Code[]): Code => [
  operands,
  index,
  0x11,
  unsigned(type),
  unsigned(0),
];
