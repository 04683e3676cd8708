// A driver in user mode: the serial port's interrupt arrives as a signal, and again after each acknowledgement.

import { load8, store8 } from "rv";
import { ROOT_SLOT_CNODE, ROOT_SLOT_IRQ_CONTROL } from "../../../../abi/src/bootinfo";
import { IRQ_ACKNOWLEDGE, IRQ_ISSUE_HANDLER, IRQ_SET_HANDLER } from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { print, printNumber, Root, report, System } from "./support";

export { abort } from "./support";

const UART: u64 = 0x1000_0000;
const UART_IRQ: u64 = 10;
const WINDOW: u32 = 0x5800_0000;
const RECEIVE: u64 = 0;
const INTERRUPT_ENABLE: u64 = 1;
const LINE_STATUS: u64 = 5;
const DATA_READY: u32 = 1;

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const notification = Root.make(OBJECT_NOTIFICATION);
  const handler = Root.takeSlot();
  report("issue: number 0", issue(0, handler));
  report("issue: number 97", issue(97, handler));
  report("issue: timer", issue(96, handler));
  Root.check(issue(UART_IRQ, handler), "issue");
  report("issue: twice", issue(UART_IRQ, Root.takeSlot()));
  Root.check(
    Root.invoke(handler, IRQ_SET_HANDLER, 0, 0, 0, 0, 0, Root.mint(notification, 32)),
    "set handler",
  );
  Root.mapDevice(UART, WINDOW);
  store8(WINDOW + INTERRUPT_ENABLE, 1);
  let count: u32 = 0;
  while (count < 3) {
    const badge = System.wait(notification);
    while ((load8(WINDOW + LINE_STATUS) & DATA_READY) != 0) {
      print("byte ");
      printNumber(load8(WINDOW + RECEIVE));
      print("\n");
      count++;
    }
    if (badge != 32) report("badge", badge);
    Root.check(Root.invoke(handler, IRQ_ACKNOWLEDGE, 0), "acknowledge");
  }
  Root.check(Root.remove(handler), "delete handler");
  report("issue: after deletion", issue(UART_IRQ, handler));
  Root.exit(0);
}

function issue(irq: u64, slot: u32): u32 {
  return Root.invoke(ROOT_SLOT_IRQ_CONTROL, IRQ_ISSUE_HANDLER, 3, irq, slot, 64, 0, ROOT_SLOT_CNODE);
}
