/** A server that says who asks. */
import { Service } from "rel4";

export function main(): void {
  let badge = Service.receive();
  for (;;) {
    console.log(`client-name: "${Service.client(badge)}" asks`);
    badge = Service.replyAndReceive(0);
  }
}
