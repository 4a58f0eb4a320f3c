/** Found over expected: on the diagonal they are equal. */
import { short } from "../text.ts";
import { Figure } from "./figure.tsx";

type Spread = NonNullable<import("../types.ts").VerifyReport["tensors"][number]["spread"]>;
const [SIZE, PAD] = [220, 10] as const;

export function Scatter({ spread, label }: { readonly spread: Spread; readonly label: string }) {
  const pairs = spread.pairs.filter((pair) => pair.every(Number.isFinite));
  const all = pairs.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const at = (n: number): number => PAD + ((n - low) / (high - low || 1)) * (SIZE - 2 * PAD);
  const words = ["found (up) over expected (right)", `${short(low)} to ${short(high)}`];
  return (
    <Figure class="scatter" label={label} width={SIZE} height={SIZE} isFixed words={words}>
      <path class="axis" d={`M${PAD} ${SIZE - PAD}L${SIZE - PAD} ${PAD}`} />
      {pairs.map(([expected, found], i) => (
        <circle key={i} cx={at(expected)} cy={SIZE - at(found)} r={2.5} />
      ))}
    </Figure>
  );
}

/** The largest error at each place of an axis. */
export function ErrorsAlong({ axis, label }: { readonly axis: Spread["axes"][number]; readonly label: string }) {
  const most = Math.max(...axis.errors.filter(Number.isFinite), 1e-300);
  const width = 320 / axis.errors.length;
  const words = [label, `up to ${short(Math.max(...axis.errors))}`];
  return (
    <Figure class="errors" label={label} width={320} height={60} words={words}>
      {axis.errors.map((error, i) => {
        const height = (Number.isFinite(error) ? error / most : 1) * 56;
        return <rect key={i} x={i * width} y={60 - height} width={Math.max(0.8, width * 0.8)} height={height} />;
      })}
    </Figure>
  );
}
