/** `memory.copy` (overlap allowed) and `memory.fill` as IR: (destination, source or byte, bytes), all i32. */

/** Stores of `value` at `at`, one behind the other. */
const stores = (at: string, value: string, count: number): string =>
  Array.from({ length: count }, (_, k) => `  store [offset=${8 * k} size=8] ${at}, ${value}`).join("\n");

/** Bytes until the destination is aligned, then 64 at a time, then 8, then the rest. */
const FILL = `
function __memoryFill(i32,i32,i32)-> {
b0:
  v0: i32 = param [index=0]
  v1: i32 = param [index=1]
  v2: i32 = param [index=2]
  v3: i64 = extu v1
  v4: i64 = and v3, 255:i64
  v5: i64 = mul v4, 0x0101010101010101:i64
  v6: i32 = add v0, v2
  jump b1
b1 (b0, b3):
  v7: i32 = phi v0, v8
  v9: i32 = eq v7, v6
  branch v9, b11, b2
b2 (b1):
  v10: i32 = and v7, 7:i32
  branch v10, b3, b4
b3 (b2):
  store [offset=0 size=1] v7, v1
  v8: i32 = add v7, 1:i32
  jump b1
b4 (b2):
  v11: i32 = sub v6, v7
  v12: i32 = and v11, -64:i32
  v13: i32 = add v7, v12
  v14: i32 = and v11, -8:i32
  v15: i32 = add v7, v14
  jump b5
b5 (b4, b6):
  v16: i32 = phi v7, v17
  v18: i32 = eq v16, v13
  branch v18, b7, b6
b6 (b5):
${stores("v16", "v5", 8)}
  v17: i32 = add v16, 64:i32
  jump b5
b7 (b5, b8):
  v19: i32 = phi v16, v20
  v21: i32 = eq v19, v15
  branch v21, b9, b8
b8 (b7):
  store [offset=0 size=8] v19, v5
  v20: i32 = add v19, 8:i32
  jump b7
b9 (b7, b10):
  v22: i32 = phi v19, v23
  v24: i32 = eq v22, v6
  branch v24, b11, b10
b10 (b9):
  store [offset=0 size=1] v22, v1
  v23: i32 = add v22, 1:i32
  jump b9
b11 (b1, b9):
  return
}`;

/** Moves `count` words from `from` to `to`, each 8 bytes from the one before; values are named from `first` on. */
const moves = (to: string, from: string, { first, count, offset, step }: Moves): string =>
  Array.from({ length: count }, (_, k) => {
    const at = `offset=${offset + k * step}`;
    return `  v${first + k}: i64 = load [${at} size=8 signed=1] ${from}\n  store [${at} size=8] ${to}, v${first + k}`;
  }).join("\n");

interface Moves {
  first: number;
  count: number;
  offset: number;
  step: number;
}

/**
 * Forwards unless the destination begins inside the source. Where both are equally aligned, bytes until they are at a word,
 * then 32 at a time, then 8, then the rest.
 */
