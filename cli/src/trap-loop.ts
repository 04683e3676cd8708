// Notices harts that can do nothing but fault: the trap vector itself cannot be executed, so every fault leads to the next.
// Usual causes: an image that expects firmware was started without, or a guest that faults before it sets its vector.
import { type Hart, type Machine, Privilege } from "@rel4/machine";

const CSR = { stvec: 0x105, sepc: 0x141, scause: 0x142, mtvec: 0x305, mepc: 0x341, mcause: 0x342 };

/** A message when no hart can make progress and at least one faults at its own trap vector; undefined otherwise. */
export function findTrapLoop(machine: Machine): string | undefined {
  const running = machine.harts.filter((hart) => hart.runState === "running");
  if (running.length === 0) return undefined;
  const causes = running.map(causeOfLoop);
  const [hart, cause] = [running[0]!, causes[0]];
  if (causes.some((each) => each === undefined)) return undefined;
  return (
    `hart ${hart.id} faults at its own trap vector 0x${hart.pc.toString(16)} (cause ${cause}) and can never go on; ` +
    "does the image expect firmware that is not there, or was its trap vector never set?"
  );
}

/** The cause that repeats, when the hart's pc, its trap vector and the place of the last fault are one address. */
function causeOfLoop(hart: Hart): bigint | undefined {
  const machineMode = hart.privilege === Privilege.machine;
  const [vector, place, cause] = machineMode
    ? [CSR.mtvec, CSR.mepc, CSR.mcause]
    : [CSR.stvec, CSR.sepc, CSR.scause];
  const isLoop = hart.pc === hart.csr(vector) && hart.pc === hart.csr(place);
  return isLoop ? hart.csr(cause) : undefined;
}
