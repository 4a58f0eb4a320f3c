/** How other generations of Keras write a class. */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { StoredInfo } from "./stored-forms.ts";

/** What tells how to read the config of an older file. */
export interface DialectInfo extends Omit<StoredInfo, "shapes"> {
  /** `tf` or `th`: what other layers of a file of Keras 1 say, for those that leave it out. */
  readonly dimOrdering: string | null;
}

/** How another generation wrote the same class. */
export interface DialectDef {
  /** Its option → today's. */
  readonly rename?: Readonly<Record<string, string>>;
  /** What a missing option means there, as JSON of today's option. */
  readonly defaults?: Readonly<Record<string, JsonNode>>;
  /** Its options that say nothing about the arithmetic. */
  readonly ignore?: readonly string[];
  /** Options that its files must have though they say nothing; by the layer's own where those decide. */
  readonly needs?: Readonly<Record<string, JsonNode | ((options: JsonObject, path: string) => JsonNode | undefined)>>;
  /** For what renaming cannot say: changes a copy of the config, already renamed. */
  upgrade?(config: JsonObject, info: DialectInfo): void;
}

/** A file that a Keras reads: in whose language, its format (`keras-v3` …), and whether that Keras itself wrote it so. */
export interface WrittenFile {
  readonly dialect: "keras1" | "keras2" | "keras3";
  readonly format: string;
  readonly isCopy: boolean;
}
