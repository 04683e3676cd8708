// Moving a message from a sender to a receiver: registers, buffer words, capabilities and badge.

import { CAP_ENDPOINT, CAP_NULL } from "../../abi/src/capability-tags";
import {
  IPC_BUFFER_RECEIVE_CNODE,
  IPC_BUFFER_RECEIVE_DEPTH,
  IPC_BUFFER_RECEIVE_INDEX,
} from "../../abi/src/ipc-buffer";
import {
  MESSAGE_CAPS_UNWRAPPED_SHIFT,
  MESSAGE_EXTRA_CAPS_SHIFT,
  MESSAGE_LABEL_SHIFT,
  MESSAGE_MAX_EXTRA_CAPS,
  MESSAGE_REGISTERS,
} from "../../abi/src/message-info";
import { Capability, Slot } from "./capability";
import { Lookup, lookupSlot, lookupTargetSlot } from "./cspace";
import { DerivationTree, deriveCapability } from "./derivation-tree";
import { OK } from "./errors";
import { transferFault } from "./fault-message";
import { ExtraCaps, IpcBuffer, ipcBufferOf, MessageInfo } from "./message";
import { Tcb } from "./tcb";

/** Room for the capability being transferred. */
const TRANSFERRED = <u32>memory.data(16, 8);

/**
 * Gives `receiver` the message of `sender`: its fault's if it has one, else the one in its registers and buffer.
 * @param endpoint the endpoint used, or 0 for a reply; capabilities to it are transferred as their badges.
 * @param grant may capabilities be transferred?
 */
export function transferMessage(sender: Tcb, endpoint: u32, badge: u64, grant: bool, receiver: Tcb): void {
  if (sender.faultType != 0) transferFault(sender, receiver, badge);
  else transferNormal(sender, endpoint, badge, grant, receiver);
}

function transferNormal(sender: Tcb, endpoint: u32, badge: u64, grant: bool, receiver: Tcb): void {
  const info = sender.a1;
  const sendBuffer = ipcBufferOf(sender, false);
  const receiveBuffer = ipcBufferOf(receiver, true);
  ExtraCaps.clear();
  if (grant && MessageInfo.extraCaps(info) != 0) {
    if (ExtraCaps.lookup(sender, sendBuffer, info) != OK) ExtraCaps.clear();
  }
  const length = copyWords(sender, sendBuffer, receiver, receiveBuffer, MessageInfo.length(info));
  let received = (info >> MESSAGE_LABEL_SHIFT) << MESSAGE_LABEL_SHIFT;
  if (ExtraCaps.first != 0 && receiveBuffer != 0)
    received |= transferCapabilities(endpoint, receiver, receiveBuffer);
  receiver.a1 = received | <u64>length;
  receiver.a0 = badge;
}

/** Copies `count` message words as far as both buffers allow; returns how many. */
function copyWords(sender: Tcb, sendBuffer: u32, receiver: Tcb, receiveBuffer: u32, count: u32): u32 {
  let i: u32 = 0;
  for (; i < count && i < <u32>MESSAGE_REGISTERS; i++)
    receiver.setMessageRegister(i, sender.messageRegister(i));
  if (sendBuffer == 0 || receiveBuffer == 0) return i;
  for (; i < count; i++) IpcBuffer.setWord(receiveBuffer, i, IpcBuffer.word(sendBuffer, i));
  return i;
}

/** Where a receiver wants a capability to be put: an empty slot its buffer names, or 0. */
function receiveSlot(receiver: Tcb, buffer: u32): u32 {
  if (lookupSlot(receiver, load<u64>(buffer, IPC_BUFFER_RECEIVE_CNODE)) != OK) return 0;
  const root = Lookup.slot;
  const index = load<u64>(buffer, IPC_BUFFER_RECEIVE_INDEX);
  if (lookupTargetSlot(root, index, load<u64>(buffer, IPC_BUFFER_RECEIVE_DEPTH)) != OK) return 0;
  return Lookup.slot.type == CAP_NULL ? Lookup.slot.address : 0;
}

/** Transfers the extra capabilities; returns the capsUnwrapped and extraCaps fields of the received message. */
function transferCapabilities(endpoint: u32, receiver: Tcb, buffer: u32): u64 {
  let destination = receiveSlot(receiver, buffer);
  let unwrapped: u64 = 0;
  let count: u32 = 0;
  for (; count < <u32>MESSAGE_MAX_EXTRA_CAPS; count++) {
    const address = ExtraCaps.get(count);
    if (address == 0) break;
    const slot = Slot.at(address);
    if (slot.type == CAP_ENDPOINT && slot.object == endpoint) {
      IpcBuffer.setBadge(buffer, count, slot.data);
      unwrapped |= (<u64>1) << count;
      continue;
    }
    if (destination == 0) break;
    const cap = Capability.at(TRANSFERRED);
    cap.copyFrom(slot);
    if (deriveCapability(slot, cap) != OK || cap.isNull()) break;
    DerivationTree.insert(cap, slot, Slot.at(destination));
    destination = 0;
  }
  return (unwrapped << MESSAGE_CAPS_UNWRAPPED_SHIFT) | ((<u64>count) << MESSAGE_EXTRA_CAPS_SHIFT);
}
