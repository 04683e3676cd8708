/** The whole system: builds all programs and what they share, starts them, and serves them until they are over. */
import { BUNDLE_ENDPOINT, BUNDLE_NOTIFICATION, NO_OBJECT } from "../../abi/src/bundle";
import { OBJECT_ENDPOINT, OBJECT_NOTIFICATION } from "../../abi/src/objects";
import { PEER_ENDED, PEER_LEFT_OUT, PEER_RUNS } from "../../abi/src/start-info";
import {
  EXIT_ABORTED,
  EXIT_FAULTED,
  FAULT_BADGE,
  SUPERVISOR_ABORT,
  SUPERVISOR_BITS,
  SUPERVISOR_CONSOLE,
  SUPERVISOR_END_PEER,
  SUPERVISOR_EXIT,
  SUPERVISOR_RECEIVE_INTERRUPTS,
} from "../../abi/src/supervisor";
import { Features } from "../../runtime/src/features";
import { wait } from "../../runtime/src/system-calls";
import { TextBuffer } from "../../runtime/src/text-buffer";
import { Bundle, mayEnd, ProgramRecord, serviceEndpoint } from "./bundle";
import { EXIT_NOT_STARTED } from "./failure";
import { reportExit, reportFault } from "./fault-report";
import { printText } from "./output";
import { powerOff } from "./power";
import { Program } from "./programs";
import { StartInfo } from "./start-info";
import { Workshop } from "./workshop";

export class System {
  /** null: left out, because its hart does not run. */
  private readonly programs: StaticArray<Program | null>;
  /** Notification that programs and the kernel signal. */
  private readonly supervisor: u32 = Workshop.root.make(OBJECT_NOTIFICATION, 0);
  private exitCode: u32 = 0;

  constructor() {
    this.programs = new StaticArray<Program | null>(<i32>Bundle.programCount);
  }

