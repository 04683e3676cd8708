/**
 * All ends of this program's async channels: made from the start-info page, found by vector when a signal comes, and kept in
 * the list of *hot* ends while there is something going on.
 */
import {
  CALL_ITEM_BYTES,
  RING_CLIENT_EPOCH_AT,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_HEAD_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_EPOCH_AT,
  RING_SERVER_STATE_AT,
} from "../../../abi/src/ring";
import { CHANNEL_ASYNC, PEER_RUNS, SIDE_TO } from "../../../abi/src/start-info";
import { ChannelRecord, channelAt, channelCount } from "../channel-table";
import { Features } from "../features";
import { Process } from "../process";
import { signal } from "../system-calls";
import { AsyncClient } from "./async-client";
import { Connection } from "./connection";
import { CoroutineTable } from "./coroutine-table";
import { RingEnd } from "./ring-end";

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

/** What both kinds of ends have in common. */
function connect(end: RingEnd, channel: ChannelRecord, isService: bool): void {
  const ring = channel.ringBytes;
  const requests = channel.buffer;
  const control = requests + ring;
  const responses = control + ring;
  end.channel = channel;
  end.isService = isService;
  end.isRemote = channel.peerHart != Process.hart;
  end.sendSlot = channel.sendSlot;
  end.wrap = ~ring;
  end.indexMask = ring - CALL_ITEM_BYTES;
  end.outBase = isService ? responses : requests;
  end.inBase = isService ? requests : responses;
  end.outTail = control + (isService ? RING_RESPONSE_TAIL_AT : RING_REQUEST_TAIL_AT);
  end.inTail = control + (isService ? RING_REQUEST_TAIL_AT : RING_RESPONSE_TAIL_AT);
  end.inHead = control + (isService ? RING_REQUEST_HEAD_AT : RING_RESPONSE_HEAD_AT);
  end.ownState = control + (isService ? RING_SERVER_STATE_AT : RING_CLIENT_STATE_AT);
  end.peerState = control + (isService ? RING_CLIENT_STATE_AT : RING_SERVER_STATE_AT);
  end.ownEpoch = control + (isService ? RING_SERVER_EPOCH_AT : RING_CLIENT_EPOCH_AT);
  end.peerEpoch = control + (isService ? RING_CLIENT_EPOCH_AT : RING_SERVER_EPOCH_AT);
  const list = byVector + (channel.identity << 2);
  end.nextOfVector = changetype<RingEnd>(load<u32>(list));
  store<u32>(list, changetype<u32>(end));
  end.nextEnd = all;
  all = end;
  if (end.isRemote) Ends.remote += 1;
  end.isDown = channel.presence != PEER_RUNS;
  end.begin(end.currentEpoch());
  // a peer that was here before may wait to hear of this program's beginning
  if (!end.tryToOpen() && !end.isDown) signal(end.sendSlot);
}

export class Ends {
  /** First of the ends that are polled. */
  static hot: RingEnd = NO_END;

  /** How many ends have peers on other harts. */
  static remote: u32 = 0;
  /** Does this program serve asynchronous calls, and also synchronous ones? */
  static hasServices: bool = false;
  static answersCalls: bool = false;

  /** A ring has become active, or something was written to one, since the executor looked last. */
  static hasOutput: bool = false;

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
    client.callSlot = client.isRemote || !Features.syncIpc ? 0 : channel.callSlot;
    client.coolDown();
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
    Ends.hasOutput = true;
  }

  /** Signals with these vectors have come: their ends are polled. */
  static signalled(vectors: u64): void {
    while (vectors != 0) {
      const vector = <u32>ctz<u64>(vectors);
      vectors &= vectors - 1;
      let end = changetype<RingEnd>(load<u32>(byVector + (vector << 2)));
      while (end != NO_END) {
        Ends.makeHot(end);
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
