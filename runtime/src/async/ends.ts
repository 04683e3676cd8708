/**
 * All ends of this program's async channels: made from the start-info page, found by vector when a signal comes, and kept in
 * the list of *hot* ends while there is something going on.
 */

import { SYSTEM_CALL_BUFFER } from "../../../abi/src/program-layout";
import {
  CALL_ITEM_BYTES,
  PEER_AWAKE,
  RING_CLIENT_EPOCH_AT,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_HEAD_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_EPOCH_AT,
  RING_SERVER_STATE_AT,
  SYSTEM_CALL_ITEM_BYTES,
} from "../../../abi/src/ring";
import { CHANNEL_ASYNC, PEER_RUNS, SIDE_TO } from "../../../abi/src/start-info";
import { ChannelRecord, channelAt, channelCount } from "../channel-table";
import { Features } from "../features";
import { Process } from "../process";
import { AsyncClient } from "./async-client";
import { CallChoice } from "./call-choice";
import { Connection } from "./connection";
import { CoroutineTable } from "./coroutine-table";
import { RingEnd } from "./ring-end";
import { SignalInbox } from "./signal-inbox";
import { SystemCallRing } from "./system-call-ring";
import { Turns } from "./turns";

const NO_END = changetype<RingEnd>(0);
/** First end of each vector. */
const byVector: u32 = <u32>memory.data(256, 8);

let all: RingEnd = NO_END;

/** Zeroed memory for an end, for as long as the program runs. */
function allocate(bytes: u32): u32 {
  const address = <u32>heap.alloc(bytes);
  memory.fill(address, 0, bytes);
  return address;
}

/** Where the rings of a buffer and their control lines are, for an end whose side is known; both rings are empty. */
function layOut(end: RingEnd, buffer: u32, ring: u32, step: u32): void {
  const control = buffer + ring;
  const responses = control + ring;
  const isService = end.isService;
  end.wrap = ~ring;
  end.indexMask = ring - step;
  end.outBase = isService ? responses : buffer;
  end.inBase = isService ? buffer : responses;
  end.outTail = control + (isService ? RING_RESPONSE_TAIL_AT : RING_REQUEST_TAIL_AT);
  end.inTail = control + (isService ? RING_REQUEST_TAIL_AT : RING_RESPONSE_TAIL_AT);
  end.inHead = control + (isService ? RING_REQUEST_HEAD_AT : RING_RESPONSE_HEAD_AT);
  end.ownState = control + (isService ? RING_SERVER_STATE_AT : RING_CLIENT_STATE_AT);
  end.peerState = control + (isService ? RING_CLIENT_STATE_AT : RING_SERVER_STATE_AT);
  end.ownEpoch = control + (isService ? RING_SERVER_EPOCH_AT : RING_CLIENT_EPOCH_AT);
  end.peerEpoch = control + (isService ? RING_CLIENT_EPOCH_AT : RING_SERVER_EPOCH_AT);
}

/** Puts an end into the lists of all. */
function register(end: RingEnd): void {
  end.nextEnd = all;
  all = end;
  if (end.isRemote) Ends.remote += 1;
}

/** What both kinds of ends of channels have in common. */
function connect(end: RingEnd, channel: ChannelRecord, isService: bool): void {
  end.channel = channel;
  end.isService = isService;
  end.isRemote = channel.peerHart != Process.hart;
  end.sendSlot = channel.sendSlot;
  layOut(end, channel.buffer, channel.ringBytes, CALL_ITEM_BYTES);
  const list = byVector + (channel.identity << 2);
  end.nextOfVector = changetype<RingEnd>(load<u32>(list));
  store<u32>(list, changetype<u32>(end));
  SignalInbox.leaveToRing((<u64>1) << channel.identity);
  register(end);
  end.isDown = channel.presence != PEER_RUNS;
  end.begin(end.currentEpoch());
  end.tryToOpen();
  end.announce();
}

