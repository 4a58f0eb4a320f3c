/** placeholder */
import type { VerifyReport } from "./report.ts";
export function htmlReport(reports: readonly VerifyReport[]): string {
  return `${reports.length}`;
}
