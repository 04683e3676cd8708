import {
  CNODE_DELETE,
  CNODE_REVOKE,
  MESSAGE_MAX_LENGTH,
  RIGHT_GRANT,
  RIGHT_GRANT_REPLY,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  SYS_SEND,
  TCB_RESUME,
  TCB_SUSPEND,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

let world: World;
let endpoint: number;
/** Runs first. */
let server: Thread;
/** Runs when the server waits. */
let client: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  // Without the fastpaths, so that these tests say what the slow path does; fastpath.test.ts compares the two.
  world = new World({ fastpath: false });
  endpoint = world.endpoint();
  [server, client] = world.threadsInOrder(2) as [Thread, Thread];
});

const registers = (count: number, first = 100) =>
  Array.from({ length: count }, (_, index) => BigInt(first + index));

describe("Send and Recv", () => {
  it("give a waiting receiver the message, its length, its label and the sender's badge", () => {
    const badged = world.mint(endpoint, 0x5555_6666_7777_8888n);
    server.receive(endpoint);
    client.send(badged, { label: 12, words: registers(4) });
    expect(server.isRunning).toBe(true);
    expect(server.received).toEqual({
      badge: 0x5555_6666_7777_8888n,
      label: 12,
      words: registers(4),
      extraCaps: 0,
      capsUnwrapped: 0,
    });
    expect(client.state).toBe("running");
  });

  it("let a sender wait for its receiver", () => {
    const [sender, receiver] = [server, client];
    sender.send(world.mint(endpoint, 3), { label: 1, words: [9] });
    expect(sender.state).toBe("blocked on send");
    receiver.receive(endpoint);
    expect(receiver.received).toMatchObject({ badge: 3n, label: 1, words: [9n] });
    expect(sender.isRunning).toBe(true);
  });

  it("serve senders in the order in which they came", () => {
    const [first, second, third, receiver] = world.threadsInOrder(4, { priority: 200 }) as [
      Thread,
      Thread,
      Thread,
      Thread,
    ];
    first.send(world.mint(endpoint, 1));
    second.send(world.mint(endpoint, 2));
    third.send(world.mint(endpoint, 3));
    const badges: bigint[] = [];
    for (let i = 0; i < 3; i++) {
      receiver.receive(endpoint);
      badges.push(receiver.received.badge);
      // The sender whose message was taken runs now; it stops for good, so that the receiver goes on.
      world.must([first, second, third][i]!.cap, TCB_SUSPEND);
    }
    expect(badges).toEqual([1n, 2n, 3n]);
  });

  it("serve receivers in the order in which they came", () => {
    const [first, second, sender] = world.threadsInOrder(3, { priority: 200 }) as [Thread, Thread, Thread];
    first.receive(endpoint);
    second.receive(endpoint);
    sender.send(endpoint, { words: [1] });
    expect([first.state, second.state]).toEqual(["running", "blocked on receive"]);
  });

  it("carry up to 120 words through the buffers", () => {
    server.receive(endpoint);
    client.send(endpoint, { words: registers(MESSAGE_MAX_LENGTH) });
    expect(server.received.words).toEqual(registers(MESSAGE_MAX_LENGTH));
  });

  it("cut a length of more than 120 words to 120", () => {
    server.receive(endpoint);
    client.send(endpoint, { words: registers(MESSAGE_MAX_LENGTH), length: 127 });
    expect(server.received.words).toHaveLength(MESSAGE_MAX_LENGTH);
  });

  it.each([
    ["the sender", false, true],
    ["the receiver", true, false],
  ])("carry four words when %s has no buffer", (_, receiverHas, senderHas) => {
    const receiver = world.thread({ priority: 202, buffer: receiverHas });
    const sender = world.thread({ priority: 201, buffer: senderHas });
    receiver.receive(endpoint);
    sender.send(endpoint, { words: registers(senderHas ? 8 : 4), length: 8 });
    expect(receiver.register("a1") & 127n).toBe(4n);
    expect([0, 1, 2, 3].map((index) => receiver.word(index))).toEqual(registers(4));
  });

  it("leave registers that are no part of the message alone", () => {
    server.setRegister("a6", 6);
    server.setRegister("t0", 7);
    server.receive(endpoint);
    server.setRegister("a4", 0x44);
    client.send(endpoint, { words: [1, 2] });
    expect([server.register("a6"), server.register("t0"), server.register("a4")]).toEqual([6n, 7n, 0x44n]);
  });

  it("to an endpoint without the write right does nothing", () => {
    server.receive(endpoint);
    client.send(world.mint(endpoint, 1, RIGHT_READ), { words: [1] });
    expect(server.state).toBe("blocked on receive");
    expect(client.state).toBe("running");
  });
});

