/**
 * The dtype policy of a layer: what it computes in. Source: keras/src/dtype_policies, tf_keras/mixed_precision/policy.py.
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import { type DType, isDType, isFloat } from "../core/dtype.ts";
import type { Problem } from "../core/error.ts";
import { attempt } from "../core/guard.ts";
import type { Semantics } from "../core/semantics.ts";
import { EDITIONS } from "../formats/languages.ts";
import type { LayerNode, Quantization } from "../layers/define.ts";
import { MODELS } from "./walk.ts";

/** Asks for float policies other than float32 to be computed in float32. */
export type Compute = "float32";

const CLASSES: ReadonlySet<unknown> = new Set(["DTypePolicy", "FloatDTypePolicy", "Policy", "PolicyV1"]);

/** What policies that compute in half precision over float32 weights are named. */
const MIXED: ReadonlyMap<string, DType> = new Map([["mixed_float16", "float16"], ["mixed_bfloat16", "bfloat16"]]); // prettier-ignore

/** The name of a policy of floats. */
export type FloatPolicy = "float16" | "bfloat16" | "float32" | "float64" | "mixed_float16" | "mixed_bfloat16";

/** Whether a policy of floats has that name. */
export const isPolicy = (name: unknown): name is FloatPolicy =>
  typeof name === "string" && (MIXED.has(name) || (isDType(name) && isFloat(name)));

interface Policy {
  /** What the layer computes in, and gives. */
  readonly dtype: DType;
  /** What its weights are kept in. */
  readonly variable: DType;
  /** Whether weights are quantised: the file holds other arrays than the class says. */
  readonly quantised: boolean;
  /** How they are, where that is known. */
  readonly quantization: Quantization | null;
  /** The float policy that is computed in float32 instead. */
  readonly instead: string | null;
  readonly problem: Problem | null;
}

/** What names of quantised policies begin with in Keras 3, where `int8` is no dtype of a layer. */
const MODE = /^(int8|int4|float8|gptq|awq)/;

/** A quantised policy has a mode in place of a name, or both in one: `int8_from_float32`. */
function modeOf(node: JsonNode, semantics: Semantics): string | null {
  const config = node instanceof Map ? node.get("config") : node;
  const found = config instanceof Map ? (config.get("mode") ?? config.get("name")) : config;
  const isMode =
    typeof found === "string" &&
    (found.includes("_from_") ||
      (config instanceof Map && config.has("mode")) ||
      (!EDITIONS[semantics].hasIntegerDTypes && MODE.test(found)));
  return isMode ? found : null;
}

/** Modes that are computed: int4 in blocks of so many, or of whole channels (`-1`); gptq and awq with their bits before that. */
const QUANTIZED = /^(?:(int8|int4|float8)(?:\/(-1|\d+))?|(gptq|awq)\/([2348])\/(-1|\d+))_from_(\w+)$/;

/** The policy that a layer had before it was quantised. */
function sourceOf(node: JsonNode): string {
  const config = node instanceof Map ? node.get("config") : undefined;
  const source = config instanceof Map ? config.get("source_name") : undefined;
  return typeof source === "string" ? source : "float32";
}

/** The name in `dtype`; undefined where it is no policy at all. */
function nameOf(node: JsonNode): string | null | undefined {
  if (typeof node === "string" || node === null) return node;
  if (!(node instanceof Map)) return undefined;
  const [name, config] = [node.get("class_name"), node.get("config")];
  // A class is told by its name, but for one that would be taken for a policy's.
  if (!CLASSES.has(name)) return typeof name === "string" && !isDType(name) && !MIXED.has(name) ? name : undefined;
  const inner = config instanceof Map ? config.get("name") : undefined;
  return typeof inner === "string" || inner === null ? inner : undefined;
}

/**
 * Whether all of a path is one of a pattern's, which Python reads as JavaScript does; null for one that may take long: with
 * repeated groups, or many repetitions, or of a long path.
 */
