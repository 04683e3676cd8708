// The hot loop: executes decoded instructions of one hart until its slice is used up or something needs attention.
//
// It runs on locals: `ip` is the memory address of the present slot in the decoded page `page`, whose virtual address is
// HART_PAGE_PC; the architectural pc is derived from them when needed. `slot` always holds the instruction at `ip`, so a
// case can replace it and `continue` to dispatch again. Everything rare is a call that returns false to leave the loop.
// This one function is long because it must be one function: wasm keeps locals in registers only within one. There are just
// enough registers: one local more, and every instruction spills some; so what few cases need stands in the hart's block.

import { slowLoad, slowStore } from "./access";
import {
  divide,
  divideUnsigned,
  mulh,
  mulhsu,
  mulhu,
  orCombineBytes,
  remainder,
  remainderUnsigned,
  reverseBytes,
} from "./arithmetic";
import { executeAtomic } from "./atomics";
import { codeBytes, decodeSlot } from "./code";
import { FloatOperand, Hit, Operand, PAGE_MASK, Position } from "./cursor";
import { cachedPage, checkFetch, decodeStraddling, leaveForFetch } from "./excursions";
import { executeFloat, executeFused } from "./float-execute";
import { slowFloatLoad, slowFloatStore } from "./float-memory";
import { NativeDouble, NativeSingle } from "./float-native";
import { passMark } from "./marks";
import { Op } from "./operation";
import { executeRare } from "./rare";
import { Slot } from "./slot";
import {
  CODE_SLOT_SIZE,
  EXIT_FETCH,
  EXIT_NONE,
  HART_DATA_TLB,
  HART_EXIT,
  HART_FLOAT_TLB,
  HART_LEFT,
  HART_PC,
  TLB_READ_TAG,
  TLB_WRITE_TAG,
} from "./state";
import { Tlb } from "./tlb";

/**
 * Executes instructions of a hart from HART_PC on, at most HART_LEFT of them. On return HART_PC and HART_LEFT are up to
 * date and HART_EXIT says why it returned.
 */