describe("the non-blocking forms", () => {
  it("NBSend drops the message when nobody waits", () => {
    server.nonBlockingSend(endpoint, { words: [1] });
    expect(server.state).toBe("running");
    server.nonBlockingReceive(endpoint);
    expect(server.received.badge).toBe(0n);
  });

  it("NBSend delivers to a waiting receiver", () => {
    server.receive(endpoint);
    client.nonBlockingSend(world.mint(endpoint, 8), { words: [5] });
    expect(server.received).toMatchObject({ badge: 8n, words: [5n] });
  });

  it("NBRecv takes a waiting sender's message", () => {
    server.send(world.mint(endpoint, 4), { words: [7] });
    client.nonBlockingReceive(endpoint);
    expect(client.received).toMatchObject({ badge: 4n, words: [7n] });
  });

  it("NBRecv answers badge 0 when there is nothing", () => {
    server.setRegister("a0", 5);
    server.nonBlockingReceive(endpoint);
    expect(server.register("a0")).toBe(0n);
    expect(server.state).toBe("running");
  });
});

describe("Call and Reply", () => {
  it("make the caller wait for the answer, which comes with badge 0", () => {
    server.receive(endpoint);
    client.call(world.mint(endpoint, 2), { label: 3, words: [10, 11] });
    expect(client.state).toBe("blocked on reply");
    expect(server.received).toMatchObject({ badge: 2n, label: 3, words: [10n, 11n] });
    server.reply({ label: 4, words: [20, 21, 22] });
    expect(client.state).toBe("running");
    expect(client.received).toMatchObject({ badge: 0n, label: 4, words: [20n, 21n, 22n] });
  });

  it("let a caller wait first", () => {
    const [caller, callee] = [server, client];
    caller.call(endpoint, { words: [1] });
    expect(caller.state).toBe("blocked on send");
    callee.receive(endpoint);
    expect(caller.state).toBe("blocked on reply");
    callee.reply({ words: [2] });
    expect(caller.received.words).toEqual([2n]);
    expect(caller.isRunning).toBe(true);
  });

  it("Reply without a caller does nothing", () => {
    server.reply({ words: [1] });
    expect(server.state).toBe("running");
  });

  it("a second Reply does nothing", () => {
    server.receive(endpoint);
    client.call(endpoint);
    server.reply({ words: [1] });
    server.reply({ words: [2] });
    expect(client.received.words).toEqual([1n]);
  });

  it("Recv forgets the caller that was not answered", () => {
    server.receive(endpoint);
    client.call(endpoint);
    server.receive(endpoint);
    const other = world.thread({ priority: 90 });
    other.send(endpoint);
    server.reply({ words: [1] });
    expect(client.state).toBe("blocked on reply");
  });

  it("a caller without grant and grantReply rights stops for good", () => {
    server.receive(endpoint);
    client.call(world.mint(endpoint, 1, RIGHT_WRITE), { words: [1] });
    expect(server.received.words).toEqual([1n]);
    expect(client.state).toBe("inactive");
    server.reply({ words: [2] });
    expect(client.state).toBe("inactive");
  });

  it.each([
    ["grant", RIGHT_GRANT],
    ["grantReply", RIGHT_GRANT_REPLY],
  ])("a caller with the %s right gets its answer", (_, right) => {
    server.receive(endpoint);
    client.call(world.mint(endpoint, 1, RIGHT_WRITE | right));
    server.reply({ words: [5] });
    expect(client.received.words).toEqual([5n]);
  });

  it("the same holds for a caller that had to wait", () => {
    const [caller, callee] = [server, client];
    caller.call(world.mint(endpoint, 1, RIGHT_WRITE));
    callee.receive(endpoint);
    expect(caller.state).toBe("inactive");
  });

  it("a caller that is suspended is answered no more", () => {
    server.receive(endpoint);
    client.call(endpoint);
    world.must(client.cap, TCB_SUSPEND);
    server.reply({ words: [1] });
    expect(client.state).toBe("inactive");
  });

  it("a server that is deleted takes the right to answer with it", () => {
    server.receive(endpoint);
    client.call(endpoint);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [server.cap, WORD_BITS]);
    expect(client.state).toBe("blocked on reply");
    world.must(client.cap, TCB_SUSPEND);
    world.must(client.cap, TCB_RESUME);
    world.letOthersRun();
    expect(client.isRunning).toBe(true);
  });
});

