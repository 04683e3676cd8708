// Error codes of invocations: the label of the reply message. Message registers then say more:
// InvalidArgument/InvalidCapability: MR0 = which one. RangeError: MR0 = minimum, MR1 = maximum.
// FailedLookup: MR0 = 1 when the source failed, then the lookup failure. NotEnoughMemory: MR0 = bytes left.

export const NO_ERROR = 0;
export const INVALID_ARGUMENT = 1;
export const INVALID_CAPABILITY = 2;
export const ILLEGAL_OPERATION = 3;
export const RANGE_ERROR = 4;
export const ALIGNMENT_ERROR = 5;
export const FAILED_LOOKUP = 6;
export const TRUNCATED_MESSAGE = 7;
export const DELETE_FIRST = 8;
export const REVOKE_FIRST = 9;
export const NOT_ENOUGH_MEMORY = 10;

// Lookup failures, as FailedLookup and capability faults report them
export const LOOKUP_NO_FAILURE = 0;
/** The root is no CNode. */
export const LOOKUP_INVALID_ROOT = 1;
/** Then: bits left. */
export const LOOKUP_MISSING_CAPABILITY = 2;
/** Then: bits left, bits found. */
export const LOOKUP_DEPTH_MISMATCH = 3;
/** Then: bits left, guard found, its size. */
export const LOOKUP_GUARD_MISMATCH = 4;
