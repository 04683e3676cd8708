/**
 * Endpoint channels: synchronous calls from clients to a server.
 *
 * A program has one service endpoint; all endpoint channels that lead to it end there, and the badge says which client
 * sent a message.
 */
import { SLOT_SERVICE_ENDPOINT } from "../../abi/src/program-layout";
import { CHANNEL_ASYNC, CHANNEL_ENDPOINT, ENDPOINT_BADGE_FLAG, SIDE_FROM } from "../../abi/src/start-info";
import { Arrivals } from "./arrivals";
import { clientName, findChannel, requireChannel } from "./channel-table";
import { ASYNC_ONLY, EndpointHook } from "./endpoint-hook";
import { MessageInfo } from "./message";
import { call, receive, reply, replyReceive, send } from "./system-calls";

/** The client's end of an endpoint channel; a handle whose value is the capability's slot. */
@unmanaged
export class Server {
  /**
   * The server named `peer`. Ends the program when there is no such channel; in a program that is run asynchronously an async
   * channel will do.
   */
  static named(peer: string): Server {
    if (EndpointHook.takesCalls && findChannel(CHANNEL_ENDPOINT, peer, SIDE_FROM) === null) {
      const channel = findChannel(CHANNEL_ASYNC, peer, SIDE_FROM);
      if (channel !== null) return changetype<Server>(EndpointHook.open(channel));
    }
    return changetype<Server>(requireChannel(CHANNEL_ENDPOINT, "endpoint", peer, SIDE_FROM, "to").sendSlot);
  }

  /**
   * Calls the server and waits for its answer, which is then in `Message`.
   * @param length message registers sent, 0–120; from 4 on they are taken from `IpcBuffer`
   */
  @inline
  call(label: u64, length: u32 = 0, word0: u64 = 0, word1: u64 = 0, word2: u64 = 0, word3: u64 = 0): void {
    const info = MessageInfo.make(label, 0, length);
    if (EndpointHook.takesCall(changetype<u32>(this), info, word0, word1, word2, word3)) return;
    call(changetype<u32>(this), info, word0, word1, word2, word3);
  }

  /** Sends without waiting for an answer, only until the server has received it. */
  @inline
  send(label: u64, length: u32 = 0, word0: u64 = 0, word1: u64 = 0, word2: u64 = 0, word3: u64 = 0): void {
    if (changetype<u32>(this) >= ASYNC_ONLY) refuseSend();
    send(changetype<u32>(this), MessageInfo.make(label, 0, length), word0, word1, word2, word3);
  }
}

function refuseSend(): void {
  throw new Error(
    "Server.send: an async channel carries only calls: add an endpoint channel to this server, or call",
  );
}

/** The server's side: this program's own endpoint. Signals that arrive meanwhile are kept for their channels. */
export class Service {
  /** Waits for a message, leaves it in `Message` and returns its badge. */
  static receive(): u64 {
    if (EndpointHook.takesMessages) return EndpointHook.receive();
    let badge = receive(SLOT_SERVICE_ENDPOINT);
    while ((badge & ENDPOINT_BADGE_FLAG) == 0) {
      Arrivals.add(badge);
      badge = receive(SLOT_SERVICE_ENDPOINT);
    }
    return badge;
  }

  /** Answers the client whose message was received last. */
  @inline
  static reply(
    label: u64,
    length: u32 = 0,
    word0: u64 = 0,
    word1: u64 = 0,
    word2: u64 = 0,
    word3: u64 = 0,
  ): void {
    const info = MessageInfo.make(label, 0, length);
    if (EndpointHook.takesMessages) EndpointHook.reply(info, word0, word1, word2, word3);
    else reply(info, word0, word1, word2, word3);
  }

  /** Answers, and waits for the next message in the same system call. */
  static replyAndReceive(
    label: u64,
    length: u32 = 0,
    word0: u64 = 0,
    word1: u64 = 0,
    word2: u64 = 0,
    word3: u64 = 0,
  ): u64 {
    const info = MessageInfo.make(label, 0, length);
    if (EndpointHook.takesMessages) {
      EndpointHook.reply(info, word0, word1, word2, word3);
      return EndpointHook.receive();
    }
    const badge = replyReceive(SLOT_SERVICE_ENDPOINT, info, word0, word1, word2, word3);
    if ((badge & ENDPOINT_BADGE_FLAG) != 0) return badge;
    Arrivals.add(badge);
    return Service.receive();
  }

  /** Name of the client that sent a message with this badge. */
  static client(badge: u64): string {
    return clientName(badge);
  }
}
