/** Results of invocations: seL4's error codes and what they mean in words. */
import {
  ALIGNMENT_ERROR,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NO_ERROR,
  NOT_ENOUGH_MEMORY,
  RANGE_ERROR,
  REVOKE_FIRST,
  TRUNCATED_MESSAGE,
} from "../../abi/src/errors";

/** seL4_Error; 0 is success. */
export type ErrorCode = u32;

/** An error code in words. */
export function errorText(code: ErrorCode): string {
  switch (code) {
    case NO_ERROR:
      return "no error";
    case INVALID_ARGUMENT:
      return "invalid argument";
    case INVALID_CAPABILITY:
      return "invalid capability";
    case ILLEGAL_OPERATION:
      return "illegal operation";
    case RANGE_ERROR:
      return "value out of range";
    case ALIGNMENT_ERROR:
      return "address not aligned";
    case FAILED_LOOKUP:
      return "lookup failed";
    case TRUNCATED_MESSAGE:
      return "message too short";
    case DELETE_FIRST:
      return "slot in use";
    case REVOKE_FIRST:
      return "object in use";
    case NOT_ENOUGH_MEMORY:
      return "not enough memory";
    default:
      return "unknown error";
  }
}
