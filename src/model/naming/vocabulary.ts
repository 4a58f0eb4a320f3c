/** Vocabularies from beside the config go into it, where Keras and every other format read them too. */
import { type JsonNode, JsonNumber } from "../../codecs/json.ts";
import type { LookupTable } from "../../formats/archive.ts";
import type { LayerNode } from "../../layers/define.ts";

function give(node: LayerNode, tokens: () => readonly JsonNode[]): void {
  const stored = node.raw?.get("config");
  const isGiven = Array.isArray(node.options.get("vocabulary"));
  if (node.def?.config["vocabulary"] === undefined || isGiven || !(stored instanceof Map)) return;
  const found = [...tokens()];
  for (const config of [node.options, stored]) config.set("vocabulary", found);
  (node.config as Record<string, unknown>)["vocabulary"] = found;
}

const isWhole = ({ def }: LayerNode): boolean => def?.config["vocabulary_dtype"] !== undefined;

/** Whether what it has learned is not in its config, so that it lies beside it. */
export const mayKeepVocabulary = ({ def, options }: LayerNode): boolean =>
  def?.config["vocabulary"] !== undefined && (options.get("vocabulary") ?? null) === null;

/** From a text with a line for each token. */
export function giveVocabulary(node: LayerNode, text: string | undefined): void {
  if (text === undefined || (node.options.get("vocabulary") ?? null) !== null) return;
  const lines = text.split(/\r\n|\r|\n/);
  while (lines.at(-1) === "") lines.pop();
  give(node, () => (isWhole(node) ? lines.map((line) => JsonNumber.of(Number(line), "int")) : lines));
}

const numberOf = (item: JsonNode): number => (item instanceof JsonNumber ? item.value : Number(item));

/** From a table of tokens and their indices, or of indices and their tokens. */
export function giveTable(node: LayerNode, table: LookupTable | undefined): void {
  if (table === undefined) return;
  const isInverse = node.options.get("invert") === true && table.isOfLines !== true;
  const [tokens, places] = isInverse ? [table.values, table.keys] : [table.keys, table.values];
  const order = places.map((place, i) => [numberOf(place), tokens[i]!] as const).sort(([a], [b]) => a - b);
  const text = (token: JsonNode): JsonNode => (token instanceof JsonNumber ? String(token.value) : token);
  give(node, () => order.map(([, token]) => (isWhole(node) ? JsonNumber.of(numberOf(token), "int") : text(token))));
}
