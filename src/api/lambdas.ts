/** What a file says of a Lambda layer: its Python code is read, never run. */
import { toPlain, type JsonNode } from "../codecs/json.ts";
import { expressionOf, showExpr, showValue } from "../codecs/python/expression.ts";
import { readCode } from "../codecs/python/marshal.ts";
import { attempt } from "../core/guard.ts";
import { functionNames } from "../layers/common/activation-spec.ts";
import { functionOf } from "../layers/custom.ts";
import type { LayerNode } from "../layers/define.ts";
import { guessed } from "./lambda-guess.ts";
import type { ConfigValue } from "./model-layer.ts";

/** A Lambda layer's function. */
export interface LambdaInfo {
  /** `<lambda>` where it has no name; null where the file tells none. */
  readonly functionName: string | null;
  /** What it is called with beside its input. */
  readonly arguments: ConfigValue;
  /** As the file tells it. */
  readonly outputShape: ConfigValue;
  /** Of a function whose code the file holds, as far as it is understood. */
  readonly code: {
    /** Names of what it takes. */
    readonly parameters: readonly string[];
    /** Globals and attributes that it uses. */
    readonly names: readonly string[];
    /** As Python writes them. */
    readonly constants: readonly string[];
    /** Where it was written: file and line. */
    readonly from: string;
    /** What it returns, where it is one plain expression. */
    readonly text: string | null;
  } | null;
  /** A guess at what to pass as `lambdas: { name: … }`, for a person to check against a fixture; null where there is none. */
  readonly guess: string | null;
}

const MOST_SHOWN = 40;

/** The base64 of marshalled code, and its defaults: Keras 3 has an object, those before a list. */
function codeOf(stored: JsonNode): readonly [code: JsonNode, defaults: JsonNode] {
  if (Array.isArray(stored)) return [stored[0] ?? null, stored[1] ?? null];
  const config = stored instanceof Map ? (stored.get("config") ?? null) : null;
  return config instanceof Map ? [config.get("code") ?? null, config.get("defaults") ?? null] : [null, null];
}

function bytesOf(text: JsonNode): Uint8Array | null {
  if (typeof text !== "string" || text.length > 1 << 17) return null;
  return attempt(() => Uint8Array.from(atob(text.replace(/\s/g, "")), (c) => c.charCodeAt(0))) ?? null;
}

/** null for other layers. `isSeveral`: whether it is called on more than one value. */
export function lambdaOf({ class: className, options }: LayerNode, isSeveral: boolean): LambdaInfo | null {
  if (className !== "Lambda") return null;
  const stored = functionOf(options);
  const [text, given] = codeOf(stored);
  const bytes = bytesOf(text);
  const code = bytes === null ? null : readCode(bytes);
  const args = options.get("arguments") ?? null;
  const about = {
    functionName:
      code?.name ?? (text === null ? (functionNames(stored).find((name) => name !== "function") ?? null) : null),
    arguments: toPlain(args) as ConfigValue,
    outputShape: toPlain(options.get("output_shape") ?? null) as ConfigValue,
  };
  if (code === null) return { ...about, code: null, guess: null };
  const expr = expressionOf(code);
  const defaults = Array.isArray(given) ? given.map(toPlain) : [];
  const named = code.parameters.slice(code.parameters.length - defaults.length);
  return {
    ...about,
    code: {
      parameters: code.parameters,
      names: code.names.slice(0, MOST_SHOWN),
      constants: code.constants.slice(0, MOST_SHOWN).map(showValue),
      from: `${code.file}:${code.line}`,
      text: expr === null ? null : showExpr(expr).slice(0, 500),
    },
    guess:
      expr === null
        ? null
        : guessed(expr, {
            parameters: code.parameters,
            isSeveral,
            given: new Set(args instanceof Map ? args.keys() : []),
            defaults: new Map(named.map((name, i) => [name, typeof defaults[i] === "number" ? defaults[i] : null])),
          }),
  };
}
