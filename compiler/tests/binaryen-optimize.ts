/** Optimises a wasm module as asc does, which gives it the shapes that compiled programs have. */
import binaryen from "binaryen";

/** The module after binaryen's -O3, in the features this compiler knows. */
export function optimizeWithBinaryen(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const features = binaryen.Features;
  const module = binaryen.readBinary(wasm);
  try {
    module.setFeatures(
      features.MutableGlobals |
        features.SignExt |
        features.NontrappingFPToInt |
        features.BulkMemory |
        features.BulkMemoryOpt |
        features.Atomics,
    );
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(0);
    module.optimize();
    return new Uint8Array(module.emitBinary());
  } finally {
    module.dispose();
  }
}
