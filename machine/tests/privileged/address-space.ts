// Random page tables: Sv39 or Sv48, with what a step's code needs mapped for certain (RAM where it is for S mode, and again at
// USER_ALIAS for U mode) and everything else at random: pages, superpages, permissions, A and D, and either reserved bits or
// Svnapot's ranges and Svpbmt's types.
import type { Random } from "../../src/test-support/random";
import * as at from "./layout";

const V = 1n;
const R = 2n;
const W = 4n;
const X = 8n;
const U = 16n;
const A = 64n;
const D = 128n;
const PBMT = 1n << 61n;
const N = 1n << 63n;
const PAGE = 0x1000;

/** RAM as U mode sees it. As a physical address there is nothing. */
export const USER_ALIAS = 0x1_8000_0000n;
const ALIAS_INDEX = 6; // of the gigabyte

/** Virtual addresses of random pages; as physical ones there is nothing, too. */
const WINDOW = 0x40_0000n;
const WINDOW_PAGES = 16;
const SUPERPAGES = 0x60_0000n;
const GIGAPAGE = 3n << 30n;
const HIGH_WINDOW = -0x20_0000n;
const TERAPAGE = 1n << 39n; // 512 GiB

/** Where an entry is, what virtual address it maps, which page of that is used, and what else it may hold. */
export interface Slot {
  entryAddress: number;
  virtual: bigint;
  usedPage: bigint;
  renew(): bigint;
}

export interface AddressSpace {
  satp: bigint;
  /** Virtual addresses whose accesses may end at data, at callees, or at nothing. */
  data: bigint[];
  callees: bigint[];
  nothing: bigint[];
  /** Entries that code may change. */
  slots: Slot[];
}

/** Writes a 64-bit word of the image. */
export type Poke = (address: number, value: bigint) => void;

export class AddressSpaceMaker {
  constructor(
    private readonly random: Random,
    private readonly poke: Poke,
    private readonly allocatePage: () => number,
    private readonly hasPageExtensions: boolean,
  ) {}

  make(asid: bigint): AddressSpace {
    const four = this.random.chance(2);
    const gigabytes = this.allocatePage();
    const space: AddressSpace = { satp: 0n, data: [], callees: [], nothing: [], slots: [] };
    let root = gigabytes;
    if (four) {
      root = this.allocatePage();
      this.poke(root, pointer(gigabytes));
      const high = this.allocatePage();
      this.poke(root + 511 * 8, pointer(high));
      this.fillHigh(space, high);
      this.place(space, root + 8, TERAPAGE, 0, TERAPAGE + BigInt(at.LARGE));
    } else this.fillHigh(space, gigabytes);
    space.satp = ((four ? 9n : 8n) << 60n) | (asid << 44n) | BigInt(root / PAGE);
    this.poke(gigabytes + 2 * 8, leaf(at.RAM, V | R | W | X | A | D));
    this.poke(gigabytes + ALIAS_INDEX * 8, leaf(at.RAM, V | R | W | X | U | A | D));
    const middle = this.allocatePage();
    this.poke(gigabytes, pointer(middle));
    const leaves = this.allocatePage();
    this.poke(middle + Number(WINDOW >> 21n) * 8, pointer(leaves));
    this.fillWindow(space, leaves, WINDOW);
    for (let i = 0; i < 4; i++) {
      const virtual = SUPERPAGES + BigInt(i) * 0x20_0000n;
      this.place(space, middle + Number(virtual >> 21n) * 8, virtual, at.LARGE, virtual);
    }
    const inGigapage = GIGAPAGE + BigInt(at.LARGE - at.RAM);
    this.place(space, gigabytes + 3 * 8, GIGAPAGE, at.RAM, inGigapage);
    return space;
  }

  /** The last gigabyte of the upper half: one table of pages. */
  private fillHigh(space: AddressSpace, gigabytes: number): void {
    const middle = this.allocatePage();
    const leaves = this.allocatePage();
    this.poke(gigabytes + 511 * 8, pointer(middle));
    this.poke(middle + 511 * 8, pointer(leaves));
    this.fillWindow(space, leaves, HIGH_WINDOW);
  }

  private fillWindow(space: AddressSpace, leaves: number, virtual: bigint): void {
    for (let i = 0; i < WINDOW_PAGES; i++) {
      const page = BigInt.asUintN(64, virtual + BigInt(i * PAGE));
      const entryAddress = leaves + i * 8;
      if (i < 10) {
        space.data.push(page);
        const renew = () => this.dataEntry();
        space.slots.push({ entryAddress, virtual: page, usedPage: page, renew });
        this.poke(entryAddress, renew());
      } else if (i === 10)
        space.data.push(page); // not mapped
      else if (i < 15) {
        space.callees.push(page);
        this.poke(entryAddress, this.pageEntry(at.CALLEES, at.CALLEE_PAGES, false));
      } else {
        space.nothing.push(page);
        this.poke(entryAddress, leaf(at.NOTHING, this.flags(true)));
      }
    }
  }

  /** An entry for a superpage, of which only what lies at `usable` is used; now and then not aligned to its size. */
  private place(
    space: AddressSpace,
    entryAddress: number,
    virtual: bigint,
    physical: number,
    usable: bigint,
  ): void {
    const renew = () => leaf(physical + (this.random.chance(8) ? PAGE : 0), this.leafFlags(true));
    this.poke(entryAddress, renew());
    const usedPage = usable + BigInt(this.random.below(at.LARGE_SIZE / PAGE) * PAGE);
    space.data.push(usedPage);
    space.slots.push({ entryAddress, virtual, usedPage, renew });
  }

  private dataEntry(): bigint {
    return this.pageEntry(at.DATA, at.DATA_PAGES, true);
  }

  /** A random entry for one of the pages from `base` on, or for all sixteen of them. */
  private pageEntry(base: number, pages: number, mayWrite: boolean): bigint {
    const isRange = this.hasPageExtensions && this.random.chance(4);
    if (isRange) return leaf(base + 0x8000, this.leafFlags(mayWrite) | N);
    return leaf(base + this.random.below(pages) * PAGE, this.flags(mayWrite));
  }

  /** Flags that do not make a pointer: tables would be what was stored there. */
  private leafFlags(mayWrite: boolean): bigint {
    const flags = this.flags(mayWrite);
    return (flags & (R | W | X)) === 0n ? flags & ~V : flags;
  }

  private flags(mayWrite: boolean): bigint {
    const { random } = this;
    let flags = random.chance(16) ? 0n : V;
    if (!random.chance(5)) flags |= R;
    if (!random.chance(3)) flags |= X;
    if (mayWrite ? !random.chance(3) : (flags & R) === 0n && random.chance(8)) flags |= W;
    if (random.chance(2)) flags |= U;
    if (random.chance(2)) flags |= A;
    if (random.chance(2)) flags |= D;
    flags |= BigInt(random.below(4)) << 8n; // for software
    if (random.chance(4)) flags |= 32n; // global
    // QEMU 7.2 looks at the reserved bits only without these extensions.
    if (!this.hasPageExtensions)
      return random.chance(24) ? flags | (1n << BigInt(54 + random.below(9))) : flags;
    const isLeaf = (flags & (R | W | X)) !== 0n;
    if (isLeaf && random.chance(6)) flags |= BigInt(1 + random.below(2)) * PBMT;
    return flags;
  }
}

const leaf = (physical: number, flags: bigint): bigint => (BigInt(physical / PAGE) << 10n) | flags;
const pointer = (table: number): bigint => leaf(table, V);
