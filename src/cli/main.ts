#!/usr/bin/env node
/** The command line: parses, hands over to one file a command, turns failures into exit codes. */
import * as nodeModule from "node:module";
import { join } from "node:path";
import { cac } from "cac";
import { nearest } from "../core/guard.ts";
import { COMMANDS } from "./commands.ts";
import { FAULT, type ExitCode, print, refuse, usage, USAGE } from "./io.ts";
import type { CliOptions } from "./open.ts";

/** From Node 22.8 on, compiled code is kept for the next start: in the user's own cache, where nobody else writes. */
function keepCompiled(): void {
  const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  const caches = XDG_CACHE_HOME ?? LOCALAPPDATA ?? (HOME && join(HOME, ".cache"));
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };
  if (caches) enableCompileCache?.(join(caches, "keraport"));
}
keepCompiled();

const cli = cac("keraport");
let chosen: (() => Promise<ExitCode>) | null = null;

for (const { usage, about, options, examples, load } of COMMANDS) {
  const command = cli.command(usage, about);
  for (const [flag, text] of options) command.option(flag, text);
  command.option("--json", "Print one JSON document");
  for (const example of examples) command.example(`  $ ${example}`);
  command.action((...args: unknown[]) => {
    const given = args.at(-1) as CliOptions;
    const names = args.slice(0, -1).flat().map(String);
    chosen = async () => (await load())(names, given);
  });
}
cli.help((sections) => [
  {
    body: "keraport opens Keras models of every generation, runs them, verifies them against Keras, and converts them.",
  },
  ...sections.filter(({ title }) => !title?.startsWith("For more info")),
]);
cli.option("-v, --version", "Show the version");

/** Options that may be given several times. */
const REPEATED: ReadonlySet<string> = new Set(["--", "shape"]);

/** Others that were given twice come as lists: which one is meant? */
function checkOnce(options: CliOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (Array.isArray(value) && !REPEATED.has(name)) usage(`--${name} is given more than once`);
  }
}

function unknownCommand(name: string): never {
  const near = nearest(name, [...COMMANDS.map((command) => command.usage.split(" ")[0]!), "help"]);
  return usage(`unknown command ${name}: did you mean ${near}? keraport --help lists all`);
}

/** cac's own refusals become ours; of an option that there is not, with the nearest that there is. */
function runParsed(): void {
  try {
    cli.runMatchedCommand();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "CACError") throw error;
    const message = error.message.replaceAll("`", "");
    const unknown = /^Unknown option (-\S+)/.exec(message)?.[1];
    if (unknown === undefined) usage(message);
    const flags = (cli.matchedCommand?.options ?? []).map(({ rawName }) => rawName.split(" ")[0]!);
    usage(`unknown option ${unknown}: did you mean ${nearest(unknown, [...flags, "--help"])}?`);
  }
}

async function main(argv: readonly string[]): Promise<ExitCode> {
  const json = argv.includes("--json");
  try {
    const { options, args } = cli.parse([...argv], { run: false });
    if (options["help"] === true) return 0;
    if (cli.matchedCommand === undefined) {
      if (args.length === 0 && options["version"] === true) {
        print(await (await import("./version.ts")).version());
        return 0;
      }
      if (args[0] === "help") {
        const named = cli.commands.find(({ name }) => name === args[1]);
        if (args[1] !== undefined && named === undefined) unknownCommand(args[1]);
        (named ?? cli).outputHelp();
        return 0;
      }
      if (args.length > 0) unknownCommand(String(args[0]));
      if (json) usage("no command: keraport --help lists them");
      console.info = console.error;
      cli.outputHelp();
      return USAGE;
    }
    checkOnce(options);
    runParsed();
  } catch (error) {
    return refuse(error, json);
  }
  try {
    return await chosen!();
  } catch (error) {
    return refuse(error, json);
  }
}

/** What a shell calls the end of a program whose reader has gone (128 + SIGPIPE): `keraport layers | head`. */
const BROKEN_PIPE = 141;

// A full device is a failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? BROKEN_PIPE : FAULT);
  });
}
process.exitCode = await main(process.argv);
