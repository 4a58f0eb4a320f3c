/** Worker threads for tests: Node 20 cannot run TypeScript, so the scripts are compiled into a folder first. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll } from "vitest";
import { startNodeThread } from "../../src/core/node-threads.ts";
import { type StartThread, usePlatformThreads } from "../../src/core/threads.ts";

/** The first of some scripts of src/core, compiled in a new folder that is inside `parent`. */
export function compiledScript(parent: string, scripts: readonly string[], edit = (text: string) => text): URL {
  const folder = mkdtempSync(join(parent, ".keraport-threads-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const name of scripts) {
    const source = readFileSync(new URL(`../../src/core/${name}.ts`, import.meta.url), "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ES2022,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    writeFileSync(join(folder, `${name}.js`), edit(outputText));
  }
  return pathToFileURL(join(folder, `${scripts[0]!}.js`));
}

/** Lets the tests of a file start threads, with `start`; `alive`: the number of those that have not been ended. */
export function useThreads(): { readonly start: StartThread; alive(): number } {
  const script = compiledScript(tmpdir(), ["node-thread", "thread-work"]);
  let alive = 0;
  const start: StartThread = (events) => {
    const thread = startNodeThread(script, events);
    alive++;
    return {
      post: thread.post,
      end() {
        alive--;
        thread.end();
      },
    };
  };
  usePlatformThreads(start);
  return { start, alive: () => alive };
}
