/** Hashes of texts of all lengths, a byte or several a letter, as TensorFlow 2.21's `to_hash_bucket_fast` and `_strong` have them. */
import { expect, test } from "vitest";
import { ofTexts } from "../../src/ops/text/functions.ts";

const LENGTHS = [0, 1, 3, 4, 7, 8, 16, 17, 32, 33, 64, 65, 128, 129, 256, 257, 300];
const texts = [...LENGTHS.map((n) => "ab9 zQ.".repeat(60).slice(0, n)), ...[1, 4, 40].map((n) => "é漢ß".repeat(n))];
const [MANY, FEW] = [2 ** 40 + 1, 2 ** 21];
const FAST = [
  254190903013, 436848046241, 904860894504, 97271968723, 1087284479550, 421773273323, 221496270754, 924345298281,
  147444432383, 776827905333, 849517688770, 107926361562, 333370560615, 98592141621, 366576903122, 314822244387,
  482036239504, 862565240436, 213795185240, 482113216302,
];
const STRONG = [
  758351882892, 1067058886680, 26130876491, 1009940665320, 844988990200, 1088112651794, 382798779428, 609836732717,
  108788211128, 952963912451, 996521164509, 1069620059525, 1065739175259, 287986903482, 603934608684, 1042568462712,
  363942386282, 840703524740, 401333588156, 986818425083,
];
const OF_FEW = [
  1065039, 2061795, 1090058, 1999292, 1841773, 1065481, 499950, 1625655, 782542, 877690, 272581, 1676769, 3201, 22681,
  1697811, 663844, 436839, 1913649, 980881, 942426,
];

test.each([
  ["fast", MANY, null, FAST],
  ["strong", MANY, [2 ** 33 + 7, 2 ** 52 + 3], STRONG],
  ["fast", FEW, null, OF_FEW],
] as const)("%s, of %d", (_, bins, key, wanted) => {
  const x = { dtype: "string", shape: [texts.length], data: texts } as const;
  const y = ofTexts("hash", [x], { bins, mask: null, key }, Infinity);
  expect(Array.from(y.data as BigInt64Array, Number)).toEqual(wanted);
});
