/** The section of keras.applications. */
import { readResults } from "../lib/results.mjs";
import { figures, machineLines, table } from "./format.mjs";

const { applications } = readResults();

const power = (number) => number.toExponential(1);
/** Equal, or the errors against the float64 truth: ours, and Keras's own. */
function verdict(found) {
  if (found === undefined || found.refused !== undefined) return found?.refused === undefined ? "–" : "refused";
  if (found.equal) return "yes";
  return `${power(found.truth)} (Keras ${power(found.own)})`;
}
const ms = (number) => (number === undefined ? "–" : figures(number));

export function applicationsSection() {
  if (applications === undefined) return "";
  const rows = Object.entries(applications.models).map(([name, { params, compiled, ours, converted, onnx }]) => [
    name,
    (params / 1e6).toFixed(1),
    ms(ours.keras?.load),
    ms(ours.keras?.first),
    ms(ours.keras?.steady),
    ms(compiled),
    ms(onnx.steady),
    verdict(ours.refused === undefined ? ours.keras : ours),
    verdict(ours.h5),
    verdict(converted),
    verdict(onnx),
  ]);
  const head = [
    "",
    "M weights",
    "load",
    "first call",
    "call",
    "Keras compiled",
    "ort-web",
    "equal",
    ".h5",
    "other generation",
    "in ort-web",
  ];
  return `## keras.applications

${machineLines(applications.machine)}

The smallest member of each family, drawn weights, one image of 96 x 96, ms; one thread, Keras with all cores. The machine was
shared with other work: the figures tell sizes, not ratios. Equal: within 1e-5 of Keras's largest output, or at most twice as
far from the float64 truth as Keras is; else both distances, of which Keras's may be small by chance. Other generation: tf-keras
opens what Keras 3 saved after conversion, and the other way round, and predicts.

${table(head, rows)}
`;
}
