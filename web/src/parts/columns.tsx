/** What each column of a table is for. */
import type { Table } from "../inputs.ts";
import { short } from "../text.ts";

export type Role = "input" | "target" | "";

/** The last columns are usually what is wanted. */
export function usualRoles(columns: number, inputs: number, targets: number): readonly Role[] {
  return Array.from({ length: columns }, (_, i) => (i < inputs ? "input" : i >= columns - targets ? "target" : ""));
}

interface ColumnsProps {
  readonly table: Table;
  readonly roles: readonly Role[];
  readonly onRoles: (roles: readonly Role[]) => void;
}

export function Columns({ table, roles, onRoles }: ColumnsProps) {
  return (
    <table class="columns">
      <tbody>
        {table.names.map((name, i) => (
          <tr key={i}>
            <th scope="row">{name}</th>
            <td class="dim">{short(table.rows[0]?.[i] ?? 0)} …</td>
            <td>
              <select
                aria-label={`What ${name} is`}
                value={roles[i]}
                onChange={(event) => onRoles(roles.with(i, event.currentTarget.value as Role))}
              >
                <option value="input">input</option>
                <option value="target">target</option>
                <option value="">not used</option>
              </select>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
