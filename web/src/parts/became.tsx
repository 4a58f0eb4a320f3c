/** What becomes of a part of a model. */
export function Became({
  title,
  lines,
  kind,
}: {
  readonly title: string;
  readonly lines: readonly string[];
  readonly kind: string;
}) {
  if (lines.length === 0) return null;
  return (
    <div class={`became ${kind}`}>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