export function interpret(hart: u32): void {
  let left = load<i32>(hart, HART_LEFT);
  const tlb = load<u32>(hart, HART_DATA_TLB);
  let page = cachedPage(hart, load<u64>(hart, HART_PC));
  if (page == 0) {
    store<u32>(hart, EXIT_FETCH, HART_EXIT);
    return;
  }
  Position.setPage(hart, load<u64>(hart, HART_PC));
  let ip = Position.slot(page, load<u64>(hart, HART_PC));
  let slot = load<u64>(ip);
  while (left > 0) {
    left--;
    const low = <u32>slot;
    switch (low & 0xff) {
      case Op.Undecoded: {
        left++;
        slot = decodeSlot(page, ip);
        continue;
      }
      case Op.CrossPage: {
        left++;
        const pc = Position.pc(hart, ip, page);
        page = cachedPage(hart, pc);
        if (page == 0) {
          leaveForFetch(hart, pc, left);
          return;
        }
        Position.setPage(hart, pc);
        ip = Position.slot(page, pc);
        slot = load<u64>(ip);
        continue;
      }
      case Op.Mark: {
        left++;
        slot = passMark(hart, page, ip, Position.pc(hart, ip, page), left);
        if (slot == 0) return;
        continue;
      }
      case Op.Check: {
        slot = checkFetch(hart, page, ip, Position.pc(hart, ip, page), left);
        if (slot == 0) return;
        left++;
        continue;
      }
      case Op.Straddle: {
        slot = decodeStraddling(hart, Position.pc(hart, ip, page), codeBytes(page, ip), left);
        if (slot == 0) return;
        left++;
        continue;
      }
      case Op.Nop:
        break;
      case Op.Lui:
        Operand.set(hart, low, Slot.immediate(slot));
        break;
      case Op.Auipc:
        Operand.set(hart, low, Position.pc(hart, ip, page) + Slot.immediate(slot));
        break;
      case Op.Jal:
        Operand.set(hart, low, Position.pc(hart, ip, page) + Slot.length(slot));
        ip = Position.relative(ip, slot);
        slot = Position.fetch(ip, page);
        continue;
      case Op.Jalr: {
        const target = Operand.address(hart, slot) & ~(<u64>1);
        Operand.set(hart, low, Position.pc(hart, ip, page) + Slot.length(slot));
        if ((target & PAGE_MASK) != Position.pagePc(hart)) {
          page = cachedPage(hart, target);
          if (page == 0) {
            leaveForFetch(hart, target, left);
            return;
          }
          Position.setPage(hart, target);
        }
        ip = Position.slot(page, target);
        slot = load<u64>(ip);
        continue;
      }
      case Op.Beq:
        if (Operand.first(hart, low) == Operand.second(hart, low)) {
          ip = Position.relative(ip, slot);
          slot = Position.fetch(ip, page);
          continue;
        }
        break;
      case Op.Bne:
        if (Operand.first(hart, low) != Operand.second(hart, low)) {
          ip = Position.relative(ip, slot);
          slot = Position.fetch(ip, page);
          continue;
        }
        break;
      case Op.Blt:
        if (<i64>Operand.first(hart, low) < <i64>Operand.second(hart, low)) {
          ip = Position.relative(ip, slot);
          slot = Position.fetch(ip, page);
          continue;
        }
        break;
      case Op.Bge:
        if (<i64>Operand.first(hart, low) >= <i64>Operand.second(hart, low)) {
          ip = Position.relative(ip, slot);
          slot = Position.fetch(ip, page);
          continue;
        }
        break;
      case Op.Bltu:
        if (Operand.first(hart, low) < Operand.second(hart, low)) {
          ip = Position.relative(ip, slot);
          slot = Position.fetch(ip, page);
          continue;
        }
        break;
      case Op.Bgeu:
        if (Operand.first(hart, low) >= Operand.second(hart, low)) {
          ip = Position.relative(ip, slot);
          slot = Position.fetch(ip, page);
          continue;
        }
        break;
      case Op.Lb: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 0, load<u64>(entry, TLB_READ_TAG)))
          Operand.set(hart, low, <u64>(<i64>load<i8>(Hit.memory(entry, address))));
        else if (!slowLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Lh: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 1, load<u64>(entry, TLB_READ_TAG)))
          Operand.set(hart, low, <u64>(<i64>load<i16>(Hit.memory(entry, address))));
        else if (!slowLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Lw: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 3, load<u64>(entry, TLB_READ_TAG)))
          Operand.set(hart, low, <u64>(<i64>load<i32>(Hit.memory(entry, address))));
        else if (!slowLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Ld: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 7, load<u64>(entry, TLB_READ_TAG)))
          Operand.set(hart, low, load<u64>(Hit.memory(entry, address)));
        else if (!slowLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Lbu: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 0, load<u64>(entry, TLB_READ_TAG)))
          Operand.set(hart, low, <u64>load<u8>(Hit.memory(entry, address)));
        else if (!slowLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Lhu: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 1, load<u64>(entry, TLB_READ_TAG)))
          Operand.set(hart, low, <u64>load<u16>(Hit.memory(entry, address)));
        else if (!slowLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Lwu: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 3, load<u64>(entry, TLB_READ_TAG)))
          Operand.set(hart, low, <u64>load<u32>(Hit.memory(entry, address)));
        else if (!slowLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Sb: {
        const address = Operand.address(hart, slot);
        const value = Operand.second(hart, low);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 0, load<u64>(entry, TLB_WRITE_TAG)))
          store<u8>(Hit.memory(entry, address), <u8>value);
        else if (!slowStore(hart, slot, address, value, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Sh: {
        const address = Operand.address(hart, slot);
        const value = Operand.second(hart, low);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 1, load<u64>(entry, TLB_WRITE_TAG)))
          store<u16>(Hit.memory(entry, address), <u16>value);
        else if (!slowStore(hart, slot, address, value, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Sw: {
        const address = Operand.address(hart, slot);
        const value = Operand.second(hart, low);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 3, load<u64>(entry, TLB_WRITE_TAG)))
          store<u32>(Hit.memory(entry, address), <u32>value);
        else if (!slowStore(hart, slot, address, value, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Sd: {
        const address = Operand.address(hart, slot);
        const value = Operand.second(hart, low);
        const entry = Tlb.entry(tlb, address);
        if (Hit.test(address, 7, load<u64>(entry, TLB_WRITE_TAG)))
          store<u64>(Hit.memory(entry, address), value);
        else if (!slowStore(hart, slot, address, value, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Flw: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(load<u32>(hart, HART_FLOAT_TLB), address);
        if (Hit.test(address, 3, load<u64>(entry, TLB_READ_TAG)))
          FloatOperand.setSingle(hart, low, load<u32>(Hit.memory(entry, address)));
        else if (!slowFloatLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Fld: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(load<u32>(hart, HART_FLOAT_TLB), address);
        if (Hit.test(address, 7, load<u64>(entry, TLB_READ_TAG)))
          FloatOperand.set(hart, low, load<u64>(Hit.memory(entry, address)));
        else if (!slowFloatLoad(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Fsw: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(load<u32>(hart, HART_FLOAT_TLB), address);
        if (Hit.test(address, 3, load<u64>(entry, TLB_WRITE_TAG)))
          store<u32>(Hit.memory(entry, address), <u32>FloatOperand.second(hart, low));
        else if (!slowFloatStore(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Fsd: {
        const address = Operand.address(hart, slot);
        const entry = Tlb.entry(load<u32>(hart, HART_FLOAT_TLB), address);
        if (Hit.test(address, 7, load<u64>(entry, TLB_WRITE_TAG)))
          store<u64>(Hit.memory(entry, address), FloatOperand.second(hart, low));
        else if (!slowFloatStore(hart, slot, address, Position.pc(hart, ip, page), left)) return;
        break;
      }
      case Op.Mv:
        Operand.set(hart, low, Operand.first(hart, low));
        break;
      case Op.Addi:
        Operand.set(hart, low, Operand.first(hart, low) + Slot.immediate(slot));
        break;
      case Op.Slti:
        Operand.set(hart, low, <i64>Operand.first(hart, low) < <i64>Slot.immediate(slot) ? 1 : 0);
        break;
      case Op.Sltiu:
        Operand.set(hart, low, Operand.first(hart, low) < Slot.immediate(slot) ? 1 : 0);
        break;
      case Op.Xori:
        Operand.set(hart, low, Operand.first(hart, low) ^ Slot.immediate(slot));
        break;
      case Op.Ori:
        Operand.set(hart, low, Operand.first(hart, low) | Slot.immediate(slot));
        break;
      case Op.Andi:
        Operand.set(hart, low, Operand.first(hart, low) & Slot.immediate(slot));
        break;
      case Op.Slli:
        Operand.set(hart, low, Operand.first(hart, low) << Slot.immediate(slot));
        break;
      case Op.Srli:
        Operand.set(hart, low, Operand.first(hart, low) >> Slot.immediate(slot));
        break;
      case Op.Srai:
        Operand.set(hart, low, <u64>(<i64>Operand.first(hart, low) >> <i64>Slot.immediate(slot)));
        break;
      case Op.Addiw:
        Operand.setWord(hart, low, <u32>Operand.first(hart, low) + <u32>Slot.immediate(slot));
        break;
      case Op.Slliw:
        Operand.setWord(hart, low, (<u32>Operand.first(hart, low)) << (<u32>Slot.immediate(slot)));
        break;
      case Op.Srliw:
        Operand.setWord(hart, low, <u32>Operand.first(hart, low) >> <u32>Slot.immediate(slot));
        break;
      case Op.Sraiw:
        Operand.setWord(hart, low, <u32>(<i32>Operand.first(hart, low) >> <i32>Slot.immediate(slot)));
        break;
      case Op.Add:
        Operand.set(hart, low, Operand.first(hart, low) + Operand.second(hart, low));
        break;
      case Op.Sub:
        Operand.set(hart, low, Operand.first(hart, low) - Operand.second(hart, low));
        break;
      case Op.Sll:
        Operand.set(hart, low, Operand.first(hart, low) << (Operand.second(hart, low) & 63));
        break;
      case Op.Slt:
        Operand.set(hart, low, <i64>Operand.first(hart, low) < <i64>Operand.second(hart, low) ? 1 : 0);
        break;
      case Op.Sltu:
        Operand.set(hart, low, Operand.first(hart, low) < Operand.second(hart, low) ? 1 : 0);
        break;
      case Op.Xor:
        Operand.set(hart, low, Operand.first(hart, low) ^ Operand.second(hart, low));
        break;
      case Op.Srl:
        Operand.set(hart, low, Operand.first(hart, low) >> (Operand.second(hart, low) & 63));
        break;
      case Op.Sra:
        Operand.set(hart, low, <u64>(<i64>Operand.first(hart, low) >> <i64>(Operand.second(hart, low) & 63)));
        break;
      case Op.Or:
        Operand.set(hart, low, Operand.first(hart, low) | Operand.second(hart, low));
        break;
      case Op.And:
        Operand.set(hart, low, Operand.first(hart, low) & Operand.second(hart, low));
        break;
      case Op.Addw:
        Operand.setWord(hart, low, <u32>Operand.first(hart, low) + <u32>Operand.second(hart, low));
        break;
      case Op.Subw:
        Operand.setWord(hart, low, <u32>Operand.first(hart, low) - <u32>Operand.second(hart, low));
        break;
      case Op.Sllw:
        Operand.setWord(hart, low, (<u32>Operand.first(hart, low)) << (<u32>Operand.second(hart, low) & 31));
        break;
      case Op.Srlw:
        Operand.setWord(hart, low, <u32>Operand.first(hart, low) >> (<u32>Operand.second(hart, low) & 31));
        break;
      case Op.Sraw:
        Operand.setWord(
          hart,
          low,
          <u32>(<i32>Operand.first(hart, low) >> (<i32>Operand.second(hart, low) & 31)),
        );
        break;
      case Op.Mul:
        Operand.set(hart, low, Operand.first(hart, low) * Operand.second(hart, low));
        break;
      case Op.Mulh:
        Operand.set(hart, low, mulh(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Mulhsu:
        Operand.set(hart, low, mulhsu(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Mulhu:
        Operand.set(hart, low, mulhu(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Div:
        Operand.set(hart, low, <u64>divide(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Divu:
        Operand.set(hart, low, divideUnsigned(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Rem:
        Operand.set(hart, low, <u64>remainder(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Remu:
        Operand.set(hart, low, remainderUnsigned(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Mulw:
        Operand.setWord(hart, low, <u32>Operand.first(hart, low) * <u32>Operand.second(hart, low));
        break;
      case Op.Divw:
        Operand.setWord(
          hart,
          low,
          <u32>divide(<i64>(<i32>Operand.first(hart, low)), <i64>(<i32>Operand.second(hart, low))),
        );
        break;
      case Op.Divuw:
        Operand.setWord(
          hart,
          low,
          <u32>divideUnsigned(<u64>(<u32>Operand.first(hart, low)), <u64>(<u32>Operand.second(hart, low))),
        );
        break;
      case Op.Remw:
        Operand.setWord(
          hart,
          low,
          <u32>remainder(<i64>(<i32>Operand.first(hart, low)), <i64>(<i32>Operand.second(hart, low))),
        );
        break;
      case Op.Remuw:
        Operand.setWord(
          hart,
          low,
          <u32>remainderUnsigned(<u64>(<u32>Operand.first(hart, low)), <u64>(<u32>Operand.second(hart, low))),
        );
        break;
      case Op.AddUw:
        Operand.set(hart, low, <u64>(<u32>Operand.first(hart, low)) + Operand.second(hart, low));
        break;
      case Op.Sh1add:
        Operand.set(hart, low, (Operand.first(hart, low) << 1) + Operand.second(hart, low));
        break;
      case Op.Sh2add:
        Operand.set(hart, low, (Operand.first(hart, low) << 2) + Operand.second(hart, low));
        break;
      case Op.Sh3add:
        Operand.set(hart, low, (Operand.first(hart, low) << 3) + Operand.second(hart, low));
        break;
      case Op.Sh1addUw:
        Operand.set(hart, low, ((<u64>(<u32>Operand.first(hart, low))) << 1) + Operand.second(hart, low));
        break;
      case Op.Sh2addUw:
        Operand.set(hart, low, ((<u64>(<u32>Operand.first(hart, low))) << 2) + Operand.second(hart, low));
        break;
      case Op.Sh3addUw:
        Operand.set(hart, low, ((<u64>(<u32>Operand.first(hart, low))) << 3) + Operand.second(hart, low));
        break;
      case Op.SlliUw:
        Operand.set(hart, low, (<u64>(<u32>Operand.first(hart, low))) << Slot.immediate(slot));
        break;
      case Op.Andn:
        Operand.set(hart, low, Operand.first(hart, low) & ~Operand.second(hart, low));
        break;
      case Op.Orn:
        Operand.set(hart, low, Operand.first(hart, low) | ~Operand.second(hart, low));
        break;
      case Op.Xnor:
        Operand.set(hart, low, ~(Operand.first(hart, low) ^ Operand.second(hart, low)));
        break;
      case Op.Clz:
        Operand.set(hart, low, clz<u64>(Operand.first(hart, low)));
        break;
      case Op.Ctz:
        Operand.set(hart, low, ctz<u64>(Operand.first(hart, low)));
        break;
      case Op.Cpop:
        Operand.set(hart, low, popcnt<u64>(Operand.first(hart, low)));
        break;
      case Op.Clzw:
        Operand.setWord(hart, low, clz<u32>(<u32>Operand.first(hart, low)));
        break;
      case Op.Ctzw:
        Operand.setWord(hart, low, ctz<u32>(<u32>Operand.first(hart, low)));
        break;
      case Op.Cpopw:
        Operand.setWord(hart, low, popcnt<u32>(<u32>Operand.first(hart, low)));
        break;
      case Op.Max:
        Operand.set(hart, low, <u64>max<i64>(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Maxu:
        Operand.set(hart, low, max<u64>(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Min:
        Operand.set(hart, low, <u64>min<i64>(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Minu:
        Operand.set(hart, low, min<u64>(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.SextB:
        Operand.set(hart, low, <u64>(<i64>(<i8>Operand.first(hart, low))));
        break;
      case Op.SextH:
        Operand.set(hart, low, <u64>(<i64>(<i16>Operand.first(hart, low))));
        break;
      case Op.ZextH:
        Operand.set(hart, low, Operand.first(hart, low) & 0xffff);
        break;
      case Op.Rol:
        Operand.set(hart, low, rotl<u64>(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Ror:
        Operand.set(hart, low, rotr<u64>(Operand.first(hart, low), Operand.second(hart, low)));
        break;
      case Op.Rori:
        Operand.set(hart, low, rotr<u64>(Operand.first(hart, low), Slot.immediate(slot)));
        break;
      case Op.Rolw:
        Operand.setWord(hart, low, rotl<u32>(<u32>Operand.first(hart, low), <u32>Operand.second(hart, low)));
        break;
      case Op.Rorw:
        Operand.setWord(hart, low, rotr<u32>(<u32>Operand.first(hart, low), <u32>Operand.second(hart, low)));
        break;
      case Op.Roriw:
        Operand.setWord(hart, low, rotr<u32>(<u32>Operand.first(hart, low), <u32>Slot.immediate(slot)));
        break;
      case Op.OrcB:
        Operand.set(hart, low, orCombineBytes(Operand.first(hart, low)));
        break;
      case Op.Rev8:
        Operand.set(hart, low, reverseBytes(Operand.first(hart, low)));
        break;
      case Op.Bclr:
        Operand.set(hart, low, Operand.first(hart, low) & ~((<u64>1) << (Operand.second(hart, low) & 63)));
        break;
      case Op.Bext:
        Operand.set(hart, low, (Operand.first(hart, low) >> (Operand.second(hart, low) & 63)) & 1);
        break;
      case Op.Binv:
        Operand.set(hart, low, Operand.first(hart, low) ^ ((<u64>1) << (Operand.second(hart, low) & 63)));
        break;
      case Op.Bset:
        Operand.set(hart, low, Operand.first(hart, low) | ((<u64>1) << (Operand.second(hart, low) & 63)));
        break;
      case Op.Bclri:
        Operand.set(hart, low, Operand.first(hart, low) & ~((<u64>1) << Slot.immediate(slot)));
        break;
      case Op.Bexti:
        Operand.set(hart, low, (Operand.first(hart, low) >> Slot.immediate(slot)) & 1);
        break;
      case Op.Binvi:
        Operand.set(hart, low, Operand.first(hart, low) ^ ((<u64>1) << Slot.immediate(slot)));
        break;
      case Op.Bseti:
        Operand.set(hart, low, Operand.first(hart, low) | ((<u64>1) << Slot.immediate(slot)));
        break;
      case Op.Atomic:
        if (executeAtomic(hart, slot, Position.pc(hart, ip, page), left)) break;
        return;
      case Op.FaddS: {
        const value = NativeSingle.first(hart, low) + NativeSingle.second(hart, low);
        if (NativeSingle.isFinite(hart, value) && NativeSingle.areBoxed(hart, low)) {
          NativeSingle.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FsubS: {
        const value = NativeSingle.first(hart, low) - NativeSingle.second(hart, low);
        if (NativeSingle.isFinite(hart, value) && NativeSingle.areBoxed(hart, low)) {
          NativeSingle.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FmulS: {
        const value = NativeSingle.first(hart, low) * NativeSingle.second(hart, low);
        if (NativeSingle.isNormal(hart, value) && NativeSingle.areBoxed(hart, low)) {
          NativeSingle.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FdivS: {
        const value = NativeSingle.first(hart, low) / NativeSingle.second(hart, low);
        if (NativeSingle.isNormal(hart, value) && NativeSingle.areBoxed(hart, low)) {
          NativeSingle.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FsqrtS: {
        const value = sqrt<f32>(NativeSingle.first(hart, low));
        if (value > 0 && NativeSingle.isFinite(hart, value) && NativeSingle.isBoxed(hart, low)) {
          NativeSingle.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FaddD: {
        const value = NativeDouble.first(hart, low) + NativeDouble.second(hart, low);
        if (NativeDouble.isFinite(hart, value)) {
          NativeDouble.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FsubD: {
        const value = NativeDouble.first(hart, low) - NativeDouble.second(hart, low);
        if (NativeDouble.isFinite(hart, value)) {
          NativeDouble.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FmulD: {
        const value = NativeDouble.first(hart, low) * NativeDouble.second(hart, low);
        if (NativeDouble.isNormal(hart, value)) {
          NativeDouble.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FdivD: {
        const value = NativeDouble.first(hart, low) / NativeDouble.second(hart, low);
        if (NativeDouble.isNormal(hart, value)) {
          NativeDouble.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.FsqrtD: {
        const value = sqrt<f64>(NativeDouble.first(hart, low));
        if (value > 0 && NativeDouble.isFinite(hart, value)) {
          NativeDouble.set(hart, low, value);
          break;
        }
        slot = Slot.withOperation(slot, Op.Float);
        left++;
        continue;
      }
      case Op.Float:
        if (executeFloat(hart, slot, Position.pc(hart, ip, page), left)) break;
        return;
      case Op.FloatFused:
        if (executeFused(hart, slot, Position.pc(hart, ip, page), left)) break;
        return;
      default:
        if (executeRare(hart, slot, Position.pc(hart, ip, page), left)) break;
        return;
    }
    // The next slot is a predicted branch away, not a computed distance: its load then need not wait for this slot's.
    if (Slot.isLong(low)) {
      slot = load<u64>(ip, 2 * CODE_SLOT_SIZE);
      ip += 2 * CODE_SLOT_SIZE;
      continue;
    }
    slot = load<u64>(ip, CODE_SLOT_SIZE);
    ip += CODE_SLOT_SIZE;
  }
  store<i32>(hart, left, HART_LEFT);
  store<u64>(hart, Position.pc(hart, ip, page), HART_PC);
  store<u32>(hart, EXIT_NONE, HART_EXIT);
}
