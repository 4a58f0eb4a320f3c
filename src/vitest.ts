/**
 * A matcher for vitest and jest:
 *
 *     import { toMatchKeras } from "keraport/vitest";
 *     expect.extend({ toMatchKeras });
 *     await expect(model).toMatchKeras("io.npz");
 */
import { load, type LoadInput, Model, verify, type VerifyOptions } from "./node.ts";
import { textReport } from "./verify/text.ts";
import type {} from "vitest";

const plain = (text: string): string => text;
const PLAIN = { bold: plain, red: plain, green: plain, dim: plain };

/**
 * Whether a model, or what `load` takes, computes what Keras computed: `fixture` is an `.npz` of inputs and outputs, or
 * another model; `options` are those of `verify`. When it does not, the message is the report of `keraport verify`. Rejects
 * with a `FormatError` for what cannot be opened, run or compared.
 */
export async function toMatchKeras(
  received: Model | LoadInput,
  fixture: LoadInput | Model,
  options?: VerifyOptions,
): Promise<{ readonly pass: boolean; readonly message: () => string }> {
  const model = received instanceof Model ? received : await load(received);
  try {
    const report = await verify(model, fixture, options);
    return { pass: report.ok, message: () => textReport(report, PLAIN) };
  } finally {
    if (model !== received) model.dispose();
  }
}

/** What `expect.extend({ toMatchKeras })` adds. */
interface KerasMatchers<R> {
  /** Whether the model computes what Keras computed: see `verify`. */
  toMatchKeras(fixture: LoadInput | Model, options?: VerifyOptions): Promise<R>;
}

declare module "vitest" {
  interface Assertion<T> extends KerasMatchers<T> {}
}

declare global {
  namespace jest {
    interface Matchers<R> extends KerasMatchers<R> {}
  }
}
