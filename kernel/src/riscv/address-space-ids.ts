// Address-space identifiers (ASIDs): 128 pools of 512.
//
// A pool is a page whose word n is 0, or the satp value of the address space with ASID base + n — the same word as
// `data` of a capability to its root table (see `vspace.ts`), so that one comparison tells whether a capability still
// names a living address space. ASID 0 belongs to the kernel. Absent pools are a page of zeroes.

const POOLS: u32 = 128;
const POOL_BITS: u64 = 9;
const POOL_SIZE: u32 = 1 << 9;
const ASID_SHIFT: u64 = 44;
const ASID_MASK: u64 = 0xffff;

export const noPool = memory.data(4096, 4096);
export const pools = memory.data(POOLS * 4, 8);

export class AddressSpaceIds {
  static readonly POOLS: u32 = POOLS;
  static readonly POOL_SIZE: u32 = POOL_SIZE;

  /** Boot: no pool exists. */
  static initialise(): void {
    for (let i: u32 = 0; i < POOLS; i++) AddressSpaceIds.setPool(i, <u32>noPool);
  }

  /** ASID inside a satp-shaped word. */
  @inline static of(word: u64): u64 {
    return (word >> ASID_SHIFT) & ASID_MASK;
  }

  /** Pool number `index`, or 0. */
  static pool(index: u32): u32 {
    const pool = load<u32>(pools + ((<usize>index) << 2));
    return pool == <u32>noPool ? 0 : pool;
  }

  static setPool(index: u32, pool: u32): void {
    store<u32>(pools + ((<usize>index) << 2), pool);
  }

  static removePool(index: u32): void {
    AddressSpaceIds.setPool(index, <u32>noPool);
  }

  /** Lowest pool number that is free, or POOLS. */
  static freePoolIndex(): u32 {
    let index: u32 = 0;
    while (index < POOLS && AddressSpaceIds.pool(index) != 0) index++;
    return index;
  }

  /** Number of the pool that an ASID belongs to. */
  @inline static poolIndex(asid: u64): u32 {
    return <u32>(asid >> POOL_BITS);
  }

  /** Pointer to the word of an ASID; reading it gives 0 when the pool is absent. */
  @inline static wordAt(asid: u64): u32 {
    const pool = load<u32>(pools + ((<usize>asid >> 9) << 2));
    return pool + ((<u32>asid & (POOL_SIZE - 1)) << 3);
  }

  /** Is this satp-shaped word in a pool, in its ASID's place? Then it belongs to a living address space. */
  @inline static contains(word: u64): bool {
    const pool = load<u32>(pools + (<usize>(word >> (ASID_SHIFT + POOL_BITS - 2)) & ((POOLS - 1) << 2)));
    const index = (<u32>(word >> ASID_SHIFT) & (POOL_SIZE - 1)) << 3;
    return load<u64>(pool + index) == word;
  }

  /** The root's satp value of an ASID, or 0. */
  @inline static root(asid: u64): u64 {
    return load<u64>(AddressSpaceIds.wordAt(asid));
  }
}
