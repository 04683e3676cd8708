/**
 * How a message's label and length fit the 32 bits an item of a ring has for both: bit 31 set, length in bits 28–30, label below.
 * Requests and responses of programs that use the asynchronous calls themselves have a small number there, the label or code alone.
 */
import { MESSAGE_LABEL_SHIFT, MESSAGE_LENGTH_MASK } from "../../../abi/src/message-info";
import { CALL_ITEM_WORDS } from "../../../abi/src/ring";
import { UNKNOWN_REQUEST } from "./response";

const FORM: u32 = 0x8000_0000;
const LENGTH_SHIFT: u32 = 28;
/** Labels that fit; codes of the runtime's own, from UNKNOWN_REQUEST on, are no messages. */
const LABELS: u64 = 1 << 27;
const LABEL_MASK: u32 = <u32>LABELS - 1;
/** What programs that know no lengths send and answer. */
const PLAIN_WORDS: u32 = 4;

export class MessageForm {
  /** Does a message with this information, and nothing but words, fit an item? */
  static fits(info: u64): bool {
    return (info & 0xfff) <= <u64>CALL_ITEM_WORDS && info >> MESSAGE_LABEL_SHIFT < LABELS;
  }

  @inline static isForm(itemInfo: u32): bool {
    return itemInfo >= FORM && itemInfo < UNKNOWN_REQUEST;
  }

  /** Message information that fits, as that of an item. */
  static pack(info: u64): u32 {
    const length = <u32>info & MESSAGE_LENGTH_MASK;
    return FORM | (length << LENGTH_SHIFT) | <u32>(info >> MESSAGE_LABEL_SHIFT);
  }

  /** An item's information, as that of a message. */
  static unpack(itemInfo: u32): u64 {
    if (!MessageForm.isForm(itemInfo)) return ((<u64>itemInfo) << MESSAGE_LABEL_SHIFT) | PLAIN_WORDS;
    return ((<u64>(itemInfo & LABEL_MASK)) << MESSAGE_LABEL_SHIFT) | ((itemInfo >> LENGTH_SHIFT) & 7);
  }
}
