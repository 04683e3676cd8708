import {
  ALL_RIGHTS,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_NOTIFICATION,
  CAP_NULL,
  CNODE_COPY,
  RIGHT_GRANT,
  RIGHT_GRANT_REPLY,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

let world: World;
let endpoint: number;
let receiver: Thread;
let sender: Thread;
/** The slot the receiver offers. */
let offered: number;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ fastpath: false });
  endpoint = world.endpoint();
  [receiver, sender] = world.threadsInOrder(2) as [Thread, Thread];
  offered = world.slot();
  receiver.setReceiveSlot(ROOT_SLOT_CNODE, offered, WORD_BITS);
});

function transfer(caps: number[], through = endpoint) {
  receiver.receive(endpoint);
  sender.send(through, { words: [1], caps });
  return receiver.received;
}

describe("a message with capabilities", () => {
  it("puts the first one into the slot that the receiver offers", () => {
    const frame = world.frame();
    expect(transfer([frame])).toMatchObject({ extraCaps: 1, capsUnwrapped: 0, words: [1n] });
    expect(world.look(offered).type).toBe(CAP_FRAME);
    expect(world.look(offered).previous).toBe(world.look(frame).address);
  });

  it("keeps the rights and badge of what is transferred", () => {
    const given = world.mint(world.notification(), 9, RIGHT_WRITE);
    transfer([given]);
    expect(world.look(offered)).toMatchObject({ type: CAP_NOTIFICATION, data: 9n, rights: RIGHT_WRITE });
  });

  it("transfers one, as there is one slot", () => {
    expect(transfer([world.frame(), world.frame()]).extraCaps).toBe(1);
  });

  it("transfers none without the grant right", () => {
    const weak = world.mint(endpoint, 0, RIGHT_WRITE | RIGHT_READ | RIGHT_GRANT_REPLY);
    expect(transfer([world.frame()], weak)).toMatchObject({ extraCaps: 0, words: [1n] });
    expect(world.look(offered).type).toBe(CAP_NULL);
  });

  it("transfers none when the slot is in use, or the receiver names none", () => {
    world.must(
      ROOT_SLOT_CNODE,
      CNODE_COPY,
      [offered, WORD_BITS, endpoint, WORD_BITS, ALL_RIGHTS],
      [ROOT_SLOT_CNODE],
    );
    expect(transfer([world.frame()]).extraCaps).toBe(0);
    expect(world.look(offered).type).toBe(CAP_ENDPOINT);
  });

  it("transfers none when the receive slot does not resolve", () => {
    receiver.setReceiveSlot(0, offered, WORD_BITS);
    expect(transfer([world.frame()]).extraCaps).toBe(0);
  });

  it("transfers none to a receiver without a buffer", () => {
    const poor = world.thread({ priority: 210, buffer: false });
    poor.receive(endpoint);
    receiver.receive(world.endpoint());
    sender.send(endpoint, { words: [1], caps: [world.frame()] });
    expect(poor.received).toMatchObject({ extraCaps: 0, words: [1n] });
  });

  it("stops at one that cannot be copied", () => {
    const memory = world.untyped;
    expect(transfer([memory]).extraCaps).toBe(0);
  });

  it("is taken by a receiver that comes later", () => {
    const [first, second] = [receiver, sender];
    second.setReceiveSlot(ROOT_SLOT_CNODE, offered, WORD_BITS);
    first.send(endpoint, { caps: [world.frame()] });
    second.receive(endpoint);
    expect(second.received.extraCaps).toBe(1);
    expect(world.look(offered).type).toBe(CAP_FRAME);
  });
});

describe("capabilities to the endpoint itself", () => {
  it("arrive as their badges", () => {
    const caps = [world.mint(endpoint, 5), world.mint(endpoint, 6)];
    expect(transfer(caps)).toMatchObject({ extraCaps: 2, capsUnwrapped: 3 });
    expect([receiver.unwrappedBadge(0), receiver.unwrappedBadge(1)]).toEqual([5n, 6n]);
    expect(world.look(offered).type).toBe(CAP_NULL);
  });

  it("and others arrive together, each in its way", () => {
    const message = transfer([world.mint(endpoint, 5), world.frame(), world.mint(endpoint, 7)]);
    expect(message).toMatchObject({ extraCaps: 3, capsUnwrapped: 0b101 });
    expect(receiver.unwrappedBadge(2)).toBe(7n);
    expect(world.look(offered).type).toBe(CAP_FRAME);
  });
});

describe("a reply with capabilities", () => {
  const callAndReply = (received: number) => {
    sender.setReceiveSlot(ROOT_SLOT_CNODE, offered, WORD_BITS);
    receiver.receive(received);
    sender.call(endpoint);
    receiver.reply({ words: [1], caps: [world.frame()] });
    return sender.received;
  };

  it("transfers them when the server received with the grant right", () => {
    expect(callAndReply(endpoint).extraCaps).toBe(1);
    expect(world.look(offered).type).toBe(CAP_FRAME);
  });

  it("transfers none when it received without", () => {
    const weak = world.mint(endpoint, 0, RIGHT_READ);
    expect(callAndReply(weak)).toMatchObject({ extraCaps: 0, words: [1n] });
  });
});

describe("extra capabilities that do not resolve", () => {
  it("fault the sender of a blocking form and drop the message of a non-blocking one", () => {
    const hole = 2 ** 40;
    receiver.receive(endpoint);
    sender.nonBlockingSend(endpoint, { words: [1], caps: [hole] });
    expect([receiver.state, sender.state]).toEqual(["blocked on receive", "running"]);
    sender.send(endpoint, { words: [1], caps: [hole] });
    expect([receiver.state, sender.state]).toEqual(["blocked on receive", "inactive"]);
  });
});

describe("rights", () => {
  it("are the numbers of the interface", () => {
    expect(RIGHT_WRITE | RIGHT_READ | RIGHT_GRANT | RIGHT_GRANT_REPLY).toBe(ALL_RIGHTS);
  });
});
