// Debug console: strings and bytes to and from the console. (SBI Specification 2.0, chapter 12.)
import { failure, inRam, type SbiCall, type SbiExtension, type SbiResult, success } from "./call";

export const debugConsoleExtension: SbiExtension = {
  id: 0x4442_434e, // "DBCN"
  call(call) {
    switch (call.functionId) {
      case 0n:
        return withBuffer(call, writeBytes);
      case 1n:
        return withBuffer(call, readBytes);
      case 2n:
        call.console.write(Number(call.argument(0) & 0xffn));
        return success();
      default:
        return failure("notSupported");
    }
  },
};

type BufferAction = (call: SbiCall, address: bigint, length: number) => bigint;

/** a0 = bytes, a1 and a2 = low and high half of the buffer's physical address, which has to lie in RAM. */
function withBuffer(call: SbiCall, action: BufferAction): SbiResult {
  const [length, address, high] = [call.argument(0), call.argument(1), call.argument(2)];
  if (high !== 0n || !inRam(call.host, address, length)) return failure("invalidParameter");
  return success(action(call, address, Number(length)));
}

function writeBytes({ host, console }: SbiCall, address: bigint, length: number): bigint {
  console.writeAll(host.memory.read(address, length));
  return BigInt(length);
}

function readBytes({ host, console }: SbiCall, address: bigint, length: number): bigint {
  const bytes = new Uint8Array(Math.min(length, console.available));
  for (let index = 0; index < bytes.length; index++) bytes[index] = console.read();
  if (bytes.length > 0) host.memory.write(address, bytes);
  return BigInt(bytes.length);
}
