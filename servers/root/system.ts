/** The whole system: builds all programs and what they share, starts them, and serves them until they are over. */
import { BUNDLE_ENDPOINT, BUNDLE_NOTIFICATION } from "../../abi/src/bundle";
import { OBJECT_ENDPOINT, OBJECT_NOTIFICATION, VM_EXECUTE_NEVER } from "../../abi/src/objects";
import { RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import {
  EXIT_FAULTED,
  SUPERVISOR_ABORT,
  SUPERVISOR_CONSOLE,
  SUPERVISOR_EXIT,
  SUPERVISOR_RECEIVE_INTERRUPTS,
} from "../../abi/src/supervisor";
import { Features } from "../../runtime/src/features";
import { Message, MessageInfo } from "../../runtime/src/message";
import { receive, reply } from "../../runtime/src/system-calls";
import { TextBuffer } from "../../runtime/src/text-buffer";
import { Bundle } from "./bundle";
import { ConsoleLines } from "./console-lines";
import { EXIT_NOT_STARTED, mustSucceed } from "./failure";
import { isFault, reportExit, reportFault } from "./fault-report";
import { printText } from "./output";
import { powerOff } from "./power";
import { Program } from "./programs";
import { ChannelEntry, channelCount } from "./start-info";
import { Workshop } from "./workshop";

const READ_WRITE: u64 = RIGHT_READ | RIGHT_WRITE;

export class System {
  /** null: left out, because its hart does not run. */
  private readonly programs: StaticArray<Program | null>;
  private readonly consoles: StaticArray<ConsoleLines>;
  private readonly supervisor: u32;
  private exitCode: u32 = 0;

  constructor() {
    const count = <i32>Bundle.programCount;
    this.programs = new StaticArray<Program | null>(count);
    this.consoles = new StaticArray<ConsoleLines>(count);
    this.supervisor = Workshop.root.make(OBJECT_ENDPOINT, 0);
    for (let i = 0; i < count; i++) this.consoles[i] = new ConsoleLines();
  }

  /** Builds everything; nothing runs yet. */
  build(): void {
    this.makeObjects();
    for (let i: u32 = 0; i < Bundle.programCount; i++) this.buildProgram(i);
    this.giveCapabilities();
    this.mapSharedPages();
    for (let i: u32 = 0; i < Bundle.programCount; i++) this.notePresentPeers(i);
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      if (program !== null) program.bindNotification();
    }
  }

  private buildProgram(index: u32): void {
    const record = Bundle.program(index);
    if (record.hart < Features.hartsRunning) {
      const program = new Program(record);
      program.build(this.supervisor, index + 1);
      this.programs[index] = program;
    } else if (!record.isOptional) {
      TextBuffer.clear();
      TextBuffer.text('rel4: program "');
      TextBuffer.bytes(record.name, record.nameLength);
      TextBuffer.text('" is placed on hart ');
      TextBuffer.decimal(record.hart);
      TextBuffer.text(", but harts 0 to ");
      TextBuffer.decimal(Features.hartsRunning - 1);
      TextBuffer.text(" run: start more harts (--harts, -smp) or place it on another one");
      printText();
      powerOff(EXIT_NOT_STARTED);
    }
  }

  private makeObjects(): void {
    for (let i: u32 = 0; i < Bundle.objectCount; i++) {
      const object = Bundle.object(i);
      const kind = object.kind;
      if (kind == BUNDLE_ENDPOINT) object.slot = Workshop.root.make(OBJECT_ENDPOINT, 0);
      else if (kind == BUNDLE_NOTIFICATION) object.slot = Workshop.root.make(OBJECT_NOTIFICATION, 0);
      else object.slot = Workshop.root.makePages(object.count);
    }
  }

  private giveCapabilities(): void {
    for (let i: u32 = 0; i < Bundle.capabilityCount; i++) {
      const capability = Bundle.capability(i);
      const program = this.programs[capability.program];
      if (program === null) continue;
      program.give(
        capability.slot,
        Bundle.object(capability.object).slot,
        capability.rights,
        capability.badge,
      );
    }
  }

  private mapSharedPages(): void {
    for (let i: u32 = 0; i < Bundle.mappingCount; i++) {
      const mapping = Bundle.mapping(i);
      const program = this.programs[mapping.program];
      if (program === null) continue;
      const object = Bundle.object(mapping.object);
      program.space.mapCopies(object.slot, mapping.address, object.count, READ_WRITE, VM_EXECUTE_NEVER);
    }
  }

  /** Tells a program which of its peers run. */
  private notePresentPeers(index: u32): void {
    const page = Bundle.program(index).startInfo;
    for (let i: u32 = 0; i < channelCount(page); i++) {
      const channel = ChannelEntry.of(page, i);
      channel.present = this.programs[channel.peer] !== null;
    }
  }

  /** Starts all programs and serves them; does not return. */
  run(): void {
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      if (program !== null) program.start();
    }
    while (this.somethingToWaitFor()) this.serve(<u32>receive(this.supervisor) - 1);
    this.end(this.exitCode);
  }

  private somethingToWaitFor(): bool {
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      if (program !== null && program.running && !program.record.isBackground) return true;
    }
    return false;
  }

  /** Handles the message received last; @param index the program that sent it. */
  private serve(index: u32): void {
    const label = Message.label;
    if (label == SUPERVISOR_CONSOLE) {
      this.consoles[index].acceptMessage();
    } else if (label == SUPERVISOR_RECEIVE_INTERRUPTS) {
      const program = this.programs[index];
      const receives = program !== null && program.receiveInterrupts();
      reply(MessageInfo.make(0, 0, 1), receives ? 1 : 0, 0, 0, 0);
    } else if (label == SUPERVISOR_EXIT || label == SUPERVISOR_ABORT) {
      const code = exitStatus(<u32>Message.word0);
      if (this.exitCode == 0) this.exitCode = code;
      this.stop(index);
      if (code != 0) reportExit(Bundle.program(index), code);
      if (label == SUPERVISOR_ABORT) this.end(code);
    } else if (isFault(label)) {
      this.consoles[index].finish();
      reportFault(Bundle.program(index));
      this.end(EXIT_FAULTED);
    }
  }

  private stop(index: u32): void {
    this.consoles[index].finish();
    const program = this.programs[index];
    if (program === null) return;
    program.running = false;
    mustSucceed("stopping a program", program.thread.suspend());
  }

  /** Prints what is left and powers off. */
  private end(code: u32): void {
    for (let i = 0; i < this.consoles.length; i++) this.consoles[i].finish();
    powerOff(code);
  }
}

/** An exit code as the host sees it: 8 bits, and not 0 when the program's was not. */
function exitStatus(code: u32): u32 {
  const status = code & 0xff;
  return status == 0 && code != 0 ? 1 : status;
}
