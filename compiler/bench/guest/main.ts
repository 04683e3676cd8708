// Everything the harness calls.
export { lookupResult, resolveAddress } from "./capability-lookup";
export {
  countWords,
  decompress,
  encrypt,
  fillCompressed,
  fillRandom,
  fillText,
  multiplyMatrices,
  placeQueens,
  quicksort,
} from "./compute";
export { revoke } from "./derivation";
export { fastpathCall, fastpathReplyReceive } from "./fastpath";
export {
  dotProduct,
  fillFloats,
  mandelbrot,
  moveBodies,
  multiplyFloats,
  polynomial,
  quadrature,
  samples,
} from "./floats";
export { crc32, sha256Block } from "./hashes";
export { send } from "./ipc";
export { mapFrame, unmapFrame } from "./page-tables";
export { schedule } from "./scheduler";
export {
  decodeAll,
  digest,
  insertChildren,
  mappedEntry,
  messageDigest,
  prepareFastpath,
  prepareLongMessage,
  setUp,
  ticks,
} from "./setup";
