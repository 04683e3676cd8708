/** Gives up. */
function open(door: string): void {
  if (door != "left") throw new Error(`no door ${door}`);
}

export function main(): void {
  console.log("trying");
  open("right");
}
