// Debug system calls.

import { CAP_THREAD } from "../../abi/src/capability-tags";
import { IPC_BUFFER_MESSAGE } from "../../abi/src/ipc-buffer";
import { Lookup, lookupSlot } from "./cspace";
import { ThreadList } from "./debug-threads";
import { OK } from "./errors";
import { Hart } from "./hart";
import { ipcBufferOf } from "./message";
import { Console, powerOff } from "./riscv/console";
import { TCB_NAME, Tcb, THREAD_IDLE } from "./tcb";

export class Debug {
  /** a0 = the type of the capability that a0 names; an address that resolves to nothing is a null capability. */
  static identify(thread: Tcb): void {
    thread.a0 = lookupSlot(thread, thread.a0) == OK ? Lookup.slot.type : 0;
  }

  /** Ends the machine (SendIPI does so too, as in seL4, which has it for another architecture). */
  static halt(thread: Tcb): void {
    Console.write("halted by thread ");
    Debug.printName(thread);
    Console.putChar(10);
    powerOff(0);
  }

  /** a0 = the hart of the thread whose capability a0 names; as in seL4, anything else ends the machine. */
  static threadAffinity(thread: Tcb): void {
    if (lookupSlot(thread, thread.a0) != OK || Lookup.slot.type != CAP_THREAD) Debug.halt(thread);
    else thread.a0 = Hart.from(Tcb.at(Lookup.slot.object).hart).index;
  }

  /** Names the thread whose capability a0 names, by the text in the caller's IPC buffer. */
  static nameThread(thread: Tcb): void {
    if (lookupSlot(thread, thread.a0) != OK || Lookup.slot.type != CAP_THREAD) return;
    const buffer = ipcBufferOf(thread, true);
    if (buffer) ThreadList.setName(Tcb.at(Lookup.slot.object), buffer + IPC_BUFFER_MESSAGE);
  }

  /** Prints every thread: name, state, priority, hart, program counter. */
  static dumpThreads(): void {
    Console.write("\nthread state priority hart pc\n");
    for (let address = ThreadList.head; address != 0; address = Tcb.at(address).debugNext) {
      const thread = Tcb.at(address);
      Debug.printName(thread);
      Console.putChar(32);
      Debug.printState(thread.state);
      Console.putChar(32);
      Console.writeDecimal(thread.priority);
      Console.putChar(32);
      Console.writeDecimal(Hart.from(thread.hart).index);
      Console.putChar(32);
      Console.writeHex(thread.faultPc);
      Console.putChar(10);
    }
  }

  static printName(thread: Tcb): void {
    const name = thread.address + TCB_NAME;
    if (load<u8>(name) == 0) Console.writeHex(thread.address);
    for (let i: u32 = 0; load<u8>(name + i) != 0; i++) Console.putChar(load<u8>(name + i));
  }

  private static printState(state: u32): void {
    switch (state) {
      case 0:
        Console.write("inactive");
        break;
      case 1:
        Console.write("running");
        break;
      case 2:
        Console.write("restart");
        break;
      case 3:
        Console.write("receiving");
        break;
      case 4:
        Console.write("sending");
        break;
      case 5:
        Console.write("calling");
        break;
      case 6:
        Console.write("waiting");
        break;
      default:
        Console.write(state == THREAD_IDLE ? "idle" : "?");
    }
  }
}
