/** Values for one input: sliders for a few, a drawing for a curve, files for all others. */
import { useState } from "preact/hooks";
import { words } from "../engine.ts";
import { filled, fromFile, isWhole, random, shapeOf, sizeOf, type Spec } from "../inputs.ts";
import { shape as shapeText, short } from "../text.ts";
import type { Values } from "../types.ts";
import { Curve, REACH } from "./curve.tsx";
import { Microphone, takesSound } from "./microphone.tsx";
import { ValuesView } from "./values.tsx";

const MOST_SLIDERS = 16;
const MOST_VALUES = 1e7;

interface InputProps {
  readonly spec: Spec;
  readonly place: number;
  /** Whole numbers are below it. */
  readonly below: number;
  readonly values: Values;
  readonly onValues: (values: Values) => void;
}

/** `2, 10`: whole numbers, of which few make few enough values. */
const axesOf = (text: string): readonly number[] => {
  const axes = (text.match(/\d+/g) ?? ["1"]).map((n) => Math.max(1, Number(n)));
  return sizeOf(axes) > MOST_VALUES ? [1] : axes;
};

export function InputForm({ spec, place, below, values, onValues }: InputProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [seed, setSeed] = useState(1);
  const whole = isWhole(spec.dtype);
  const set = (i: number, value: number): void => {
    const data = Array.from(values.data as ArrayLike<number>, Number);
    data[i] = value;
    onValues(filled(spec.dtype, values.shape, (at) => data[at]!));
  };
  const again = (shape: readonly number[], next: number): void => {
    setSeed(next);
    onValues(random(spec, shape, below, next));
  };
  const pick = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setProblem(null);
    await fromFile(spec, place, file).then(onValues, (error: unknown) => setProblem(words(error)));
  };
  const takesPicture = spec.shape?.length === 4;
  const isOpen = (spec.shape ?? []).some((n, axis) => n === null && axis > 0);
  const isFew = spec.dtype !== "string" && values.data.length <= MOST_SLIDERS;
  const isCurve = !whole && values.shape.length === 3 && values.shape[0] === 1 && values.shape[1]! > 1;
  return (
    <fieldset class="input-form">
      <legend>
        {spec.name} <span class="dim">{`${shapeText(values.shape)} ${spec.dtype}`}</span>
      </legend>
      <p class="choose">
        <button type="button" class="button small" onClick={() => again(values.shape, seed + 1)}>
          Random
        </button>
        <button type="button" class="button small" onClick={() => onValues(filled(spec.dtype, values.shape, () => 0))}>
          Zeros
        </button>
        <label class="button small">
          {takesPicture ? "Picture or file" : "File"}
          <input
            type="file"
            accept={`.csv,.txt,.npy,.npz${takesPicture ? ",image/*" : ""}`}
            onChange={(event) => void pick(event.currentTarget.files?.[0])}
          />
        </label>
        {takesSound(spec) && <Microphone spec={spec} onValues={onValues} onProblem={setProblem} />}
        {spec.shape === null && (
          <label class="dim small">
            shape
            <input
              type="text"
              size={10}
              value={values.shape.join(", ")}
              onChange={(event) => again(axesOf(event.currentTarget.value), seed)}
            />
          </label>
        )}
        {isOpen && (
          <label class="dim small">
            length
            <input
              type="number"
              min={1}
              max={4096}
              value={values.shape[1]}
              onChange={(event) => again(shapeOf(spec, event.currentTarget.valueAsNumber || 1), seed)}
            />
          </label>
        )}
      </p>
      {problem !== null && <p class="bad">{problem}</p>}
      {spec.dtype === "string" ? (
        <input
          type="text"
          value={String(values.data[0])}
          aria-label={spec.name}
          onInput={(event) =>
            onValues({ ...values, data: Array.from({ length: sizeOf(values.shape) }, () => event.currentTarget.value) })
          }
        />
      ) : isFew ? (
        <div class="sliders">
          {Array.from(values.data as ArrayLike<number>, (value, i) => (
            <label key={i}>
              <input
                type="range"
                min={whole ? 0 : -REACH}
                max={whole ? below - 1 : REACH}
                step={whole ? 1 : 0.01}
                value={Number(value)}
                aria-label={`${spec.name} ${i}`}
                onInput={(event) => set(i, event.currentTarget.valueAsNumber)}
              />
              <output>{short(Number(value))}</output>
            </label>
          ))}
        </div>
      ) : isCurve ? (
        <Curve values={values} onValues={onValues} />
      ) : (
        <ValuesView values={values} name={spec.name} />
      )}
    </fieldset>
  );
}
