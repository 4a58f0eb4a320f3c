/** How the weights of a layer are quantised. Source: keras/src/dtype_policies/dtype_policy.py. */
import { JsonNumber, type JsonObject } from "../codecs/json.ts";

/**
 * How a layer's weights are quantised: int8, packed int4, float8 only while computing, or integers of `bits` bits without a
 * sign (gptq, awq); where not of whole channels, in blocks of so many.
 */
export interface Quantization {
  readonly mode: "int8" | "int4" | "float8" | "gptq" | "awq";
  readonly block: number | null;
  readonly bits?: number;
  /** Of a call without its quantisation, see `calledBare`. */
  readonly isBare?: true;
  /** Low-rank adapters beside it (`enable_lora`), where the file has them: a·b times `scale` is added to the weight. */
  readonly adapter?: { readonly rank: number; readonly scale: number };
}

/** What `Int4QuantizationConfig` has where nothing is given. */
const INT4_BLOCKS = 128;

/** The adapters that a layer's options ask for (`lora_rank`, `lora_alpha`): their product is scaled by alpha / rank. */
export function adapterOf(options: JsonObject): { readonly rank: number; readonly scale: number } | null {
  const [rank, alpha] = ["lora_rank", "lora_alpha"].map((key) => options.get(key));
  if (!(rank instanceof JsonNumber) || !(rank.value > 0)) return null;
  return { rank: rank.value, scale: (alpha instanceof JsonNumber ? alpha.value : rank.value) / rank.value };
}

/**
 * The blocks that a layer's own options give int4 (`quantization_config`), whatever its policy says; undefined where they give
 * none. Source: keras/src/quantizers/quantization_config.py (`get_block_size_for_layer`).
 */
export function blocksIn(options: JsonObject): number | null | undefined {
  const own = options.get("quantization_config");
  if (!(own instanceof Map) || own.get("class_name") !== "Int4QuantizationConfig") return undefined;
  const config = own.get("config");
  const size = config instanceof Map ? config.get("block_size") : undefined;
  if (config instanceof Map && size === undefined) return INT4_BLOCKS;
  return size instanceof JsonNumber && Number.isInteger(size.value) && size.value > 0 ? size.value : null;
}

/** That of a layer with this config. */
export const quantizationOf = (config: object): Quantization | null =>
  (config as { readonly quantization?: Quantization }).quantization ?? null;

/** The config for the layer's `call` alone, which Keras 3's TimeDistributed runs: on the stored numbers, without scales. */
export function calledBare<C extends object>(config: C): C {
  const quantization = quantizationOf(config);
  return quantization === null ? config : { ...config, quantization: { ...quantization, isBare: true } };
}

/** Whether a weight is stored as int8. */
export const isInt8 = (decl: { readonly integers?: true } | undefined, config: object): boolean =>
  decl?.integers === true && quantizationOf(config)?.mode.startsWith("int") === true;
