/** Comparing the open model with what Keras computed, or with another model. */
import { diff, fixtureScript, load, type LoadInput, reportPage, verify as compare } from "../../../src/index.ts";
import type { BackendName, ModelDiff, VerifyReport } from "../../../src/index.ts";
import type { Opening } from "../types.ts";
import { numbersOf } from "./numbers.ts";
import { current, wordsOf } from "./state.ts";

let last: VerifyReport | null = null;

/** The last comparison; none of a model before. */
export const lastReport = (): VerifyReport | null => last;
export const forgetReport = (): void => void (last = null);

export async function verify(fixture: Opening, backend: BackendName): Promise<VerifyReport> {
  const { model } = current();
  last = await compare(model, fixture.input as LoadInput, { layers: true, backend });
  return { ...last, against: fixture.name, model: current().opening.name };
}

/** The last comparison as a page to keep. */
export async function report(): Promise<string> {
  return last === null ? "" : reportPage(last);
}

export function script(): Promise<string> {
  const { model, opening } = current();
  return fixtureScript(model, opening.name);
}

/** What two models differ in: configs and weights, and what they compute of the same seeded inputs. */
export interface Comparison {
  readonly diff: ModelDiff;
  /** By path of a layer: |a − b| / |a| over all its weights, where both have them alike. */
  readonly distances: readonly (readonly [path: string, distance: number])[];
  readonly report: VerifyReport | null;
  /** Why nothing could be computed. */
  readonly refused: string | null;
}

export async function against(opening: Opening): Promise<Comparison> {
  const { model, found } = current();
  const other = await load(opening.input as LoadInput);
  try {
    const distances: [string, number][] = [];
    for (const { name, parameters } of found.layers) {
      const [mine, theirs] = [model.layer(name).weights, other.layers.some((layer) => layer.name === name) ? other.layer(name).weights : []]; // prettier-ignore
      if (parameters === 0 || mine.length !== theirs.length) continue;
      let [apart, size] = [0, 0];
      for (const [i, weight] of mine.entries()) {
        const [a, b] = [numbersOf(await weight.read()), numbersOf(await theirs[i]!.read())];
        if (a.length !== b.length) apart = Number.NaN;
        for (let k = 0; k < a.length; k++) {
          apart += (a[k]! - b[k]!) ** 2;
          size += a[k]! ** 2;
        }
      }
      if (!Number.isNaN(apart)) distances.push([name, Math.sqrt(apart / (size || 1))]);
    }
    const differences = await diff(model, other);
    try {
      last = await compare(model, other, { layers: true });
      return { diff: differences, distances, report: last, refused: null };
    } catch (error) {
      return { diff: differences, distances, report: null, refused: wordsOf(error) };
    }
  } finally {
    other.dispose();
  }
}
