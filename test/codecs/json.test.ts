import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fromPlain,
  jsonEqual,
  JsonNumber,
  type JsonNode,
  type JsonStyle,
  parseJson,
  printJson,
  PYTHON_STYLE,
  toPlain,
} from "../../src/codecs/json.ts";
import { FormatError } from "../../src/core/error.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";

const parse = (text: string | Uint8Array) => parseJson(text, DEFAULT_LIMITS, "config.json");
const reprint = (text: string): string => {
  const { root, style } = parse(text);
  return printJson(root, style);
};
const refusal = (text: string | Uint8Array, limits = DEFAULT_LIMITS): FormatError => {
  try {
    parseJson(text, limits, "config.json");
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("was accepted");
};

// Each text is what CPython 3.11 prints: json.dumps(value, **arguments).
const PYTHON_TEXTS = [
  '{"a": [], "b": {}, "c": [1, {"x": 2.0}]}',
  '{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    {\n      "x": 2\n    }\n  ]\n}',
  "[\n1,\n2\n]",
  '"\\u007f\\u00e9\\ud83d\\ude00\\ud800/\\u001f\\b\\f\\n\\r\\t\\"\\\\"',
  '["\u007fé", "\\u001f", "😀"]',
  "[1e+16, 1000000000000000.0, 1.2345678901234568e+17, 1e-05, 0.0001, -0.0, 5e-324, NaN, -Infinity, Infinity]",
  '{"a":[1,2],"b":null}',
  '{"a": 1}\n',
  "[12345678901234567890123, -0, 1E5]",
  '{"__proto__": {"constructor": true}, "toString": false}',
  '{\n    "a": [\n        1, \n        2\n    ]\n}',
];

describe("JSON texts of Python", () => {
  it.each(PYTHON_TEXTS)("print as they were: %j", (text) => expect(reprint(text)).toBe(text));

  it("have their style detected", () => {
    const style: JsonStyle = { indent: null, itemSeparator: ",", keySeparator: ":", ensureAscii: false };
    expect(parse('{"a":"é","b":1}').style).toEqual(style);
    expect(parse("[1, 2]").style).toEqual(PYTHON_STYLE);
    expect(parse('{"a": 1}').style).toEqual(PYTHON_STYLE);
    expect(parse('[\n {\n  "a": 1\n }\n]').style.indent).toBe(1);
  });

  it("keep the text of every number", () => {
    const [a, b, c] = parse("[1, 1.0, 1e-07]").root as JsonNumber[];
    expect([a!.text, b!.text, c!.text]).toEqual(["1", "1.0", "1e-07"]);
    expect([a!.isInteger, b!.isInteger, c!.value]).toEqual([true, false, 1e-7]);
  });

  it("may start with a byte order mark", () => expect(toPlain(parse("\ufeff[1]").root)).toEqual([1]));

  it("are read from bytes too", () => expect(parse(new TextEncoder().encode('"é"')).root).toBe("é"));
});

describe("numbers made here", () => {
  it.each([
    [1, "float", "1.0"],
    [1, "int", "1"],
    [1e16, "float", "1e+16"],
    [1e15, "float", "1000000000000000.0"],
    [123456789012345680, "float", "1.2345678901234568e+17"],
    [1e-5, "float", "1e-05"],
    [0.0001, "float", "0.0001"],
    [0.00012345, undefined, "0.00012345"],
    [-1.5e300, undefined, "-1.5e+300"],
    [-0, undefined, "-0.0"],
    [NaN, undefined, "NaN"],
    [-Infinity, undefined, "-Infinity"],
    [1e21, "int", "1000000000000000000000"],
    [123.456, undefined, "123.456"],
  ] as const)("%d as %s is %s", (value, kind, text) => expect(JsonNumber.of(value, kind).text).toBe(text));

  it("refuse a fraction as int", () => expect(() => JsonNumber.of(1.5, "int")).toThrow("mismatch/json-number"));

  it("round-trip as floats", () => {
    fc.assert(fc.property(fc.double(), (n) => Object.is(JsonNumber.of(n, "float").value, n)));
  });
});

describe("refused texts", () => {
  it.each([
    ["", "the end of the text"],
    ["[1,]", "a value"],
    ['{"a":1,}', "a key in quotes"],
    ["{a:1}", "a key in quotes"],
    ["[01]", "a comma"],
    ["[1.]", "a digit"],
    ["[-]", "a digit"],
    ["[.5]", "a value"],
    ["[1e]", "a digit"],
    ["[+1]", "a value"],
    ["[1 2]", "a comma"],
    ['{"a" 1}', "a colon"],
    ["[1] 2", "the end of the text"],
    ["nul", "a value"],
    ['"\\x41"', "an escape sequence"],
    ['"\\u12"', "an escape sequence"],
    ['"\\u12g4"', "an escape sequence"],
    ['"a\nb"', "no control characters"],
    ['"abc', "the end of a string"],
    ['"abc\\', "the end of a string"],
    ["{]", "a key in quotes"],
    ["[}", "a value"],
    ["[[1}", "a comma"],
    ["'a'", "a value"],
    ["// comment\n1", "a value"],
    ["[1\u00a0]", "U+00A0"],
  ])("%j says %s", (text, words) => {
    const error = refusal(text);
    expect(error.code).toBe("malformed/json");
    expect(error.message).toContain(words);
    expect(error.file).toBe("config.json");
  });

  it("say where, and do not quote the text", () => {
    const error = refusal('{"config": {"layers": [1, {"secret key": hush}]}}');
    expect(error.path).toBe('config.layers[1]["secret key"]');
    expect(error.problems[0]!.offset).toBe(41);
    expect(error.message).not.toContain("hush");
  });

  it("count the offset in bytes", () => expect(refusal('["é😀", x]').problems[0]!.offset).toBe(11));

  it("include the same key twice", () => expect(refusal('{"a": {"b": 1, "b": 2}}').path).toBe("a.b"));

  it("include broken UTF-8", () => expect(refusal(new Uint8Array([0x22, 0xff, 0x22])).code).toBe("malformed/json"));

  it("include what is over a limit", () => {
    expect(refusal("[".repeat(257)).code).toBe("limit/json-depth");
    expect(refusal("[".repeat(256)).code).toBe("malformed/json");
    expect(refusal("[1, 2, 3]", { ...DEFAULT_LIMITS, jsonBytes: 8 }).code).toBe("limit/json-bytes");
    expect(refusal("[[], [], []]", { ...DEFAULT_LIMITS, jsonContainers: 3 }).code).toBe("limit/json-containers");
    expect(refusal("1".repeat(4301)).code).toBe("limit/json-number");
  });
});

describe("any value", () => {
  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "binary" }),
    fc.double().map((n) => JsonNumber.of(n, "float")),
    fc.bigInt().map((n) => new JsonNumber(n.toString())),
  );
  const node: fc.Arbitrary<JsonNode> = fc.letrec<{ node: JsonNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("node")),
      fc.array(fc.tuple(fc.oneof(fc.string(), fc.constant("__proto__")), tie("node"))).map((pairs) => new Map(pairs)),
    ),
  })).node;
  const style: fc.Arbitrary<JsonStyle> = fc.oneof(
    fc.record({
      indent: fc.constant(null),
      itemSeparator: fc.constantFrom(",", ", "),
      keySeparator: fc.constantFrom(":", ": "),
      ensureAscii: fc.boolean(),
    }),
    fc.record({
      indent: fc.integer({ min: 0, max: 8 }),
      itemSeparator: fc.constantFrom(",", ", "),
      keySeparator: fc.constantFrom(":", ": "),
      ensureAscii: fc.boolean(),
    }),
  );

  it("prints and parses to an equal value, and its text to the same text", () => {
    fc.assert(
      fc.property(node, style, (value, given) => {
        const text = printJson(value, given);
        const parsed = parse(text);
        return jsonEqual(parsed.root, value) && printJson(parsed.root, parsed.style) === text;
      }),
      { numRuns: 300 },
    );
  });

  it("gives what JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = JSON.parse(text) as unknown;
        // Records without a prototype compare equal once both are printed.
        expect(JSON.stringify(toPlain(parse(text).root))).toBe(JSON.stringify(plain));
      }),
    );
  });

  it("damaged anywhere, is refused or read, never anything else", () => {
    fc.assert(
      fc.property(node, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
        const bytes = new TextEncoder().encode(printJson(value));
        for (const damaged of [bytes.slice(0, at % bytes.length), bytes.with(at % bytes.length, byte)]) {
          try {
            parse(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("plain values", () => {
  it("become nodes and come back", () => {
    const value = { a: [1, 2.5, null, undefined], b: undefined, c: 10n, d: new Map([["x", true]]) };
    expect(printJson(fromPlain(value))).toBe('{"a": [1, 2.5, null, null], "c": 10, "d": {"x": true}}');
  });

  it("have no prototype to pollute", () => {
    const plain = toPlain(parse('{"__proto__": {"polluted": 1}}').root) as object;
    expect(Object.getPrototypeOf(plain)).toBeNull();
    expect(Object.keys(plain)).toEqual(["__proto__"]);
  });

  it("refuse functions, dates and cycles", () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    for (const bad of [() => 1, new Date(0), cycle, Symbol("x")]) {
      expect(() => fromPlain(bad)).toThrow("mismatch/json-value");
    }
    const shared = [1];
    expect(printJson(fromPlain([shared, shared]))).toBe("[[1], [1]]");
  });

  it("of any depth are handled", () => {
    const deep = parseJson("[".repeat(200_000) + "]".repeat(200_000), { ...DEFAULT_LIMITS, jsonDepth: 1e6 });
    expect(printJson(deep.root, deep.style).length).toBe(400_000);
    expect(jsonEqual(deep.root, deep.root)).toBe(true);
    expect(Array.isArray(toPlain(deep.root))).toBe(true);
  });
});

describe("equality", () => {
  it.each([
    ["1", "1.0", false],
    ["1.0", "1e0", true],
    ["100000000000000000001", "100000000000000000002", false],
    ["NaN", "NaN", true],
    ['{"a": 1, "b": 2}', '{"b": 2, "a": 1}', true],
    ['{"a": null}', '{"b": null}', false],
    ["[1, 2]", "[2, 1]", false],
    ["[]", "{}", false],
    ["0.0", "-0.0", false],
    ["null", "false", false],
  ])("of %s and %s is %s", (a, b, equal) => expect(jsonEqual(parse(a).root, parse(b).root)).toBe(equal));
});