export class Ends {
  /** First of the ends that are polled. */
  static hot: RingEnd = NO_END;

  /** How many ends have peers on other harts. */
  static remote: u32 = 0;
  /** Does this program serve asynchronous calls, and also synchronous ones? */
  static hasServices: bool = false;
  static answersCalls: bool = false;

  /** Is something going on in a ring? */
  @inline static get isBusy(): bool {
    return Ends.hot != NO_END;
  }

  /** The client's end of a channel; the same object each time. */
  static client(channel: ChannelRecord): AsyncClient {
    CoroutineTable.start();
    const known = find(channel);
    if (known != NO_END) return changetype<AsyncClient>(changetype<u32>(known));
    const client = changetype<AsyncClient>(allocate(offsetof<AsyncClient>()));
    connect(client, channel, false);
    client.span = 2 * channel.ringBytes;
    client.step = CALL_ITEM_BYTES;
    client.callSlot = client.isRemote || !Features.syncIpc ? 0 : channel.callSlot;
    if (client.callSlot != 0 && CallChoice.isEnabled) client.synchronousLabels = ~(<u64>0);
    client.coolDown();
    return client;
  }

  /** The client's end of this program's asynchronous system calls, which the kernel does not serve yet. */
  static kernel(itemBits: u32): SystemCallRing {
    CoroutineTable.start();
    const ring = (<u32>SYSTEM_CALL_ITEM_BYTES) << itemBits;
    const client = changetype<SystemCallRing>(allocate(offsetof<SystemCallRing>()));
    client.isKernel = true;
    client.isRemote = Features.hartsRunning > 1;
    client.span = 2 * ring;
    client.step = SYSTEM_CALL_ITEM_BYTES;
    layOut(client, SYSTEM_CALL_BUFFER, ring, SYSTEM_CALL_ITEM_BYTES);
    // the kernel has no epochs: its side is what this side says
    client.peerEpoch = client.ownEpoch;
    client.begin(0);
    client.tryToOpen();
    client.coolDown();
    register(client);
    return client;
  }

  /** Makes the server's ends of all channels that lead to this program. */
  static openServices(): void {
    CoroutineTable.start();
    const count = channelCount();
    for (let i: u32 = 0; i < count; i++) {
      const channel = channelAt(i);
      if (channel.kind != CHANNEL_ASYNC || channel.side != SIDE_TO || find(channel) != NO_END) continue;
      const connection = changetype<Connection>(allocate(offsetof<Connection>()));
      connect(connection, channel, true);
      Ends.makeHot(connection);
      if (!Ends.hasServices) CallChoice.duties += 1;
      Ends.hasServices = true;
      if (!connection.isRemote && Features.syncIpc) Ends.answersCalls = true;
    }
  }

  /** The executor polls this end from now on. */
  static makeHot(end: RingEnd): void {
    if (end.isHot) return;
    end.isHot = true;
    end.hasWorked = true;
    end.nextHot = Ends.hot;
    Ends.hot = end;
    // it is polled from now on; peers on this hart can do nothing meanwhile anyway
    if (end.isRemote) end.show(PEER_AWAKE);
    Turns.hasNews = true;
  }

  /** Signals with these vectors have come: their ends are polled. */
  static signalled(vectors: u64): void {
    while (vectors != 0) {
      const vector = <u32>ctz<u64>(vectors);
      vectors &= vectors - 1;
      let end = changetype<RingEnd>(load<u32>(byVector + (vector << 2)));
      while (end != NO_END) {
        if (!end.isHot) Ends.makeHot(end);
        end = end.nextOfVector;
      }
    }
  }

  /** First of all ends. */
  static get first(): RingEnd {
    return all;
  }
}

function find(channel: ChannelRecord): RingEnd {
  let end = all;
  while (end != NO_END && end.channel != channel) end = end.nextEnd;
  return end;
}
