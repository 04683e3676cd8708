// The message information word (register a1): label from bit 12, capsUnwrapped bits 11:9, extraCaps bits 8:7, length 6:0.

export const MESSAGE_LENGTH_MASK = 127;
export const MESSAGE_EXTRA_CAPS_SHIFT = 7;
export const MESSAGE_EXTRA_CAPS_MASK = 3;
export const MESSAGE_CAPS_UNWRAPPED_SHIFT = 9;
export const MESSAGE_CAPS_UNWRAPPED_MASK = 7;
export const MESSAGE_LABEL_SHIFT = 12;

/** Most words of a message. */
export const MESSAGE_MAX_LENGTH = 120;
/** Most capabilities of a message. */
export const MESSAGE_MAX_EXTRA_CAPS = 3;
/** Message words in registers a2–a5; the rest is in the IPC buffer. */
export const MESSAGE_REGISTERS = 4;
