// 16550A serial port. (National Semiconductor PC16550D data sheet, section 8.) Bytes are sent at once, so the transmitter
// is always empty; received bytes wait at the console until the guest takes them, so none is ever lost, not even by
// clearing the receive FIFO: those bytes count as still on the wire.
//
// Each event pulses the interrupt line, which is an edge-triggered source: xv6 never acknowledges the transmitter's interrupt, and a
// level that nobody takes away would interrupt it for ever. (QEMU's serial port and interrupt controller behave like this.)
import type { Device } from "../device";
import { UART, UART_INTERRUPT } from "./addresses";

/** Receive buffer (read), transmit holding (write), divisor low (with DLAB). */
const DATA = 0;
/** Interrupt enable; divisor high (with DLAB). */
const IER = 1;
/** Interrupt identification (read), FIFO control (write). */
const IIR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

const IER_RECEIVED = 0x01;
const IER_TRANSMITTER_EMPTY = 0x02;
const IER_MASK = 0x0f;
const IIR_NONE = 0x01;
const IIR_TRANSMITTER_EMPTY = 0x02;
const IIR_RECEIVED = 0x04;
const IIR_TIMEOUT = 0x0c;
const IIR_FIFO = 0xc0;
const FCR_ENABLE = 0x01;
const FCR_CLEAR_RECEIVE = 0x02;
const FCR_TRIGGER_SHIFT = 6;
const TRIGGER_LEVELS = [1, 4, 8, 14];
const LCR_DLAB = 0x80;
const MCR_DTR = 0x01;
const MCR_RTS = 0x02;
const MCR_OUT1 = 0x04;
const MCR_OUT2 = 0x08;
const MCR_LOOP = 0x10;
const MCR_MASK = 0x1f;
const LSR_DATA_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_TRANSMITTER_EMPTY = 0x60;
const MSR_CTS = 0x10;
const MSR_DSR = 0x20;
const MSR_RI = 0x40;
const MSR_DCD = 0x80;

const FIFO_SIZE = 16;
/** Divisor for 9600 baud at the clock in the device tree. */
const DEFAULT_DIVISOR = 24;

/** The other end of the wire: where bytes go, and where typed ones wait. */
export interface ConsolePort {
  /** Takes one byte of output. */
  write(byte: number): void;
  /** Bytes that can be read now. */
  readonly available: number;
  /** Takes the next byte, or −1 when there is none. */
  read(): number;
}

/** The serial port of the console. */
export class Uart implements Device {
  readonly name = "uart";
  readonly base = UART.base;
  readonly size = UART.size;
  private interruptEnable = 0;
  private fifoControl = 0;
  private lineControl = 0;
  private modemControl = MCR_OUT2;
  private scratch = 0;
  private divisor = DEFAULT_DIVISOR;
  private overrun = false;
  /** The transmitter became empty and nobody was told yet. */
  private transmitterEvent = false;
  private loopback: number[] = [];

  constructor(
    private readonly console: ConsolePort,
    private readonly plic: { setLine(source: number, level: boolean): void },
  ) {}

  /** The console has new input. */
  inputArrived(): void {
    this.announceEvent();
  }

  /** Does the guest ask for an interrupt when bytes arrive? */
  get interruptsOnInput(): boolean {
    return (this.interruptEnable & IER_RECEIVED) !== 0;
  }

  /** Registers are bytes: a wider access reaches the register at its address only. */
  read(offset: number, _bytes: number): bigint {
    const value = this.readRegister(offset);
    if (offset === DATA) this.announceEvent();
    else this.updateInterrupt();
    return BigInt(value);
  }

  write(offset: number, _bytes: number, value: bigint): void {
    this.writeRegister(offset, Number(value & 0xffn));
    if (offset === DATA || offset === IER) this.announceEvent();
    else this.updateInterrupt();
  }

  private readRegister(offset: number): number {
    switch (offset) {
      case DATA:
        return this.divisorAccess ? this.divisor & 0xff : this.receive();
      case IER:
        return this.divisorAccess ? this.divisor >> 8 : this.interruptEnable;
      case IIR:
        return this.identifyInterrupt();
      case LCR:
        return this.lineControl;
      case MCR:
        return this.modemControl;
      case LSR:
        return this.lineStatus();
      case MSR:
        return this.modemStatus();
      case SCR:
        return this.scratch;
      default:
        return 0;
    }
  }

