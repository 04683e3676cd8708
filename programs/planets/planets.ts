/**
 * The Sun and the four large planets, moved by their gravity for ten years; prints where they are, and
 * checks the energy, which must be what others have computed.
 *
 * Lengths are in astronomical units, times in years, masses in units in which the Sun's is 4 π².
 */
const SOLAR_MASS: f64 = 4 * Math.PI * Math.PI;
const DAYS_PER_YEAR: f64 = 365.24;
const STEPS = 1000;
/** Of a step, in years. */
const STEP: f64 = 0.01;

class Body {
  constructor(
    public name: string,
    public x: f64,
    public y: f64,
    public z: f64,
    public vx: f64,
    public vy: f64,
    public vz: f64,
    public mass: f64,
  ) {}
}

/** A planet, with its speed in units a day and its mass in Suns. */
function planet(name: string, x: f64, y: f64, z: f64, vx: f64, vy: f64, vz: f64, mass: f64): Body {
  const year = DAYS_PER_YEAR;
  return new Body(name, x, y, z, vx * year, vy * year, vz * year, mass * SOLAR_MASS);
}

const bodies: Body[] = [
  new Body("Sun", 0, 0, 0, 0, 0, 0, SOLAR_MASS),
  planet(
    "Jupiter",
    4.841431442464721,
    -1.1603200440274284,
    -0.10362204447112311,
    0.001660076642744037,
    0.007699011184197404,
    -0.0000690460016972063,
    0.0009547919384243266,
  ),
  planet(
    "Saturn",
    8.34336671824458,
    4.124798564124305,
    -0.4035234171143214,
    -0.002767425107268624,
    0.004998528012349172,
    0.000023041729757376393,
    0.0002858859806661308,
  ),
  planet(
    "Uranus",
    12.894369562139131,
    -15.111151401698631,
    -0.22330757889265573,
    0.002964601375647616,
    0.0023784717395948095,
    -0.000029658956854023756,
    0.00004366244043351563,
  ),
  planet(
    "Neptune",
    15.379697114850917,
    -25.919314609987964,
    0.17925877295037118,
    0.0026806777249038932,
    0.001628241700382423,
    -0.00009515922545197159,
    0.000051513890204661145,
  ),
];

/** Lets the Sun move so that the whole system stays where it is. */
function holdStill(): void {
  const sun = bodies[0];
  for (let i = 1; i < bodies.length; i++) {
    const body = bodies[i];
    sun.vx -= (body.vx * body.mass) / SOLAR_MASS;
    sun.vy -= (body.vy * body.mass) / SOLAR_MASS;
    sun.vz -= (body.vz * body.mass) / SOLAR_MASS;
  }
}

/** Two bodies attract each other for a time. */
function attract(a: Body, b: Body, time: f64): void {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  const dz = a.z - b.z;
  const square = dx * dx + dy * dy + dz * dz;
  const pull = time / (square * Math.sqrt(square));
  a.vx -= dx * b.mass * pull;
  a.vy -= dy * b.mass * pull;
  a.vz -= dz * b.mass * pull;
  b.vx += dx * a.mass * pull;
  b.vy += dy * a.mass * pull;
  b.vz += dz * a.mass * pull;
}

function step(time: f64): void {
  for (let i = 0; i < bodies.length; i++)
    for (let j = i + 1; j < bodies.length; j++) attract(bodies[i], bodies[j], time);
  for (let i = 0; i < bodies.length; i++) {
    const body = bodies[i];
    body.x += time * body.vx;
    body.y += time * body.vy;
    body.z += time * body.vz;
  }
}

function energy(): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    sum += (a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)) / 2;
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      sum -= (a.mass * b.mass) / Math.hypot(Math.hypot(a.x - b.x, a.y - b.y), a.z - b.z);
    }
  }
  return sum;
}

/** A number with two digits behind the point, right-aligned. */
function column(value: f64): string {
  const hundredths = <i64>Math.round(Math.abs(value) * 100);
  const text = `${hundredths / 100}.${(hundredths % 100).toString().padStart(2, "0")}`;
  return (value < 0 ? `-${text}` : text).padStart(8);
}

function checkEnergy(when: string, expected: f64): bool {
  const found = energy();
  console.log(`energy ${when}: ${found}`);
  if (Math.abs(found - expected) < 5e-10) return true;
  console.error(`it should be ${expected}`);
  return false;
}

export function main(): i32 {
  holdStill();
  const isRightBefore = checkEnergy("at the start", -0.169075164);
  for (let i = 0; i < STEPS; i++) step(STEP);
  for (let i = 1; i < bodies.length; i++) {
    const body = bodies[i];
    const place = `${column(body.x)} ${column(body.y)} ${column(body.z)}`;
    const distance = Math.sqrt(body.x * body.x + body.y * body.y + body.z * body.z);
    console.log(`${body.name.padEnd(8)} at ${place}, ${column(distance)} from the middle`);
  }
  const isRightAfter = checkEnergy(`after ${STEPS} steps`, -0.169087605);
  return isRightBefore && isRightAfter ? 0 : 1;
}
