/** From a stored config, in whatever dialect, to today's options and then to the typed config of a declaration. */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import { FormatError, type Problem } from "../core/error.ts";
import type { Semantics } from "../core/semantics.ts";
import { EDITIONS } from "../formats/languages.ts";
import type { Supplied } from "../layers/custom.ts";
import type { AnyDef, DialectInfo } from "../layers/define.ts";
import { CHECKING } from "../layers/fields.ts";

/** Today's options of a stored config: renamed, defaults of its generation filled in. The stored config stays as it is. */
export function todaysOptions(def: AnyDef | null, config: JsonObject, info: DialectInfo): JsonObject {
  const dialect = def?.dialects?.[EDITIONS[info.semantics].options];
  const options: JsonObject = new Map();
  for (const [key, value] of config) options.set(dialect?.rename?.[key] ?? key, value);
  for (const [key, value] of Object.entries(dialect?.defaults ?? {})) {
    if (def !== null && Object.hasOwn(def.config, key) && !options.has(key)) options.set(key, value);
  }
  dialect?.upgrade?.(options, info);
  return options;
}

/** The typed config. Options that are not of their type are reported, all together. */
export function typedConfig(
  def: AnyDef,
  options: JsonObject,
  path: string,
  { semantics, supplied }: { readonly semantics: Semantics; readonly supplied?: Supplied | undefined },
): { config: Record<string, unknown>; problems: Problem[] } {
  const config: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [key, field] of Object.entries(def.config)) {
    let node: JsonNode | undefined = options.get(key);
    const at = { path: `${path}.${key}`, semantics, functions: supplied?.functions };
    if (node === undefined) {
      if (field.required) {
        problems.push({ code: "malformed/config", path: at.path, expected: "a value", found: "none" });
        continue;
      }
      node = field.default;
    }
    // `axis=None` is no axis that was left out: where constructors check, a null is read like every value.
    if (
      def.kind !== "operation" &&
      node === null &&
      field.default !== null &&
      field.kind === "value" &&
      field.nullable !== true &&
      !CHECKING.includes(semantics)
    )
      node = field.default;
    try {
      config[key] = field.parse(node, at);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.push(...error.problems);
    }
  }
  return { config, problems };
}
