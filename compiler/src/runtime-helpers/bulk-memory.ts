/** `memory.copy` (overlap allowed) and `memory.fill` as IR: (destination, source or byte, bytes), all i32. */

/** Bytes until the destination is aligned, then 8 at a time, then the rest. */
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
  branch v9, b9, b2
b2 (b1):
  v10: i32 = and v7, 7:i32
  branch v10, b3, b4
b3 (b2):
  store [offset=0 size=1] v7, v1
  v8: i32 = add v7, 1:i32
  jump b1
b4 (b2, b5):
  v11: i32 = phi v7, v12
  v13: i32 = sub v6, v11
  v14: i32 = ltu v13, 8:i32
  branch v14, b6, b5
b5 (b4):
  store [offset=0 size=8] v11, v5
  v12: i32 = add v11, 8:i32
  jump b4
b6 (b4, b7):
  v15: i32 = phi v11, v16
  v17: i32 = eq v15, v6
  branch v17, b9, b7
b7 (b6):
  store [offset=0 size=1] v15, v1
  v16: i32 = add v15, 1:i32
  jump b6
b9 (b1, b6):
  return
}`;

/**
 * Forwards unless the destination begins inside the source. 8 bytes at a time where both are equally aligned.
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
  branch v5, b10, b1
b1 (b0):
  v6: i32 = and v4, 7:i32
  branch v6, b7, b2
b2 (b1, b4):
  v7: i32 = phi v0, v8
  v9: i32 = phi v1, v10
  v11: i32 = eq v7, v3
  branch v11, b20, b3
b3 (b2):
  v12: i32 = and v7, 7:i32
  branch v12, b4, b5
b4 (b3):
  v13: i32 = load [offset=0 size=1 signed=0] v9
  store [offset=0 size=1] v7, v13
  v8: i32 = add v7, 1:i32
  v10: i32 = add v9, 1:i32
  jump b2
b5 (b3, b6):
  v14: i32 = phi v7, v15
  v16: i32 = phi v9, v17
  v18: i32 = sub v3, v14
  v19: i32 = ltu v18, 8:i32
  branch v19, b7, b6
b6 (b5):
  v20: i64 = load [offset=0 size=8 signed=1] v16
  store [offset=0 size=8] v14, v20
  v15: i32 = add v14, 8:i32
  v17: i32 = add v16, 8:i32
  jump b5
b7 (b1, b5, b8):
  v21: i32 = phi v0, v14, v22
  v23: i32 = phi v1, v16, v24
  v25: i32 = eq v21, v3
  branch v25, b20, b8
b8 (b7):
  v26: i32 = load [offset=0 size=1 signed=0] v23
  store [offset=0 size=1] v21, v26
  v22: i32 = add v21, 1:i32
  v24: i32 = add v23, 1:i32
  jump b7
b10 (b0):
  v30: i32 = add v1, v2
  v31: i32 = and v4, 7:i32
  branch v31, b16, b11
b11 (b10, b13):
  v32: i32 = phi v3, v33
  v34: i32 = phi v30, v35
  v36: i32 = eq v32, v0
  branch v36, b20, b12
b12 (b11):
  v37: i32 = and v32, 7:i32
  branch v37, b13, b14
b13 (b12):
  v38: i32 = load [offset=-1 size=1 signed=0] v34
  store [offset=-1 size=1] v32, v38
  v33: i32 = add v32, -1:i32
  v35: i32 = add v34, -1:i32
  jump b11
b14 (b12, b15):
  v39: i32 = phi v32, v40
  v41: i32 = phi v34, v42
  v43: i32 = sub v39, v0
  v44: i32 = ltu v43, 8:i32
  branch v44, b16, b15
b15 (b14):
  v45: i64 = load [offset=-8 size=8 signed=1] v41
  store [offset=-8 size=8] v39, v45
  v40: i32 = add v39, -8:i32
  v42: i32 = add v41, -8:i32
  jump b14
b16 (b10, b14, b17):
  v46: i32 = phi v3, v39, v47
  v48: i32 = phi v30, v41, v49
  v50: i32 = eq v46, v0
  branch v50, b20, b17
b17 (b16):
  v51: i32 = load [offset=-1 size=1 signed=0] v48
  store [offset=-1 size=1] v46, v51
  v47: i32 = add v46, -1:i32
  v49: i32 = add v48, -1:i32
  jump b16
b20 (b2, b7, b11, b16):
  return
}`;

/** Helper name → IR text. */
export const BULK_MEMORY: Readonly<Record<string, string>> = { __memoryFill: FILL, __memoryCopy: COPY };
