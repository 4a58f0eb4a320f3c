/** A tensor as a picture: bars of few numbers, lines over time, a map of the rest. */
import { useState } from "preact/hooks";
import { shape as shapeText, short } from "../text.ts";
import type { Values } from "../types.ts";
import { Figure } from "./figure.tsx";
import { Heatmap } from "./plots.tsx";

const [MOST_BARS, MOST_LINES, WIDTH, HEIGHT] = [40, 12, 320, 110] as const;

export function Bars({ numbers, label }: { readonly numbers: readonly number[]; readonly label: string }) {
  const most = Math.max(...numbers.map(Math.abs).filter(Number.isFinite), 1e-30);
  const best = numbers.indexOf(Math.max(...numbers));
  return (
    <ol class="bars" aria-label={label}>
      {numbers.map((n, i) => (
        <li key={i} class={i === best && numbers.length > 1 ? "best" : ""}>
          <span class="dim">{i}</span>
          <span class="track">
            <i
              style={{ width: `${(Number.isFinite(n) ? Math.abs(n) / most : 0) * 100}%` }}
              class={n < 0 ? "below" : ""}
            />
          </span>
          <span class="n">{short(n)}</span>
        </li>
      ))}
    </ol>
  );
}

interface LinesProps {
  readonly series: readonly (readonly number[])[];
  readonly label: string;
  /** What is counted along them. */
  readonly along: string;
}

/** One line a series, all on one scale. */
export function Lines({ series, label, along }: LinesProps) {
  const all = series.flat().filter(Number.isFinite);
  const [low, high] = [Math.min(...all, 0), Math.max(...all, 0)];
  const y = (n: number): number => HEIGHT - 4 - ((n - low) / (high - low || 1)) * (HEIGHT - 8);
  const path = (line: readonly number[]): string =>
    line.map((n, i) => `${i === 0 ? "M" : "L"}${((i / Math.max(1, line.length - 1)) * WIDTH).toFixed(1)} ${y(Number.isFinite(n) ? n : 0).toFixed(1)}`).join(""); // prettier-ignore
  const steps = Math.max(...series.map(({ length }) => length));
  return (
    <div class="scaled">
      <p class="scale dim" aria-hidden="true">
        <span>{short(high)}</span>
        <span>{short(low)}</span>
      </p>
      <Figure class="lines" label={label} width={WIDTH} height={HEIGHT} words={["0", along, `${steps - 1}`]}>
        <path class="axis" d={`M0 ${y(0)}H${WIDTH}`} />
        {series.map((line, i) => (
          <path key={i} d={path(line)} class={`series s${i % 6}`} />
        ))}
      </Figure>
    </div>
  );
}

export function ValuesView({ values, name }: { readonly values: Values; readonly name: string }) {
  const [sample, setSample] = useState(0);
  const [channel, setChannel] = useState(0);
  const { dtype, shape, data } = values;
  if (dtype === "string")
    return (
      <pre>
        {Array.from(data as ArrayLike<string>)
          .slice(0, 50)
          .join("\n")}
      </pre>
    );
  const inner = shape.slice(1);
  const step = inner.reduce((product, n) => product * n, 1);
  const at = Math.min(sample, (shape[0] ?? 1) - 1);
  const numbers = Array.from({ length: shape.length === 0 ? 1 : step }, (_, i) => Number(data[at * step + i]));
  const columns = inner.at(-1) ?? 1;
  const label = `${name} ${shapeText(shape)}`;
  const choose = (title: string, count: number, value: number, set: (n: number) => void) =>
    count > 1 && (
      <label class="dim small">
        {title}
        <input
          type="number"
          min={0}
          max={count - 1}
          value={value}
          onInput={(event) => set(Math.min(count - 1, Math.max(0, event.currentTarget.valueAsNumber || 0)))}
        />
      </label>
    );
  const rows = numbers.length / Math.max(1, columns);
  const isSequence = inner.length === 2 && rows > 1;
  const isMap = inner.length >= 3;
  const places = isMap ? inner.slice(0, -1) : inner;
  const picked = isMap ? numbers.filter((_, i) => i % columns === channel) : numbers;
  const width = isMap ? places.at(-1)! : columns;
  return (
    <div class="values">
      <p class="choose">
        {choose("sample", shape[0] ?? 1, at, setSample)}
        {isMap && choose("channel", columns, channel, setChannel)}
      </p>
      {numbers.length <= MOST_BARS && !isSequence ? (
        <Bars numbers={numbers} label={label} />
      ) : inner.length <= 1 ? (
        <Lines series={[numbers]} label={label} along="place" />
      ) : isSequence && columns <= MOST_LINES ? (
        <Lines
          series={Array.from({ length: columns }, (_, c) => numbers.filter((_, i) => i % columns === c))}
          label={label}
          along="step"
        />
      ) : (
        <Heatmap
          grid={{ title: "", rows: picked.length / width, columns: width, values: Float32Array.from(picked) }}
          label={label}
        />
      )}
    </div>
  );
}
