/** Which colour a layer has: by what it does. */
import type { InspectedLayer, Kind } from "../types.ts";

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^InputLayer$/, "input"],
  [/^(Functional|Sequential|Model)$/, "model"],
  [/LSTM|GRU|RNN|^Bidirectional$/, "recurrent"],
  [/Attention/, "attention"],
  [/Conv/, "conv"],
  [/Pooling|UpSampling|ZeroPadding|Cropping/, "pool"],
  [/Normalization/, "norm"],
  [/Dense|Embedding/, "dense"],
  [/^(Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Dot)$/, "merge"],
];

/** A wrapper has that of what it wraps. */
export function kindOf({ class: name, layers }: Pick<InspectedLayer, "class" | "layers">): Kind {
  const found = KINDS.find(([pattern]) => pattern.test(name))?.[1];
  return found ?? (layers[0] === undefined ? "other" : kindOf(layers[0]));
}