const COPY = `
function __memoryCopy(i32,i32,i32)-> {
b0:
  v0: i32 = param [index=0]
  v1: i32 = param [index=1]
  v2: i32 = param [index=2]
  v3: i32 = add v0, v2
  v4: i32 = sub v0, v1
  v5: i32 = ltu v4, v2
  branch v5, b12, b1
b1 (b0):
  v6: i32 = and v4, 7:i32
  branch v6, b10, b2
b2 (b1, b4):
  v7: i32 = phi v0, v8
  v9: i32 = phi v1, v10
  v11: i32 = eq v7, v3
  branch v11, b24, b3
b3 (b2):
  v12: i32 = and v7, 7:i32
  branch v12, b4, b5
b4 (b3):
  v13: i32 = load [offset=0 size=1 signed=0] v9
  store [offset=0 size=1] v7, v13
  v8: i32 = add v7, 1:i32
  v10: i32 = add v9, 1:i32
  jump b2
b5 (b3):
  v14: i32 = sub v3, v7
  v15: i32 = and v14, -32:i32
  v16: i32 = add v7, v15
  v17: i32 = and v14, -8:i32
  v18: i32 = add v7, v17
  jump b6
b6 (b5, b7):
  v19: i32 = phi v7, v20
  v21: i32 = phi v9, v22
  v23: i32 = eq v19, v16
  branch v23, b8, b7
b7 (b6):
${moves("v19", "v21", { first: 70, count: 4, offset: 0, step: 8 })}
  v20: i32 = add v19, 32:i32
  v22: i32 = add v21, 32:i32
  jump b6
b8 (b6, b9):
  v24: i32 = phi v19, v25
  v26: i32 = phi v21, v27
  v28: i32 = eq v24, v18
  branch v28, b10, b9
b9 (b8):
  v29: i64 = load [offset=0 size=8 signed=1] v26
  store [offset=0 size=8] v24, v29
  v25: i32 = add v24, 8:i32
  v27: i32 = add v26, 8:i32
  jump b8
b10 (b1, b8, b11):
  v30: i32 = phi v0, v24, v31
  v32: i32 = phi v1, v26, v33
  v34: i32 = eq v30, v3
  branch v34, b24, b11
b11 (b10):
  v35: i32 = load [offset=0 size=1 signed=0] v32
  store [offset=0 size=1] v30, v35
  v31: i32 = add v30, 1:i32
  v33: i32 = add v32, 1:i32
  jump b10
b12 (b0):
  v36: i32 = add v1, v2
  v37: i32 = and v4, 7:i32
  branch v37, b21, b13
b13 (b12, b15):
  v38: i32 = phi v3, v39
  v40: i32 = phi v36, v41
  v42: i32 = eq v38, v0
  branch v42, b24, b14
b14 (b13):
  v43: i32 = and v38, 7:i32
  branch v43, b15, b16
b15 (b14):
  v44: i32 = load [offset=-1 size=1 signed=0] v40
  store [offset=-1 size=1] v38, v44
  v39: i32 = add v38, -1:i32
  v41: i32 = add v40, -1:i32
  jump b13
b16 (b14):
  v45: i32 = sub v38, v0
  v46: i32 = and v45, -32:i32
  v47: i32 = sub v38, v46
  v48: i32 = and v45, -8:i32
  v49: i32 = sub v38, v48
  jump b17
b17 (b16, b18):
  v50: i32 = phi v38, v51
  v52: i32 = phi v40, v53
  v54: i32 = eq v50, v47
  branch v54, b19, b18
b18 (b17):
${moves("v50", "v52", { first: 74, count: 4, offset: -8, step: -8 })}
  v51: i32 = add v50, -32:i32
  v53: i32 = add v52, -32:i32
  jump b17
b19 (b17, b20):
  v55: i32 = phi v50, v56
  v57: i32 = phi v52, v58
  v59: i32 = eq v55, v49
  branch v59, b21, b20
b20 (b19):
  v60: i64 = load [offset=-8 size=8 signed=1] v57
  store [offset=-8 size=8] v55, v60
  v56: i32 = add v55, -8:i32
  v58: i32 = add v57, -8:i32
  jump b19
b21 (b12, b19, b22):
  v61: i32 = phi v3, v55, v62
  v63: i32 = phi v36, v57, v64
  v65: i32 = eq v61, v0
  branch v65, b24, b22
b22 (b21):
  v66: i32 = load [offset=-1 size=1 signed=0] v63
  store [offset=-1 size=1] v61, v66
  v62: i32 = add v61, -1:i32
  v64: i32 = add v63, -1:i32
  jump b21
b24 (b2, b10, b13, b21):
  return
}`;

/** Helper name → IR text. */
export const BULK_MEMORY: Readonly<Record<string, string>> = { __memoryFill: FILL, __memoryCopy: COPY };
