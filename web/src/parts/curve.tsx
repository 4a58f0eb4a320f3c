/** A curve that a person draws. */
import { useRef, useState } from "preact/hooks";
import type { Values } from "../types.ts";

/** From −3 to 3. */
export const REACH = 3;

interface CurveProps {
  readonly values: Values;
  readonly onValues: (values: Values) => void;
}

/** A curve, drawn from left to right: over the time of a sequence, for one of its channels. */
export function Curve({ values, onValues }: CurveProps) {
  const [channel, setChannel] = useState(0);
  const last = useRef<readonly [step: number, value: number] | null>(null);
  const [steps, channels] = [values.shape[1]!, values.shape[2] ?? 1];
  const draw = (event: PointerEvent): void => {
    if (event.buttons === 0) return void (last.current = null);
    const { left, top, width, height } = (event.currentTarget as Element).getBoundingClientRect();
    const step = Math.max(0, Math.min(steps - 1, Math.round(((event.clientX - left) / width) * (steps - 1))));
    const value = (1 - ((event.clientY - top) / height) * 2) * REACH;
    const from = last.current ?? [step, value];
    const data = Float32Array.from(values.data as ArrayLike<number>);
    for (let at = Math.min(from[0], step); at <= Math.max(from[0], step); at++)
      data[at * channels + channel] = step === from[0] ? value : from[1] + ((value - from[1]) * (at - from[0])) / (step - from[0]); // prettier-ignore
    last.current = [step, value];
    onValues({ ...values, data });
  };
  const points = Array.from({ length: steps }, (_, step) => {
    const value = Number(values.data[step * channels + channel]);
    return `${(step / Math.max(1, steps - 1)) * 320},${(1 - value / REACH) * 60}`;
  });
  return (
    <div class="curve">
      <svg
        viewBox="0 0 320 120"
        preserveAspectRatio="none"
        role="img"
        aria-label="Draw a curve"
        onPointerDown={draw}
        onPointerMove={draw}
      >
        <path class="axis" d="M0 60H320" />
        <polyline points={points.join(" ")} />
      </svg>
      {channels > 1 && (
        <label class="dim small">
          draws channel
          <input
            type="number"
            min={0}
            max={channels - 1}
            value={channel}
            onInput={(event) => setChannel(Math.min(channels - 1, Math.max(0, event.currentTarget.valueAsNumber || 0)))}
          />
        </label>
      )}
    </div>
  );
}
