/** Every number that a constructor of Keras refuses is refused here, and every share and factor that it takes is taken (made by fixtures/make/option_ranges.py). */
import { describe, expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import type { FormatError } from "../../src/core/error.ts";
import { readModel } from "../../src/model/bind.ts";
import { layers } from "../../src/node.ts";
import { tableHead } from "../support/tables.ts";

type Tried = number | readonly number[];
type Table = Readonly<
  Record<
    string,
    { readonly config: object; readonly options: Record<string, readonly [readonly Tried[], readonly Tried[]]> }
  >
>;

const head = tableHead("dtypes/option_ranges.json.gz") as Readonly<Record<"keras3" | "tf-keras", Table>>;

/** Wrong only beside another option or the input, so refused in the call; or groups of tf-keras's layers that read none. */
const BY_THE_CALL =
  /^(Conv2D|Conv2DTranspose|SeparableConv2D|GroupNormalization)\.groups$|^GroupQueryAttention\.num_|^MelSpectrogram\.fft_length$/;
/** Keras takes them and fails in the call. */
const FAILS_LATER = /Attention\.dropout$/;

/** Keras writes pairs that it does not take back. */
const WRITTEN = /^RandomShear\./;

/** The code with which a config is refused; undefined: it is taken. */
function refusal(semantics: "keras3" | "tf-keras", className: string, config: object): string | undefined {
  const raw = fromPlain({ module: "keras.layers", class_name: className, config }) as JsonObject;
  try {
    readModel(raw, { semantics, backend: "tensorflow", isLayer: true, initialise: null });
    return undefined;
  } catch (error) {
    return (error as FormatError).problems[0]!.code;
  }
}

describe.each(["keras3", "tf-keras"] as const)("%s", (semantics) => {
  it.each(Object.entries(head[semantics]))("%s", (className, { config, options }) => {
    const wrong: string[] = [];
    for (const [option, [taken, refused]] of Object.entries(options)) {
      const at = `${className}.${option}`;
      const found = (value: Tried): string | undefined => refusal(semantics, className, { ...config, [option]: value });
      const isShare = [...taken, ...refused].flat().some((n) => !Number.isInteger(n));
      for (const value of refused)
        if (found(value) !== "malformed/config" && !BY_THE_CALL.test(at) && !(WRITTEN.test(at) && Array.isArray(value)))
          wrong.push(`${at} takes ${JSON.stringify(value)}`);
      for (const value of taken)
        if (isShare && found(value) !== undefined && !FAILS_LATER.test(at))
          wrong.push(`${at} refuses ${JSON.stringify(value)}`);
    }
    expect(wrong).toEqual([]);
  });
});

it("refuses in code as in a file", () => {
  expect(() => layers.dropout({ rate: 2 })).toThrowError(/malformed\/config.*from 0 to 1/s);
  expect(layers.dropout({ rate: 1 }).name).toMatch(/^dropout/);
});