describe("ReplyRecv", () => {
  it("answers the caller and takes the next message", () => {
    const first = world.thread({ priority: 90 });
    server.receive(endpoint);
    client.call(world.mint(endpoint, 1), { words: [1] });
    world.must(client.cap, TCB_SUSPEND);
    server.receive(endpoint);
    first.call(world.mint(endpoint, 2), { words: [2] });
    server.replyReceive(endpoint, { words: [22] });
    expect(first.received.words).toEqual([22n]);
    expect(server.state).toBe("blocked on receive");
    expect(first.isRunning).toBe(true);
    first.call(world.mint(endpoint, 3), { words: [3] });
    expect(server.received).toMatchObject({ badge: 3n, words: [3n] });
  });

  it("takes a message that waits at once", () => {
    const [caller, sender] = [world.thread({ priority: 95 }), world.thread({ priority: 94 })];
    world.must(client.cap, TCB_SUSPEND);
    server.receive(endpoint);
    caller.call(endpoint);
    world.must(server.cap, TCB_SUSPEND);
    sender.send(world.mint(endpoint, 6), { words: [66] });
    world.must(server.cap, TCB_RESUME);
    server.replyReceive(endpoint, { words: [1] });
    expect(server.received).toMatchObject({ badge: 6n, words: [66n] });
    expect(caller.received.words).toEqual([1n]);
  });

  it("without a caller is a Recv", () => {
    server.replyReceive(endpoint);
    expect(server.state).toBe("blocked on receive");
  });
});

describe("a thread that waits at an endpoint", () => {
  it("leaves the queue when it is suspended", () => {
    const [first, second, third] = world.threadsInOrder(3, { priority: 200 }) as [Thread, Thread, Thread];
    first.send(endpoint);
    second.send(world.mint(endpoint, 2));
    world.must(first.cap, TCB_SUSPEND);
    third.receive(endpoint);
    expect(third.received.badge).toBe(2n);
  });

  it("leaves the queue when it is deleted", () => {
    server.receive(endpoint);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [server.cap, WORD_BITS]);
    client.nonBlockingSend(endpoint);
    client.send(endpoint);
    expect(client.state).toBe("blocked on send");
  });

  it("repeats its system call when the endpoint is deleted", () => {
    const pc = server.register("pc");
    server.receive(endpoint);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [endpoint, WORD_BITS]);
    expect(server.state).toBe("restart");
    world.letOthersRun();
    expect(server.isRunning).toBe(true);
    expect(server.register("pc")).toBe(pc);
  });

  it("is left alone when a badged capability is revoked", () => {
    const badged = world.mint(endpoint, 1);
    server.send(badged);
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [endpoint, WORD_BITS]);
    expect(server.state).toBe("blocked on send");
  });
});

describe("a message to the sender itself", () => {
  it("waits, as nobody else receives", () => {
    server.systemCall(SYS_SEND, endpoint, 0n);
    expect(server.state).toBe("blocked on send");
    client.receive(endpoint);
    expect(server.state).toBe("running");
  });
});