  private writeRegister(offset: number, value: number): void {
    switch (offset) {
      case DATA:
        if (this.divisorAccess) this.divisor = (this.divisor & 0xff00) | value;
        else this.transmit(value);
        break;
      case IER:
        if (this.divisorAccess) this.divisor = (this.divisor & 0xff) | (value << 8);
        else this.enableInterrupts(value & IER_MASK);
        break;
      case IIR:
        this.controlFifo(value);
        break;
      case LCR:
        this.lineControl = value;
        break;
      case MCR:
        this.modemControl = value & MCR_MASK;
        break;
      case SCR:
        this.scratch = value;
        break;
    }
  }

  private get divisorAccess(): boolean {
    return (this.lineControl & LCR_DLAB) !== 0;
  }

  private get loopMode(): boolean {
    return (this.modemControl & MCR_LOOP) !== 0;
  }

  private get fifoEnabled(): boolean {
    return (this.fifoControl & FCR_ENABLE) !== 0;
  }

  private get received(): number {
    return this.loopMode ? this.loopback.length : this.console.available;
  }

  private receive(): number {
    if (this.loopMode) return this.loopback.shift() ?? 0;
    return Math.max(this.console.read(), 0);
  }

  private transmit(byte: number): void {
    if (!this.loopMode) this.console.write(byte);
    else if (this.loopback.length < (this.fifoEnabled ? FIFO_SIZE : 1)) this.loopback.push(byte);
    else this.overrun = true;
    this.transmitterEvent = true;
  }

  private enableInterrupts(value: number): void {
    const turnedOn = value & ~this.interruptEnable;
    this.interruptEnable = value;
    // Drivers start to send by enabling this interrupt while the transmitter is empty.
    if (turnedOn & IER_TRANSMITTER_EMPTY) this.transmitterEvent = true;
  }

  private controlFifo(value: number): void {
    if ((value ^ this.fifoControl) & FCR_ENABLE || value & FCR_CLEAR_RECEIVE) this.loopback = [];
    // Without the enable bit the others are not programmed.
    this.fifoControl = value & FCR_ENABLE ? value : 0;
  }

  private pendingInterrupt(): number {
    if (this.interruptEnable & IER_RECEIVED && this.received > 0) {
      const trigger = this.fifoEnabled ? TRIGGER_LEVELS[this.fifoControl >> FCR_TRIGGER_SHIFT]! : 1;
      // The line is idle whenever the guest looks, so fewer bytes than the trigger level are a time-out at once.
      return this.received >= trigger ? IIR_RECEIVED : IIR_TIMEOUT;
    }
    if (this.interruptEnable & IER_TRANSMITTER_EMPTY && this.transmitterEvent) return IIR_TRANSMITTER_EMPTY;
    return IIR_NONE;
  }

  /** Reading the register acknowledges the transmitter's interrupt when it is the one shown. */
  private identifyInterrupt(): number {
    const pending = this.pendingInterrupt();
    if (pending === IIR_TRANSMITTER_EMPTY) this.transmitterEvent = false;
    return pending | (this.fifoEnabled ? IIR_FIFO : 0);
  }

  private lineStatus(): number {
    const status =
      LSR_TRANSMITTER_EMPTY | (this.received > 0 ? LSR_DATA_READY : 0) | (this.overrun ? LSR_OVERRUN : 0);
    this.overrun = false;
    return status;
  }

  /** In loop mode the four outputs are the inputs; otherwise somebody is connected and ready. */
  private modemStatus(): number {
    if (!this.loopMode) return MSR_DCD | MSR_DSR | MSR_CTS;
    const map: [number, number][] = [
      [MCR_DTR, MSR_DSR],
      [MCR_RTS, MSR_CTS],
      [MCR_OUT1, MSR_RI],
      [MCR_OUT2, MSR_DCD],
    ];
    return map.reduce((status, [output, input]) => status | (this.modemControl & output ? input : 0), 0);
  }

  /** A byte came, went or is left, or an interrupt was enabled: what there is to tell is told anew. */
  private announceEvent(): void {
    this.plic.setLine(UART_INTERRUPT, false);
    this.updateInterrupt();
  }

  private updateInterrupt(): void {
    this.plic.setLine(UART_INTERRUPT, this.pendingInterrupt() !== IIR_NONE);
  }
}
