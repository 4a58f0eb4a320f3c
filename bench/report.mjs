/**
 * The results as tables: bench/results/VERSION.json → bench/results/VERSION.md.
 *   node bench/report.mjs [--print]
 */
import { writeFileSync } from "node:fs";
import { argumentsOf } from "../scripts/arguments.mjs";
import { resultFile, VERSION } from "./lib/results.mjs";
import { applicationsSection } from "./report/applications.mjs";
import { compareSection } from "./report/compare.mjs";
import { browserSection, growthSection, startupSection, trainingSection } from "./report/others.mjs";

const { print } = argumentsOf(import.meta, { print: { type: "boolean" } });

const text = `# keraport ${VERSION}, measured

Made by the scripts of [bench](../README.md). Other machines have other figures: run them on yours.

${[compareSection(), browserSection(), growthSection(), startupSection(), trainingSection(), applicationsSection()].filter((part) => part !== "").join("\n")}`;
if (print) console.log(text);
else writeFileSync(resultFile("md"), text);