  /** Builds everything; nothing runs yet. */
  build(): void {
    makeObjects();
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      if (!hasItsHart(Bundle.program(i))) continue;
      const program = new Program(i);
      program.build(this.supervisor);
      this.programs[i] = program;
    }
  }

  /** Starts all programs and serves them; does not return. */
  run(): void {
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      this.notePeer(i, program === null ? PEER_LEFT_OUT : PEER_RUNS, 1);
    }
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      if (program !== null) program.start();
    }
    while (this.somethingToWaitFor()) {
      const badge = wait(this.supervisor);
      if ((badge & FAULT_BADGE) != 0) this.handleFaults();
      this.serveAll(badge & ~FAULT_BADGE);
    }
    this.end(this.exitCode);
  }

  private somethingToWaitFor(): bool {
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      if (program !== null && program.running && !program.record.isBackground) return true;
    }
    return false;
  }

  /** Serves the programs whose bits are in a badge. */
  private serveAll(badge: u64): void {
    for (let bits = badge; bits != 0; bits &= bits - 1) {
      for (let i = <u32>ctz(bits); i < Bundle.programCount; i += SUPERVISOR_BITS) {
        const program = this.programs[i];
        if (program !== null && program.running && program.mailbox.hasRequest) this.serve(program);
      }
    }
  }

  private serve(program: Program): void {
    const mailbox = program.mailbox;
    const request = mailbox.request;
    if (request == SUPERVISOR_CONSOLE) {
      program.console.accept(mailbox.text, mailbox.textLength);
      program.answer(0);
    } else if (request == SUPERVISOR_RECEIVE_INTERRUPTS) {
      program.answer(program.receiveInterrupts() ? 1 : 0);
    } else if (request == SUPERVISOR_END_PEER) {
      const target = this.peerToEnd(program);
      if (target !== null) this.endOrRestart(target);
      program.answer(target !== null ? 1 : 0);
    } else if (request == SUPERVISOR_EXIT) {
      const code = exitStatus(mailbox.argument);
      if (this.exitCode == 0) this.exitCode = code;
      this.stop(program, false);
      if (code != 0) reportExit(program.record, code);
    } else if (request == SUPERVISOR_ABORT) {
      program.console.finish();
      reportExit(program.record, EXIT_ABORTED);
      this.fail(program, EXIT_ABORTED);
    } else {
      program.answer(0);
    }
  }

  /** Looks who has stopped at a fault. */
  private handleFaults(): void {
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      if (program === null || !program.running || !program.readFault()) continue;
      program.console.finish();
      reportFault(program.record);
      this.fail(program, EXIT_FAULTED);
    }
  }

  /** A program has not ended by itself: that ends the system, unless the program can be started again. */
  private fail(program: Program, code: u32): void {
    if (!program.canRestart) this.end(code);
    this.endOrRestart(program);
  }

  /** The running program named in a mailbox, if its owner may end it. */
  private peerToEnd(by: Program): Program | null {
    const length = by.mailbox.textLength;
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const program = this.programs[i];
      if (program === null || !program.running || !mayEnd(by.index, i)) continue;
      const record = program.record;
      if (record.nameLength == length && memory.compare(record.name, by.mailbox.text, length) == 0)
        return program;
    }
    return null;
  }

  private endOrRestart(program: Program): void {
    this.stop(program, program.canRestart);
    if (!program.canRestart) return;
    program.takeBack();
    program.build(this.supervisor);
    this.notePeer(program.index, PEER_RUNS, program.generation + 1);
    program.start();
  }

  private stop(program: Program, willComeBack: bool): void {
    program.stop();
    this.notePeer(program.index, PEER_ENDED, program.generation);
    const endpoint = serviceEndpoint(program.index);
    if (endpoint == NO_OBJECT) return;
    this.failCalls(endpoint);
    if (willComeBack) return;
    // calls from now on are calls through an empty slot: they fail at once
    const object = Bundle.object(endpoint);
    Workshop.root.delete(object.slot);
    object.slot = 0;
  }

  /** Calls to an endpoint whose server has ended return, as failed. */
  private failCalls(endpoint: u32): void {
    for (let i: u32 = 0; i < Bundle.capabilityCount; i++) {
      const capability = Bundle.capability(i);
      if (capability.object != endpoint) continue;
      const client = this.programs[capability.program];
      if (client !== null && client.running) client.failCall(capability.slot);
    }
  }

  /** Tells all programs with channels to program number `peer` what has become of it. */
  private notePeer(peer: u32, presence: u32, generation: u32): void {
    for (let i: u32 = 0; i < Bundle.programCount; i++) {
      const found = changetype<StartInfo>(Bundle.program(i).startInfo).notePeer(peer, presence, generation);
      const program = this.programs[i];
      if (found && program !== null && program.running) program.signalNews();
    }
  }

  /** Prints what is left and powers off. */
  private end(code: u32): void {
    for (let i = 0; i < this.programs.length; i++) {
      const program = this.programs[i];
      if (program !== null) program.console.finish();
    }
    powerOff(code);
  }
}

/** Makes what programs share. */
function makeObjects(): void {
  for (let i: u32 = 0; i < Bundle.objectCount; i++) {
    const object = Bundle.object(i);
    const kind = object.kind;
    if (kind == BUNDLE_ENDPOINT) object.slot = Workshop.root.make(OBJECT_ENDPOINT, 0);
    else if (kind == BUNDLE_NOTIFICATION) object.slot = Workshop.root.make(OBJECT_NOTIFICATION, 0);
    else object.slot = Workshop.root.makePages(object.count);
  }
}

/** Whether a program's hart runs; ends the system if it does not and the program is not optional. */
function hasItsHart(record: ProgramRecord): bool {
  if (record.hart < Features.hartsRunning) return true;
  if (record.isOptional) return false;
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
  return false;
}

/** An exit code as the host sees it: 8 bits, and not 0 when the program's was not. */
function exitStatus(code: u32): u32 {
  const status = code & 0xff;
  return status == 0 && code != 0 ? 1 : status;
}
