// "Who may know whom" (docs/README.md): the arrows between the layers, held by `npm run check:imports`.
// Tests may look at other layers (a compiler test runs its code on the machine); shipped code may not.
const tests = "(\\.test\\.ts$|/tests/|/bench/)";
const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: "error",
  from: { path: from, pathNot: tests },
  to: {
    path: "^(abi|machine|compiler|image|lab|cli|kernel|runtime|servers|programs|tools)/",
    pathNot: allowed,
  },
});

module.exports = {
  forbidden: [
    only("abi-knows-nobody", "abi is what two sides agree on; it depends on neither.", "^abi/", "^abi/"),
    only(
      "machine-is-alone",
      "The machine could boot Linux and never hear of ReL4.",
      "^machine/",
      "^machine/",
    ),
    only("compiler-is-alone", "The compiler could compile any AssemblyScript.", "^compiler/", "^compiler/"),
    only(
      "kernel-knows-abi",
      "The kernel meets user level only in abi; its assembly is written with the compiler's assembler.",
      "^kernel/(?!assembly/|inspection/)",
      "^(kernel/(?!inspection/)|abi/|compiler/lib/)",
    ),
    only(
      "kernel-assembly",
      "Host code: the assembler, the kernel's layouts and abi.",
      "^kernel/assembly/",
      "^(kernel|abi|compiler)/",
    ),
    only(
      "kernel-inspection",
      "Host code: watches the kernel on a machine, and finds it by the symbols of its image.",
      "^kernel/inspection/",
      "^(kernel|abi|machine|compiler)/",
    ),
    only(
      "runtime-knows-abi",
      "The runtime meets the kernel only in abi.",
      "^runtime/(?!assembly/)",
      "^(runtime|abi|compiler/lib)/",
    ),
    only(
      "runtime-assembly",
      "Host code: the assembler and abi.",
      "^runtime/assembly/",
      "^(runtime|abi|compiler)/",
    ),
    only(
      "servers-know-runtime",
      "Servers stand on the runtime.",
      "^servers/",
      "^(servers|runtime|abi|compiler/lib)/",
    ),
    only(
      "programs-know-servers",
      "Programs stand on servers and the runtime; their system.ts uses the system description.",
      "^programs/",
      "^(programs|servers|runtime|abi|compiler/lib|image)/",
    ),
    only(
      "image-builds",
      "Images are made from guest sources by the compiler; running them is not its business.",
      "^image/",
      "^(image|abi|compiler|kernel|runtime)/",
    ),
    only(
      "lab-measures",
      "Experiments run images of every layer below on the machine; only the command shows them.",
      "^lab/(?!guests/)",
      "^(lab|machine|compiler|image|abi|tools)/",
    ),
    only(
      "lab-guests-are-programs",
      "The experiments' guest programs stand on the runtime, like any program.",
      "^lab/guests/",
      "^(lab/guests|servers|runtime|abi|compiler/lib)/",
    ),
    {
      name: "no-node-in-machine-and-compiler",
      comment:
        "The machine and the compiler run in a browser; files and sockets are machine/node's business.",
      severity: "error",
      from: { path: "^(machine/(?!node/)|compiler/|abi/)", pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "machine-knows-no-host",
      comment: "What needs Node stands on the machine, never the machine on it.",
      severity: "error",
      from: { path: "^machine/(?!node/)", pathNot: tests },
      to: { path: "^machine/node/" },
    },
    {
      name: "no-circular",
      // What waits, what wakes and what polls call each other: one concept in several files, without code at the top level
      // that could see the others unfinished.
      comment: "A file can be understood with those it imports. The asynchronous runtime is the exception.",
      severity: "error",
      from: { pathNot: "^runtime/src/async/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      severity: "error",
      from: { pathNot: "^(kernel|runtime|servers|programs|lab/guests|machine/core)/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.imports.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["import", "default"],
    },
  },
};
