/** How the weights of a layer are quantised. Source: keras/src/dtype_policies/dtype_policy.py. */

/**
 * How a layer's weights are quantised: int8, packed int4, float8 only while computing, or integers of `bits` bits without a
 * sign (gptq, awq); where not of whole channels, in blocks of so many.
 */
export interface Quantization {
  readonly mode: "int8" | "int4" | "float8" | "gptq" | "awq";
  readonly block: number | null;
  readonly bits?: number;
}

/** That of a layer with this config. */
export const quantizationOf = (config: object): Quantization | null =>
  (config as { readonly quantization?: Quantization }).quantization ?? null;

/** Whether a weight is stored as int8. */
export const isInt8 = (decl: { readonly integers?: true } | undefined, config: object): boolean =>
  decl?.integers === true && quantizationOf(config)?.mode.startsWith("int") === true;
