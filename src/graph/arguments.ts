/**
 * Call arguments by the names of Keras's signature, however they were passed: a place means what the signature says,
 * null included. What a layer does not take is refused by name, so that nothing is dropped.
 */
import { fail } from "../core/error.ts";
import { jsonEqual, type JsonNode, JsonNumber } from "../codecs/json.ts";
import { CALL_RULES, type Semantics } from "../core/semantics.ts";
import { type AnyDef, type Arg, type KwArgs, type LayerNode, isInt8, type WeightDecl } from "../layers/define.ts";

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
    // tf-keras writes whole numbers of a constant as texts, which it does not read itself.
    if (name.endsWith("mask") && hasTexts(value)) fail("unsupported/argument", { message: name, expected: "tensors or numbers", found: "a list of texts" }); // prettier-ignore
    if (name in named) fail("malformed/graph", { message: "an argument is given by place and by name", found: name });
    named[name] = value;
  }
  const rest = args.slice(places.length);
  if (!variadic && rest.some((value) => value !== null))
    fail("unsupported/argument", { found: `place ${args.length}`, expected: `at most ${places.length}` });
  return { named, rest: variadic ? rest : [] };
}

const hasTexts = (arg: Arg): boolean => Array.isArray(arg) && arg.some((item: Arg) => typeof item === "string" || hasTexts(item)); // prettier-ignore

/** Truths are the numbers 1 and 0. */
const counted = (value: JsonNode): JsonNode =>
  typeof value === "boolean" ? JsonNumber.of(Number(value), "int") : value;
const pythonEqual = (a: JsonNode, b: JsonNode): boolean => jsonEqual(counted(a), counted(b));

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
      const nothing = value === null || (value === false && initial === null) || pythonEqual(value, initial);
      if (name !== "name" && !this.#read.has(name) && !nothing) fail("unsupported/argument", { found: name });
    }
  }
}

/** Arguments by name, each made another; those that are null are left out. */
export function mapNamed(named: KwArgs, f: (arg: Arg, name: string) => Arg): Record<string, Arg> {
  const given = Object.entries(named).filter((entry): entry is [string, Arg] => (entry[1] ?? null) !== null);
  return Object.fromEntries(given.map(([name, arg]) => [name, f(arg, name)]));
}

/** As f, and of a list its first item alone. */
export const ofHead =
  (f: (arg: Arg) => Arg) =>
  (arg: Arg): Arg => {
    if (!Array.isArray(arg)) return f(arg);
    const [head, ...more] = arg as readonly Arg[];
    return head === undefined ? arg : [f(head), ...more];
  };

/** Those that are given as None. */
export const nullsOf = (named: KwArgs): KwArgs => Object.fromEntries(Object.entries(named).filter(([, arg]) => arg === null)); // prettier-ignore

/** Whether a layer gets its floats and weights cast to the dtype of its policy. */
export function casts({ def, semantics }: LayerNode): boolean {
  const casts = def?.calls?.casts ?? true;
  if (casts === "older") return CALL_RULES[semantics].castsOlder;
  return typeof casts === "function" ? casts(semantics) : casts;
}

/** Whether a weight of such a layer stays in the dtype in which it is kept. */
export const keepsDType = (node: LayerNode, decl: WeightDecl<never>): boolean =>
  decl.dtype !== undefined || isInt8(decl, node.config) || !casts(node);