function isFullMatch(pattern: string, path: string): boolean | null {
  if (/\)[*+?{]|\(\?|\\[^.]|\{/.test(pattern) || pattern.replace(/[^*+?]/g, "").length > 2 || path.length > 100)
    return null;
  return attempt(() => new RegExp(`^(?:${pattern})$`, "u"))?.test(path) ?? null;
}

/** What paths inside of a layer begin with: in a Sequential that knows its input, its name; in other models, nothing. */
export function scopeInside({ class: className, name, config }: LayerNode, around: string): string {
  const whole = around === "" ? name : `${around}/${name}`;
  if (className !== "Sequential") return MODELS.has(className) ? "" : whole;
  const [first] = config["layers"] as readonly JsonObject[];
  const own = first?.get("config");
  return own instanceof Map && (own.has("batch_shape") || own.has("batch_input_shape")) ? name : whole;
}

/** How many patterns a path is compared with. */
const MOST_POLICIES = 100;

/** The policy that a DTypePolicyMap has for a path; a text that is none where it tells no one policy. */
function mapped(config: JsonObject, path: string): JsonNode {
  const all = config.get("policy_map");
  const policies = all instanceof Map ? all : new Map<string, JsonNode>();
  const own = policies.get(path);
  if (own !== undefined) return own;
  if (policies.size > MOST_POLICIES) return `a DTypePolicyMap of ${policies.size} policies`;
  const found = [...policies.keys()].filter((key) => isFullMatch(key, path) !== false);
  if (found.length === 0) return config.get("default_policy") ?? null;
  return found.length > 1 || isFullMatch(found[0]!, path) === null
    ? `a DTypePolicyMap of ${found.join(", ")}`
    : policies.get(found[0]!)!;
}

/** The policy in a layer's `dtype`, which `keras` is the path of in its model. Without one it is float32, as Keras's own default. */
export function readPolicy(
  node: JsonNode | undefined,
  path: string,
  semantics: Semantics,
  compute: Compute | null,
  keras = path,
): Policy {
  const config = node instanceof Map && node.get("class_name") === "DTypePolicyMap" ? node.get("config") : undefined;
  if (config instanceof Map) return readPolicy(mapped(config, keras), path, semantics, compute);
  const of = (dtype: DType, variable: DType) => ({
    dtype,
    variable,
    quantised: false,
    quantization: null,
    instead: null,
    problem: null,
  });
  const float32 = of("float32", "float32");
  const refused = (found: string): Problem => ({
    code: "unsupported/dtype-policy",
    path,
    expected: "a policy of floats",
    found,
  });
  const mode = modeOf(node ?? null, semantics);
  if (mode !== null) {
    // A mode alone is a policy's config, never a policy: Keras refuses the text.
    const whole = mode.includes("_from_") || typeof node === "string" ? mode : `${mode}_from_${sourceOf(node ?? null)}`;
    const [, plain, width, packed, bits, group, from = "float32"] = QUANTIZED.exec(whole) ?? [];
    const [name, block] = [plain ?? packed, width ?? group];
    const own = name === undefined || !isPolicy(from) ? float32 : readPolicy(from, path, semantics, compute);
    const size = block === undefined || block === "-1" ? null : Number(block);
    const quantization =
      name === undefined || !isPolicy(from)
        ? null
        : { mode: name as Quantization["mode"], block: size, ...(bits !== undefined && { bits: Number(bits) }) };
    return { ...own, quantised: true, quantization, problem: refused(mode) };
  }
  const name = nameOf(node ?? null);
  if (name === undefined) {
    const problem = { code: "malformed/config", path: `${path}.dtype`, expected: "a dtype policy" } as const;
    return { ...float32, problem };
  }
  if (name === null || name === "float32") return float32;
  if (compute !== null && isPolicy(name)) return { ...float32, instead: name };
  const mixed = MIXED.get(name);
  if (mixed !== undefined) return of(mixed, "float32");
  // A layer of texts may hold numbers.
  if (isDType(name)) return of(name, name === "string" ? "float32" : name);
  return { ...float32, problem: refused(name) };
}

/** What a model says of policies that are computed in float32: policy → its layers. */
export function policyWarnings(instead: ReadonlyMap<string, readonly string[]>): Problem[] {
  return [...instead].map(([found, layers]) => ({
    code: "unsupported/dtype-policy",
    path: layers[0]!,
    message: `computed in float32, as asked${layers.length > 1 ? `, in ${layers.length} layers` : ""}`,
    expected: "float32",
    found,
  }));
}

/** The same, for a report. */
export const policyNotes = (warnings: readonly Problem[]): string[] =>
  warnings
    .filter(({ code }) => code === "unsupported/dtype-policy")
    .map(({ path, found, message }) => `${path}: policy ${found}, ${message}`);
