/**
 * The fast paths of Call and ReplyRecv do what the general path does. Every scenario is run with and without them, and
 * must leave the same memory; the table says which of them the fast paths are expected to serve.
 */
import {
  ASID_POOL_ASSIGN,
  CNODE_COPY,
  CNODE_REVOKE,
  OBJECT_PAGE_TABLE,
  RIGHT_GRANT_REPLY,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_ASID_POOL,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IPC_BUFFER,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  SYS_CALL,
  TCB_BIND_NOTIFICATION,
  TCB_CONFIGURE,
  TCB_SET_PRIORITY,
  TCB_SET_SPACE,
  TCB_SUSPEND,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { CSR_SATP } from "../src/riscv/csr";
import { compare, message, type Scenario, type Stage } from "./harness/fastpath-scenario";
import { prepareKernel, World } from "./harness/world";

beforeAll(prepareKernel);

/** The server waits, the client calls, the server answers and waits again, the client calls again. */
function roundTrip({ endpoint, server, client }: Stage, count: number): void {
  server.receive(endpoint);
  client.call(endpoint, message(count));
  server.replyReceive(endpoint, message(count, 9));
  client.call(endpoint, message(count, 11));
}

const SERVED: Scenario[] = [
  ...[0, 1, 2, 3, 4].map((count) => ({
    name: `round trips of ${count} words`,
    fast: 3,
    play: (stage: Stage) => roundTrip(stage, count),
  })),
  {
    name: "a call through a badged capability with only the grantReply right",
    fast: 1,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(world.mint(endpoint, 0x1234_5678_9abc_def0n, RIGHT_WRITE | RIGHT_GRANT_REPLY), message(2));
    },
  },
  {
    name: "a server that received without the grant right",
    fast: 2,
    play: ({ world, endpoint, server, client }) => {
      const weak = world.mint(endpoint, 0, RIGHT_READ);
      server.receive(weak);
      client.call(endpoint, message(1));
      server.replyReceive(weak, message(1));
    },
  },
  {
    name: "unwrapped-capability bits that a caller sets itself",
    fast: 1,
    play: ({ endpoint, server, client }) => {
      server.receive(endpoint);
      const info = client.compose(message(1)) | (7n << 9n);
      client.systemCall(SYS_CALL, endpoint, info);
    },
  },
  {
    name: "several servers in the queue",
    fast: 2,
    play: ({ world, endpoint, server, client }) => {
      const second = world.thread({ priority: 110, name: "second" });
      server.receive(endpoint);
      second.receive(endpoint);
      client.call(endpoint, message(2));
      server.replyReceive(endpoint, message(1));
    },
  },
  {
    name: "a server with a bound notification that is not active",
    fast: 2,
    play: (stage) => {
      const notification = stage.world.notification();
      stage.world.must(stage.server.cap, TCB_BIND_NOTIFICATION, [], [notification]);
      stage.server.receive(stage.endpoint);
      stage.client.call(stage.endpoint, message(1));
      stage.server.replyReceive(stage.endpoint, message(1));
    },
  },
  {
    name: "a less important server, when nobody else is ready",
    fast: 2,
    play: ({ world, endpoint, server, client }) => {
      const low = world.thread({ priority: 10, name: "low" });
      server.wait(world.notification());
      client.wait(world.notification());
      low.receive(endpoint);
      const caller = world.thread({ priority: 60, name: "caller" });
      caller.call(endpoint, message(3));
      low.replyReceive(endpoint, message(2));
    },
  },
  {
    name: "a capability found through two CNodes and guards",
    fast: 1,
    play: ({ world, endpoint, server, client }) => {
      const inner = world.mint(world.cnode(3), (0x2an << 6n) | 6n);
      const outer = world.cnode(4);
      world.must(outer, CNODE_COPY, [9, 4, inner, WORD_BITS, 15], [ROOT_SLOT_CNODE]);
      world.must(
        outer,
        CNODE_COPY,
        [(9 << 9) | (0x2a << 3) | 5, 13, endpoint, WORD_BITS, 15],
        [ROOT_SLOT_CNODE],
      );
      world.must(client.cap, TCB_SET_SPACE, [0, (0n << 6n) | 51n, 0], [outer, ROOT_SLOT_VSPACE]);
      server.receive(endpoint);
      client.call((9 << 9) | (0x2a << 3) | 5, message(1));
    },
  },
];

