/**
 * Call arguments by the names of Keras's signature, however they were passed: a place means what the signature says,
 * null included. What a layer does not take is refused by name, so that nothing is dropped.
 */
import { fail } from "../core/error.ts";
import { jsonEqual } from "../codecs/json.ts";
import { CALL_RULES, type Semantics } from "../core/semantics.ts";
import {
  type AnyDef,
  type Arg,
  type KwArgs,
  type LayerNode,
  quantizationOf,
  type WeightDecl,
} from "../layers/define.ts";
import type { Sym } from "../ops/types.ts";
import { isSym } from "./masks.ts";

/** A call's arguments, each under its name. */
export interface BoundArguments {
  /** By name, in the order of the signature; what was null or not given is missing. */
  readonly named: Readonly<Record<string, Arg>>;
  /** The places after the named ones of an operation that takes any number of them. */
  readonly rest: readonly Arg[];
}

const namesOf = (def: AnyDef): readonly string[] => def.args ?? ["inputs"];

/** Takes all further keywords, in one record. */
const isRest = (name: string): boolean => name.startsWith("**");

/** The call's parameters that have a place of their own, the one for all further keywords among them. */
export const placesOf = (def: AnyDef): readonly string[] =>
  namesOf(def).filter((name) => !name.startsWith("*") || isRest(name));

/** Throws `unsupported/argument` for what the signature does not have, `malformed/graph` for what is given twice. */
export function bindArguments(def: AnyDef, semantics: Semantics, args: readonly Arg[], kw: KwArgs): BoundArguments {
  const places = placesOf(def);
  const variadic = places.length < namesOf(def).length;
  const common = def.kind === "operation" ? [] : CALL_RULES[semantics].keywords;
  const named: Record<string, Arg> = {};
  places.forEach((name, i) => {
    const value = args[i] ?? null;
    if (value !== null) named[name] = value;
  });
  for (const [name, value] of Object.entries(kw)) {
    if (value === undefined || value === null) continue;
    const others = places.includes(name) ? undefined : places.find(isRest);
    if (others !== undefined) {
      named[others] = { ...(named[others] as Readonly<Record<string, Arg>> | undefined), [name]: value };
      continue;
    }
    if (!places.includes(name) && !common.includes(name)) fail("unsupported/argument", { found: name });
    if (name in named) fail("malformed/graph", { message: "an argument is given by place and by name", found: name });
    named[name] = value;
  }
  const rest = args.slice(places.length);
  if (!variadic && rest.some((value) => value !== null))
    fail("unsupported/argument", { found: `place ${args.length}`, expected: `at most ${places.length}` });
  return { named, rest: variadic ? rest : [] };
}

/** An operation's options, watched: one that is not Keras's default and that the operation does not look at is refused. */
export class ReadOptions {
  readonly options: Readonly<Record<string, unknown>>;
  readonly #node: LayerNode;
  readonly #read = new Set<string | symbol>();

  constructor(node: LayerNode) {
    this.#node = node;
    this.options = new Proxy(node.config, {
      get: (config, key) => {
        this.#read.add(key);
        return Reflect.get(config, key) as unknown;
      },
    });
  }

  /** Throws `unsupported/argument` with the option's name. */
  refuseUnread(): void {
    for (const [name, value] of this.#node.options) {
      const initial = this.#node.def?.config[name]?.default ?? null;
      const nothing = value === null || (value === false && initial === null) || jsonEqual(value, initial);
      if (name !== "name" && !this.#read.has(name) && !nothing) fail("unsupported/argument", { found: name });
    }
  }
}

/** An argument in which Python's floats are plain numbers. */
export function untyped(arg: Arg): Arg {
  if (typeof arg !== "object" || arg === null || isSym(arg)) return arg;
  if (Array.isArray(arg)) return arg.map((item: Arg) => untyped(item));
  const record = arg as { readonly [key: string]: Arg };
  if (typeof record["float"] === "number") return record["float"];
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, untyped(value)]));
}

/** An argument with another value for each that is in it. */
export function mapSyms(arg: Arg, f: (s: Sym) => Sym): Arg {
  if (isSym(arg)) return f(arg);
  if (Array.isArray(arg)) return (arg as readonly Arg[]).map((a) => mapSyms(a, f));
  if (typeof arg === "object" && arg !== null)
    return Object.fromEntries(Object.entries(arg).map(([k, v]) => [k, mapSyms(v as Arg, f)]));
  return arg;
}

/** The same for arguments by name; those that are null are left out. */
export function mapNamed(named: KwArgs, f: (arg: Arg) => Arg): Record<string, Arg> {
  const given = Object.entries(named).filter((entry): entry is [string, Arg] => (entry[1] ?? null) !== null);
  return Object.fromEntries(given.map(([name, arg]) => [name, f(arg)]));
}

/** Whether a layer gets its floats and weights cast to the dtype of its policy. */
export const autocasts = ({ def, semantics }: LayerNode): boolean =>
  def?.calls?.uncast !== true && (def?.calls?.autocast?.(semantics) ?? true);

/** Whether a weight of such a layer stays in the dtype in which it is kept. */
export const keepsDType = (node: LayerNode, { dtype, integers }: WeightDecl<never>): boolean =>
  dtype !== undefined || (integers === true && quantizationOf(node.config) !== null) || !autocasts(node);
