/** Benchmarks of the compiler, behind `rel4 bench compiler`. */
export { type BenchOptions, type BenchResult, benchCompiler, type PathResult } from "./bench-compiler";
