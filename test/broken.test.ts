/**
 * Over every file of fixtures/broken: what is damaged or hostile is refused by a `FormatError` of the right code that
 * names the object at fault, when it is loaded or run, soon; what is merely odd loads and computes what Keras computes.
 */
import { describe, expect, it } from "vitest";
import { FormatError, type Problem } from "../src/core/error.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { withDType } from "../src/core/cast.ts";
import { load, type Model, tensor } from "../src/node.ts";
import { arraysOf, type Benign, BROKEN, contentOf, isBenign, type Refused } from "./support/broken.ts";
import { difference } from "./support/fixtures.ts";

const RTOL = 1e-5;
const ATOL = 1e-6;
const SECONDS = 5;

/** Whole numbers in a fixed pattern, for inputs of any shape and dtype. */
function seeded({ shape, dtype }: Model["inputs"][number]): Tensor {
  const lengths = (shape ?? [null, 3]).map((n) => n ?? 2);
  const size = lengths.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, (_, i) => (i * 7) % 3);
  return withDType(tensor(values, lengths, "float32"), dtype);
}

/** Problems with a file as a whole name no object inside it; those of containers that cannot be opened give an offset. */
const WHOLE_FILE =
  /^(unsupported\/(format|no-architecture)|malformed\/(empty|git-lfs|html|truncated)|mismatch\/missing-weights|limit\/name-bytes)$/;

const namesObject = ({ code, path, source }: Problem): boolean =>
  (path ?? "") !== "" || WHOLE_FILE.test(code) || source === "hdf5" || source === "zip" || source === "safetensors";

async function attempt(entry: Refused): Promise<unknown> {
  let model: Model | undefined;
  try {
    model = await load(contentOf(entry.file));
    await model.predict(model.inputs.map(seeded));
    return null;
  } catch (error) {
    return error;
  } finally {
    model?.dispose();
  }
}

describe("refused", () => {
  for (const entry of BROKEN) {
    if (isBenign(entry)) continue;
    it(
      `${entry.file}: ${entry.guards}`,
      async () => {
        const error = await attempt(entry);
        expect(error).toBeInstanceOf(FormatError);
        const { code, message, problems } = error as FormatError;
        expect(code).toBe(entry.code);
        expect(message.length).toBeLessThanOrEqual(4096);
        expect(problems.filter((problem) => !namesObject(problem))).toEqual([]);
      },
      SECONDS * 1000,
    );
  }
});

async function run(model: Model, { io }: Benign): Promise<void> {
  if (io === undefined) return;
  const values = await arraysOf(io);
  const x = model.inputs.map(({ name, dtype }, i) =>
    withDType((values.get(`inputs/${i}`) ?? values.get(`inputs/${name}`))!, dtype),
  );
  const y = await model.predict(x);
  y.forEach((found, i) => {
    const wanted = (values.get(`outputs/${i}`) ?? values.get(`outputs/${model.outputs[i]!.name}`))!;
    expect(found.shape).toEqual(wanted.shape);
    const { error, magnitude } = difference(found, wanted);
    expect(error).toBeLessThanOrEqual(ATOL + RTOL * magnitude);
  });
}

describe("odd, but right", () => {
  for (const entry of BROKEN) {
    if (!isBenign(entry)) continue;
    it(`${entry.file}: ${entry.guards}`, async () => {
      const model = await load(contentOf(entry.file)).catch((error: unknown) => {
        if (!(error instanceof FormatError)) throw error;
        expect(entry.also ?? [], error.message).toContain(error.code.split("/")[0]);
        return null;
      });
      if (model === null) return;
      try {
        if (entry.warns === true) expect(model.warnings).not.toEqual([]);
        await run(model, entry);
      } finally {
        model.dispose();
      }
    });
  }
});
