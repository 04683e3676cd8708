/** docs/kernel.md says where every object, invocation and system call of seL4 is, and what each invocation is refused for. */
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import * as capabilities from "../../abi/src/capability-tags";
import * as objects from "../../abi/src/objects";
import * as syscalls from "../../abi/src/syscalls";
import { repositoryPath } from "../../image/src/repository";
import { prepareKernel, prepareOtherKernel, World } from "./harness/world";
import { ALL_REFUSALS, DOMAIN_REFUSALS, DOMAINS, INVOCATION_LABELS } from "./refusals";
import { errorsOf } from "./refusals/error-names";
import type { Refusals } from "./refusals/refusal-table";

const page = readFileSync(repositoryPath("docs/kernel.md"), "utf8");

/** Rows of the table whose first column is `heading`. */
function table(heading: string): string[][] {
  const [, body] = page.split(new RegExp(`^\\| ${heading} \\|.*\\n\\|[-|]*\\n`, "m"));
  if (body === undefined) throw new Error(`docs/kernel.md has no table of ${heading}s`);
  const lines = body.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(0, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
const isFile = (name: string) => name.endsWith(".ts");
const source = (file: string) => readFileSync(repositoryPath(`kernel/src/${file}`), "utf8");
const constants = (module: object, pattern: RegExp) =>
  Object.keys(module).filter((name) => pattern.test(name));

const objectRows = table("object");
const invocationRows = table("invocation");
const callRows = table("system call");

describe("docs/kernel.md", () => {
  it("names every type of object and capability", () => {
    const named = objectRows.flatMap((row) => row.flatMap(quoted));
    const types = constants(objects, /^OBJECT_(?!TYPES)/);
    const tags = constants(capabilities, /^CAP_(?!NULL|ZOMBIE)/);
    expect(types).toHaveLength(objects.OBJECT_TYPES);
    for (const name of [...types, ...tags]) expect(named).toContain(name);
  });

  it("names every invocation once, and every system call once", () => {
    const invocations = [...INVOCATION_LABELS.keys()];
    expect(invocationRows.flatMap(([, label]) => quoted(label!)).sort()).toEqual(invocations.sort());
    const calls = constants(syscalls, /^SYS_/);
    expect(callRows.flatMap(([, number]) => quoted(number!)).sort()).toEqual(calls.sort());
  });

  it("names files that exist, the first of which knows the label or the number", () => {
    const files = [...objectRows, ...invocationRows, ...callRows]
      .flatMap((row) => row.flatMap(quoted))
      .filter(isFile);
    const missing = files.filter((file) => !existsSync(repositoryPath(`kernel/src/${file}`)));
    expect(missing).toEqual([]);
    for (const [name, constant, file] of [...invocationRows, ...callRows]) {
      const [first] = quoted(file!);
      for (const each of quoted(constant!)) expect(source(first!), `${name} in ${first}`).toContain(each);
    }
  });
});

describe("docs/kernel.md tells what invocations are refused for:", () => {
  const documented = new Map(invocationRows.map(([, label, , errors]) => [quoted(label!)[0]!, errors!]));
  const names = new Map([...INVOCATION_LABELS].map(([name, label]) => [label, name]));
  const check = (refusals: Refusals) => {
    it(`${refusals.name}`, () => {
      expect(documented.get(names.get(refusals.label)!)).toBe(errorsOf(refusals, new World()));
    });
  };

  describe("one domain", () => {
    beforeAll(prepareKernel);
    ALL_REFUSALS.forEach(check);
  });

  describe("several domains", () => {
    beforeAll(() => prepareOtherKernel({ domains: DOMAINS }));
    DOMAIN_REFUSALS.forEach(check);
  });
});
