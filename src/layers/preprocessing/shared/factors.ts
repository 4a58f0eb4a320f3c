/**
 * Options of layers that change images at random: how much, one number or the two ends of a range. None says anything about
 * what is computed without training; each is refused where Keras's constructor refuses it.
 * Source: keras/src/layers/preprocessing/image_preprocessing/, tf_keras/layers/preprocessing/image_preprocessing.py.
 */
import { type JsonNode, JsonNumber } from "../../../codecs/json.ts";
import type { Semantics } from "../../../core/semantics.ts";
import { CHECKING, checked, json } from "../../fields.ts";

/** What a constructor takes: which single numbers, and which pairs. */
interface Rule {
  one(value: number): boolean;
  two(first: number, second: number): boolean;
  /** Of more than two the first two count. */
  readonly longer?: true;
}

const isIn = (value: number, low: number, high: number): boolean => value >= low && value <= high;

/** A range that meets [low, high]. Source: `_set_factor` of base_image_preprocessing_layer.py. */
export const meets = (low: number, high: number): Rule => ({
  one: (value) => isIn(value, low, high),
  two: (first, second) => first <= high && second >= low,
});

/** What passes, alone or as either of two. */
export const each = (allows: (value: number) => boolean): Rule => ({
  one: allows,
  two: (first, second) => allows(first) && allows(second),
});

/** Both ends in [low, high]. */
export const inside = (low: number, high: number): Rule => each((value) => isIn(value, low, high));

/** Of tf-keras: the ends, of which one number gives both signs, pass. */
export const ends = (allows: (lower: number, upper: number) => boolean): Rule => ({
  one: (value) => allows(-value, value),
  two: allows,
  longer: true,
});

/** One number alone. */
export const single = (low: number, high: number): Rule => ({
  one: (value) => isIn(value, low, high),
  two: () => false,
});

const number = (value: number): JsonNode => JsonNumber.of(value, Number.isInteger(value) ? "int" : "float");

/** A number or two; `older`: the rule of tf-keras, where it differs. */
export const factor = (initial: number | readonly [number, number], rule: Rule, older = rule) =>
  checked(
    json(typeof initial === "number" ? number(initial) : initial.map(number)),
    "a number or two, as Keras allows them",
    (node, { semantics }) => {
      if (!CHECKING.includes(semantics)) return true;
      const { one, two, longer } = semantics === "keras3" ? rule : older;
      const values = (Array.isArray(node) ? node : [node]).map((n) => (n instanceof JsonNumber ? n.value : NaN));
      return Array.isArray(node)
        ? (values.length === 2 || (longer === true && values.length > 2)) && two(values[0]!, values[1]!)
        : one(values[0]!);
    },
  );

/** A word of Keras's; each generation has the same. */
export const word = (initial: string, words: readonly string[], generations: readonly Semantics[] = CHECKING) =>
  checked(
    json(initial),
    `one of ${words.join(", ")}`,
    (node, { semantics }) => !generations.includes(semantics) || (typeof node === "string" && words.includes(node)),
  );

/** Two numbers, in any order. */
export const valueRange = checked(
  json([number(0), number(255)]),
  "two numbers",
  (node, { semantics }) => !CHECKING.includes(semantics) || (Array.isArray(node) && node.length === 2),
);

/** As `valueRange`, where only training looks at it. */
export const anyRange = json([number(0), number(255)]);