const REFUSED: Scenario[] = [
  {
    name: "a call that nobody waits for",
    fast: 0,
    play: ({ endpoint, client, server, world }) => {
      server.wait(world.notification());
      client.call(endpoint, message(1));
    },
  },
  {
    name: "a message of five words",
    fast: 0,
    play: (stage) => roundTrip(stage, 5),
  },
  {
    name: "a message with a capability",
    fast: 0,
    play: ({ world, endpoint, server, client }) => {
      server.setReceiveSlot(ROOT_SLOT_CNODE, world.slot(), WORD_BITS);
      server.receive(endpoint);
      client.call(endpoint, { words: [1], caps: [world.frame()] });
    },
  },
  {
    name: "a caller without the write right",
    fast: 0,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(world.mint(endpoint, 1, RIGHT_READ), message(1));
    },
  },
  {
    name: "a caller that may have no answer",
    fast: 0,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(world.mint(endpoint, 1, RIGHT_WRITE), message(1));
    },
  },
  {
    name: "a call on something that is no endpoint",
    fast: 0,
    play: ({ world, server, client }) => {
      server.wait(world.notification());
      client.call(world.notification(), message(1));
      client.call(world.slot(), message(1));
      client.call(2 ** 40, message(1));
    },
  },
  {
    name: "a server with no address space",
    fast: 0,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      const slots = server.address + world.kernel.layout.field("Tcb_slots");
      expect(world.look(1, slots).type).not.toBe(0);
      world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [ROOT_SLOT_VSPACE, WORD_BITS]);
      expect(world.look(1, slots).type).toBe(0);
      client.call(endpoint, message(1));
    },
  },
  {
    name: "a less important server, when a more important thread is ready",
    fast: 0,
    play: ({ world, endpoint, server, client }) => {
      const low = world.thread({ priority: 10, name: "low" });
      server.wait(world.notification());
      client.wait(world.notification());
      low.receive(endpoint);
      const caller = world.thread({ priority: 60, name: "caller" });
      world.thread({ priority: 20, name: "middle" });
      caller.call(endpoint, message(1));
      expect(low.isRunning).toBe(false);
    },
  },
  {
    name: "a server on another hart",
    fast: 0,
    harts: 2,
    play: ({ world, endpoint, server, client }) => {
      const remote = world.thread({ hart: 1, name: "remote" });
      server.wait(world.notification());
      remote.receive(endpoint);
      client.call(endpoint, message(1));
      remote.replyReceive(endpoint, message(2));
    },
  },
  {
    name: "a reply to nobody",
    fast: 0,
    play: ({ endpoint, server }) => server.replyReceive(endpoint, message(1)),
  },
  {
    name: "a reply while a sender waits",
    fast: 1,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(endpoint, message(1));
      const other = world.thread({ priority: 200, name: "other" });
      other.send(world.mint(endpoint, 3), message(4));
      server.replyReceive(endpoint, message(1));
    },
  },
  {
    name: "a reply while the bound notification is active",
    fast: 1,
    play: ({ world, endpoint, server, client }) => {
      const notification = world.notification();
      world.must(server.cap, TCB_BIND_NOTIFICATION, [], [notification]);
      server.receive(endpoint);
      client.call(endpoint, message(1));
      server.signal(world.mint(notification, 4));
      server.replyReceive(endpoint, message(1));
    },
  },
  {
    name: "a reply to a fault",
    fast: 0,
    play: ({ world, endpoint, server, client }) => {
      world.must(client.cap, TCB_SUSPEND);
      const faulter = world.thread({ faultEndpoint: world.mint(endpoint, 5), name: "faulter" });
      server.receive(endpoint);
      faulter.exception(3);
      server.replyReceive(endpoint, message(1));
    },
  },
  {
    name: "a reply through a capability without the read right",
    fast: 1,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(endpoint, message(1));
      server.replyReceive(world.mint(endpoint, 1, RIGHT_WRITE), message(1));
    },
  },
  {
    name: "a reply with five words",
    fast: 1,
    play: ({ endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(endpoint, message(1));
      server.replyReceive(endpoint, message(5));
    },
  },
  {
    name: "a reply to a caller without an address space",
    fast: 1,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(endpoint, message(1));
      world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [ROOT_SLOT_VSPACE, WORD_BITS]);
      server.replyReceive(endpoint, message(1));
    },
  },
  {
    name: "a reply to a less important caller, when a more important thread is ready",
    fast: 1,
    play: ({ world, endpoint, server, client }) => {
      server.receive(endpoint);
      client.call(endpoint, message(1));
      world.thread({ priority: client.field("priority") + 1, name: "middle" });
      world.must(client.cap, TCB_SET_PRIORITY, [1], [ROOT_SLOT_TCB]);
      server.replyReceive(endpoint, message(1));
      expect(client.isRunning).toBe(false);
    },
  },
];

describe("the fast paths serve, as the general path would,", () => {
  it.each(SERVED)("$name", compare);
});

describe("the fast paths leave to the general path", () => {
  it.each(REFUSED)("$name", compare);
});

describe("a fast call", () => {
  it("switches to the server's address space, and the answer back to the caller's", () => {
    const world = new World();
    const endpoint = world.endpoint();
    const space = world.retype(OBJECT_PAGE_TABLE);
    world.must(ROOT_SLOT_ASID_POOL, ASID_POOL_ASSIGN, [], [space]);
    const server = world.thread({ priority: 120 });
    world.must(server.cap, TCB_CONFIGURE, [0, 0, 0, 0], [ROOT_SLOT_CNODE, space, ROOT_SLOT_IPC_BUFFER]);
    const client = world.thread();
    const satp = () => world.kernel.hardware.harts[0]!.readCsr(CSR_SATP);
    server.receive(endpoint);
    client.call(endpoint);
    expect(satp()).toBe(world.look(space).data);
    server.replyReceive(endpoint);
    expect(satp()).toBe(world.look(ROOT_SLOT_VSPACE).data);
    expect(world.kernel.fastpathsTaken).toBe(2);
  });
});
